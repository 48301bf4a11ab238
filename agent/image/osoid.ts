// OSOID, the OS object identifier (docs/FORMAT.md "OSOID"): SHA-256 of the canonical content part of an image. It is built from
// 256 KiB blocks whatever the chunk size is, so that the same disk content has the same id everywhere.
import { createHash } from 'node:crypto';
import { canonicalBytes } from './canonical-json.ts';
import { CHUNK_SIZE_BYTES, isAllZero } from './chunk.ts';
import type { ChunkTable } from './chunk-table.ts';

/** Fixed by the definition of OSOID; equal to the default chunk size, so chunk ids serve as block hashes there. */
export const OSOID_BLOCK_BYTES = 256 * 1024;

/** What the content part says about a disk's bytes: how many extents there are, and one digest over all of them. */
export type ExtentsDigest = { readonly blockSizeBytes: number; readonly count: number; readonly sha256: string };

/** Fed with every block of a disk in order; an extent is a maximal run of blocks that hold a byte other than zero. */
export type ExtentHasher = {
  /** SHA-256 of the next block's raw bytes; the last block of a disk may be short. */
  readonly data: (blockHash: Uint8Array) => void;
  /** The next `count` blocks are all zero (or free space). */
  readonly zeros: (count: number) => void;
  readonly finish: () => ExtentsDigest;
};

export const createExtentHasher = (): ExtentHasher => {
  const list = createHash('sha256');
  let extent = createHash('sha256');
  let startBlock = 0;
  let blockCount = 0;
  let nextBlock = 0;
  let count = 0;
  const closeExtent = (): void => {
    if (blockCount === 0) return;
    const record = Buffer.alloc(48);
    record.writeBigUInt64LE(BigInt(startBlock), 0);
    record.writeBigUInt64LE(BigInt(blockCount), 8);
    record.set(extent.digest(), 16);
    list.update(record);
    extent = createHash('sha256');
    blockCount = 0;
    count++;
  };
  return {
    data: (blockHash) => {
      if (blockHash.length !== 32) throw new RangeError('a block hash has 32 bytes');
      if (blockCount === 0) startBlock = nextBlock;
      extent.update(blockHash);
      blockCount++;
      nextBlock++;
    },
    zeros: (blocks) => {
      closeExtent();
      nextBlock += blocks;
    },
    finish: () => {
      closeExtent();
      return { blockSizeBytes: OSOID_BLOCK_BYTES, count, sha256: list.digest('hex') };
    },
  };
};

/** Feeds one raw chunk of any size (a multiple of the block size, or the disk's last) block by block. */
export const hashBlocks = (hasher: ExtentHasher, raw: Uint8Array): void => {
  for (let offset = 0; offset < raw.length; offset += OSOID_BLOCK_BYTES) {
    const block = raw.subarray(offset, offset + OSOID_BLOCK_BYTES);
    if (isAllZero(block)) hasher.zeros(1);
    else hasher.data(createHash('sha256').update(block).digest());
  }
};

/**
 * The digest straight from a table of 256 KiB chunks, without touching content: so anyone who holds manifest and chunk table can
 * check an OSOID. Null for larger chunks, whose blocks must be hashed from content.
 */
export const extentsOfTable = (table: ChunkTable): ExtentsDigest | null => {
  if (table.chunkSizeBytes !== CHUNK_SIZE_BYTES) return null;
  const hasher = createExtentHasher();
  let hashIndex = 0;
  for (const run of table.runs) {
    if (run.kind !== 'data') hasher.zeros(run.count);
    else for (let n = 0; n < run.count; n++, hashIndex++) hasher.data(table.hashes.subarray(hashIndex * 32, hashIndex * 32 + 32));
  }
  return hasher.finish();
};

/** SHA-256 of the content part's canonical JSON, 64 lower-case hex digits. */
export const osoidOf = (content: object): string => createHash('sha256').update(canonicalBytes(content)).digest('hex');
