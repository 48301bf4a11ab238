// The end of a capture: what the agent sent is looked at as a disk, by the same eyes as an import, and published signed. The agent's
// word counts only for what cannot be seen in the content.
import { dataChunks } from '../../agent/image/chunk-map.ts';
import { chunkLength, parseChunkTable } from '../../agent/image/chunk-table.ts';
import type { ChunkTable } from '../../agent/image/chunk-table.ts';
import { contentOf } from '../../agent/image/content.ts';
import { describeDisk } from '../../agent/image/describe-disk.ts';
import type { ImageDraft } from '../../agent/image/manifest.ts';
import { MANIFEST_SCHEMA } from '../../agent/image/manifest.ts';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { FirmwareBoot } from '../../agent/protocol/firmware-boot.ts';
import type { CapturePublish } from '../../agent/protocol/capture.ts';
import { boundBy, notedOf } from './bound-by.ts';
import { ImageReadError } from './image-reader.ts';
import type { ImageWriter, PublishedImage } from './image-writer.ts';

/** What the station says of the image. */
export type CaptureLabels = Pick<ImageDraft, 'name' | 'revision' | 'labels' | 'notes' | 'createdAt'> & {
  readonly facts: Readonly<Record<string, unknown>>;
  /** The image that the disk's own trusted record names. */
  readonly parent: string | null;
  /** Of a build. */
  readonly recipe: ImageDraft['recipe'];
  /** What the machine's firmware starts; null where nobody read it. */
  readonly boot: FirmwareBoot | null;
};

export type PublishedCapture = PublishedImage & { readonly dataBytes: number };

/** Codes: `capture.incomplete`, `capture.table-mismatch`, `chunk-table.malformed`, and the library's own. */
export const publishCapture = async (
  writer: ImageWriter,
  sent: { readonly tableBytes: Uint8Array; readonly image: CapturePublish; readonly diskSizeBytes: number },
  labels: CaptureLabels,
): Promise<Result<PublishedCapture>> => {
  const table = parseChunkTable(sent.tableBytes);
  if (!table.ok) return table;
  if (table.value.diskSizeBytes !== sent.diskSizeBytes || sent.image.usedBytes > sent.diskSizeBytes)
    return mismatch('it is of a disk of another size');
  const dataBytes = bytesOf(table.value, writer);
  if (dataBytes === null)
    return failed('capture.incomplete', 'Chunks of the image are not in the library.', 'The agent sends them again by itself.');
  const flushed = await writer.flush();
  if (!flushed.ok) return flushed;
  try {
    const draft = await draftOf(writer, table.value, { ...sent.image, dataBytes }, labels);
    if (!draft.ok) return draft;
    const published = await writer.publish(draft.value, table.value);
    return published.ok ? success({ ...published.value, dataBytes }) : published;
  } catch (error) {
    if (error instanceof ImageReadError) return { ok: false, failure: error.failure };
    throw error;
  }
};

/** Raw bytes of all data chunks; null if one of them is not there. */
const bytesOf = (table: ChunkTable, writer: ImageWriter): number | null => {
  let bytes = 0;
  for (const { index, chunkId } of dataChunks(table)) {
    if (chunkId === null || !writer.has(chunkId)) return null;
    bytes += chunkLength(table, index);
  }
  return bytes;
};

const draftOf = async (
  writer: ImageWriter,
  table: ChunkTable,
  image: CapturePublish & { readonly dataBytes: number },
  { facts, parent, recipe, boot, ...labels }: CaptureLabels,
): Promise<Result<ImageDraft>> => {
  const read = writer.read(table);
  const { diskSizeBytes: sizeBytes } = table;
  const partitions = await readPartitionTable(read, { sizeBytes, logicalSectorBytes: image.logicalSectorBytes });
  if (!partitions.ok) return partitions;
  if (partitions.value.kind === 'none') return mismatch('its content has no partition table');
  const { firmware, architecture, bootChain, filesystems, bindings } = await describeDisk(read, partitions.value);
  const takenAs = new Map(image.filesystems.map((one) => [one.number, one]));
  return success({
    schema: MANIFEST_SCHEMA,
    version: 1,
    required: ['sha256', 'zstd'],
    encryption: null,
    content: contentOf({ table: partitions.value, firmware, architecture, extents: image.extents }),
    ...labels,
    lineage: { id: labels.name, parent },
    hashAlg: 'sha256',
    stats: { usedBytes: image.usedBytes, dataBytes: image.dataBytes },
    source: { kind: recipe === null ? 'capture' : 'build', fileName: null, facts, ...(boot === null ? {} : { boot }) },
    recipe,
    filesystems: filesystems.map((one) => ({ ...one, ...takenAs.get(one.number) })),
    bootChain: [...bootChain],
    ...(image.identity === undefined ? {} : { identity: image.identity }),
    ...notedOf(partitions.value),
    ...boundBy(bindings),
  });
};

const mismatch = (why: string): ReturnType<typeof failed> =>
  failed(
    'capture.table-mismatch',
    `What the agent sent is no image of the disk: ${why}.`,
    'Capture it again; the agent and the kit may differ in version.',
  );
