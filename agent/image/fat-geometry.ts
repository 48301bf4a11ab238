// How a FAT volume of a given size is divided. The number of clusters alone says which FAT it is (specification 1.03, §3.5), so that
// sizes are chosen well away from the limits between them. Pure.

export type FatGeometry = {
  readonly bits: 12 | 16 | 32;
  readonly sectorBytes: number;
  readonly sectors: number;
  readonly clusterBytes: number;
  readonly clusterCount: number;
  readonly reservedBytes: number;
  /** Of one of the two copies. */
  readonly fatBytes: number;
  /** 0 for FAT32, whose root folder lies in clusters. */
  readonly rootBytes: number;
  readonly dataOffset: number;
};

const MIB = 1024 * 1024;
const SMALLEST_BYTES = 64 * 1024;
const LARGEST_BYTES = 1024 * 1024 * MIB;
const CLUSTER_MOST_BYTES = 32 * 1024;
const ROOT_BYTES = 512 * 32;
/** Not next to the limits: some programs count a little otherwise. */
const CLUSTERS = { 12: { least: 1, most: 4068 }, 16: { least: 4101, most: 65_508 }, 32: { least: 65_541, most: 0x0fff_fff0 } } as const;
/** As mkfs.fat chooses: some firmware reads no FAT12 on a disk, and no FAT16 of half a gigabyte. */
const kindsFor = (sizeBytes: number): readonly (12 | 16 | 32)[] =>
  sizeBytes < 16 * MIB ? [12, 16, 32] : sizeBytes < 512 * MIB ? [16, 32, 12] : [32, 16];

/** Null where no FAT has this size. */
export const fatGeometry = (sizeBytes: number, sectorBytes: 512 | 4096): FatGeometry | null => {
  if (sizeBytes < SMALLEST_BYTES || sizeBytes > LARGEST_BYTES || sizeBytes % sectorBytes !== 0) return null;
  // Small clusters first: files of a few hundred bytes are what these volumes are for.
  for (const bits of kindsFor(sizeBytes))
    for (let clusterBytes = Math.max(sectorBytes, 2048); clusterBytes <= CLUSTER_MOST_BYTES; clusterBytes *= 2) {
      const geometry = divide(sizeBytes, sectorBytes, clusterBytes, bits);
      if (geometry.clusterCount >= CLUSTERS[bits].least && geometry.clusterCount <= CLUSTERS[bits].most) return geometry;
    }
  return null;
};

const divide = (sizeBytes: number, sectorBytes: number, clusterBytes: number, bits: 12 | 16 | 32): FatGeometry => {
  const reservedBytes = (bits === 32 ? 32 : 1) * sectorBytes;
  const rootBytes = bits === 32 ? 0 : Math.ceil(ROOT_BYTES / sectorBytes) * sectorBytes;
  const mostClusters = Math.floor((sizeBytes - reservedBytes - rootBytes) / clusterBytes);
  const fatBytes = Math.ceil(((mostClusters + 2) * bits) / 8 / sectorBytes) * sectorBytes;
  const dataOffset = reservedBytes + 2 * fatBytes + rootBytes;
  const clusterCount = Math.floor((sizeBytes - dataOffset) / clusterBytes);
  return {
    bits,
    sectorBytes,
    sectors: sizeBytes / sectorBytes,
    clusterBytes,
    clusterCount,
    reservedBytes,
    fatBytes,
    rootBytes,
    dataOffset,
  };
};
