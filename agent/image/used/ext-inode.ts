// One inode of ext2/3/4 and where its blocks lie: by extents (Linux fs/ext4/ext4_extents.h) or by blocks of pointers. Only files without
// holes are read, as a journal is one.
import { crc32c } from './crc32c.ts';
import type { ExtGroup, ExtSuper } from './ext-layout.ts';
import type { Volume } from './volume.ts';
import { malformed } from './volume.ts';

export type ExtInode = {
  readonly sizeBytes: number;
  readonly hasExtents: boolean;
  /** The 60 bytes that begin the map of its blocks. */
  readonly root: Buffer;
  /** What checksums of its extent blocks begin with; null without metadata_csum. */
  readonly checksumSeed: number | null;
};
export type BlockRun = { readonly block: number; readonly count: number };

/** It has no mode and no links. */
export const BAD_BLOCKS_INODE = 1;
const EXTENTS_FLAG = 0x8_0000;
/** compressed, encrypted, verity, inline data: not a plain file. */
const STRANGE_FLAGS = 0x4 | 0x800 | 0x10_0000 | 0x1000_0000;
const EXTENT_MAGIC = 0xf30a;
const MOST_DEPTH = 5;
/** Longer extents are reserved and not written yet. */
const MOST_EXTENT_BLOCKS = 32_768;
/** A journal of 10 million blocks, the most that mke2fs makes, has 40 000 blocks of pointers with 1 KiB blocks. */
const MOST_MAP_BLOCKS = 50_000;
const DIRECT_BLOCKS = 12;

/** A plain file, or the list of bad blocks, in the first group of inodes; its checksum is proved where there is one. */
export const readInode = async (volume: Volume, layout: ExtSuper, firstGroup: ExtGroup, number: number): Promise<ExtInode> => {
  if (number > layout.inodesPerGroup || layout.inodeBytes < 128) throw malformed('its first group has no such inode');
  const bytes = await volume.read(firstGroup.inodeTable * layout.blockBytes + (number - 1) * layout.inodeBytes, layout.inodeBytes);
  const checksumSeed = layout.checksumSeed === null ? null : proved(layout.checksumSeed, number, bytes);
  const flags = bytes.readUInt32LE(32);
  const isPlain = (bytes.readUInt16LE(0) & 0xf000) === 0x8000 && bytes.readUInt16LE(26) === 1 && bytes.readUInt32LE(20) === 0;
  if ((!isPlain && number !== BAD_BLOCKS_INODE) || (flags & STRANGE_FLAGS) !== 0) throw malformed(`inode ${number} is no plain file`);
  return {
    sizeBytes: bytes.readUInt32LE(4) + bytes.readUInt32LE(108) * 2 ** 32,
    hasExtents: (flags & EXTENTS_FLAG) !== 0,
    root: bytes.subarray(40, 100),
    checksumSeed,
  };
};

const proved = (seed: number, number: number, bytes: Buffer): number => {
  const words = Buffer.alloc(8);
  words.writeUInt32LE(number);
  words.writeUInt32LE(bytes.readUInt32LE(100), 4);
  const own = crc32c(seed, words);
  const blanked = Buffer.from(bytes);
  const isWide = bytes.length > 128 && bytes.readUInt16LE(128) >= 4;
  blanked.writeUInt16LE(0, 124);
  if (isWide) blanked.writeUInt16LE(0, 130);
  const stored = bytes.readUInt16LE(124) + (isWide ? bytes.readUInt16LE(130) * 65_536 : 0);
  if ((crc32c(own, blanked) & (isWide ? -1 : 0xffff)) >>> 0 !== stored) throw malformed(`inode ${number} fails its checksum`);
  return own;
};

