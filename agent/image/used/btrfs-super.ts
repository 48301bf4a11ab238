// The superblock of Btrfs (Linux include/uapi/linux/btrfs_tree.h), its checksums, and chunks: stretches of the filesystem's own
// address space, each with one or two places on the device.
import { createHash } from 'node:crypto';
import { blake2b256 } from './blake2b.ts';
import { crc32c } from './crc32c.ts';
import type { Volume } from './volume.ts';
import { dirty, malformed, spansDisks, unsupported } from './volume.ts';
import { xxh64 } from './xxhash.ts';

export const SUPER_OFFSET = 64 * 1024;
const SUPER_BYTES = 4096;
const SYSTEM_CHUNKS_AT = 811;
const KEY_BYTES = 17;
/** All up to raid1c34, and simple quotas: not zoned, not extent tree v2, not the RAID stripe tree. */
const KNOWN_INCOMPATIBLE = 0x1_0fffn;
const SEEDING = 1n << 32n;
/** Any kind of RAID; what is left is one copy, or two on the same device. */
const RAID_PROFILES = 0x7d8n;

export type Chunk = { readonly logical: number; readonly lengthBytes: number; readonly places: readonly number[] };

export type BtrfsSuper = {
  readonly nodeBytes: number;
  readonly sectorBytes: number;
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly root: NodeAddress;
  readonly chunkRoot: NodeAddress;
  readonly systemChunks: readonly Chunk[];
  readonly checksumKind: number;
  readonly deviceId: number;
};

export type NodeAddress = { readonly logical: number; readonly level: number; readonly generation: number };

export const readBtrfsSuper = async (volume: Volume): Promise<BtrfsSuper> => {
  const block = await volume.read(SUPER_OFFSET, SUPER_BYTES);
  const checksumKind = block.readUInt16LE(196);
  if (checksumKind > 3) throw unsupported('this Btrfs has checksums of a kind that is not known here');
  if (!hasChecksum(block, checksumKind) || number64(block, 48) !== SUPER_OFFSET) throw malformed('its superblock fails its checksum');
  if ((block.readBigUInt64LE(188) & ~KNOWN_INCOMPATIBLE) !== 0n)
    throw unsupported('this Btrfs has features that are newer than this program');
  const devices = number64(block, 136);
  if (devices !== 1) throw spansDisks(`it has ${devices} devices`);
  if ((block.readBigUInt64LE(56) & SEEDING) !== 0n) throw spansDisks('it is the seed of others');
  if (number64(block, 96) !== 0) throw dirty('its log has not been replayed');
  const [sectorBytes, nodeBytes, arrayBytes] = [block.readUInt32LE(144), block.readUInt32LE(148), block.readUInt32LE(160)];
  const totalBytes = number64(block, 209);
  const fits =
    [4096, 8192, 16_384, 32_768, 65_536].includes(sectorBytes) &&
    [4096, 8192, 16_384, 32_768, 65_536].includes(nodeBytes) &&
    arrayBytes <= 2048 &&
    totalBytes <= volume.sizeBytes &&
    totalBytes > 1024 * 1024;
  if (!fits) throw malformed('the numbers in its superblock do not fit together');
  const deviceId = number64(block, 201);
  const systemChunks: Chunk[] = [];
  for (let at = SYSTEM_CHUNKS_AT; at < SYSTEM_CHUNKS_AT + arrayBytes;) {
    if (at + KEY_BYTES + 80 > SUPER_BYTES) throw malformed('its system chunks are cut off');
    const item = block.subarray(at + KEY_BYTES);
    systemChunks.push(parseChunk(number64(block, at + 9), item, { totalBytes, deviceId }));
    at += KEY_BYTES + 48 + item.readUInt16LE(44) * 32;
  }
  return {
    nodeBytes,
    sectorBytes,
    totalBytes,
    usedBytes: number64(block, 120),
    root: { logical: number64(block, 80), level: block.readUInt8(198), generation: number64(block, 72) },
    chunkRoot: { logical: number64(block, 88), level: block.readUInt8(199), generation: number64(block, 164) },
    systemChunks,
    checksumKind,
    deviceId,
  };
};

export const parseChunk = (logical: number, item: Buffer, device: { readonly totalBytes: number; readonly deviceId: number }): Chunk => {
  const copies = item.length >= 48 ? item.readUInt16LE(44) : 0;
  if (copies < 1 || copies > 2 || item.length < 48 + copies * 32) throw malformed('a chunk has an odd number of places');
  if ((item.readBigUInt64LE(24) & RAID_PROFILES) !== 0n) throw unsupported('this Btrfs spreads its data (RAID)');
  const lengthBytes = number64(item, 0);
  const places = Array.from({ length: copies }, (_, n) => number64(item, 48 + n * 32 + 8));
  const isHere = Array.from({ length: copies }, (_, n) => number64(item, 48 + n * 32)).every((id) => id === device.deviceId);
  const fits = places.every((place) => place >= 0 && place + lengthBytes <= device.totalBytes);
  if (!isHere || !fits || !(lengthBytes > 0) || !Number.isSafeInteger(logical)) throw malformed('a chunk lies outside');
  return { logical, lengthBytes, places };
};

/** Over everything behind the checksum's own 32 bytes: CRC-32C (0), XXH64 (1), SHA-256 (2) or BLAKE2b (3). */
export const hasChecksum = (block: Buffer, kind: number): boolean => {
  const bytes = block.subarray(32);
  const stored = block.subarray(0, 32);
  if (kind === 0) return ~crc32c(0xffff_ffff, bytes) >>> 0 === stored.readUInt32LE(0);
  if (kind === 1) return xxh64(bytes) === stored.readBigUInt64LE(0);
  return (kind === 2 ? createHash('sha256').update(bytes).digest() : blake2b256(bytes)).equals(stored);
};

/** NaN for what no number can hold, so that every later check fails. */
export const number64 = (bytes: Buffer, offset: number): number => {
  const value = bytes.readBigUInt64LE(offset);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.NaN;
};
