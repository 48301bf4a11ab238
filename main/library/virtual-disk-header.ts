// What the file of a virtual disk says about itself, read here before qemu-img sees it: qemu-img opens whatever files it names, a pipe or
// a device as well, and takes a VHD that holds the changes of another for a whole disk. Offsets are those of the formats' own papers
// (qcow2.txt of QEMU, Virtual Disk Format 5.0, VHD Image Format 1.0, MS-VHDX).
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { SourceFormat } from './source-format.ts';

export type VirtualDiskFormat = Extract<SourceFormat, 'qcow2' | 'vmdk' | 'vhdx' | 'vhd'>;
/** `whole`: as far as its header says; what else may be wrong with it is qemu-img's to find. */
export type VirtualDiskHeader = 'whole' | 'needs-other-files' | 'encrypted' | 'truncated' | 'corrupt';

export const readVirtualDiskHeader = async (path: string, format: VirtualDiskFormat): Promise<VirtualDiskHeader> => {
  await using file = await open(path, 'r');
  switch (format) {
    case 'qcow2': {
      const head = await bytesAt(file, 0, 104);
      const judged = qcow2Header(head);
      return judged === 'whole' && isQcow2(head) && (await lacksTables(file, head)) ? 'truncated' : judged;
    }
    case 'vmdk':
      return await vmdkHeader(file);
    case 'vhd':
      return vhdHeader(await bytesAt(file, 0, 512), await bytesAt(file, Math.max(0, (await file.stat()).size - 512), 512));
    case 'vhdx':
      return (await hasVhdxParent(file)) ? 'needs-other-files' : 'whole';
  }
};

/** Zeros behind the end of the file. */
const bytesAt = async (file: FileHandle, offsetBytes: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, offsetBytes);
  return bytes;
};

const CORRUPT = 0x2;
const EXTERNAL_DATA = 0x4;

const isQcow2 = (bytes: Buffer): boolean => [2, 3].includes(bytes.readUInt32BE(4));

const qcow2Header = (bytes: Buffer): VirtualDiskHeader => {
  const version = bytes.readUInt32BE(4);
  if (!isQcow2(bytes)) return 'whole';
  if (bytes.readBigUInt64BE(8) !== 0n) return 'needs-other-files';
  const incompatible = version === 3 ? bytes.readUInt32BE(76) : 0;
  if ((incompatible & EXTERNAL_DATA) !== 0) return 'needs-other-files';
  if ((incompatible & CORRUPT) !== 0) return 'corrupt';
  return bytes.readUInt32BE(32) === 0 ? 'whole' : 'encrypted';
};

const PLACE = 0x00ff_ffff_ffff_fe00n;
const MOST_TABLES = 32 * 1024 * 1024;
const PIECE_ENTRIES = 8192;

/** The list of tables, or a table, lies behind the end of the file, where qemu-img would read that nothing is in use. */
const lacksTables = async (file: FileHandle, head: Buffer): Promise<boolean> => {
  const fileBytes = BigInt((await file.stat()).size);
  const [clusterBytes, count, listAt] = [1n << BigInt(head.readUInt32BE(20) & 31), head.readUInt32BE(36), head.readBigUInt64BE(40)];
  if (listAt + 8n * BigInt(count) > fileBytes) return true;
  for (let first = 0; first < Math.min(count, MOST_TABLES); first += PIECE_ENTRIES) {
    const list = await bytesAt(file, Number(listAt) + 8 * first, 8 * Math.min(PIECE_ENTRIES, count - first));
    for (let at = 0; at < list.length; at += 8) {
      const place = list.readBigUInt64BE(at) & PLACE;
      if (place !== 0n && place + clusterBytes > fileBytes) return true;
    }
  }
  return false;
};

/**
 * A text names the files that the content is in; so does the one inside a file whose own capacity is 0. A file that has no such text
 * inside is one piece of several.
 */
const vmdkHeader = async (file: FileHandle): Promise<VirtualDiskHeader> => {
  const head = await bytesAt(file, 0, 36);
  if (head.toString('latin1', 0, 4) !== 'KDMV' || head.readBigUInt64LE(12) === 0n) return 'needs-other-files';
  const textAt = Number(head.readBigUInt64LE(28)) * 512;
  const [first = 0] = Number.isSafeInteger(textAt) && textAt > 0 ? await bytesAt(file, textAt, 1) : [];
  return first === 0 ? 'needs-other-files' : 'whole';
};

const DIFFERENCING = 4;

const vhdHeader = (head: Buffer, end: Buffer): VirtualDiskHeader => {
  const footer = [end, head].find((one) => one.toString('latin1', 0, 8) === 'conectix');
  return footer?.readUInt32BE(60) === DIFFERENCING ? 'needs-other-files' : 'whole';
};

const REGION_TABLES = [192 * 1024, 256 * 1024] as const;
const METADATA_REGION = '06a27c8b90479a4bb8fe575f050f886e';
const FILE_PARAMETERS = '3767a1ca36fa434db3b633f0aa44e76b';
const HAS_PARENT = 0x2;
const MOST_ENTRIES = 2047;

/** Of the first region table that leads anywhere; its checksum is qemu-img's to judge. */
const hasVhdxParent = async (file: FileHandle): Promise<boolean> => {
  for (const at of REGION_TABLES) {
    const regions = await bytesAt(file, at, 64 * 1024);
    const region = entryOf(regions, { signature: 'regi', count: regions.readUInt32LE(8), firstAt: 16, id: METADATA_REGION });
    if (region === undefined) continue;
    const metadataAt = Number(region.readBigUInt64LE(16));
    if (!Number.isSafeInteger(metadataAt)) continue;
    const metadata = await bytesAt(file, metadataAt, 64 * 1024);
    const item = entryOf(metadata, { signature: 'metadata', count: metadata.readUInt16LE(10), firstAt: 32, id: FILE_PARAMETERS });
    if (item === undefined) continue;
    return ((await bytesAt(file, metadataAt + item.readUInt32LE(16), 8)).readUInt32LE(4) & HAS_PARENT) !== 0;
  }
  return false;
};

/** The entry of 32 bytes that begins with this GUID. */
const entryOf = (
  table: Buffer,
  wanted: { readonly signature: string; readonly count: number; readonly firstAt: number; readonly id: string },
): Buffer | undefined => {
  if (table.toString('latin1', 0, wanted.signature.length) !== wanted.signature) return undefined;
  const count = Math.min(wanted.count, MOST_ENTRIES, Math.floor((table.length - wanted.firstAt) / 32));
  return Array.from({ length: count }, (_, n) => table.subarray(wanted.firstAt + n * 32, wanted.firstAt + (n + 1) * 32)).find(
    (entry) => entry.toString('hex', 0, 16) === wanted.id,
  );
};
