// The short part of an import, before anything is stored: the disk's partition table, the blocks that its filesystems use, and what
// makes the file no image at all. A filesystem that cannot be read is taken whole, with the reason; that never stops an import.
import { MAX_DISK_BYTES } from '../../agent/image/chunk-table.ts';
import { identifyFilesystem } from '../../agent/image/filesystem.ts';
import type { FoundFilesystem } from '../../agent/image/manifest.ts';
import type { PartitionTable, ReadAt } from '../../agent/image/partition-table.ts';
import { PROVENANCE_BYTES, hasMark, provenancePlace } from '../../agent/image/provenance.ts';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import type { ByteRange } from '../../agent/image/used/block-map.ts';
import type { DiskUse } from '../../agent/image/used/disk-use.ts';
import { diskUseOf } from '../../agent/image/used/disk-use.ts';
import { readUsedSpace } from '../../agent/image/used/used-space.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ImportSource } from './import-source.ts';
import { refuseIso } from './refuse-format.ts';
import { sourceFailure } from './stream-source.ts';

export type SourceSurvey = {
  readonly table: PartitionTable;
  readonly use: DiskUse;
  readonly filesystems: readonly FoundFilesystem[];
  readonly hidden: ByteRange | null;
};

/**
 * Codes: `image.odd-size`, `image.too-large`, `image.no-partition-table`, `image.truncated`, `image.corrupt`, `image.table-unsupported`,
 * `table.gpt-damaged`, `job.cancelled`, and those of `sourceFailure`.
 */
export const surveySource = async (
  source: ImportSource,
  options: { readonly allowNoPartitionTable?: boolean; readonly signal?: AbortSignal },
): Promise<Result<SourceSurvey>> => {
  const { sizeBytes } = source;
  if (sizeBytes === 0) return failed('image.odd-size', 'The disk in the file is empty: it has no sectors.', 'Choose another file.');
  if (sizeBytes % 512 !== 0)
    return failed(
      'image.odd-size',
      `The disk image has ${sizeBytes} bytes, which is no whole number of sectors.`,
      'Copy or download it again: a part may be missing.',
    );
  if (sizeBytes > MAX_DISK_BYTES) return failed('image.too-large', 'The disk is larger than 64 TiB.', 'Choose another file.');
  const read: ReadAt = async (offsetBytes, lengthBytes) => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(lengthBytes, sizeBytes - offsetBytes)));
    return bytes.subarray(0, await source.read(bytes, offsetBytes));
  };
  try {
    const found = await readPartitionTable(read, { sizeBytes });
    if (!found.ok) return found;
    const table = found.value;
    const bare = table.kind === 'none' ? ((await identifyFilesystem(read, 0))?.kind ?? null) : null;
    const refused = refuseTable(table, options.allowNoPartitionTable === true, bare);
    // An ISO that is made to be put on a stick has a boot sector, or partitions around its own files.
    const isUnlikeDisk = refused === undefined ? isLabelOnly(table) : UNLIKE_DISKS.has(refused.failure.code);
    if (isUnlikeDisk && (await isIso(read))) return refuseIso();
    if (refused !== undefined) return refused;
    const uses = await readUsedSpace(read, table, options.signal === undefined ? {} : { signal: options.signal });
    const filesystems = uses.map(({ number, kind, label, uuid, capture, obstacle }) => ({
      ...{ number, kind, label, uuid, capture },
      ...(obstacle === null ? {} : { note: obstacle.message }),
    }));
    // A provenance record on the source is about the source (docs/FORMAT.md).
    const place = provenancePlace(table);
    const hidden = place !== null && hasMark(await read(place.offsetBytes, PROVENANCE_BYTES)) ? place : null;
    return success({ table, use: diskUseOf(table, uses), filesystems, hidden });
  } catch (error) {
    if (options.signal?.aborted === true) return failed('job.cancelled', 'The import was cancelled.', 'Start it again when you like.');
    const failure = sourceFailure(error);
    if (failure === undefined) throw error;
    return { ok: false, failure };
  }
};

const UNLIKE_DISKS: ReadonlySet<string> = new Set(['image.no-partition-table', 'image.corrupt']);
/** An MBR that only keeps others from taking the ISO for an empty disk. */
const isLabelOnly = ({ kind, partitions }: PartitionTable): boolean => kind === 'mbr' && partitions.every(({ type }) => type === '0xcd');
const isIso = async (read: ReadAt): Promise<boolean> => Buffer.from(await read(0x8001, 5)).toString('latin1') === 'CD001';

/** `bare`: what begins with the disk itself. */
const refuseTable = (table: PartitionTable, allowNone: boolean, bare: string | null): ReturnType<typeof failed> | undefined => {
  if (table.kind === 'none' && !allowNone)
    return failed(
      'image.no-partition-table',
      `The file has no partition table${bare === null ? '' : ` but ${bare} from its first byte on`}, so it is no image of a disk.`,
      'Choose an image of a whole disk. If the file is an archive, unpack it first.',
    );
  if (table.problems.includes('disk-smaller-than-table') || table.problems.includes('partition-beyond-end'))
    return failed(
      'image.truncated',
      'The file ends before its own partition table says the disk does.',
      'Copy or download it again: a part is missing.',
    );
  if (table.problems.includes('partitions-overlap'))
    return failed('image.corrupt', 'The partitions of the image overlap.', 'Repair its partition table or choose another image.');
  if (table.problems.includes('partition-impossible'))
    return failed(
      'image.corrupt',
      'The partition table of the image has a partition that ends before it begins.',
      'Repair its partition table or choose another image.',
    );
  if (table.problems.includes('mbr-two-extended'))
    return failed(
      'image.table-unsupported',
      'The partition table of the image (MBR) has two extended partitions.',
      'Put its logical partitions into one of them, or give the disk a GPT, then import it again.',
    );
  return undefined;
};
