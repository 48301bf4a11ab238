// Pieces of a believable rack for the window's tests: disks, images, policies and decision traces, all by plain values.
import type { Disk, DiskPartition } from '../../agent/protocol/disk.ts';
import type { ConditionTrace, Policy, PolicyTrace, Trace } from '../../preload/contract/policy.ts';
import type { BootStage, ImageView, PolicyView } from '../../preload/contract/views.ts';

export const MINUTE_MS = 60_000;
const GB = 1_000_000_000;
const SECTOR = 512;

/** 64 hex characters that differ by `seed`. */
export const hash = (seed: string): string =>
  Array.from({ length: 64 }, (_, index) => ((seed.charCodeAt(index % seed.length) * (index + 7)) % 16).toString(16)).join('');

const partition = (number: number, startGb: number, sizeGb: number, name: string, filesystem: string | null): DiskPartition => ({
  number,
  startLba: Math.round((startGb * GB) / SECTOR) + 2048,
  sectors: Math.round((sizeGb * GB) / SECTOR),
  typeId: '',
  name,
  filesystem,
  label: null,
  uuid: null,
});

type DiskSeed = {
  readonly path: string;
  readonly vendor: string;
  readonly model: string;
  readonly serial: string | null;
  readonly sizeGb: number;
  readonly nvme?: boolean;
};

const disk = (seed: DiskSeed, content: Partial<NonNullable<Disk['content']>>): Disk => ({
  serial: seed.serial,
  wwn: null,
  sizeBytes: seed.sizeGb * GB,
  path: seed.path,
  model: seed.model,
  vendor: seed.vendor,
  transport: seed.nvme === true ? 'nvme' : 'sata',
  kind: 'ssd',
  logicalSectorBytes: SECTOR,
  physicalSectorBytes: 4096,
  exclusions: [],
  content: {
    hash: hash(seed.path + (seed.serial ?? '')),
    table: 'gpt',
    partitions: [],
    signatures: [],
    recognisedOs: null,
    blank: false,
    ...content,
  },
  provenance: { verdict: 'absent', osoid: null, manifestSha256: null, stationName: null, keyId: null, writtenAt: null },
  problem: null,
});

export const ubuntuDisk = (serial: string | null): Disk =>
  disk(
    { path: '/dev/sda', vendor: 'Samsung', model: 'PM893', serial, sizeGb: 480 },
    {
      recognisedOs: 'Ubuntu 22.04',
      partitions: [partition(1, 0, 1, 'EFI', 'vfat'), partition(2, 1, 2, '/boot', 'ext4'), partition(3, 3, 476, 'data', 'LVM')],
    },
  );

export const dataDisk = (serial: string): Disk =>
  disk(
    { path: '/dev/nvme0n1', vendor: 'WD', model: 'SN640', serial, sizeGb: 3840, nvme: true },
    { partitions: [partition(1, 0, 3000, 'archive', 'xfs')] },
  );

export const blankDisk = (serial: string): Disk =>
  disk({ path: '/dev/sdb', vendor: 'Micron', model: '5300', serial, sizeGb: 960 }, { table: 'none', blank: true });

export const usbStick = (): Disk => ({
  ...disk(
    { path: '/dev/sdc', vendor: 'SanDisk', model: 'Ultra', serial: null, sizeGb: 32 },
    { table: 'mbr', partitions: [partition(1, 0, 31, 'STICK', 'exfat')] },
  ),
  transport: 'usb',
  exclusions: ['removable'],
});

export const image = (
  name: string,
  revision: number,
  labels: Record<string, string>,
  trust: ImageView['trust'] = 'trusted',
): ImageView => ({
  osoid: hash(`${name}${revision}`),
  manifestSha256: hash(`m${name}${revision}`),
  name,
  revision,
  labels,
  createdAt: '2026-11-18T09:12:00Z',
  diskSizeBytes: 8 * GB,
  dataBytes: 4_120_000_000,
  storedBytes: 1_870_000_000,
  logicalSectorBytes: SECTOR,
  firmware: 'uefi',
  architecture: 'x86_64',
  secureBootTrusted: true,
  table: 'gpt',
  partitions: [
    { number: 1, name: 'EFI', filesystem: 'vfat', startLba: 2048, sectors: 1_048_576 },
    { number: 2, name: 'root', filesystem: 'ext', startLba: 1_050_624, sectors: 14_000_000 },
  ],
  trust,
  keyId: hash('key').slice(0, 16),
  publicKey: hash('public').slice(0, 43),
  notes: 'Debian 13 with nginx, taken from gold-web.',
});

export const IMAGES: readonly ImageView[] = [
  image('web-golden', 11, { role: 'web', os: 'debian-13' }),
  image('web-golden', 10, { role: 'web', os: 'debian-13' }),
  {
    ...image('db-golden', 4, { role: 'db', os: 'debian-13' }),
    recipe: { id: 'debian-db', version: '2', matchOn: { manufacturer: 'Dell Inc.', model: 'PowerEdge R640', 'firmware.kind': 'uefi' } },
  },
  image('windows-kiosk', 2, { role: 'kiosk', os: 'windows-11' }, 'unknown-key'),
  { ...image('bench-bios', 1, { role: 'bench' }), firmware: 'bios', secureBootTrusted: false, table: 'mbr' },
  {
    ...image('vault-backup', 1, { role: 'vault' }),
    boundToMachine: {
      volumes: [{ number: 2, by: 'luks-tpm2', otherKey: true }],
      sourceNames: { 'system.serial': '7XK2P99' },
    },
  },
];

