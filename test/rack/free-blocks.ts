// Where the bytes of an image do not matter: free blocks of its ext4 filesystems, as dumpe2fs lists them, and their journals behind the
// superblock, as debugfs does (docs/adr/0027). No code of ours is asked.
import { spawnSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import { partitionOffsetBytes } from '../../agent/image/partition-table.ts';
import type { ByteRange } from './compare-disk.ts';

/** Empty for what has no ext4, and where dumpe2fs is not installed. */
export const freeBlocks = async (imagePath: string): Promise<readonly ByteRange[]> => {
  await using file = await open(imagePath, 'r');
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, (await file.read(bytes, 0, length, offset)).bytesRead);
  };
  const table = await readPartitionTable(read, { sizeBytes: (await file.stat()).size });
  if (!table.ok) return [];
  return table.value.partitions.flatMap((partition) => freeIn(imagePath, partitionOffsetBytes(table.value, partition)));
};

const ask = (argv: readonly [string, ...string[]]): string | null => {
  const [program, ...args] = argv;
  const { status, stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C' },
  });
  return status === 0 ? stdout : null;
};

const freeIn = (imagePath: string, offsetBytes: number): readonly ByteRange[] => {
  const place = `${imagePath}?offset=${offsetBytes}`;
  const listed = ask(['dumpe2fs', place]);
  if (listed === null) return [];
  const blockBytes = Number(/^Block size:\s+(\d+)$/m.exec(listed)?.[1]);
  const rangeOf = (first: number, last: number): ByteRange => ({
    offsetBytes: offsetBytes + first * blockBytes,
    lengthBytes: (last - first + 1) * blockBytes,
  });
  const free = [...listed.matchAll(/^ {2}Free blocks: (.+)$/gm)].flatMap(([, list = '']) =>
    [...list.matchAll(/(\d+)(?:-(\d+))?/g)].map(([, first, last = first]) => rangeOf(Number(first), Number(last))),
  );
  return /^Journal start:\s+0$/m.test(listed) ? [...free, ...journalOf(place).map(([first, last]) => rangeOf(first, last))] : free;
};

/** First and last block of each extent, but for the block of the superblock. */
const journalOf = (place: string): readonly (readonly [number, number])[] => {
  const extents = ask(['debugfs', '-R', 'dump_extents -l <8>', place]) ?? '';
  return [...extents.matchAll(/^\s*\d+\/\s*\d+\s+\d+\/\s*\d+\s+(\d+)\s+-\s+\d+\s+(\d+)\s+-\s+(\d+)/gm)].flatMap(
    ([, logical, first, last]) => {
      const from = Number(first) + (logical === '0' ? 1 : 0);
      return from <= Number(last) ? [[from, Number(last)] as const] : [];
    },
  );
};
