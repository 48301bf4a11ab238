// Lets the filesystem of a grown partition fill it, on the partition's own device, while the disk is closed. The partition itself
// grew with the table (image/grow-table.ts).
import { open } from 'node:fs/promises';
import { identifyFilesystem } from '../../image/filesystem.ts';
import type { PartitionTable, ReadAt } from '../../image/partition-table.ts';
import { partitionOffsetBytes, partitionSizeBytes } from '../../image/partition-table.ts';
import { isSystemError } from '../../disk/system-error.ts';
import type { TargetDevice } from '../../disk/target-disk.ts';
import type { Tools } from '../../disk/tools.ts';
import { failed, success } from '../../protocol/failure.ts';
import type { Result } from '../../protocol/failure.ts';
import { growBtrfs, growExt, growNtfs, growXfs } from './filesystems.ts';
import { growLvm } from './lvm.ts';
import type { Grower } from './types.ts';
import { lastLine } from './types.ts';

const GROWERS: Readonly<Record<string, Grower>> = { ext: growExt, ntfs: growNtfs, xfs: growXfs, btrfs: growBtrfs };

export type GrowTarget = { readonly number: number; readonly volume: string | null };

/** Returns a note for a person. Code: `deploy.grow-failed` when a tool began and failed; one that could not begin is only a note. */
export const growFilesystem = async (
  device: TargetDevice,
  table: PartitionTable,
  { number, volume }: GrowTarget,
  tools: Tools,
): Promise<Result<string>> => {
  const one = table.partitions.find((candidate) => candidate.number === number);
  if (one === undefined) return success('');
  const place = { number, startBytes: partitionOffsetBytes(table, one), sizeBytes: partitionSizeBytes(table, one) };
  const partition = await device.partition(place);
  if (!partition.ok) return success(`partition ${number} grew, its filesystem did not: ${partition.failure.message}`);
  const { path, release } = partition.value;
  try {
    const kind = await kindOf(path);
    const grower = kind === 'lvm' ? growLvm(volume, kindOf, (inside) => GROWERS[inside]) : GROWERS[kind ?? ''];
    if (grower === undefined) return success(`partition ${number} grew; it holds ${kind ?? 'no known filesystem'}, which did not`);
    const grown = await grower(path, tools);
    switch (grown.kind) {
      case 'grown':
        return success(`partition ${number} now reaches ${place.startBytes + place.sizeBytes} bytes; ${grown.says}`);
      case 'not':
        return success(`partition ${number} grew, its filesystem did not: ${grown.why}`);
      case 'failed':
        return failed(
          'deploy.grow-failed',
          `What partition ${number} holds could not be grown: ${grown.program} says "${lastLine(grown.output)}".`,
          'Order the deploy again with --grow none, and check the image with the tools of its filesystem.',
        );
    }
  } finally {
    await release();
  }
};

/** Null too where the device is not there: what reads it next says so by name. */
const kindOf = async (path: string): Promise<string | null> => {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isSystemError(error)) return null;
    throw error;
  });
  if (file === null) return null;
  try {
    const read: ReadAt = async (offset, length) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    return (await identifyFilesystem(read, 0))?.kind ?? null;
  } finally {
    await file.close();
  }
};
