// Where ext2/3/4 keep what: superblock, group descriptors (with 64bit, meta_bg, bigalloc, sparse_super2), and the places that the
// filesystem itself takes in every group.
import { crc32c } from './crc32c.ts';
import type { Volume } from './volume.ts';
import { dirty, malformed, spansDisks, unsupported } from './volume.ts';

export type ExtSuper = {
  readonly blockBytes: number;
  readonly blockCount: number;
  readonly firstDataBlock: number;
  /** Blocks that one bit of a bitmap stands for; more than one with bigalloc. */
  readonly clusterBlocks: number;
  readonly clustersPerGroup: number;
  readonly blocksPerGroup: number;
  readonly groupCount: number;
  readonly inodeTableBlocks: number;
  readonly inodeBytes: number;
  readonly inodesPerGroup: number;
  /** 0 without a journal. */
  readonly journalInode: number;
  readonly descriptorBytes: number;
  readonly reservedDescriptorBlocks: number;
  /** First group of descriptor blocks that lie in their own groups; Infinity without meta_bg. */
  readonly firstMetaGroup: number;
  /** Groups that hold a copy of the superblock and the descriptors. */
  readonly hasCopy: (group: number) => boolean;
  /** Null without metadata_csum. */
  readonly checksumSeed: number | null;
  readonly hasUninitialised: boolean;
};

export type ExtGroup = {
  readonly index: number;
  readonly firstBlock: number;
  readonly blockCount: number;
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: number;
  readonly freeClusters: number;
  readonly bitmapChecksum: number;
  readonly isUninitialised: boolean;
};

const COMPATIBLE = { hasJournal: 0x4, sparseSuper2: 0x200 } as const;
const INCOMPATIBLE = { recover: 0x4, journalDevice: 0x8, metaGroups: 0x10, wide: 0x80, multiMount: 0x100, seed: 0x2000 } as const;
const READ_ONLY = { sparseSuper: 0x1, groupChecksum: 0x10, bigalloc: 0x200, metadataChecksum: 0x400 } as const;
/** filetype, recover, journal_dev, meta_bg, extents, 64bit, mmp, flex_bg, ea_inode, dirdata, csum_seed, largedir, inline, encrypt, casefold. */
const KNOWN_INCOMPATIBLE = 0x3_f7de;
/** All up to orphan_present, but for snapshots and replicas, which were never in Linux. */
const KNOWN_READ_ONLY = 0x1_f77f;
const MMP_CLEAN = 0xff4d_4d50;

