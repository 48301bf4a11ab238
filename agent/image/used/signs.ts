// Which kinds of content could lie in a volume, by every magic that is there: mkfs and wipefs leave old ones behind, and reading
// the map of a filesystem that is no more would throw the one that is there away.
import { fatLayoutOf } from '../fat.ts';
import { findSwap } from './swap.ts';
import type { Volume } from './volume.ts';

type Magic = readonly [kind: string, offsetBytes: number, words: string];

const MAGICS: readonly Magic[] = [
  ['xfs', 0, 'XFSB'],
  ['luks', 0, 'LUKS\xba\xbe'],
  ['luks', 0x4000, 'SKUL\xba\xbe'],
  ['squashfs', 0, 'hsqs'],
  ['cramfs', 0, '\x45\x3d\xcd\x28'],
  ['bfs', 0, '\xce\xfa\xad\x1b'],
  ['ntfs', 3, 'NTFS    '],
  ['exfat', 3, 'EXFAT   '],
  ['bitlocker', 3, '-FVE-FS-'],
  // "To Go": in a FAT that is only there to be seen.
  ['bitlocker', 424, '\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01'],
  ['refs', 3, 'ReFS\0'],
  ['ext', 1024 + 56, '\x53\xef'],
  ['f2fs', 1024, '\x10\x20\xf5\xf2'],
  ['hfsplus', 1024, 'H+\0\x04'],
  ['hfsplus', 1024, 'HX\0\x05'],
  ['erofs', 1024, '\xe2\xe1\xf5\xe0'],
  // Revision 2.0 and its magic: of an ext superblock these would be two inodes.
  ['nilfs2', 1024, '\x02\0\0\0\0\0\x34\x34'],
  ['md', 0, '\xfc\x4e\x2b\xa9'],
  ['md', 4096, '\xfc\x4e\x2b\xa9'],
  ['bcache', 4096 + 24, '\xc6\x85\x73\xf6\x4e\x1a\x45\xca'],
  ['bcachefs', 4096 + 24, '\xc6\x85\x73\xf6\x66\xce\x90\xa9'],
  ['apfs', 32, 'NXSB'],
  // Of the BSDs: versions 1 and 2, which leave the first sectors to a boot loader, or to what was there before.
  ['ufs', 0x2000 + 1372, '\x54\x19\x01\0'],
  ['ufs', 0x2000 + 1372, '\x19\x01\x54\x19'],
  ['ufs', 0x1_0000 + 1372, '\x19\x01\x54\x19'],
  ['iso9660', 0x8001, 'CD001'],
  // Leaves the first 32 KiB to others, as ISO 9660 does.
  ['udf', 0x8001, 'BEA01'],
  ['jfs', 0x8000, 'JFS1'],
  ['reiserfs', 0x1_0034, 'ReIsEr'],
  ['reiser4', 0x1_0000, 'ReIsEr4'],
  ...[512, 1024, 2048, 4096].map((blockBytes): Magic => ['ocfs2', 2 * blockBytes, 'OCFSV2']),
  ['gfs2', 0x1_0000, '\x01\x16\x19\x70'],
  ['integrity', 0, 'integrt\0'],
  ['verity', 0, 'verity\0\0'],
  ['vdo', 0, 'dmvdo001'],
  ['stratis', 512 + 4, '!Stra0tis'],
  ['bluestore', 0, 'bluestore block device'],
  ['vmfs', 0x10_0000, '\x0d\xd0\x01\xc0'],
  ['btrfs', 0x1_0040, '_BHRfS_M'],
  ['lvm', 24, 'LVM2 001'],
  ['lvm', 512 + 24, 'LVM2 001'],
  ['lvm', 1024 + 24, 'LVM2 001'],
  ['lvm', 1536 + 24, 'LVM2 001'],
];

const HEAD_BYTES = 0x10_1000;
/** ZFS leaves the first 8 KiB as they were, with an old filesystem's mark in them; its own are the uberblocks of its first label. */
const UBERBLOCKS = { startBytes: 128 * 1024, endBytes: 256 * 1024, stepBytes: 1024, magic: 0x00ba_b10c } as const;

const hasUberblock = (head: Buffer): boolean => {
  for (let at = UBERBLOCKS.startBytes; at < UBERBLOCKS.endBytes; at += UBERBLOCKS.stepBytes)
    if (head.readUInt32LE(at) === UBERBLOCKS.magic || head.readUInt32BE(at + 4) === UBERBLOCKS.magic) return true;
  return false;
};

/** Kinds found, each once. `md` also by the superblocks of versions 0.90 and 1.0, which lie at the end behind a plain filesystem. */
export const signsOf = async (volume: Volume): Promise<ReadonlySet<string>> => {
  const head = Buffer.alloc(HEAD_BYTES);
  head.set(await volume.read(0, Math.min(volume.sizeBytes, head.length)));
  const found = new Set(MAGICS.filter(([, at, words]) => head.toString('latin1', at, at + words.length) === words).map(([kind]) => kind));
  if (fatLayoutOf(head.subarray(0, 512)) !== undefined) found.add('vfat');
  if ((await findSwap(volume)) !== null) found.add('swap');
  if (hasUberblock(head)) found.add('zfs');
  // A disc that is both says the same of the same files.
  if (found.has('udf')) found.delete('iso9660');
  const sectors = Math.floor(volume.sizeBytes / 512);
  for (const at of [Math.floor((sectors - 16) / 8) * 4096, Math.floor(volume.sizeBytes / 65_536) * 65_536 - 65_536]) {
    if (at >= 0 && (await volume.read(at, 4)).toString('latin1') === '\xfc\x4e\x2b\xa9') found.add('md');
  }
  return found;
};
