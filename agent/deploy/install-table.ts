// The last write of content: the chunk with the partition table, with the table fitted to this disk's real size. Sector 0 goes
// last, so the disk becomes bootable in one sector write, after everything else was read back.
import { isAllZero } from '../image/chunk.ts';
import type { DiskContent } from '../image/content.ts';
import type { DiskPatch, PartitionTable, ReadAt } from '../image/partition-table.ts';
import { lastPartition } from '../image/partition-table.ts';
import { readPartitionTable } from '../image/read-table.ts';
import { growLastPartition, moveGptBackup, tablePatches } from '../image/resize-table.ts';
import { valueOf, carry } from '../disk/carried-failure.ts';
import { writeAround } from '../disk/fetch-write.ts';
import { spanOf } from '../disk/pieces.ts';
import { intersectRanges } from '../disk/ranges.ts';
import type { Range } from '../disk/target-disk.ts';
import { readBytes } from '../disk/target-disk.ts';
import { readerOf } from '../disk/wipe.ts';
import type { Workbench } from '../disk/workbench.ts';
import { failed } from '../protocol/failure.ts';
import { whyNotGrow } from './grow.ts';
import { TABLE_CHUNK } from './seal.ts';

export type FittedTable = {
  readonly table: PartitionTable;
  /** Places whose bytes are not the image's because the table was fitted to this disk. */
  readonly rewritten: readonly Range[];
  /** True when the last partition is longer than in the image. */
  readonly grown: boolean;
  /** Why it is not, where growing was asked for; else null. */
  readonly whyNotGrown: string | null;
  readonly patches: readonly DiskPatch[];
};

/** Reads the image's table (`head`: its first chunk, null where the disk itself has it in place) and fits it. Writes nothing. */
export const fitTable = async (bench: Workbench, content: DiskContent, head: Buffer | null, grow: boolean): Promise<FittedTable> => {
  const read = withHead(readerOf(bench.disk), head);
  const image = valueOf(await readPartitionTable(read, { sizeBytes: content.sizeBytes, logicalSectorBytes: content.logicalSectorBytes }));
  const moved = valueOf(moveGptBackup(image, bench.disk.sizeBytes));
  const whyNotGrown = grow ? await whyNotGrow(read, image) : null;
  const table = grow && whyNotGrown === null ? growLastPartition(moved) : moved;
  const patches = await tablePatches(read, table);
  const changed: Range[] = [];
  for (const { offsetBytes, bytes } of patches)
    if (!Buffer.from(await read(offsetBytes, bytes.length)).equals(bytes)) changed.push({ offsetBytes, lengthBytes: bytes.length });
  const grown = lastPartition(table)?.sectors !== lastPartition(image)?.sectors;
  return {
    table,
    rewritten: changed,
    grown,
    whyNotGrown: grow && !grown ? (whyNotGrown ?? 'the disk leaves no room behind it') : null,
    patches,
  };
};

/** Writes head and patches in the order that is safe at every cut, then reads them back. `deploy.read-back-mismatch` on a difference. */
export const installTable = async (bench: Workbench, head: Buffer | null, fitted: FittedTable): Promise<void> => {
  const { disk } = bench;
  if (head === null && fitted.rewritten.length === 0) return;
  const first = head ?? (await readBytes(disk, 0, spanOf(bench.table, TABLE_CHUNK, 1).lengthBytes));
  for (const { offsetBytes, bytes } of fitted.patches) if (offsetBytes + bytes.length <= first.length) first.set(bytes, offsetBytes);
  const beyond = fitted.patches.filter(({ offsetBytes, bytes }) => offsetBytes + bytes.length > first.length);
  for (const patch of beyond) await writeAround(bench, patch.offsetBytes, Buffer.from(patch.bytes));
  await disk.flush();
  const sector = disk.logicalSectorBytes;
  await writeAround(bench, sector, first.subarray(sector));
  await disk.flush();
  await writeAround(bench, 0, first.subarray(0, sector));
  await disk.flush();
  for (const { offsetBytes, bytes } of [...beyond, { offsetBytes: 0, bytes: first }]) await expectOnDisk(bench, offsetBytes, bytes);
};

const expectOnDisk = async (bench: Workbench, offsetBytes: number, bytes: Uint8Array): Promise<void> => {
  const found = await readBytes(bench.disk, offsetBytes, bytes.length);
  for (const range of bench.reserved) {
    const shared = intersectRanges(range, { offsetBytes, lengthBytes: bytes.length });
    if (shared === null) continue;
    const at = shared.offsetBytes - offsetBytes;
    if (isAllZero(bytes.subarray(at, at + shared.lengthBytes))) found.fill(0, at, at + shared.lengthBytes);
  }
  if (found.equals(bytes)) return;
  throw carry(
    failed(
      'deploy.read-back-mismatch',
      `The disk gave back something else than was written, between bytes ${offsetBytes} and ${offsetBytes + bytes.length} (partition table).`,
      'The disk or its controller is failing: replace it, then deploy again.',
    ).failure,
  );
};

/** The disk with its first bytes replaced: the table can be read before it is written. */
const withHead =
  (read: ReadAt, head: Buffer | null): ReadAt =>
  async (offsetBytes, lengthBytes) => {
    const found = Buffer.from(await read(offsetBytes, lengthBytes));
    if (head !== null && offsetBytes < head.length) head.copy(found, 0, offsetBytes, Math.min(head.length, offsetBytes + found.length));
    return found;
  };
