// `npm run demo`: a station and a rack of six software machines of different makes, from power-on to their own systems. Without
// --once a person consents in the window; with it, the demo consents through the same call. `--vm` does it with a QEMU machine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectPipe } from '../../preload/contract/pipe-client.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { StationEvent } from '../../preload/contract/events.ts';
import type { JobView, MachineView } from '../../preload/contract/views.ts';
import { startHeadless } from '../../main/headless.ts';
import { openWindow } from '../../scripts/open-window.ts';
import { compareDisk } from './compare-disk.ts';
import { writeDemoImage } from './demo-image.ts';
import { writeDemoKit } from './demo-kit.ts';
import { buildRack } from './rack.ts';
import type { RackTarget } from './rack.ts';

const MIB = 1024 * 1024;
const CONTENT_BYTES = 96 * MIB;
const DISK_BYTES = 256 * MIB;

type Line = {
  readonly id: string;
  readonly manufacturer: string | null;
  readonly state: string;
  readonly osoid: string | null;
  readonly bytesFetched: number;
  readonly seconds: number;
  readonly verified: boolean;
};

const DEMO_POLICY = {
  name: 'demo',
  rank: 100,
  when: { all: [{ fact: 'memory.size', atLeast: '1 GiB' }] },
  outcome: { kind: 'deploy-newest', labels: { demo: 'yes' } },
  consent: 'ask',
  note: 'Every machine of the demo gets the newest demo image.',
} as const;

const say = (text: string): void => void process.stderr.write(`demo: ${text}\n`);

/** A failure ends the demo with its sentence; it runs on values that it made itself. */
const need = async <T>(
  result: Promise<{ ok: true; value: T } | { ok: false; failure: { code: string; message: string; next: string } }>,
): Promise<T> => {
  const settled = await result;
  if (settled.ok) return settled.value;
  throw new Error(`${settled.failure.message} ${settled.failure.next} (${settled.failure.code})`);
};

/** Answers each question about erasing once, exactly as the window's button does. */
const consentTo = (station: PipeClient, asked: Set<string>, machine: MachineView): void => {
  const { question } = machine;
  if (question?.kind !== 'erase' || asked.has(question.consentHash)) return;
  asked.add(question.consentHash);
  const eraseSerial = question.disk.serial ?? question.disk.wwn ?? `size:${question.disk.sizeBytes}`;
  void station.call('machines.approve', { machineId: machine.id, eraseSerial, consentHash: question.consentHash }).then((answer) => {
    if (!answer.ok) say(`${machine.name}: ${answer.failure.message} ${answer.failure.next}`);
  });
};

const lineOf = async (machine: MachineView, job: JobView | undefined, rack: readonly RackTarget[], imagePath: string): Promise<Line> => {
  const target = rack.find((candidate) => machine.macs.includes(candidate.target.hardware.bootMac));
  const result = job?.result ?? null;
  const compared = target === undefined || result === null ? null : await compareDisk(imagePath, target.disk.path, result.rewrittenRanges);
  return {
    id: machine.id,
    manufacturer: machine.manufacturer,
    state: machine.state,
    osoid: machine.osoid,
    bytesFetched: result?.bytesFetched ?? 0,
    seconds: Math.round((result?.seconds ?? 0) * 10) / 10,
    verified: compared?.verified ?? false,
  };
};

