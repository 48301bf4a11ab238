// `lsblk -J` (with or without -b and -O) as disks. What a recording cannot tell, namely what the disks hold, stays unknown. PURE.
import type { Disk, DiskExclusion } from '../../protocol/disk.ts';
import type { Tree } from './json.ts';
import { flagAt, memberOf, numberAt, textAt, treeOf, treesIn } from './json.ts';

export type LsblkReading = {
  readonly disks: readonly Disk[];
  /** True when sizes were written for people (`447.1G`), so that they are near and not exact. */
  readonly rounded: boolean;
};

const UNITS: Readonly<Record<string, number>> = { B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40, P: 2 ** 50 };

const roundedSize = (text: string | null): number | null => {
  const [, amount, unit = 'B'] = /^(\d{1,9}(?:[.,]\d{1,3})?)([BKMGTP])?$/.exec(text ?? '') ?? [];
  return amount === undefined ? null : Math.round(Number(amount.replace(',', '.')) * (UNITS[unit] ?? 1));
};

const TRANSPORTS: Readonly<Record<string, Disk['transport']>> = {
  nvme: 'nvme',
  sata: 'sata',
  ata: 'sata',
  sas: 'sas',
  usb: 'usb',
  mmc: 'mmc',
  fc: 'fibre-channel',
  fcoe: 'fibre-channel',
  iscsi: 'iscsi',
  spi: 'scsi',
};

/** What the kernel's name of a disk (`nvme0n1`) tells of its transport. */
export const transportByName = (name: string): Disk['transport'] => {
  if (name.startsWith('nvme')) return 'nvme';
  if (name.startsWith('vd')) return 'virtio';
  return name.startsWith('mmcblk') ? 'mmc' : 'unknown';
};

const transportOf = (tree: Tree, name: string): Disk['transport'] =>
  TRANSPORTS[textAt(tree, 'tran')?.toLowerCase() ?? ''] ?? transportByName(name);

const exclusionsOf = (tree: Tree, transport: Disk['transport']): DiskExclusion[] => [
  ...(flagAt(tree, 'rm') || transport === 'usb' ? (['removable'] as const) : []),
  ...(transport === 'fibre-channel' || transport === 'iscsi' ? [transport] : []),
  ...(flagAt(tree, 'ro') ? (['read-only-hardware'] as const) : []),
  // One way of several to a volume that other machines may see too.
  ...(treesIn(memberOf(tree, 'children')).some((child) => textAt(child, 'type') === 'mpath') ? (['multipath'] as const) : []),
];

/** A disk of which nothing but its label is known. */
export const recordedDisk = (known: Partial<Disk> & { readonly sizeBytes: number }): Disk => ({
  serial: null,
  wwn: null,
  path: '',
  model: null,
  vendor: null,
  transport: 'unknown',
  kind: 'unknown',
  logicalSectorBytes: 512,
  physicalSectorBytes: 512,
  exclusions: [],
  content: null,
  provenance: { verdict: 'absent', osoid: null, manifestSha256: null, stationName: null, keyId: null, writtenAt: null },
  problem: null,
  ...known,
});

const NOT_A_DISK = /^(loop|ram|zram|md|dm-|sr|fd|nbd|rbd|drbd|bcache|zd)|boot\d+$|rpmb$/;

const diskOf = (tree: Tree): { readonly disk: Disk; readonly rounded: boolean } | null => {
  const name = (textAt(tree, 'kname') ?? textAt(tree, 'name') ?? '').replace(/^\/dev\//, '');
  const type = textAt(tree, 'type');
  if (name === '' || (type !== null && type !== 'disk') || NOT_A_DISK.test(name)) return null;
  const exact = numberAt(tree, 'size');
  const sizeBytes = exact ?? roundedSize(textAt(tree, 'size'));
  if (sizeBytes === null || sizeBytes === 0) return null;
  const transport = transportOf(tree, name);
  const rotates = memberOf(tree, 'rota');
  // virtio says "rotates" of any disk.
  const isTold = rotates !== undefined && rotates !== null && (transport !== 'virtio' || !flagAt(tree, 'rota'));
  const logicalSectorBytes = numberAt(tree, 'log-sec') || 512;
  const disk = recordedDisk({
    sizeBytes,
    serial: textAt(tree, 'serial'),
    wwn: textAt(tree, 'wwn')?.toLowerCase().replace(/^0x/, 'naa.') ?? null,
    path: `/dev/${name}`,
    model: textAt(tree, 'model')?.replace(/\s+/g, ' ') ?? null,
    vendor: textAt(tree, 'vendor'),
    transport,
    kind: !isTold ? 'unknown' : flagAt(tree, 'rota') ? 'hdd' : 'ssd',
    logicalSectorBytes,
    physicalSectorBytes: numberAt(tree, 'phy-sec') || logicalSectorBytes,
    exclusions: exclusionsOf(tree, transport),
  });
  return { disk, rounded: exact === null };
};

/**
 * `lsblk -s` turns the tree round, and has the disks below their partitions. Only what is called a disk is one there; what is below a
 * multipath device is but a way to a volume.
 */
const disksBelow = (tree: Tree, depth = 0): readonly Tree[] =>
  depth > 16 || textAt(tree, 'type') === 'mpath'
    ? []
    : treesIn(memberOf(tree, 'children')).flatMap((child) => [
        ...(textAt(child, 'type') === 'disk' ? [child] : []),
        ...disksBelow(child, depth + 1),
      ]);

/** Null when the JSON is not lsblk's. */
export const readLsblk = (json: unknown): LsblkReading | null => {
  const tree = treeOf(json);
  if (tree === null || !Array.isArray(memberOf(tree, 'blockdevices'))) return null;
  const tops = treesIn(memberOf(tree, 'blockdevices')).slice(0, 4096);
  const devices = [...tops, ...tops.flatMap((top) => disksBelow(top))].slice(0, 4096);
  const disks = devices.flatMap((device) => diskOf(device) ?? []);
  const found = [...new Map(disks.map((one) => [one.disk.path, one])).values()].slice(0, 512);
  return { disks: found.map((one) => one.disk), rounded: found.some((one) => one.rounded) };
};
