// `chunks.bin` (docs/FORMAT.md "Chunk table"): which chunk lies where on the disk, as runs of data, zero and skip, then the
// hashes of the data runs, then an optional bitmap of the blocks in use.
import { createHash } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import { CHUNK_SIZE_BYTES, LARGE_CHUNK_SIZE_BYTES } from './chunk.ts';

/** `zero` must read as zeros after a deploy; `skip` is free space whose content does not matter. */
export type RunKind = 'data' | 'zero' | 'skip';
const KINDS: readonly RunKind[] = ['data', 'zero', 'skip'];

export type ChunkRun = { readonly firstChunk: number; readonly count: number; readonly kind: RunKind };

/** One disk's chunks. Runs cover the disk from chunk 0 to the last without gap; `hashes` has 32 bytes for each data chunk in order. */
export type ChunkTable = {
  readonly diskSizeBytes: number;
  readonly chunkSizeBytes: number;
  readonly runs: readonly ChunkRun[];
  readonly hashes: Uint8Array;
  readonly bitmap: UsedBitmap | null;
};

/** One bit per block of `blockSizeBytes`, least significant bit first, 1 = in use; kept compressed until asked for. */
export type UsedBitmap = { readonly blockSizeBytes: number; readonly compressed: Uint8Array };

const MAGIC = Buffer.from('RSCHUNK1');
const HEADER_BYTES = 40;
const RUN_BYTES = 12;
export const MAX_DISK_BYTES = 64 * 1024 ** 4;

export const chunkCountOf = (diskSizeBytes: number, chunkSizeBytes: number): number => Math.ceil(diskSizeBytes / chunkSizeBytes);

/** Length of chunk `index`: only the last of a disk can be short. */
export const chunkLength = (table: Pick<ChunkTable, 'diskSizeBytes' | 'chunkSizeBytes'>, index: number): number =>
  Math.min(table.chunkSizeBytes, table.diskSizeBytes - index * table.chunkSizeBytes);

