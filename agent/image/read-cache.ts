// A small cache in front of a slow or alignment-bound reader: looking into a FAT reads a few bytes at a time.
import type { ReadAt } from './partition-table.ts';

const BLOCK_BYTES = 64 * 1024;
const MAX_BLOCKS = 64;

/** Reads whole aligned 64 KiB blocks and keeps the last 64 of them (4 MiB). */
export const cachedReads = (read: ReadAt): ReadAt => {
  const blocks = new Map<number, Uint8Array>();
  const blockAt = async (index: number): Promise<Uint8Array> => {
    const known = blocks.get(index);
    if (known !== undefined) return known;
    const block = Uint8Array.from(await read(index * BLOCK_BYTES, BLOCK_BYTES));
    const oldest = blocks.size >= MAX_BLOCKS ? blocks.keys().next().value : undefined;
    if (oldest !== undefined) blocks.delete(oldest);
    blocks.set(index, block);
    return block;
  };
  return async (offsetBytes, lengthBytes) => {
    const parts: Uint8Array[] = [];
    for (let at = offsetBytes; at < offsetBytes + lengthBytes;) {
      const index = Math.floor(at / BLOCK_BYTES);
      const from = at - index * BLOCK_BYTES;
      const part = (await blockAt(index)).subarray(from, Math.min(BLOCK_BYTES, from + offsetBytes + lengthBytes - at));
      if (part.length === 0) break;
      parts.push(part);
      at += part.length;
    }
    return Buffer.concat(parts);
  };
};
