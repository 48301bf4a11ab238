// What a machine must have in memory for the agent: the most that its process ever held (VmHWM), threads included, while it captures
// a disk of which the library has nothing, and while it deploys that image to another disk. The agent is a process of its own with as
// many threads as it ever starts; a machine with less memory gets fewer. Beside it the same of `zstd -3` with as many threads.
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildWindow } from '../../scripts/build.ts';
import type { JobView, MachineView } from '../../preload/contract/views.ts';
import { writeDemoImage } from '../rack/demo-image.ts';
import { need, startRehearsal } from '../rack/rehearsal.ts';
import type { Rehearsal } from '../rack/rehearsal.ts';
import { startProgram } from '../wire/program.ts';
import { median, sizeLine } from './figure.ts';
import type { RunContext, Suite } from './figure.ts';
import { lackOf, nodeCommand } from './host.ts';
import { makeLoopDisk } from './loop-disk.ts';
import { watchPeak } from './peak-memory.ts';

const MIB = 1024 * 1024;
const CONTENT_BYTES = 384 * MIB;
/** `workersFor` gives no more. */
const THREADS = 8;
const TIMEOUT_MS = 900_000;
const LIMIT_BYTES = 512_000_000;

const isReady = process.platform === 'linux' && process.getuid?.() === 0;

export const agentMemorySuite: Suite = {
  figures: ['agent-memory-capture', 'agent-memory-deploy'],
  whyNot: () => (isReady ? lackOf(['losetup', 'blockdev', 'zstd']) : 'loop devices need Linux and root'),
  run: async (context) => {
    const folder = join(context.folder, 'agent-memory');
    await mkdir(folder, { recursive: true });
    await buildWindow();
    const peaks: { capture: number; deploy: number; reference: number }[] = [];
    for (let number = 1; number <= context.pairs; number += 1) {
      const peak = await peaksOf(context, join(folder, `${number}`), number);
      context.say(
        `memory, run ${number} of ${context.pairs}: capture ${mb(peak.capture)}, deploy ${mb(peak.deploy)}, zstd ${mb(peak.reference)}`,
      );
      peaks.push(peak);
    }
    const reference = median(peaks.map((peak) => peak.reference));
    return [
      sizeLine('agent-memory-capture', median(peaks.map(({ capture }) => capture)), LIMIT_BYTES, reference),
      sizeLine('agent-memory-deploy', median(peaks.map(({ deploy }) => deploy)), LIMIT_BYTES, reference),
    ];
  },
};

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

const peaksOf = async (context: RunContext, folder: string, seed: number) => {
  const contentBytes = Math.max(16, Math.round((CONTENT_BYTES * context.scale) / MIB)) * MIB;
  await mkdir(folder, { recursive: true });
  const imagePath = join(folder, 'image.raw');
  const { sizeBytes } = await writeDemoImage(imagePath, { contentBytes, seed: seed + 40, rootBytes: contentBytes });
  const reference = await peakOfProgram(['zstd', '-3', `-T${THREADS}`, '-q', '-c', imagePath]);
  const rehearsal = await startRehearsal({ folder: join(folder, 'site'), autoConsent: true });
  const [source, target] = [makeLoopDisk(join(folder, 'source.raw'), sizeBytes), makeLoopDisk(join(folder, 'target.raw'), sizeBytes)];
  try {
    execFileSync('dd', [`if=${imagePath}`, `of=${source.loop}`, 'bs=4M', 'oflag=direct', 'status=none']);
    const captured = await onMachine(rehearsal, 1, source, async ({ id: machineId }) => {
      const wish = { name: 'memory', diskSerial: null, labels: {}, notes: '', redactSerials: false };
      return finished(rehearsal, (await need(rehearsal.call('machines.capture', { machineId, ...wish }))).id);
    });
    const osoid = captured.job.captured?.osoid ?? '';
    const deployed = await onMachine(rehearsal, 2, target, async ({ id: machineId }) => {
      await need(rehearsal.call('machines.deploy', { machineId, osoid, diskSerial: null, rewrite: false }));
      const isOurs = (job: JobView): boolean => job.machineId === machineId && job.kind === 'deploy';
      await rehearsal.until(() => rehearsal.jobs().some(isOurs), 'deploying', TIMEOUT_MS);
      return finished(rehearsal, rehearsal.jobs().find(isOurs)?.id ?? '');
    });
    return { capture: captured.peakBytes, deploy: deployed.peakBytes, reference };
  } finally {
    await rehearsal.stop();
    source.remove();
    target.remove();
  }
};

type Disk = ReturnType<typeof makeLoopDisk>;

/** Powers a machine on in a process of its own and does something with it once it listens to a person. */
const onMachine = async (rehearsal: Rehearsal, number: number, disk: Disk, work: (machine: MachineView) => Promise<JobView>) => {
  const known = new Set(rehearsal.machines().map(({ id }) => id));
  const wire = JSON.stringify(rehearsal.wire());
  const script = join(import.meta.dirname, 'deploy-target.ts');
  const agent = startProgram(nodeCommand(script, [wire, `${number}`, disk.path, disk.loop, `${THREADS}`]));
  const peak = watchPeak(agent.pid);
  try {
    const isOurs = ({ id, state }: MachineView): boolean => !known.has(id) && (state === 'unmatched' || state === 'waiting');
    const machines = await rehearsal.until((all) => all.some(isOurs), 'listening to a person', TIMEOUT_MS);
    const machine = machines.find(isOurs);
    if (machine === undefined) throw new Error('the machine is gone');
    return { job: await work(machine), peakBytes: peak.bytes() };
  } finally {
    peak.stop();
    await agent.stop();
  }
};

const finished = async (rehearsal: Rehearsal, jobId: string): Promise<JobView> => {
  const jobOf = (): JobView | undefined => rehearsal.jobs().find(({ id }) => id === jobId);
  await rehearsal.until(() => jobOf()?.endedAtMs != null, 'done', TIMEOUT_MS);
  const job = jobOf();
  if (job === undefined || job.failure !== null) throw new Error(`the job failed: ${JSON.stringify(job?.failure)}`);
  return job;
};

const peakOfProgram = async (argv: readonly string[]): Promise<number> => {
  const program = startProgram(['bash', '-c', `exec ${argv.join(' ')} > /dev/null`]);
  const peak = watchPeak(program.pid);
  await program.ended;
  peak.stop();
  return peak.bytes();
};