export const compressBitmap = (bits: Uint8Array, blockSizeBytes: number): UsedBitmap => ({
  blockSizeBytes,
  compressed: zstdCompressSync(bits, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
});

/** The raw bitmap of a table, or null where it has none (then every data byte counts as used). */
export const usedBitmapOf = (table: ChunkTable): Result<Uint8Array | null> => {
  if (table.bitmap === null) return success(null);
  const expected = Math.ceil(table.diskSizeBytes / table.bitmap.blockSizeBytes / 8);
  try {
    const bits = zstdDecompressSync(table.bitmap.compressed, { maxOutputLength: expected });
    return bits.length === expected ? success(bits) : malformed('its map of used blocks has the wrong size');
  } catch {
    return malformed('its map of used blocks does not decompress');
  }
};

export const encodeChunkTable = (table: ChunkTable): Buffer => {
  const head = Buffer.alloc(HEADER_BYTES + table.runs.length * RUN_BYTES);
  head.set(MAGIC, 0);
  head.writeBigUInt64LE(BigInt(table.diskSizeBytes), 8);
  head.writeUInt32LE(table.chunkSizeBytes, 16);
  head.writeUInt32LE(table.runs.length, 20);
  head.writeUInt32LE(table.hashes.length / 32, 24);
  head.writeUInt32LE(table.bitmap?.blockSizeBytes ?? 0, 28);
  head.writeUInt32LE(table.bitmap?.compressed.length ?? 0, 32);
  for (const [index, run] of table.runs.entries()) {
    const at = HEADER_BYTES + index * RUN_BYTES;
    head.writeUIntLE(run.firstChunk, at, 6);
    head.writeUInt32LE(run.count, at + 6);
    head.writeUInt8(KINDS.indexOf(run.kind), at + 10);
  }
  return Buffer.concat([head, table.hashes, table.bitmap?.compressed ?? new Uint8Array()]);
};

/**
 * Reads a table and proves it: sizes in range, runs in order and gap-free to the exact end of the disk, one hash per data chunk,
 * nothing left over. Allocates no more than its input. Failure code `chunk-table.malformed`.
 */
export const parseChunkTable = (input: Uint8Array): Result<ChunkTable> => {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return malformed('it is not a chunk table of this version');
  const diskSize = bytes.readBigUInt64LE(8);
  const chunkSizeBytes = bytes.readUInt32LE(16);
  if (diskSize === 0n || diskSize > BigInt(MAX_DISK_BYTES)) return malformed('its disk size is out of range');
  if (chunkSizeBytes !== CHUNK_SIZE_BYTES && chunkSizeBytes !== LARGE_CHUNK_SIZE_BYTES) return malformed('its chunk size is unknown');
  const diskSizeBytes = Number(diskSize);
  const runCount = bytes.readUInt32LE(20);
  const hashCount = bytes.readUInt32LE(24);
  const blockSizeBytes = bytes.readUInt32LE(28);
  const bitmapLength = bytes.readUInt32LE(32);
  if (bytes.readUInt32LE(36) !== 0) return malformed('a reserved field is set');
  const hashesAt = HEADER_BYTES + runCount * RUN_BYTES;
  const bitmapAt = hashesAt + hashCount * 32;
  if (bitmapAt + bitmapLength !== bytes.length) return malformed('its length does not fit its counts');
  if (blockSizeBytes === 0 ? bitmapLength !== 0 : !isBlockSize(blockSizeBytes) || bitmapLength === 0)
    return malformed('its block size is out of range');
  const runs = parseRuns(bytes, runCount, chunkCountOf(diskSizeBytes, chunkSizeBytes), hashCount);
  if (!runs.ok) return runs;
  if (hasZeroChunk(bytes.subarray(hashesAt, bitmapAt), [chunkSizeBytes, diskSizeBytes % chunkSizeBytes]))
    return malformed('it stores a chunk of zeros');
  const bitmap = blockSizeBytes === 0 ? null : { blockSizeBytes, compressed: bytes.subarray(bitmapAt) };
  return success({ diskSizeBytes, chunkSizeBytes, runs: runs.value, hashes: bytes.subarray(hashesAt, bitmapAt), bitmap });
};

const parseRuns = (bytes: Buffer, runCount: number, chunkCount: number, hashCount: number): Result<readonly ChunkRun[]> => {
  const runs: ChunkRun[] = [];
  let nextChunk = 0;
  let dataChunks = 0;
  for (let index = 0; index < runCount; index++) {
    const at = HEADER_BYTES + index * RUN_BYTES;
    const run = { firstChunk: bytes.readUIntLE(at, 6), count: bytes.readUInt32LE(at + 6), kind: KINDS[bytes.readUInt8(at + 10)] };
    if (run.kind === undefined || bytes[at + 11] !== 0) return malformed(`run ${index} is of no known kind`);
    if (run.firstChunk !== nextChunk || run.count === 0) return malformed(`run ${index} overlaps, leaves a gap or is empty`);
    if (run.kind === runs.at(-1)?.kind) return malformed(`run ${index} should be part of the one before`);
    nextChunk += run.count;
    if (nextChunk > chunkCount) return malformed(`run ${index} goes beyond the end of the disk`);
    if (run.kind === 'data') dataChunks += run.count;
    runs.push({ ...run, kind: run.kind });
  }
  if (nextChunk !== chunkCount) return malformed('its runs end before the disk does');
  return dataChunks === hashCount ? success(runs) : malformed('it has not one hash for each data chunk');
};

/** Zeros are never stored: otherwise one content could have two OSOIDs. */
const hasZeroChunk = (hashes: Buffer, lengths: readonly number[]): boolean =>
  lengths.some((length) => {
    const zero = createHash('sha256').update(new Uint8Array(length)).digest();
    for (let at = hashes.indexOf(zero); at >= 0; at = hashes.indexOf(zero, at + 1)) if (at % 32 === 0) return true;
    return false;
  });

const isBlockSize = (size: number): boolean => size >= 512 && size <= 1024 * 1024 && (size & (size - 1)) === 0;

const malformed = (what: string): ReturnType<typeof failed> =>
  failed('chunk-table.malformed', `The image's chunk table cannot be used: ${what}.`, 'Copy the image again from its source.');
