// The map of a volume that counts its content in clusters, which begin behind tables of any length: FAT and exFAT.
import type { BlockMap } from './block-map.ts';
import { createBlockMap } from './block-map.ts';

export type ClusterMap = {
  readonly map: BlockMap;
  /** Frees clusters `[first, end)`; the first of a volume is 2. */ readonly free: (first: number, end: number) => void;
};

export const createClusterMap = (sizeBytes: number, dataOffset: number, clusterBytes: number): ClusterMap => {
  const shift = dataOffset % clusterBytes;
  const map = createBlockMap({ sizeBytes, blockSizeBytes: clusterBytes, originBytes: shift === 0 ? 0 : shift - clusterBytes });
  return { map, free: (first, end) => map.free(dataOffset + (first - 2) * clusterBytes, (end - first) * clusterBytes) };
};
