// Child of the library figures: node used-blocks.ts DISK writes the blocks of 4 KiB that are in use and not zero, one after another, to standard
// output: what the best archive of a disk would have to hold.
import { open } from 'node:fs/promises';
import { isAllZero } from '../../agent/image/chunk.ts';
import { freeBlocks } from '../rack/free-blocks.ts';

const BLOCK = 4096;
const STEP = 1024 * BLOCK;

const [path = ''] = process.argv.slice(2);
const free = (await freeBlocks(path)).toSorted((a, b) => a.offsetBytes - b.offsetBytes);
if (free.length === 0) throw new Error(`dumpe2fs says nothing of ${path}`);
await using disk = await open(path, 'r');
const { size } = await disk.stat();
let next = 0;
const isFree = (at: number): boolean => {
  while (next < free.length && (free[next]?.offsetBytes ?? 0) + (free[next]?.lengthBytes ?? 0) <= at) next++;
  const range = free[next];
  return range !== undefined && range.offsetBytes <= at && at + BLOCK <= range.offsetBytes + range.lengthBytes;
};
for (let at = 0; at < size; at += STEP) {
  const { buffer, bytesRead } = await disk.read(Buffer.alloc(STEP), 0, STEP, at);
  const used: Uint8Array[] = [];
  for (let n = 0; n < bytesRead; n += BLOCK) {
    const block = buffer.subarray(n, Math.min(n + BLOCK, bytesRead));
    if (!isFree(at + n) && !isAllZero(block)) used.push(block);
  }
  if (used.length > 0 && !process.stdout.write(Buffer.concat(used))) await new Promise((resolve) => process.stdout.once('drain', resolve));
}
