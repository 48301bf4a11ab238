// The journal inside ext3 and ext4 (Linux fs/jbd2, include/linux/jbd2.h). Of a clean one nobody reads more than its superblock: what else
// it holds is remains of transactions that have long been carried out, and stands for zeros (docs/adr/0027).
import type { ByteRange } from './block-map.ts';
import { crc32c } from './crc32c.ts';
import type { BlockRun } from './ext-inode.ts';
import { readInode, runsOf } from './ext-inode.ts';
import type { ExtGroup, ExtSuper } from './ext-layout.ts';
import type { Volume } from './volume.ts';
import { malformed, refusalOf } from './volume.ts';

/** Where mke2fs puts it; one elsewhere is left as it is. */
const JOURNAL_INODE = 8;
const MAGIC = 0xc03b_3998;
const SUPERBLOCK_V1 = 3;
const SUPERBLOCK_V2 = 4;
const SUPERBLOCK_BYTES = 1024;
const CHECKSUM_AT = 0xfc;
/** The checksum feature of the first kind. */
const KNOWN_COMPATIBLE = 0x1;
/** revoke, 64bit, async_commit, csum_v2, csum_v3, fast_commit. */
const KNOWN_INCOMPATIBLE = 0x3f;
const HAS_CHECKSUM = 0x18;
const CRC32C = 4;

/**
 * The bytes of the journal behind its superblock, in order; none where there is no journal, or anything about it is in doubt. `firstGroup`
 * has its inode.
 */
export const blankJournal = async (volume: Volume, layout: ExtSuper, firstGroup: ExtGroup): Promise<readonly ByteRange[]> => {
  if (layout.journalInode !== JOURNAL_INODE) return [];
  try {
    const inode = await readInode(volume, layout, firstGroup, JOURNAL_INODE);
    const runs = await runsOf(volume, layout, inode);
    const place = (runs[0]?.block ?? 0) * layout.blockBytes;
    const { first, end } = readSuperblock(await volume.read(place, SUPERBLOCK_BYTES), layout.blockBytes);
    const mapped = runs.reduce((sum, { count }) => sum + count, 0);
    if (end > mapped || end * layout.blockBytes > inode.sizeBytes) throw malformed('its journal is shorter than it says');
    return behind(runs, first, end)
      .map(({ block, count }) => ({ offsetBytes: block * layout.blockBytes, lengthBytes: count * layout.blockBytes }))
      .toSorted((a, b) => a.offsetBytes - b.offsetBytes);
  } catch (error) {
    if (refusalOf(error) === null) throw error;
    return [];
  }
};

/** The blocks that transactions go to, counted from the journal's begin. A fast commit area is at their end and as little needed. */
const readSuperblock = (block: Buffer, blockBytes: number): { readonly first: number; readonly end: number } => {
  const kind = block.readUInt32BE(4);
  if (block.readUInt32BE(0) !== MAGIC || (kind !== SUPERBLOCK_V1 && kind !== SUPERBLOCK_V2))
    throw malformed('its journal has no superblock');
  const [end, first, start, errors] = [block.readUInt32BE(16), block.readUInt32BE(20), block.readUInt32BE(28), block.readInt32BE(32)];
  if (start !== 0 || errors !== 0) throw malformed('its journal is not clean');
  if (block.readUInt32BE(12) !== blockBytes || first < 1 || first >= end) throw malformed('its journal contradicts itself');
  if (kind === SUPERBLOCK_V2) refuseStrange(block);
  return { first, end };
};

const refuseStrange = (block: Buffer): void => {
  const [compatible, incompatible, readOnly] = [block.readUInt32BE(0x24), block.readUInt32BE(0x28), block.readUInt32BE(0x2c)];
  if ((compatible & ~KNOWN_COMPATIBLE) !== 0 || (incompatible & ~KNOWN_INCOMPATIBLE) !== 0 || readOnly !== 0)
    throw malformed('its journal is newer than this program');
  if (block.readUInt32BE(0x40) > 1) throw malformed('its journal is shared');
  if ((incompatible & HAS_CHECKSUM) === 0) return;
  const blanked = Buffer.from(block);
  blanked.writeUInt32BE(0, CHECKSUM_AT);
  if (block.readUInt8(0x50) !== CRC32C || crc32c(0xffff_ffff, blanked) !== block.readUInt32BE(CHECKSUM_AT))
    throw malformed('the superblock of its journal fails its checksum');
};

/** What of the runs lies from block `first` to before block `end`, counted along them. */
const behind = (runs: readonly BlockRun[], first: number, end: number): readonly BlockRun[] => {
  let at = 0;
  return runs.flatMap(({ block, count }) => {
    const [from, to] = [Math.max(first, at) - at, Math.min(end, at + count) - at];
    at += count;
    return from < to ? [{ block: block + from, count: to - from }] : [];
  });
};
