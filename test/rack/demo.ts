// `npm run demo`: a station and a rack of six software machines of different makes, from power-on to their own systems. Without
// --once a person consents in the window; with it, the demo consents through the same call. `--vm` does it with a QEMU machine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StationEvent } from '../../preload/contract/events.ts';
import type { JobView, MachineView } from '../../preload/contract/views.ts';
import { need, startRehearsal } from './rehearsal.ts';
import { buildWindow } from '../../scripts/build.ts';
import { openWindow } from '../../scripts/open-window.ts';
import { compareDisk } from './compare-disk.ts';
import { writeDemoImage } from './demo-image.ts';
import { demoOptions } from './demo-options.ts';
import { buildRack } from './rack.ts';
import type { RackTarget } from './rack.ts';

const MIB = 1024 * 1024;
const CONTENT_BYTES = 96 * MIB;
const DISK_BYTES = 256 * MIB;
const DAY_MS = 24 * 60 * 60_000;

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

type SoftwareDemo = { readonly once: boolean; readonly machines: number; readonly open: boolean; readonly verbose: boolean };

const say = (text: string): void => void process.stderr.write(`demo: ${text}\n`);

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

const runSoftwareDemo = async (options: SoftwareDemo): Promise<number> => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-demo-'));
  const power = new AbortController();
  const ended = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
  });
  const states = new Map<string, string>();
  let seenFirst = (): void => undefined;
  const onEvent = (event: StationEvent): void => {
    if (event.name !== 'machine.changed') return;
    const machine = event.payload;
    seenFirst();
    if (states.get(machine.id) !== machine.state) say(`${machine.name}: ${machine.state}: ${machine.says}`);
    states.set(machine.id, machine.state);
  };
  await buildWindow();
  const startedAtMs = performance.now();
  const rehearsal = await startRehearsal({ folder, autoConsent: options.once, onEvent });
  try {
    const imagePath = join(folder, 'demo.raw');
    await writeDemoImage(imagePath, { contentBytes: CONTENT_BYTES, seed: 7 });
    await need(
      rehearsal.call('images.import', { path: imagePath, name: 'demo-server', labels: { demo: 'yes' }, notes: 'Made by npm run demo.' }),
    );
    await need(rehearsal.call('policies.add', { policy: DEMO_POLICY as never }));
    const { url } = rehearsal.headless();
    say(`the window is at ${url}`);
    say(`the command line reaches it with --data: npm run rackside -- machines --data ${rehearsal.dataFolder}`);
    if (options.open) await openWindow(url);
    const rack = await buildRack({
      folder: join(folder, 'disks'),
      wire: rehearsal.wire(),
      count: options.machines,
      diskBytes: DISK_BYTES,
      disks: 'labelled',
      onConsole: (number, line) => options.verbose && say(`machine ${number}: ${line}`),
    });
    say(`${rack.length} machines power on`);
    seenFirst = () => {
      say(`first machine on screen after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
      seenFirst = () => undefined;
    };
    const poweredAtMs = performance.now();
    const cycles = rack.map(({ target }) => target.powerOn(power.signal));
    if (!options.once) say('approve each machine in the window; Ctrl-C ends the demo');
    const over = (machine: MachineView): boolean => machine.state === 'provisioned' || machine.state === 'failed';
    await Promise.race([
      rehearsal.until((machines) => machines.filter(over).length >= options.machines, 'done', DAY_MS).catch(() => undefined),
      ended,
    ]);
    const seconds = Math.round((performance.now() - poweredAtMs) / 100) / 10;
    const machines = rehearsal.machines();
    // The last machines are still on their way from "provisioned" to their own disk.
    if (machines.every((machine) => machine.state === 'provisioned')) await Promise.race([Promise.all(cycles), ended]);
    const lines = await Promise.all(
      machines.map((machine) =>
        lineOf(
          machine,
          rehearsal.jobs().findLast((job) => job.machineId === machine.id),
          rack,
          imagePath,
        ),
      ),
    );
    const good = lines.length === options.machines && lines.every((line) => line.state === 'provisioned' && line.verified);
    if (!options.once && good) {
      say('all provisioned and verified; the window stays until Ctrl-C');
      await ended;
    }
    power.abort();
    await Promise.all(cycles);
    console.log(JSON.stringify({ machines: lines, seconds }));
    return good ? 0 : 1;
  } finally {
    power.abort();
    await rehearsal.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

const run = async (): Promise<number> => {
  const options = demoOptions(process.argv.slice(2));
  if ('text' in options) {
    (options.exitCode === 0 ? process.stdout : process.stderr).write(`${options.text}\n`);
    return options.exitCode;
  }
  const { values } = options;
  if (!values.vm)
    return runSoftwareDemo({
      once: values.once,
      machines: Number(values.machines),
      open: !values.once && !values['no-open'],
      verbose: values.verbose,
    });
  const { runVmDemo } = await import('./vm/demo.ts');
  return runVmDemo({ once: values.once, firmware: values.firmware, yes: values.yes });
};
process.exit(await run());
