// Divides a disk into what the partition bar draws. Pure.
import type { Disk } from '../../../agent/protocol/disk.ts';

export type BarPart = {
  readonly key: string;
  readonly kind: 'partition' | 'free';
  readonly label: string;
  readonly sizeBytes: number;
  /** Of the whole disk, 0 to 1. */
  readonly share: number;
  readonly colour: 1 | 2 | 3 | 4;
};

/** Gaps below this are alignment, not free space. */
const SMALLEST_GAP_BYTES = 64 * 1024 * 1024;

const colourOf = (filesystem: string | null, name: string): 1 | 2 | 3 | 4 => {
  const kind = (filesystem ?? name).toLowerCase();
  if (/vfat|fat|efi|esp/.test(kind)) return 1;
  if (/swap|msr|reserved|bios/.test(kind)) return 4;
  return /lvm|raid|crypt|ntfs|xfs|btrfs/.test(kind) ? 3 : 2;
};

export const barParts = (disk: Disk): readonly BarPart[] => {
  const partitions = (disk.content?.partitions ?? []).toSorted((a, b) => a.startLba - b.startLba);
  if (partitions.length === 0 || disk.sizeBytes === 0) return [];
  const parts: BarPart[] = [];
  const add = (part: Omit<BarPart, 'share'>): void => {
    parts.push({ ...part, share: part.sizeBytes / disk.sizeBytes });
  };
  let endBytes = 0;
  const addGap = (toBytes: number): void => {
    if (toBytes - endBytes >= SMALLEST_GAP_BYTES) {
      add({ key: `free ${endBytes}`, kind: 'free', label: 'free', sizeBytes: toBytes - endBytes, colour: 1 });
    }
  };
  for (const partition of partitions) {
    const startBytes = partition.startLba * disk.logicalSectorBytes;
    const sizeBytes = partition.sectors * disk.logicalSectorBytes;
    addGap(startBytes);
    const words = [partition.label || partition.name || null, partition.filesystem].filter(Boolean);
    add({
      key: `partition ${partition.number}`,
      kind: 'partition',
      label: words.join(' · ') || `partition ${partition.number}`,
      sizeBytes,
      colour: colourOf(partition.filesystem, partition.name),
    });
    endBytes = Math.max(endBytes, startBytes + sizeBytes);
  }
  addGap(disk.sizeBytes);
  return parts;
};
