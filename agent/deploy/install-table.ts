// The last write of content: the chunk with the partition table, with the table fitted to this disk's real size. Sector 0 goes
// last, so the disk becomes bootable in one sector write, after everything else was read back.
import type { DiskContent } from '../image/content.ts';
import type { DiskPatch, PartitionTable, ReadAt } from '../image/partition-table.ts';
import { lastPartition } from '../image/partition-table.ts';
import { readPartitionTable } from '../image/read-table.ts';
import { growLastPartition, moveGptBackup, tablePatches } from '../image/resize-table.ts';
import { valueOf, carry } from '../disk/carried-failure.ts';
import { writeAround } from '../disk/fetch-write.ts';
import { intersectRanges } from '../disk/ranges.ts';
import type { Range } from '../disk/target-disk.ts';
import { readBytes } from '../disk/target-disk.ts';
import { readerOf } from '../disk/wipe.ts';
import type { Workbench } from '../disk/workbench.ts';
import { failed } from '../protocol/failure.ts';
import { whyNotGrow } from './grow.ts';

export type FittedTable = {
  readonly table: PartitionTable;
  /** Places whose bytes are not the image's because the table was fitted to this disk. */
  readonly rewritten: readonly Range[];
  /** True when the last partition is longer than in the image. */
  readonly grown: boolean;
  /** Why it is not, where growing was asked for; else null. */
  readonly whyNotGrown: string | null;
  readonly patches: readonly DiskPatch[];
  /** Where the patches go: no place for a wipe. */
  readonly places: readonly Range[];
};

/** Reads the image's table (`head`: its first chunk; null where the image has no data there) and fits it. Writes nothing. */
export const fitTable = async (bench: Workbench, content: DiskContent, head: Buffer | null, grow: boolean): Promise<FittedTable> => {
  const read = withHead(readerOf(bench.disk), head);
  const image = valueOf(await readPartitionTable(read, { sizeBytes: content.sizeBytes, logicalSectorBytes: content.logicalSectorBytes }));
  const moved = valueOf(moveGptBackup(image, bench.disk.sizeBytes));
  const whyNotGrown = grow ? await whyNotGrow(read, image) : null;
  const table = grow && whyNotGrown === null ? growLastPartition(moved) : moved;
  const patches = await tablePatches(read, table);
  const changed: Range[] = [];
  for (const { offsetBytes, bytes } of patches) {
    // Beyond the image the manifest says nothing, so nothing there is "rewritten".
    const inImage = intersectRanges({ offsetBytes, lengthBytes: bytes.length }, { offsetBytes: 0, lengthBytes: content.sizeBytes });
    if (inImage !== null && !Buffer.from(await read(offsetBytes, bytes.length)).equals(bytes)) changed.push(inImage);
  }
  const grown = lastPartition(table)?.sectors !== lastPartition(image)?.sectors;
  return {
    table,
    rewritten: changed,
    grown,
    whyNotGrown: grow && !grown ? (whyNotGrown ?? 'the disk leaves no room behind it') : null,
    patches,
    places: patches.map(({ offsetBytes, bytes }) => ({ offsetBytes, lengthBytes: bytes.length })),
  };
};

/**
 * Writes head and patches in the order that is safe at every cut, then reads them back; nothing if the disk has them already.
 * Returns the bytes written. `deploy.read-back-mismatch` on a difference.
 */
export const installTable = async (bench: Workbench, head: Buffer | null, fitted: FittedTable): Promise<number> => {
  const { disk } = bench;
  const first = Buffer.from(head ?? []);
  const isInHead = ({ offsetBytes, bytes }: DiskPatch): boolean => offsetBytes + bytes.length <= first.length;
  for (const { offsetBytes, bytes } of fitted.patches.filter(isInHead)) first.set(bytes, offsetBytes);
  const beyond = fitted.patches.filter((patch) => !isInHead(patch));
  const wanted: readonly DiskPatch[] = head === null ? beyond : [...beyond, { offsetBytes: 0, bytes: first }];
  if ((await firstDifference(bench, wanted)) === null) return 0;
  for (const patch of beyond) await writeAround(bench, patch.offsetBytes, Buffer.from(patch.bytes));
  await disk.flush();
  const sector = disk.logicalSectorBytes;
  await writeAround(bench, sector, first.subarray(sector));
  await disk.flush();
  await writeAround(bench, 0, first.subarray(0, sector));
  await disk.flush();
  const wrong = await firstDifference(bench, wanted);
  if (wrong === null) return wanted.reduce((sum, { bytes }) => sum + bytes.length, 0);
  throw carry(
    failed(
      'deploy.read-back-mismatch',
      `The disk gave back something else than was written, between bytes ${wrong.offsetBytes} and ${wrong.offsetBytes + wrong.bytes.length} (partition table).`,
      'The disk or its controller is failing: replace it, then deploy again.',
    ).failure,
  );
};

/** Our own record is no part of the comparison. */
const firstDifference = async (bench: Workbench, wanted: readonly DiskPatch[]): Promise<DiskPatch | null> => {
  for (const patch of wanted) {
    const { offsetBytes, bytes } = patch;
    const found = await readBytes(bench.disk, offsetBytes, bytes.length);
    for (const range of bench.reserved) {
      const shared = intersectRanges(range, { offsetBytes, lengthBytes: bytes.length });
      if (shared !== null)
        found.set(
          bytes.subarray(shared.offsetBytes - offsetBytes, shared.offsetBytes - offsetBytes + shared.lengthBytes),
          shared.offsetBytes - offsetBytes,
        );
    }
    if (!found.equals(bytes)) return patch;
  }
  return null;
};

/** The disk with its first bytes replaced: the table can be read before it is written. */
const withHead =
  (read: ReadAt, head: Buffer | null): ReadAt =>
  async (offsetBytes, lengthBytes) => {
    const found = Buffer.from(await read(offsetBytes, lengthBytes));
    if (head !== null && offsetBytes < head.length) head.copy(found, 0, offsetBytes, Math.min(head.length, offsetBytes + found.length));
    return found;
  };
