// A rack in the middle of its work, as in the drawing of the look: machines in every state a person meets.
import {
  MINUTE_MS,
  IMAGES,
  POLICIES,
  blankDisk,
  boot,
  dataDisk,
  hash,
  roleUnknownTrace,
  ubuntuDisk,
  usbStick,
  webTrace,
} from './scene-parts.ts';
import { FIELDS, SETS } from './scene-fields.ts';
import { WEB, deployed, machineOf, seeds } from './scene-machines.ts';
import type { Seed } from './scene-machines.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import type { Snapshot } from '../../preload/contract/events.ts';
import type { Trace } from '../../preload/contract/policy.ts';
import type { BootStage, EventView, JobView, MachineView, Progress, StationView } from '../../preload/contract/views.ts';

export type Extra = { readonly disks: Disk[]; readonly trace: Trace | null; readonly boot: BootStage[]; readonly facts: Fact[] };
export type Scene = {
  readonly station: StationView;
  readonly machines: MachineView[];
  readonly jobs: JobView[];
  readonly progress: Progress[];
  readonly extras: ReadonlyMap<string, Extra>;
  readonly events: EventView[];
};

const factsOf = (machine: MachineView): Fact[] => [
  { name: 'manufacturer', value: machine.manufacturer ?? '', source: 'smbios:1', filler: false },
  { name: 'model', value: machine.model ?? '', source: 'smbios:1', filler: false },
  { name: 'system.serial', value: machine.serial ?? 'To be filled by O.E.M.', source: 'smbios:1', filler: machine.serial === null },
  { name: 'memory.size', value: 68_719_476_736, source: 'smbios:17', filler: false },
  { name: 'cpu.model', value: 'Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz', source: 'cpuinfo', filler: false },
  { name: 'cpu.cores', value: 40, source: 'cpuinfo', filler: false },
  { name: 'nic.macs', value: [...machine.macs], source: 'sysfs:net', filler: false },
  { name: 'nic.speeds', value: [10_000, 1000], source: 'sysfs:net', filler: false },
  { name: 'disk.sizes', value: [480_000_000_000, 3_840_000_000_000], source: 'sysfs:block', filler: false },
  { name: 'secure-boot', value: machine.secureBoot === true, source: 'efivars', filler: false },
  { name: 'network.switch', value: 'sw-12', source: 'lldp', filler: false },
  ...(machine.id.startsWith('web') ? [{ name: 'role', value: 'web', source: 'person:M. Okafor', filler: false }] : []),
];

const STAGES = [
  ['DHCP', 0.2],
  ['loader', 1.9],
  ['kernel', 3.4],
  ['stage 2', 4.1],
  ['agent', 4.7],
  ['inventory', 11],
] as const;

const jobOf = (nowMs: number, id: string, machine: string, state: JobView['state'], agoMs: number, seconds: number | null): JobView => ({
  id,
  machineId: machine,
  machineName: machine,
  kind: 'deploy',
  osoid: WEB.osoid,
  imageName: 'web-golden r11',
  state,
  attempt: 1,
  operator: 'M. Okafor',
  siteName: 'Riverside DC · row 4 · rack 12',
  createdAtMs: nowMs - agoMs,
  endedAtMs: seconds === null ? null : nowMs - agoMs + seconds * 1000,
  steps: [
    { step: 'check', startedAtMs: nowMs - agoMs, endedAtMs: nowMs - agoMs + 300, note: 'order and consent agree' },
    { step: 'void-record', startedAtMs: nowMs - agoMs + 300, endedAtMs: nowMs - agoMs + 420, note: '' },
    { step: 'compare', startedAtMs: nowMs - agoMs + 420, endedAtMs: nowMs - agoMs + 5100, note: '31 % already in place' },
    { step: 'fetch-write', startedAtMs: nowMs - agoMs + 5100, endedAtMs: seconds === null ? null : nowMs - agoMs + 40_000, note: '2.8 GB' },
  ],
  result:
    seconds === null || state !== 'done'
      ? null
      : {
          osoid: WEB.osoid,
          bytesTotal: 4_120_000_000,
          bytesInPlace: 1_320_000_000,
          bytesFetched: 1_250_000_000,
          bytesWritten: 2_800_000_000,
          bytesVerified: 4_120_000_000,
          seconds,
          rewrittenRanges: [],
          localBoot: { kind: 'uefi', espUuid: '1A2B-3C4D', loaderPath: null },
        },
  captured: null,
  verified: null,
  failure:
    state === 'failed'
      ? {
          code: 'disk.read-back-differs',
          message: 'Block 8812 read back differently from what was written.',
          next: 'Replace the disk S6KXNE77, then retry.',
        }
      : null,
});

const progressOf = (machineId: string, jobId: string, fraction: number, bytesPerSecond: number): Progress => ({
  machineId,
  jobId,
  number: 1,
  step: 'fetch-write',
  bytesDone: Math.round(fraction * 4_120_000_000),
  bytesTotal: 4_120_000_000,
  bytesPerSecond,
  fraction,
});

