// Used clusters of exFAT (Microsoft exFAT file system specification 1.00): the allocation bitmap, which is found through the root folder,
// without the clusters that the table calls bad.
import { bitRuns } from './block-map.ts';
import { createClusterMap } from './cluster-map.ts';
import type { UsedReader, Volume } from './volume.ts';
import { dirty, malformed, unsupported } from './volume.ts';

type Layout = {
  readonly clusterBytes: number;
  readonly clusterCount: number;
  readonly heapOffset: number;
  readonly fatOffset: number;
  readonly fatBytes: number;
  readonly rootCluster: number;
};

const BITMAP_ENTRY = 0x81;
const BAD_MARK = Buffer.from([0xf7, 0xff, 0xff, 0xff]);
const MAX_ROOT_BYTES = 16 * 1024 * 1024;
const MAX_BITMAP_BYTES = 512 * 1024 * 1024;

export const readExfat: UsedReader = async (volume) => {
  const layout = await readLayout(volume);
  const { clusterCount, clusterBytes } = layout;
  const bitmap = await findBitmap(volume, layout);
  const { map, free } = createClusterMap(volume.sizeBytes, layout.heapOffset, clusterBytes);
  const own = new Set<number>();
  let base = 0;
  for await (const cluster of chainOf(volume, layout, bitmap.firstCluster, Math.ceil(bitmap.lengthBytes / clusterBytes))) {
    own.add(cluster);
    for (let at = 0; at < clusterBytes && base < clusterCount; at += PIECE_BYTES) {
      const bytes = await volume.read(offsetOf(layout, cluster) + at, Math.min(PIECE_BYTES, clusterBytes - at));
      for (const [from, to] of bitRuns(bytes, 0, Math.min(bytes.length * 8, clusterCount - base), 0)) free(2 + base + from, 2 + base + to);
      base += bytes.length * 8;
    }
  }
  if (base < clusterCount) throw malformed('its allocation bitmap is too short');
  for await (const cluster of badClusters(volume, layout)) free(cluster, cluster + 1);
  for (const cluster of [...own, layout.rootCluster]) {
    const isUsed = map.rangesIn(offsetOf(layout, cluster), 1).next().done !== true;
    if (!isUsed) throw malformed('its allocation bitmap calls itself free');
  }
  return map;
};

const PIECE_BYTES = 1024 * 1024;

const readLayout = async (volume: Volume): Promise<Layout> => {
  const boot = await volume.read(0, 512);
  const sectorExponent = boot.readUInt8(108);
  const clusterExponent = sectorExponent + boot.readUInt8(109);
  if (sectorExponent < 9 || sectorExponent > 12 || clusterExponent > 25) throw malformed('its cluster size is out of range');
  const sectorBytes = 2 ** sectorExponent;
  const fats = boot.readUInt8(110);
  const flags = boot.readUInt16LE(106);
  if (fats !== 1) throw unsupported('this exFAT keeps two tables (TexFAT)');
  if ((flags & 2) !== 0) throw dirty('it is mounted, or was not unmounted');
  if ((flags & 4) !== 0) throw dirty('errors were met in it');
  const layout: Layout = {
    clusterBytes: 2 ** clusterExponent,
    clusterCount: boot.readUInt32LE(92),
    heapOffset: boot.readUInt32LE(88) * sectorBytes,
    fatOffset: boot.readUInt32LE(80) * sectorBytes,
    fatBytes: boot.readUInt32LE(84) * sectorBytes,
    rootCluster: boot.readUInt32LE(96),
  };
  const fits =
    layout.heapOffset + layout.clusterCount * layout.clusterBytes <= volume.sizeBytes &&
    layout.fatOffset >= 24 * sectorBytes &&
    layout.fatOffset + layout.fatBytes <= layout.heapOffset &&
    (layout.clusterCount + 2) * 4 <= layout.fatBytes &&
    layout.clusterCount > 0;
  if (!fits) throw malformed('the numbers in its boot sector do not fit together');
  return layout;
};

const offsetOf = (layout: Layout, cluster: number): number => layout.heapOffset + (cluster - 2) * layout.clusterBytes;

/** The clusters of a file, at most `limit`; the end of a shorter chain is no error here. */
async function* chainOf(volume: Volume, layout: Layout, first: number, limit: number): AsyncGenerator<number> {
  let cluster = first;
  for (let steps = 0; steps < limit && cluster !== 0xffff_ffff; steps++) {
    if (cluster < 2 || cluster >= layout.clusterCount + 2) throw malformed('a chain of clusters leaves the volume');
    yield cluster;
    cluster = (await volume.read(layout.fatOffset + cluster * 4, 4)).readUInt32LE(0);
  }
}

/** Those that the table marks as bad (§4.1.3): the bitmap calls them used, and they hold nothing. */
async function* badClusters(volume: Volume, { fatOffset, clusterCount }: Layout): AsyncGenerator<number> {
  const end = (clusterCount + 2) * 4;
  for (let at = 8; at < end; at += PIECE_BYTES) {
    const bytes = await volume.read(fatOffset + at, Math.min(PIECE_BYTES, end - at));
    for (let entry = bytes.indexOf(BAD_MARK); entry >= 0; entry = bytes.indexOf(BAD_MARK, entry + 1))
      if (entry % 4 === 0) yield (at + entry) / 4;
  }
}

const findBitmap = async (volume: Volume, layout: Layout): Promise<{ readonly firstCluster: number; readonly lengthBytes: number }> => {
  for await (const cluster of chainOf(volume, layout, layout.rootCluster, Math.ceil(MAX_ROOT_BYTES / layout.clusterBytes))) {
    const bytes = await volume.read(offsetOf(layout, cluster), Math.min(layout.clusterBytes, MAX_ROOT_BYTES));
    for (let at = 0; at + 32 <= bytes.length && bytes[at] !== 0; at += 32) {
      if (bytes[at] !== BITMAP_ENTRY || (bytes.readUInt8(at + 1) & 1) !== 0) continue;
      const lengthBytes = Number(bytes.readBigUInt64LE(at + 24));
      if (lengthBytes > MAX_BITMAP_BYTES) throw malformed('its allocation bitmap is too long');
      return { firstCluster: bytes.readUInt32LE(at + 20), lengthBytes };
    }
  }
  throw malformed('it has no allocation bitmap');
};
