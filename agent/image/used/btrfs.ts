// Used bytes of Btrfs on one device: the extents in its extent tree, wherever chunks put them. All that no chunk has is free, but for
// the first MiB, which Btrfs leaves to boot loaders, and the copies of the superblock.
import { createBlockMap } from './block-map.ts';
import type { BtrfsSuper, Chunk, NodeAddress } from './btrfs-super.ts';
import { number64, parseChunk, readBtrfsSuper } from './btrfs-super.ts';
import { itemsOf, placesOf } from './btrfs-tree.ts';
import type { UsedReader, Volume } from './volume.ts';
import { malformed } from './volume.ts';

const RESERVED_BYTES = 1024 * 1024;
const SUPER_COPIES = [64 * 1024 ** 2, 256 * 1024 ** 3] as const;
const SUPER_BYTES = 4096;
const EXTENT_TREE = 2;
const ITEM = { root: 132, extent: 168, metadata: 169, chunk: 228 } as const;
const MAX_CHUNKS = 1_000_000;

export const readBtrfs: UsedReader = async (volume) => {
  const layout = await readBtrfsSuper(volume);
  const chunks = await chunksOf(volume, layout);
  const root = await extentRoot(volume, layout, chunks);
  const map = createBlockMap({ sizeBytes: volume.sizeBytes, blockSizeBytes: layout.sectorBytes });
  map.free(RESERVED_BYTES, layout.totalBytes - RESERVED_BYTES);
  for (const at of SUPER_COPIES) if (at + SUPER_BYTES <= layout.totalBytes) map.use(at, SUPER_BYTES);
  let usedBytes = 0;
  let end = 0;
  for await (const { type, objectId, offset } of itemsOf(volume, layout, chunks, root)) {
    if (type !== ITEM.extent && type !== ITEM.metadata) continue;
    const lengthBytes = type === ITEM.metadata ? layout.nodeBytes : offset;
    if (!(objectId >= end) || !(lengthBytes > 0)) throw malformed('its extents are out of order');
    for (const place of placesOf(chunks, objectId, lengthBytes)) map.use(place, lengthBytes);
    end = objectId + lengthBytes;
    usedBytes += lengthBytes;
  }
  if (usedBytes !== layout.usedBytes) throw malformed('it counts its used space wrongly');
  return map;
};

const chunksOf = async (volume: Volume, layout: BtrfsSuper): Promise<readonly Chunk[]> => {
  const inOrder = (chunks: readonly Chunk[]): readonly Chunk[] => {
    const sorted = chunks.toSorted((a, b) => a.logical - b.logical);
    if (sorted.some((one, n) => one.logical + one.lengthBytes > (sorted[n + 1]?.logical ?? Infinity)))
      throw malformed('its chunks overlap');
    return sorted;
  };
  const chunks: Chunk[] = [];
  for await (const { type, offset, data } of itemsOf(volume, layout, inOrder(layout.systemChunks), layout.chunkRoot)) {
    if (type !== ITEM.chunk) continue;
    if (chunks.length >= MAX_CHUNKS) throw malformed('it has too many chunks');
    chunks.push(parseChunk(offset, data, layout));
  }
  return inOrder(chunks);
};

const extentRoot = async (volume: Volume, layout: BtrfsSuper, chunks: readonly Chunk[]): Promise<NodeAddress> => {
  for await (const { type, data } of itemsOf(volume, layout, chunks, layout.root, EXTENT_TREE)) {
    if (type !== ITEM.root) continue;
    if (data.length < 239) throw malformed('the root of its extent tree is cut off');
    return { logical: number64(data, 176), level: data.readUInt8(238), generation: number64(data, 160) };
  }
  throw malformed('it has no extent tree');
};