const policy = (given: Pick<Policy, 'name' | 'rank' | 'when' | 'outcome'> & Partial<Policy>): Policy => ({
  consent: 'ask',
  limit: null,
  whenUnknown: 'ask',
  replaceExisting: false,
  note: '',
  ...given,
});

export const POLICIES: readonly PolicyView[] = [
  {
    policy: policy({
      name: 'database-servers',
      rank: 10,
      when: { all: [{ fact: 'memory.size', atLeast: '256 GiB' }] },
      outcome: { kind: 'deploy-newest', labels: { role: 'db' } },
    }),
    enabled: true,
    addedAtMs: 1_790_000_000_000,
    arrived: null,
    used: 1,
    shadowed: null,
  },
  {
    policy: policy({
      name: 'web-nodes',
      rank: 20,
      when: {
        all: [
          { fact: 'manufacturer', glob: 'Dell*' },
          { fact: 'model', matches: 'R6.0' },
          { fact: 'memory.size', atLeast: '32 GiB' },
          { fact: 'role', equal: 'web' },
        ],
      },
      outcome: { kind: 'deploy-newest', labels: { role: 'web' } },
      limit: 12,
      note: 'Front row only.',
    }),
    enabled: true,
    addedAtMs: 1_790_000_100_000,
    arrived: null,
    used: 7,
    shadowed: null,
  },
  {
    policy: policy({ name: 'anything-else', rank: 90, when: { all: [] }, outcome: { kind: 'hold', reason: 'nobody planned for it' } }),
    enabled: true,
    addedAtMs: 1_790_000_200_000,
    arrived: null,
    used: 0,
    shadowed: null,
  },
  {
    policy: policy({
      name: 'kiosk-from-stick',
      rank: 95,
      when: { any: [{ fact: 'chassis.type', in: ['Mini PC', 'Tablet'] }] },
      outcome: { kind: 'deploy', osoid: IMAGES[3]?.osoid ?? hash('x') },
    }),
    enabled: false,
    addedAtMs: 1_790_000_300_000,
    arrived: null,
    used: 0,
    shadowed: null,
  },
  {
    policy: policy({
      name: 'spare-nodes',
      rank: 30,
      when: { all: [{ fact: 'model', glob: 'PowerEdge R6*' }] },
      outcome: { kind: 'deploy-newest', labels: { role: 'web' } },
      consent: 'auto',
      replaceExisting: true,
    }),
    enabled: true,
    addedAtMs: 1_790_000_400_000,
    arrived: null,
    used: 0,
    shadowed: null,
  },
];

const leaf = (text: string, truth: ConditionTrace['truth'], seen: string | null, why: string | null = null): ConditionTrace => ({
  text,
  truth,
  seen,
  why,
  parts: [],
});
const group = (truth: ConditionTrace['truth'], parts: ConditionTrace[]): ConditionTrace => ({
  text: 'all of',
  truth,
  seen: null,
  why: null,
  parts,
});

const traced = (index: number, truth: PolicyTrace['truth'], verdict: PolicyTrace['verdict'], condition: ConditionTrace): PolicyTrace => {
  const { policy: one } = POLICIES[index] ?? POLICIES[0]!;
  return { name: one.name, rank: one.rank, outcome: one.outcome, truth, verdict, condition };
};

const notDatabase = traced(0, 'no', 'not-true', group('no', [leaf('memory.size ≥ 256 GiB', 'no', '64 GiB')]));
const last = traced(2, 'yes', 'outranked', group('yes', []));

export const webTrace: Trace = {
  resolution: {
    kind: 'matched',
    policy: 'web-nodes',
    outcome: { kind: 'deploy-newest', labels: { role: 'web' } },
    consent: 'ask',
    replaceExisting: false,
  },
  policies: [
    notDatabase,
    traced(
      1,
      'yes',
      'won',
      group('yes', [
        leaf('manufacturer is like Dell*', 'yes', 'Dell Inc.'),
        leaf('model matches R6.0', 'yes', 'PowerEdge R640'),
        leaf('memory.size ≥ 32 GiB', 'yes', '64 GiB'),
        leaf('role is web', 'yes', 'web'),
      ]),
    ),
    last,
  ],
  left: 0,
};

export const roleUnknownTrace: Trace = {
  resolution: { kind: 'unknown', policy: 'web-nodes', facts: ['role'] },
  policies: [
    notDatabase,
    traced(1, 'unknown', 'unknown-blocks', group('unknown', [leaf('role is web', 'unknown', null, 'nobody has said it')])),
    last,
  ],
  left: 0,
};

/** A boot that ended its stages after the given seconds; the last one runs when `open`. */
export const boot = (endAtMs: number, stages: readonly (readonly [string, number])[], open: boolean): BootStage[] => {
  const totalMs = stages.reduce((sum, [, seconds]) => sum + seconds * 1000, 0);
  let atMs = Math.round(endAtMs - totalMs);
  return stages.map(([stage, seconds], index) => {
    const startedAtMs = atMs;
    atMs = Math.round(atMs + seconds * 1000);
    return { stage, startedAtMs, endedAtMs: open && index === stages.length - 1 ? null : atMs };
  });
};
