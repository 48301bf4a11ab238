// Is a half-written disk still as its own job left it? When a job begins it notes a hash of each of a few dozen sectors; when it
// comes back, every one of them must hold what it held then, or zeros, or what the image has there. Somebody else's system fails
// that at once: a table in sector 0 (which lies sealed, seal.ts), a label, a filesystem. Docs: operating.md, "Deploy".
import { createHash } from 'node:crypto';
import { valueOf } from '../disk/carried-failure.ts';
import { spanOf } from '../disk/pieces.ts';
import type { TargetDisk } from '../disk/target-disk.ts';
import { readBytes } from '../disk/target-disk.ts';
import { chunkLookup } from '../image/chunk-map.ts';
import { chunkIdOf, decodeFrame, isAllZero } from '../image/chunk.ts';
import { PROVENANCE_BYTES, PROVENANCE_OFFSET_BYTES } from '../image/provenance.ts';
import type { CheckedImage } from './check-image.ts';
import { fitTable } from './fit-table.ts';
import { TABLE_CHUNK } from './table-chunk.ts';
import type { DeployOptions } from './types.ts';

const KIB = 1024;
const SPREAD = 36;
const HASH_BYTES = 8;

type Sectors = Pick<TargetDisk, 'sizeBytes' | 'logicalSectorBytes'>;

/** Where tables, their backups and the first filesystem keep what names them, and as many places again evenly over the disk. */
export const samplePlaces = ({ sizeBytes, logicalSectorBytes: sector }: Sectors): readonly number[] => {
  const labels = [0, sector, 2 * sector, 4 * KIB, 64 * KIB, 1024 * KIB, 1025 * KIB, 1028 * KIB, 1088 * KIB];
  const end = sizeBytes - sector;
  const ends = [end, end - 32 * sector, end - 1024 * KIB];
  const spread = Array.from({ length: SPREAD }, (_, index) => Math.floor((sizeBytes / SPREAD) * (index + 0.5)));
  const whole = [...labels, ...ends, ...spread].map((offset) => Math.floor(offset / sector) * sector);
  const isOurs = (offset: number): boolean => offset >= PROVENANCE_OFFSET_BYTES && offset < PROVENANCE_OFFSET_BYTES + PROVENANCE_BYTES;
  return [...new Set(whole)].filter((offset) => offset >= 0 && offset <= end && !isOurs(offset)).toSorted((a, b) => a - b);
};

const hashOf = (sector: Uint8Array): Buffer => createHash('sha256').update(sector).digest().subarray(0, HASH_BYTES);

/** The hashes of all places, for the work marker. */
export const takeSamples = async (disk: TargetDisk): Promise<Uint8Array> => {
  const hashes: Buffer[] = [];
  for (const offset of samplePlaces(disk)) hashes.push(hashOf(await readBytes(disk, offset, disk.logicalSectorBytes)));
  return Buffer.concat(hashes);
};

/**
 * `samples` are those of the job's beginning. Where the disk alone does not tell, chunks of the image are fetched; throws the source's
 * failure, carried. False on any doubt.
 */
export const isOwnWork = async (
  disk: TargetDisk,
  samples: Uint8Array,
  image: CheckedImage,
  { order, source, signal }: Pick<DeployOptions, 'order' | 'source' | 'signal'>,
): Promise<boolean> => {
  const places = samplePlaces(disk);
  if (samples.length !== places.length * HASH_BYTES) return false;
  const { table, content } = image;
  const sectorBytes = disk.logicalSectorBytes;
  const fetched = new Map<number, Promise<Uint8Array | null>>();

  /** The image's chunk; null where it has no data. */
  const chunkOf = (index: number): Promise<Uint8Array | null> => {
    const known = fetched.get(index) ?? fetchChunk(index);
    fetched.set(index, known);
    return known;
  };
  const fetchChunk = async (index: number): Promise<Uint8Array | null> => {
    const chunk = chunkLookup(table)(index);
    if (chunk.chunkId === null) return null;
    const span = spanOf(table, index, 1);
    const onDisk = await readBytes(disk, span.offsetBytes, span.lengthBytes);
    if (chunkIdOf(onDisk) === chunk.chunkId) return onDisk;
    const decoded = valueOf(decodeFrame(valueOf(await source.chunks([chunk.chunkId], signal))));
    return decoded.raw;
  };
  const inImage = async (offset: number): Promise<Uint8Array | null> => {
    if (offset >= table.diskSizeBytes) return null;
    const index = Math.floor(offset / table.chunkSizeBytes);
    const from = offset - index * table.chunkSizeBytes;
    return (await chunkOf(index))?.subarray(from, from + sectorBytes) ?? null;
  };
  /** The table as the job's last step fits it to this disk: its first sectors, and its backup at the disk's end. */
  const inFittedTable = async (offset: number): Promise<Uint8Array | null> => {
    const head = await chunkOf(TABLE_CHUNK);
    if (head === null) return null;
    const fitted = await fitTable(disk, { content, filesystems: image.manifest.filesystems, order }, Buffer.from(head));
    if (!fitted.ok) return null;
    const patch = fitted.value.patches.find(
      (one) => offset >= one.offsetBytes && offset + sectorBytes <= one.offsetBytes + one.bytes.length,
    );
    return patch?.bytes.subarray(offset - patch.offsetBytes, offset - patch.offsetBytes + sectorBytes) ?? null;
  };

  for (const [index, offset] of places.entries()) {
    signal.throwIfAborted();
    const found = await readBytes(disk, offset, sectorBytes);
    const isOld = hashOf(found).equals(samples.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));
    if (isOld || isAllZero(found)) continue;
    const isSame = (wanted: Uint8Array | null): boolean => wanted !== null && found.equals(wanted);
    if (!isSame(await inImage(offset)) && !isSame(await inFittedTable(offset))) return false;
  }
  return true;
};