const runSoftwareDemo = async (options: { readonly once: boolean; readonly machines: number; readonly open: boolean; readonly verbose: boolean }): Promise<number> => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-demo-'));
  const power = new AbortController();
  const endOnSignal = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
  });
  const kitFolder = join(folder, 'kit');
  const imagePath = join(folder, 'demo.raw');
  await Promise.all([writeDemoKit(kitFolder), writeDemoImage(imagePath, { contentBytes: CONTENT_BYTES, seed: 7 })]);
  const headless = await need(
    startHeadless({
      dataFolder: join(folder, 'station'),
      libraryFolder: join(folder, 'library'),
      kitFolder,
      wire: { kind: 'loopback', leases: 600 },
      windowPort: 0,
      siteName: 'Demo rack',
      operator: 'demo',
    }),
  );
  try {
    const startedAtMs = performance.now();
    const machines = new Map<string, MachineView>();
    const jobs = new Map<string, JobView>();
    const asked = new Set<string>();
    let settled = (): void => undefined;
    const allDone = new Promise<void>((resolve) => (settled = resolve));
    let first = true;
    const onMachine = (machine: MachineView): void => {
      if (first) say(`first machine on screen after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
      first = false;
      const before = machines.get(machine.id);
      machines.set(machine.id, machine);
      if (before?.state !== machine.state) say(`${machine.name}: ${machine.state}: ${machine.says}`);
      if (options.once) consentTo(station, asked, machine);
      const ended = [...machines.values()].filter((view) => view.state === 'provisioned' || view.state === 'failed');
      if (ended.length >= options.machines) settled();
    };
    const onEvent = (event: StationEvent): void => {
      if (event.name === 'snapshot') event.payload.machines.forEach(onMachine);
      if (event.name === 'machine.changed') onMachine(event.payload);
      if (event.name === 'machine.removed') machines.delete(event.payload.id);
      if (event.name === 'job.changed') jobs.set(event.payload.id, event.payload);
    };
    const station = connectPipe({ url: headless.pipeUrl, token: headless.token, onEvent });
    await need(station.call('listening.set', { on: true, minutes: null, macs: [] }));
    await need(
      station.call('images.import', { path: imagePath, name: 'demo-server', labels: { demo: 'yes' }, notes: 'Made by npm run demo.' }),
    );
    await need(station.call('policies.add', { policy: DEMO_POLICY as never }));
    say(`the window is at ${headless.url}`);
    if (options.open) await openWindow(headless.url);

    const { dhcp, tftp } = headless.station.ports();
    const rack = await buildRack({
      folder: join(folder, 'disks'),
      wire: { dhcp: { address: '127.0.0.1', port: dhcp }, tftp: { address: '127.0.0.1', port: tftp } },
      count: options.machines,
      diskBytes: DISK_BYTES,
      disks: options.once ? 'used' : 'blank',
      onConsole: (number, line) => options.verbose && say(`machine ${number}: ${line}`),
    });
    say(`${rack.length} machines power on`);
    const poweredAtMs = performance.now();
    const cycles = rack.map(({ target }) => target.powerOn(power.signal));
    if (!options.once) say('approve each machine in the window, or: npm run rackside -- approve; Ctrl-C ends the demo');
    await Promise.race([allDone, endOnSignal]);
    const seconds = Math.round((performance.now() - poweredAtMs) / 100) / 10;
    // The last machines are still on their way from "provisioned" to their own disk.
    if ([...machines.values()].every((machine) => machine.state === 'provisioned')) await Promise.race([Promise.all(cycles), endOnSignal]);
    const lines = await Promise.all(
      [...machines.values()].map((machine) =>
        lineOf(
          machine,
          [...jobs.values()].findLast((job) => job.machineId === machine.id),
          rack,
          imagePath,
        ),
      ),
    );
    if (!options.once && lines.every((line) => line.state === 'provisioned')) {
      say('all provisioned; the window stays until Ctrl-C');
      await endOnSignal;
    }
    power.abort();
    await Promise.all(cycles);
    station.close();
    console.log(JSON.stringify({ machines: lines, seconds }));
    return lines.length === options.machines && lines.every((line) => line.state === 'provisioned' && line.verified) ? 0 : 1;
  } finally {
    power.abort();
    await headless.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

const { values } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    vm: { type: 'boolean', default: false },
    firmware: { type: 'string', default: 'secureboot' },
    machines: { type: 'string', default: '6' },
    yes: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    'no-open': { type: 'boolean', default: false },
  },
});
const run = async (): Promise<number> => {
  if (!values.vm)
    return runSoftwareDemo({ once: values.once, machines: Number(values.machines), open: !values.once && !values['no-open'], verbose: values.verbose });
  const { runVmDemo } = await import('./vm/demo.ts');
  return runVmDemo({ once: values.once, firmware: values.firmware, yes: values.yes });
};
process.exit(await run());
