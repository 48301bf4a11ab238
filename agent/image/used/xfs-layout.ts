// The superblock of XFS, versions 4 and 5 (Linux fs/xfs/libxfs/xfs_format.h); everything in XFS is big-endian but its checksums.
import { crc32c } from './crc32c.ts';
import type { Volume } from './volume.ts';
import { dirty, malformed, spansDisks, unsupported } from './volume.ts';

export type XfsSuper = {
  readonly blockBytes: number;
  readonly sectorBytes: number;
  readonly blockCount: number;
  /** Blocks in an allocation group; the last one may be shorter. */
  readonly groupBlocks: number;
  readonly groupCount: number;
  readonly logOffset: number;
  readonly logBytes: number;
  /** Version 5: every block of metadata has a longer header with a CRC-32C. */
  readonly hasChecksums: boolean;
  readonly treeHeaderBytes: 16 | 56;
};

/** finobt, rmapbt, reflink, inobtcount. */
const KNOWN_READ_ONLY = 0xf;
/** ftype, spinodes, meta_uuid, bigtime, needsrepair, nrext64, exchrange, parent. */
const KNOWN_INCOMPATIBLE = 0xff;
const NEEDS_REPAIR = 0x10;

export const readXfsSuper = async (volume: Volume): Promise<XfsSuper> => {
  const head = await volume.read(0, 512);
  const sectorBytes = head.readUInt16BE(102);
  if (![512, 1024, 2048, 4096, 8192, 16_384, 32_768].includes(sectorBytes)) throw malformed('its sector size is out of range');
  const sector = await volume.read(0, sectorBytes);
  const version = sector.readUInt16BE(100) & 0xf;
  if (version !== 4 && version !== 5) throw unsupported(`this XFS is of version ${version}`);
  const hasChecksums = version === 5;
  if (hasChecksums) {
    verifyChecksum(sector, 224, 'its superblock');
    const incompatible = sector.readUInt32BE(216);
    if ((sector.readUInt32BE(212) & ~KNOWN_READ_ONLY) !== 0 || (incompatible & ~KNOWN_INCOMPATIBLE) !== 0)
      throw unsupported('this XFS has features that are newer than this program');
    if ((incompatible & NEEDS_REPAIR) !== 0) throw dirty('it has been marked for repair');
  }
  if (sector.readUInt8(126) !== 0) throw malformed('its making was never finished');
  if (number64(sector, 16) !== 0) throw spansDisks('it has a realtime device');

  const blockBytes = sector.readUInt32BE(4);
  const blockCount = number64(sector, 8);
  const groupBlocks = sector.readUInt32BE(84);
  const groupCount = sector.readUInt32BE(88);
  const fits =
    [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536].includes(blockBytes) &&
    blockBytes >= sectorBytes &&
    blockCount * blockBytes <= volume.sizeBytes &&
    groupBlocks >= 64 &&
    groupCount > 0 &&
    (groupCount - 1) * groupBlocks < blockCount &&
    groupCount * groupBlocks >= blockCount;
  if (!fits) throw malformed('the numbers in its superblock do not fit together');
  const log = number64(sector, 48);
  if (log === 0) throw spansDisks('its log is on another device');
  return {
    blockBytes,
    sectorBytes,
    blockCount,
    groupBlocks,
    groupCount,
    logOffset: blockOffset(log, sector.readUInt8(124), { groupBlocks, groupCount, blockBytes }),
    logBytes: sector.readUInt32BE(96) * blockBytes,
    hasChecksums,
    treeHeaderBytes: hasChecksums ? 56 : 16,
  };
};

/** A filesystem block number has the group in its upper bits and the block within the group in the lower `exponent`. */
const blockOffset = (
  block: number,
  exponent: number,
  layout: { readonly groupBlocks: number; readonly groupCount: number; readonly blockBytes: number },
): number => {
  const group = Math.floor(block / 2 ** exponent);
  const within = block % 2 ** exponent;
  if (exponent > 31 || group >= layout.groupCount || within >= layout.groupBlocks) throw malformed('its log lies outside');
  return (group * layout.groupBlocks + within) * layout.blockBytes;
};

/** NaN for what no number can hold, so that every later check fails. */
const number64 = (bytes: Buffer, offset: number): number => {
  const value = bytes.readBigUInt64BE(offset);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.NaN;
};

/** A CRC-32C over the whole block with its own four bytes as zeros, stored little-endian. */
export const verifyChecksum = (block: Buffer, at: number, what: string): void => {
  const before = crc32c(0xffff_ffff, block.subarray(0, at));
  const after = crc32c(crc32c(before, Buffer.alloc(4)), block.subarray(at + 4));
  if (~after >>> 0 !== block.readUInt32LE(at)) throw malformed(`${what} fails its checksum`);
};