export const readExtSuper = async (volume: Volume): Promise<ExtSuper> => {
  const block = await volume.read(1024, 1024);
  const isOld = block.readUInt32LE(76) === 0;
  const feature = (offset: number): number => (isOld ? 0 : block.readUInt32LE(offset));
  const [compatible, incompatible, readOnly] = [feature(92), feature(96), feature(100)];
  if ((incompatible & ~KNOWN_INCOMPATIBLE) !== 0 || (readOnly & ~KNOWN_READ_ONLY) !== 0)
    throw unsupported('this ext4 has features that are newer than this program');
  const hasChecksums = (readOnly & READ_ONLY.metadataChecksum) !== 0;
  if (hasChecksums && crc32c(0xffff_ffff, block.subarray(0, 1020)) !== block.readUInt32LE(1020))
    throw malformed('its superblock fails its checksum');
  refuseUnclean(block, compatible, incompatible);

  const sizeExponent = block.readUInt32LE(24);
  const clusterExponent = (readOnly & READ_ONLY.bigalloc) === 0 ? sizeExponent : block.readUInt32LE(28);
  if (sizeExponent > 6 || clusterExponent < sizeExponent || clusterExponent > 20) throw malformed('its block size is out of range');
  const blockBytes = 1024 << sizeExponent;
  const clusterBlocks = 2 ** (clusterExponent - sizeExponent);
  const isWide = (incompatible & INCOMPATIBLE.wide) !== 0;
  const blockCount = block.readUInt32LE(4) + (isWide ? block.readUInt32LE(0x150) * 2 ** 32 : 0);
  const firstDataBlock = block.readUInt32LE(20);
  const clustersPerGroup = clusterBlocks === 1 ? block.readUInt32LE(32) : block.readUInt32LE(36);
  const inodeBytes = isOld ? 128 : block.readUInt16LE(88);
  const descriptorBytes = isWide ? block.readUInt16LE(0xfe) : 32;
  const sane =
    blockCount * blockBytes <= volume.sizeBytes &&
    firstDataBlock === (blockBytes === 1024 && clusterBlocks === 1 ? 1 : 0) &&
    blockCount > firstDataBlock &&
    clustersPerGroup >= 8 * 8 &&
    clustersPerGroup % 8 === 0 &&
    clustersPerGroup <= blockBytes * 8 &&
    [32, 64, 128, 256, 512, 1024].includes(descriptorBytes) &&
    (!isWide || descriptorBytes >= 64) &&
    descriptorBytes <= blockBytes;
  if (!sane) throw malformed('the numbers in its superblock do not fit together');
  const blocksPerGroup = clustersPerGroup * clusterBlocks;
  const layout: ExtSuper = {
    blockBytes,
    blockCount,
    firstDataBlock,
    clusterBlocks,
    clustersPerGroup,
    blocksPerGroup,
    groupCount: Math.ceil((blockCount - firstDataBlock) / blocksPerGroup),
    inodeTableBlocks: Math.ceil((block.readUInt32LE(40) * inodeBytes) / blockBytes),
    inodeBytes,
    inodesPerGroup: block.readUInt32LE(40),
    journalInode: (compatible & COMPATIBLE.hasJournal) === 0 ? 0 : block.readUInt32LE(0xe0),
    descriptorBytes,
    reservedDescriptorBlocks: block.readUInt16LE(0xce),
    firstMetaGroup: (incompatible & INCOMPATIBLE.metaGroups) === 0 ? Infinity : block.readUInt32LE(0x104),
    hasCopy: copyRule(block, compatible, readOnly),
    checksumSeed: hasChecksums ? checksumSeed(block, incompatible) : null,
    hasUninitialised: hasChecksums || (readOnly & READ_ONLY.groupChecksum) !== 0,
  };
  if ((incompatible & INCOMPATIBLE.multiMount) !== 0) await refuseMounted(volume, block, blockBytes);
  return layout;
};

const refuseUnclean = (block: Buffer, compatible: number, incompatible: number): void => {
  const ownJournal = block.readUInt32LE(0xe0) !== 0;
  if ((incompatible & INCOMPATIBLE.journalDevice) !== 0) throw spansDisks('it is the journal of a filesystem elsewhere');
  if ((compatible & COMPATIBLE.hasJournal) !== 0 && !ownJournal) throw spansDisks('its journal is on another device');
  if ((incompatible & INCOMPATIBLE.recover) !== 0) throw dirty('its journal has not been replayed');
  const state = block.readUInt16LE(58);
  if ((state & 1) === 0) throw dirty('it is mounted, or was not unmounted');
  if ((state & 2) !== 0) throw dirty('the kernel has met errors in it');
};

/** Multi-mount protection: a node that has it mounted counts up in this block. */
const refuseMounted = async (volume: Volume, superblock: Buffer, blockBytes: number): Promise<void> => {
  const place = superblock.readUInt32LE(0x168) + superblock.readUInt32LE(0x16c) * 2 ** 32;
  const block = await volume.read(place * blockBytes, 512);
  if (block.readUInt32LE(0) !== 0x4d_4d50) throw malformed('its multi-mount block is missing');
  if (block.readUInt32LE(4) !== MMP_CLEAN) throw dirty('a machine has it mounted');
};

const checksumSeed = (block: Buffer, incompatible: number): number =>
  (incompatible & INCOMPATIBLE.seed) === 0 ? crc32c(0xffff_ffff, block.subarray(104, 120)) : block.readUInt32LE(0x270);

const copyRule = (block: Buffer, compatible: number, readOnly: number): ((group: number) => boolean) => {
  if ((compatible & COMPATIBLE.sparseSuper2) !== 0) {
    const copies = [0, block.readUInt32LE(0x24c), block.readUInt32LE(0x250)];
    return (group) => copies.includes(group);
  }
  if ((readOnly & READ_ONLY.sparseSuper) === 0) return () => true;
  return (group) => group <= 1 || [3, 5, 7].some((base) => isPower(group, base));
};

const isPower = (value: number, base: number): boolean => {
  let rest = value;
  while (rest > 1 && rest % base === 0) rest /= base;
  return rest === 1;
};