/** Its blocks from the first to the last in the order of the file, neighbours as one. A hole in front of another block is malformed. */
export const runsOf = async (volume: Volume, layout: ExtSuper, inode: ExtInode): Promise<readonly BlockRun[]> => {
  const runs: { block: number; count: number }[] = [];
  let total = 0;
  const add = (block: number, count: number): void => {
    total += count;
    if (block <= layout.firstDataBlock || block + count > layout.blockCount || total > layout.blockCount)
      throw malformed('a file leaves the filesystem');
    const last = runs.at(-1);
    if (last !== undefined && last.block + last.count === block) last.count += count;
    else runs.push({ block, count });
  };
  let read = 0;
  const mapBlock = (block: number): Promise<Buffer> => {
    read += 1;
    if (block <= layout.firstDataBlock || block >= layout.blockCount || read > MOST_MAP_BLOCKS)
      throw malformed('the map of a file is no map');
    return volume.read(block * layout.blockBytes, layout.blockBytes);
  };
  if (inode.hasExtents) await addExtents(inode, mapBlock, add);
  else await addPointers(inode, layout, mapBlock, add);
  refuseTwice(runs);
  return runs;
};

type ReadMap = (block: number) => Promise<Buffer>;
type Add = (block: number, count: number) => void;

const addExtents = async (inode: ExtInode, mapBlock: ReadMap, add: Add): Promise<void> => {
  let next = 0;
  const visit = async (node: Buffer, depth: number): Promise<void> => {
    const [entries, most] = [node.readUInt16LE(2), node.readUInt16LE(4)];
    const fits = node.readUInt16LE(0) === EXTENT_MAGIC && node.readUInt16LE(6) === depth && entries > 0 && entries <= most;
    if (!fits || 12 + 12 * most > node.length) throw malformed('the extents of a file are damaged');
    for (let at = 12; at < 12 + 12 * entries; at += 12) {
      if (node.readUInt32LE(at) !== next) throw malformed('a file has holes');
      if (depth > 0) {
        const child = await mapBlock(node.readUInt32LE(at + 4) + node.readUInt16LE(at + 8) * 2 ** 32);
        proveTail(inode, child);
        await visit(child, depth - 1);
        continue;
      }
      const count = node.readUInt16LE(at + 4);
      if (count === 0 || count > MOST_EXTENT_BLOCKS) throw malformed('an extent is empty or not written');
      add(node.readUInt32LE(at + 8) + node.readUInt16LE(at + 6) * 2 ** 32, count);
      next += count;
    }
  };
  const depth = inode.root.readUInt16LE(6);
  if (depth > MOST_DEPTH) throw malformed('the extents of a file are too deep');
  await visit(inode.root, depth);
};

/** Behind the last entry that a block of extents could have. */
const proveTail = ({ checksumSeed }: ExtInode, block: Buffer): void => {
  if (checksumSeed === null) return;
  const tailAt = 12 + 12 * block.readUInt16LE(4);
  if (tailAt + 4 > block.length || crc32c(checksumSeed, block.subarray(0, tailAt)) !== block.readUInt32LE(tailAt))
    throw malformed('the extents of a file fail their checksum');
};

const addPointers = async (inode: ExtInode, { blockBytes }: ExtSuper, mapBlock: ReadMap, add: Add): Promise<void> => {
  let left = Math.ceil(inode.sizeBytes / blockBytes);
  const visit = async (pointers: Buffer, depth: number): Promise<void> => {
    for (let at = 0; at < pointers.length && left > 0; at += 4) {
      const block = pointers.readUInt32LE(at);
      if (block === 0) throw malformed('a file has holes');
      if (depth > 0) await visit(await mapBlock(block), depth - 1);
      else {
        add(block, 1);
        left -= 1;
      }
    }
  };
  await visit(inode.root.subarray(0, 4 * DIRECT_BLOCKS), 0);
  for (let depth = 1; depth <= 3; depth++) {
    const at = 4 * (DIRECT_BLOCKS + depth - 1);
    await visit(inode.root.subarray(at, at + 4), depth);
  }
  if (left > 0) throw malformed('a file is longer than its map');
};

const refuseTwice = (runs: readonly BlockRun[]): void => {
  let end = 0;
  for (const { block, count } of runs.toSorted((a, b) => a.block - b.block)) {
    if (block < end) throw malformed('a file has a block twice');
    end = block + count;
  }
};
