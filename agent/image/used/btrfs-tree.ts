// Walking a tree of Btrfs from left to right. Every node is proved by its checksum, its address and its level, and none is met
// twice, so that the walk ends whatever the pointers say.
import type { BtrfsSuper, Chunk, NodeAddress } from './btrfs-super.ts';
import { hasChecksum, number64 } from './btrfs-super.ts';
import type { Volume } from './volume.ts';
import { malformed } from './volume.ts';

const HEADER_BYTES = 101;
const KEY_BYTES = 17;
const MAX_LEVEL = 7;

export type Item = { readonly objectId: number; readonly type: number; readonly offset: number; readonly data: Buffer };

/** The chunk that an address lies in; chunks are in order. */
const chunkAt = (chunks: readonly Chunk[], logical: number): Chunk | undefined => {
  let low = 0;
  let high = chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((chunks[middle]?.logical ?? Infinity) <= logical) low = middle;
    else high = middle - 1;
  }
  return chunks[low];
};

/** Every place on the device of a stretch of the address space, which must lie in one chunk. */
export const placesOf = (chunks: readonly Chunk[], logical: number, lengthBytes: number): readonly number[] => {
  const chunk = chunkAt(chunks, logical);
  if (chunk === undefined || logical < chunk.logical || !(logical + lengthBytes <= chunk.logical + chunk.lengthBytes))
    throw malformed('an address lies in no chunk');
  return chunk.places.map((place) => place + logical - chunk.logical);
};

/** All items of the tree, or of those objects in it. */
export async function* itemsOf(
  volume: Volume,
  layout: BtrfsSuper,
  chunks: readonly Chunk[],
  root: NodeAddress,
  objects?: number,
): AsyncGenerator<Item> {
  const met = new Set<number>();
  async function* walk(address: NodeAddress): AsyncGenerator<Item> {
    if (met.has(address.logical)) throw malformed('a tree meets itself');
    met.add(address.logical);
    const node = await readNode(volume, layout, chunks, address);
    const count = node.readUInt32LE(96);
    const width = address.level === 0 ? 25 : 33;
    if (count > (node.length - HEADER_BYTES) / width) throw malformed('a node of a tree has too many items');
    for (let n = 0; n < count; n++) {
      const at = HEADER_BYTES + n * width;
      const objectId = number64(node, at);
      if (address.level === 0) {
        if (objects !== undefined && objectId !== objects) continue;
        const start = HEADER_BYTES + node.readUInt32LE(at + KEY_BYTES);
        const end = start + node.readUInt32LE(at + KEY_BYTES + 4);
        if (end > node.length) throw malformed('an item leaves its node');
        yield { objectId, type: node.readUInt8(at + 8), offset: number64(node, at + 9), data: node.subarray(start, end) };
      } else {
        const nextId = n + 1 < count ? number64(node, at + width) : Infinity;
        // Ids of the highest kind do not fit into a number; they are never the ones that are asked for.
        if (objects !== undefined && (objectId > objects || nextId < objects)) continue;
        yield* walk({ logical: number64(node, at + KEY_BYTES), level: address.level - 1, generation: number64(node, at + KEY_BYTES + 8) });
      }
    }
  }
  if (root.level > MAX_LEVEL) throw malformed('a tree is too high');
  yield* walk(root);
}

/** From whichever copy is whole. */
const readNode = async (volume: Volume, layout: BtrfsSuper, chunks: readonly Chunk[], address: NodeAddress): Promise<Buffer> => {
  for (const place of placesOf(chunks, address.logical, layout.nodeBytes)) {
    const node = await volume.read(place, layout.nodeBytes);
    const isIt =
      hasChecksum(node, layout.checksumKind) &&
      number64(node, 48) === address.logical &&
      number64(node, 80) === address.generation &&
      node.readUInt8(100) === address.level;
    if (isIt) return node;
  }
  throw malformed('a node of a tree is damaged');
};