const extraOf = (nowMs: number, machine: MachineView): Extra => {
  const serial = machine.question?.kind === 'erase' ? machine.question.disk.serial : `S6KX${machine.id.slice(-2).toUpperCase()}`;
  const disks = [ubuntuDisk(serial), dataDisk(`WD${machine.id}`)];
  if (machine.id === 'edge-02') disks.push(blankDisk('MSA12'), usbStick());
  const waiting = machine.state === 'waiting' ? [['waiting', (nowMs - machine.stateAtMs) / 1000] as const] : [];
  const heard =
    machine.state === 'seen' ? STAGES.slice(0, 1) : machine.state === 'booting' || machine.state === 'failed' ? STAGES.slice(0, 3) : STAGES;
  const open = machine.state === 'waiting' || machine.state === 'booting';
  const none = machine.state === 'seen' || machine.state === 'booting' || machine.state === 'failed';
  return {
    disks: none ? [] : disks,
    trace: none ? null : machine.question?.kind === 'fact' ? roleUnknownTrace : webTrace,
    boot: boot(nowMs, [...heard, ...waiting], open),
    facts: none ? [] : factsOf(machine),
  };
};

const eventsOf = (nowMs: number): EventView[] =>
  [
    ['station.started', 'info', 'The station started on enp0s31f6, 10.77.0.1.', null],
    ['listening.started', 'info', 'M. Okafor switched listening on for 60 minutes.', null],
    ['machine.seen', 'info', 'asked for an address from port 07.', 'web-07'],
    ['dhcp.offered', 'info', 'was offered 10.77.0.107 and efi/shimx64.efi.', 'web-07'],
    ['boot.fetched', 'info', 'fetched stage 1 in 3.4 s.', 'web-07'],
    ['policy.matched', 'info', 'matched web-nodes: newest image with role web.', 'web-07'],
    ['consent.asked', 'info', 'asks for consent to erase S6KXNE0T.', 'web-07'],
    ['boot.silent', 'warn', 'fetched its kernel 90 s ago and has not called.', 'm-06'],
    ['disk.refused', 'error', 'has no disk that is large enough for web-golden r11.', 'edge-02'],
  ].map(([kind, level, text, machineId], index) => ({
    id: index + 1,
    atMs: nowMs - (9 - index) * 20_000,
    machineId: machineId ?? null,
    jobId: null,
    kind: kind ?? '',
    level: level as EventView['level'],
    text: text ?? '',
  }));

const stationOf = (nowMs: number): StationView => ({
  name: 'bench-laptop',
  version: '0.1.0',
  siteName: 'Riverside DC · row 4 · rack 12',
  operator: 'M. Okafor',
  account: 'okafor',
  wire: { kind: 'rack', nic: 'enp0s31f6', address: '10.77.0.1', mode: 'server', httpPort: 8080, problem: null },
  listening: { on: true, untilMs: nowMs + 42 * MINUTE_MS },
  armed: null,
  kit: { kitId: 'kit-2026-11', problem: null },
  library: { folder: '/media/okafor/Field SSD', images: IMAGES.length, storedBytes: 61_000_000_000 },
  keyId: hash('key').slice(0, 16),
  leases: 12,
  bytesServed: 48_200_000_000,
});

/** The scene of the drawing; `crowd` adds that many machines more, on further switches. */
export const makeScene = (nowMs: number, crowd = 0): Scene => {
  const more: Seed[] = Array.from({ length: crowd }, (_, index) => ({
    id: `node-${String(index + 1).padStart(3, '0')}`,
    state: 'working' as const,
    port: (index % 48) + 1,
    position: `sw-${20 + Math.floor(index / 48)} port ${String((index % 48) + 1).padStart(2, '0')}`,
    jobId: `jn${index}`,
    ...deployed,
  }));
  const machines = [...seeds, ...more].map((seed) => machineOf(nowMs, seed));
  return {
    station: stationOf(nowMs),
    machines,
    jobs: [
      jobOf(nowMs, 'j1', 'web-01', 'done', 10 * MINUTE_MS, 52),
      jobOf(nowMs, 'j2', 'web-02', 'done', 9 * MINUTE_MS, 49),
      jobOf(nowMs, 'j3', 'web-03', 'running', 41_000, null),
      jobOf(nowMs, 'j4', 'web-04', 'running', 37_000, null),
      jobOf(nowMs, 'j0', 'edge-03', 'failed', 30 * MINUTE_MS, 61),
      ...more.map((seed) => jobOf(nowMs, seed.jobId ?? '', seed.id, 'running', MINUTE_MS, null)),
    ],
    progress: [
      progressOf('web-03', 'j3', 0.71, 184_000_000),
      progressOf('web-04', 'j4', 0.64, 171_000_000),
      ...more.map((seed, index) => progressOf(seed.id, seed.jobId ?? '', (index % 90) / 100, 90_000_000 + index * 100_000)),
    ],
    extras: new Map(machines.map((machine) => [machine.id, extraOf(nowMs, machine)])),
    events: eventsOf(nowMs),
  };
};

export const snapshotOf = (scene: Scene): Snapshot => ({
  station: scene.station,
  machines: scene.machines,
  images: [...IMAGES],
  policies: [...POLICIES],
  fields: [...FIELDS],
  sets: [...SETS],
  jobs: scene.jobs,
  progress: scene.progress,
});
