// Lets the filesystem of a grown last partition fill it: e2fsck and resize2fs (ext2/3/4) on the partition's own device, while the
// disk is closed. The partition itself grew with the table.
import { identifyFilesystem } from '../image/filesystem.ts';
import type { PartitionTable, ReadAt } from '../image/partition-table.ts';
import { lastPartition, partitionOffsetBytes, partitionSizeBytes } from '../image/partition-table.ts';
import type { TargetDevice } from '../disk/target-disk.ts';
import type { Tools } from '../disk/tools.ts';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';

const TOOL_TIMEOUT_MS = 30 * 60_000;
/** e2fsck(8): 1 = errors corrected, 2 = corrected and a mounted root should reboot. */
const E2FSCK_GOOD = 2;

/** Why the last partition cannot grow, or null where it can. Only ext filesystems grow here; others grow from the installed system. */
export const whyNotGrow = async (read: ReadAt, table: PartitionTable): Promise<string | null> => {
  const last = lastPartition(table);
  if (last === undefined) return 'the image has no partition';
  const found = await identifyFilesystem(read, partitionOffsetBytes(table, last));
  return found?.kind === 'ext'
    ? null
    : `partition ${last.number} holds ${found?.kind ?? 'no known filesystem'}, which grows only from the installed system`;
};

/** Returns a note for a person. Code: `deploy.grow-failed` when a tool began and failed; a missing tool is only a note. */
export const growFilesystem = async (device: TargetDevice, table: PartitionTable, tools: Tools): Promise<Result<string>> => {
  const last = lastPartition(table);
  if (last === undefined) return success('');
  const place = { number: last.number, startBytes: partitionOffsetBytes(table, last), sizeBytes: partitionSizeBytes(table, last) };
  const partition = await device.partition(place);
  if (!partition.ok) return success(`partition ${last.number} grew, its filesystem did not: ${partition.failure.message}`);
  const { path, release } = partition.value;
  try {
    const check = await tools.run('e2fsck', ['-f', '-p', path], { timeoutMs: TOOL_TIMEOUT_MS });
    if (check.code === 127) return success(`partition ${last.number} grew, its filesystem did not: e2fsck is not available here`);
    if (check.code < 0 || check.code > E2FSCK_GOOD) return growFailed('e2fsck', last.number, check.stdout + check.stderr);
    const resize = await tools.run('resize2fs', [path], { timeoutMs: TOOL_TIMEOUT_MS });
    if (resize.code !== 0) return growFailed('resize2fs', last.number, resize.stderr);
    return success(`partition ${last.number} and its filesystem now reach ${place.startBytes + place.sizeBytes} bytes`);
  } finally {
    await release();
  }
};

const growFailed = (program: string, partition: number, output: string): ReturnType<typeof failed> =>
  failed(
    'deploy.grow-failed',
    `The filesystem in partition ${partition} could not be grown: ${program} says "${output.trim().split('\n').at(-1) ?? ''}".`,
    'Order the deploy again without growing, and check the image with e2fsck.',
  );
