// Whether XFS was unmounted: the last record of its log must say so (Linux fs/xfs/xfs_log_recover.c, `xlog_find_tail`). The log is a
// ring of 512-byte blocks, each of which begins with the number of the round in which it was written.
import type { Volume } from './volume.ts';
import { dirty, malformed } from './volume.ts';
import type { XfsSuper } from './xfs-layout.ts';

const BLOCK_BYTES = 512;
const HEADER_MAGIC = 0xfeed_babe;
const HEADER_BYTES = 32 * 1024;
/** The longest record, 256 KiB, with its headers. */
const MAX_RECORD_BLOCKS = 512 + 8;
const UNMOUNT_FLAG = 0x20;

export const refuseUncleanLog = async (volume: Volume, layout: XfsSuper): Promise<void> => {
  const blockCount = layout.logBytes / BLOCK_BYTES;
  if (blockCount < 16 || layout.logOffset + layout.logBytes > volume.sizeBytes) throw malformed('its log lies outside');
  const blockAt = (block: number): Promise<Buffer> => volume.read(layout.logOffset + (block % blockCount) * BLOCK_BYTES, BLOCK_BYTES);
  const roundOf = async (block: number): Promise<number> => {
    const bytes = await blockAt(block);
    return bytes.readUInt32BE(0) === HEADER_MAGIC ? bytes.readUInt32BE(4) : bytes.readUInt32BE(0);
  };
  const head = await findHead(roundOf, blockCount);
  if (head === null) return;
  for (let back = 1; back <= Math.min(MAX_RECORD_BLOCKS, blockCount); back++) {
    const at = (head - back + blockCount) % blockCount;
    const header = await blockAt(at);
    if (header.readUInt32BE(0) !== HEADER_MAGIC) continue;
    const hasLongHeader = (header.readUInt32BE(8) & 2) !== 0 && header.readUInt32BE(320) > HEADER_BYTES;
    const headerBlocks = hasLongHeader ? Math.ceil(header.readUInt32BE(320) / HEADER_BYTES) : 1;
    const isLast = headerBlocks + Math.ceil(header.readUInt32BE(12) / BLOCK_BYTES) === back;
    const operation = await blockAt(at + headerBlocks);
    if (isLast && header.readUInt32BE(40) === 1 && (operation.readUInt8(9) & UNMOUNT_FLAG) !== 0) return;
    break;
  }
  throw dirty('its log has not been replayed');
};

/**
 * The block behind the newest one: where the round changes. A torn last write moves that place, but then the record in front of
 * it is no unmount either. Null for a log that was never written.
 */
const findHead = async (roundOf: (block: number) => Promise<number>, blockCount: number): Promise<number | null> => {
  const newest = await roundOf(0);
  if (newest === 0) return null;
  if ((await roundOf(blockCount - 1)) === newest) return blockCount;
  let low = 0;
  let high = blockCount - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((await roundOf(middle)) === newest) low = middle;
    else high = middle;
  }
  return high;
};
