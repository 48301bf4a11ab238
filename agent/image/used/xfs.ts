// Used blocks of XFS (xfs_filesystem_structure, Linux fs/xfs): each allocation group has a tree of its free extents by block number,
// and a short list of free blocks that it keeps for its own trees.
import type { BlockMap } from './block-map.ts';
import { createBlockMap } from './block-map.ts';
import type { Volume, UsedReader } from './volume.ts';
import { malformed } from './volume.ts';
import { refuseUncleanLog } from './xfs-log.ts';
import type { XfsSuper } from './xfs-layout.ts';
import { readXfsSuper, verifyChecksum } from './xfs-layout.ts';

export const readXfs: UsedReader = async (volume) => {
  const layout = await readXfsSuper(volume);
  await refuseUncleanLog(volume, layout);
  const map = createBlockMap({ sizeBytes: volume.sizeBytes, blockSizeBytes: layout.blockBytes });
  for (let group = 0; group < layout.groupCount; group++) await freeInGroup(volume, layout, group, map);
  return map;
};

type GroupFree = { readonly blockCount: number; readonly root: number; readonly levels: number; readonly freeBlocks: number };

const freeInGroup = async (volume: Volume, layout: XfsSuper, group: number, map: BlockMap): Promise<void> => {
  const start = group * layout.groupBlocks;
  const header = await volume.read(start * layout.blockBytes + layout.sectorBytes, layout.sectorBytes);
  if (header.toString('latin1', 0, 4) !== 'XAGF' || header.readUInt32BE(8) !== group)
    throw malformed(`allocation group ${group} has no header`);
  if (layout.hasChecksums) verifyChecksum(header, 216, `the header of allocation group ${group}`);
  const free: GroupFree = {
    blockCount: Math.min(layout.groupBlocks, layout.blockCount - start),
    root: header.readUInt32BE(16),
    levels: header.readUInt32BE(28),
    freeBlocks: header.readUInt32BE(52),
  };
  if (header.readUInt32BE(12) !== free.blockCount) throw malformed(`allocation group ${group} has the wrong length`);
  let counted = 0;
  for await (const extent of freeExtents(volume, layout, group, free)) {
    map.free((start + extent.first) * layout.blockBytes, extent.count * layout.blockBytes);
    counted += extent.count;
  }
  if (counted !== free.freeBlocks) throw malformed(`allocation group ${group} counts its free blocks wrongly`);
  for (const block of await freeList(volume, layout, group, header)) {
    if (block >= free.blockCount) throw malformed(`the free list of allocation group ${group} leaves it`);
    map.free((start + block) * layout.blockBytes, layout.blockBytes);
  }
};

/** The leaves from left to right. Extents ascend, which also ends any ring of siblings. */
async function* freeExtents(
  volume: Volume,
  layout: XfsSuper,
  group: number,
  free: GroupFree,
): AsyncGenerator<{ readonly first: number; readonly count: number }> {
  if (free.levels < 1 || free.levels > 8) throw malformed(`the free space tree of allocation group ${group} has ${free.levels} levels`);
  let at = free.root;
  for (let level = free.levels - 1; level > 0; level--) {
    const block = await readTreeBlock(volume, layout, group, free, at, level);
    at = block.readUInt32BE(layout.treeHeaderBytes + Math.floor((layout.blockBytes - layout.treeHeaderBytes) / 12) * 8);
  }
  let previousEnd = 0;
  for (let isFirst = true; at !== 0xffff_ffff; isFirst = false) {
    const block = await readTreeBlock(volume, layout, group, free, at, 0);
    const records = block.readUInt16BE(6);
    if (records === 0 && !(isFirst && free.freeBlocks === 0))
      throw malformed(`the free space tree of allocation group ${group} has an empty leaf`);
    for (let n = 0; n < records; n++) {
      const first = block.readUInt32BE(layout.treeHeaderBytes + n * 8);
      const count = block.readUInt32BE(layout.treeHeaderBytes + n * 8 + 4);
      if (first < previousEnd || count === 0 || first + count > free.blockCount)
        throw malformed(`the free space tree of allocation group ${group} is out of order`);
      yield { first, count };
      previousEnd = first + count;
    }
    at = block.readUInt32BE(12);
    if (records === 0 && at !== 0xffff_ffff) throw malformed(`the free space tree of allocation group ${group} has an empty leaf`);
  }
}

const readTreeBlock = async (
  volume: Volume,
  layout: XfsSuper,
  group: number,
  free: GroupFree,
  at: number,
  level: number,
): Promise<Buffer> => {
  if (at >= free.blockCount) throw malformed(`the free space tree of allocation group ${group} leaves it`);
  const block = await volume.read((group * layout.groupBlocks + at) * layout.blockBytes, layout.blockBytes);
  const recordBytes = level === 0 ? 8 : 12;
  const fits =
    block.toString('latin1', 0, 4) === (layout.hasChecksums ? 'AB3B' : 'ABTB') &&
    block.readUInt16BE(4) === level &&
    block.readUInt16BE(6) <= Math.floor((layout.blockBytes - layout.treeHeaderBytes) / recordBytes) &&
    (!layout.hasChecksums || block.readUInt32BE(48) === group);
  if (!fits) throw malformed(`the free space tree of allocation group ${group} is damaged`);
  if (layout.hasChecksums) verifyChecksum(block, 52, `the free space tree of allocation group ${group}`);
  return block;
};

/** Blocks that are nobody's yet: the group keeps them so that its trees can grow while it is out of space (a ring in sector 3). */
const freeList = async (volume: Volume, layout: XfsSuper, group: number, header: Buffer): Promise<readonly number[]> => {
  const sector = await volume.read(group * layout.groupBlocks * layout.blockBytes + 3 * layout.sectorBytes, layout.sectorBytes);
  const entriesAt = layout.hasChecksums ? 36 : 0;
  const size = Math.floor((sector.length - entriesAt) / 4);
  if (layout.hasChecksums) verifyChecksum(sector, 32, `the free list of allocation group ${group}`);
  const [first, last, count] = [header.readUInt32BE(40), header.readUInt32BE(44), header.readUInt32BE(48)];
  if (count === 0) return [];
  if (first >= size || last >= size || count > size || (first + count - 1) % size !== last)
    throw malformed(`the free list of allocation group ${group} is out of order`);
  return Array.from({ length: count }, (_, n) => sector.readUInt32BE(entriesAt + ((first + n) % size) * 4));
};
