// Used blocks of ext2, ext3 and ext4 (Linux Documentation/filesystems/ext4, e2fsprogs lib/ext2fs): one bitmap a block group, and
// groups that never were initialised, in which all but the filesystem's own tables is free.
import { bitRuns, createBlockMap } from './block-map.ts';
import type { BlockMap, ByteRange } from './block-map.ts';
import { crc32c } from './crc32c.ts';
import { BAD_BLOCKS_INODE, readInode, runsOf } from './ext-inode.ts';
import { blankJournal } from './ext-journal.ts';
import type { ExtGroup, ExtSuper } from './ext-layout.ts';
import { groupsOf, metadataOf, readExtSuper } from './ext-layout.ts';
import type { UsedReader, Volume } from './volume.ts';
import { malformed, refusalOf } from './volume.ts';

export const readExt: UsedReader = async (volume) => {
  const layout = await readExtSuper(volume);
  const map = createBlockMap({ sizeBytes: volume.sizeBytes, blockSizeBytes: layout.blockBytes });
  for await (const group of groupsOf(volume, layout)) {
    if (group.isUninitialised) freeBlocks(map, layout, group.firstBlock, group.blockCount);
    else await freeByBitmap(volume, layout, group, map);
  }
  await freeBadBlocks(volume, layout, map);
  const blank = await blankIn(volume, layout, map);
  // Last, whatever the bitmaps say: the tables of a group may lie in another one.
  for await (const group of groupsOf(volume, layout))
    for (const { first, count } of metadataOf(layout, group)) map.use(first * layout.blockBytes, count * layout.blockBytes);
  return blank.length === 0 ? map : { ...map, blank };
};

/** Blocks that could not be read once (e2fsck -c, mke2fs -c) hold nothing. Where the list of them is in doubt they stay in use. */
const freeBadBlocks = async (volume: Volume, layout: ExtSuper, map: BlockMap): Promise<void> => {
  for await (const group of groupsOf(volume, layout)) {
    try {
      const inode = await readInode(volume, layout, group, BAD_BLOCKS_INODE);
      for (const { block, count } of await runsOf(volume, layout, inode)) freeBlocks(map, layout, block, count);
    } catch (error) {
      if (refusalOf(error) === null) throw error;
    }
    return;
  }
};

/** Nothing where one block of it is free by the bitmap, or the filesystem's own. */
const blankIn = async (volume: Volume, layout: ExtSuper, map: BlockMap): Promise<readonly ByteRange[]> => {
  let blank: readonly ByteRange[] = [];
  for await (const group of groupsOf(volume, layout)) {
    if (group.index === 0) blank = await blankJournal(volume, layout, group);
    if (blank.length === 0) return [];
    const places = metadataOf(layout, group).map((one) => ({
      from: one.first * layout.blockBytes,
      to: (one.first + one.count) * layout.blockBytes,
    }));
    if (blank.some(({ offsetBytes, lengthBytes }) => places.some(({ from, to }) => offsetBytes < to && from < offsetBytes + lengthBytes)))
      return [];
  }
  const isUsed = ({ offsetBytes, lengthBytes }: ByteRange): boolean =>
    map.rangesIn(offsetBytes, lengthBytes).next().value?.lengthBytes === lengthBytes;
  return blank.every(isUsed) ? blank : [];
};

const freeBlocks = (map: BlockMap, layout: ExtSuper, first: number, count: number): void =>
  map.free(first * layout.blockBytes, count * layout.blockBytes);

const freeByBitmap = async (volume: Volume, layout: ExtSuper, group: ExtGroup, map: BlockMap): Promise<void> => {
  const bitmap = await volume.read(group.blockBitmap * layout.blockBytes, layout.clustersPerGroup / 8);
  if (layout.checksumSeed !== null) {
    const wide = layout.descriptorBytes >= 64;
    const expected = crc32c(layout.checksumSeed, bitmap) & (wide ? -1 : 0xffff);
    if (expected >>> 0 !== group.bitmapChecksum) throw malformed(`the block bitmap of group ${group.index} fails its checksum`);
  }
  const { clusterBlocks } = layout;
  let freeClusters = 0;
  for (const [from, to] of bitRuns(bitmap, 0, Math.ceil(group.blockCount / clusterBlocks), 0)) {
    freeClusters += to - from;
    const end = Math.min(to * clusterBlocks, group.blockCount);
    freeBlocks(map, layout, group.firstBlock + from * clusterBlocks, end - from * clusterBlocks);
  }
  // The only check that ext2 and ext3 have. The total in the superblock is no use: the kernel writes it late.
  if (freeClusters !== group.freeClusters) throw malformed(`group ${group.index} counts its free blocks wrongly`);
};