/** Blocks of descriptors in all, whether together or in their groups. */
const descriptorBlocks = (layout: ExtSuper): number => Math.ceil((layout.groupCount * layout.descriptorBytes) / layout.blockBytes);

/** With 1 KiB blocks the superblock is block 1, even where bigalloc lets the data begin at 0. */
const superBlockOf = (layout: ExtSuper, group: number): number =>
  group === 0 ? (layout.blockBytes === 1024 ? 1 : 0) : layout.firstDataBlock + group * layout.blocksPerGroup;

const descriptorBlockAt = (layout: ExtSuper, index: number, perBlock: number): number => {
  if (index < layout.firstMetaGroup) return superBlockOf(layout, 0) + 1 + index;
  const group = index * perBlock;
  return superBlockOf(layout, group) + (layout.hasCopy(group) ? 1 : 0);
};

/** Every group in order; its descriptor is proved by its checksum where there is one. */
export async function* groupsOf(volume: Volume, layout: ExtSuper): AsyncGenerator<ExtGroup> {
  const perBlock = Math.floor(layout.blockBytes / layout.descriptorBytes);
  for (let blockIndex = 0; blockIndex * perBlock < layout.groupCount; blockIndex++) {
    const block = await volume.read(descriptorBlockAt(layout, blockIndex, perBlock) * layout.blockBytes, layout.blockBytes);
    for (let n = 0; n < perBlock && blockIndex * perBlock + n < layout.groupCount; n++)
      yield groupOf(layout, blockIndex * perBlock + n, block.subarray(n * layout.descriptorBytes, (n + 1) * layout.descriptorBytes));
  }
}

const groupOf = (layout: ExtSuper, index: number, descriptor: Buffer): ExtGroup => {
  if (layout.checksumSeed !== null && descriptorChecksum(layout.checksumSeed, index, descriptor) !== descriptor.readUInt16LE(30))
    throw malformed(`the descriptor of group ${index} fails its checksum`);
  const isWide = descriptor.length >= 64;
  const wide = (low: number, high: number): number => descriptor.readUInt32LE(low) + (isWide ? descriptor.readUInt32LE(high) * 2 ** 32 : 0);
  const half = (low: number, high: number): number => descriptor.readUInt16LE(low) + (isWide ? descriptor.readUInt16LE(high) * 65_536 : 0);
  const firstBlock = layout.firstDataBlock + index * layout.blocksPerGroup;
  return {
    index,
    firstBlock,
    blockCount: Math.min(layout.blocksPerGroup, layout.blockCount - firstBlock),
    blockBitmap: wide(0, 32),
    inodeBitmap: wide(4, 36),
    inodeTable: wide(8, 40),
    freeClusters: half(12, 44),
    bitmapChecksum: half(24, 56),
    isUninitialised: layout.hasUninitialised && (descriptor.readUInt16LE(18) & 2) !== 0,
  };
};

const descriptorChecksum = (seed: number, index: number, descriptor: Buffer): number => {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(index);
  const blanked = Buffer.from(descriptor);
  blanked.writeUInt16LE(0, 30);
  return crc32c(crc32c(seed, number), blanked) & 0xffff;
};

/** What the filesystem itself takes for a group: copies of superblock and descriptors, both bitmaps, the inode table. */
export const metadataOf = (layout: ExtSuper, group: ExtGroup): readonly { readonly first: number; readonly count: number }[] => {
  const perBlock = Math.floor(layout.blockBytes / layout.descriptorBytes);
  const hasCopy = layout.hasCopy(group.index);
  const copy = superBlockOf(layout, group.index);
  const metaGroup = Math.floor(group.index / perBlock);
  const inMetaGroup = group.index % perBlock;
  const together =
    layout.firstMetaGroup === Infinity
      ? descriptorBlocks(layout) + layout.reservedDescriptorBlocks
      : Math.min(layout.firstMetaGroup, descriptorBlocks(layout));
  const places = [
    { first: group.blockBitmap, count: 1 },
    { first: group.inodeBitmap, count: 1 },
    { first: group.inodeTable, count: layout.inodeTableBlocks },
  ];
  if (metaGroup < layout.firstMetaGroup) return hasCopy ? [...places, { first: copy, count: 1 + together }] : places;
  const hasDescriptors = inMetaGroup <= 1 || inMetaGroup === perBlock - 1;
  return [...places, { first: copy, count: (hasCopy ? 1 : 0) + (hasDescriptors ? 1 : 0) }];
};
