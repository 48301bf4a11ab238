// The last write of content: the chunk with the partition table, with the table fitted to this disk's real size. Sector 0 goes
// last, so the disk becomes bootable in one sector write, after everything else was read back.
import type { DiskPatch } from '../image/partition-table.ts';
import { carry } from '../disk/carried-failure.ts';
import { writeAround } from '../disk/fetch-write.ts';
import { intersectRanges } from '../disk/ranges.ts';
import { readBytes } from '../disk/target-disk.ts';
import type { Workbench } from '../disk/workbench.ts';
import { failed } from '../protocol/failure.ts';
import type { FittedTable } from './fit-table.ts';

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
