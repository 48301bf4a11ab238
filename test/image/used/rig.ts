// Small real filesystems, what partclone says of them, and disks rebuilt from nothing but the blocks that a reader called used.
import { execFile } from 'node:child_process';
import { open, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import type { PartitionTable, ReadAt } from '../../../agent/image/partition-table.ts';
import type { ByteRange } from '../../../agent/image/used/block-map.ts';
import type { PartitionUse } from '../../../agent/image/used/used-space.ts';
import { readUsedSpace } from '../../../agent/image/used/used-space.ts';

const run = promisify(execFile);
export const MIB = 1024 * 1024;
export const LINUX_TYPE = '0fc63daf-8483-4772-8e79-3d69d8477de4';

/** Runs a tool of the system; rejects with its output if it fails. */
export const tool = async (name: string, args: readonly string[]): Promise<string> => {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C.UTF-8' };
  const { stdout } = await run(name, [...args], { env, maxBuffer: 64 * MIB });
  return stdout;
};

/** A disk with one partition that is all of it. */
export const bareTable = (diskSizeBytes: number, type = LINUX_TYPE): PartitionTable => ({
  kind: 'gpt',
  diskSizeBytes,
  logicalSectorBytes: 512,
  id: null,
  problems: [],
  gpt: null,
  mbr: null,
  partitions: [{ number: 1, type, guid: null, startLba: 0, sectors: diskSizeBytes / 512, attributes: '0'.repeat(16), name: '' }],
});

export const readerOfFile =
  (path: string): ReadAt =>
  async (offset, length) => {
    await using file = await open(path, 'r');
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await file.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  };

/** What the filesystem in a file uses, the file being taken as one partition. */
export const useOfFile = async (path: string): Promise<PartitionUse> => {
  await using file = await open(path, 'r');
  const [use] = await readUsedSpace(readerOfFile(path), bareTable((await file.stat()).size));
  if (use === undefined) throw new Error('no partition');
  return use;
};

export const useOfBytes = async (bytes: Uint8Array): Promise<PartitionUse> => {
  const read: ReadAt = (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length));
  const [use] = await readUsedSpace(read, bareTable(bytes.length));
  if (use === undefined) throw new Error('no partition');
  return use;
};

/** A copy that has the used ranges only; every other byte is 0xA5, so that whoever needs one of them meets garbage. `blank` is zeros. */
export const rebuild = async (from: string, to: string, ranges: Iterable<ByteRange>, blank: readonly ByteRange[] = []): Promise<void> => {
  await using source = await open(from, 'r');
  await using target = await open(to, 'w');
  const { size } = await source.stat();
  const garbage = Buffer.alloc(4 * MIB, 0xa5);
  for (let at = 0; at < size; at += garbage.length) await target.write(garbage, 0, Math.min(garbage.length, size - at), at);
  const bytes = Buffer.alloc(4 * MIB);
  for (const { offsetBytes, lengthBytes } of ranges) {
    for (let at = 0; at < lengthBytes; at += bytes.length) {
      const length = Math.min(bytes.length, lengthBytes - at);
      await source.read(bytes, 0, length, offsetBytes + at);
      await target.write(bytes, 0, length, offsetBytes + at);
    }
  }
  for (const { offsetBytes, lengthBytes } of blank) await target.write(Buffer.alloc(lengthBytes), 0, lengthBytes, offsetBytes);
};

/** The used ranges that partclone finds. */
export const partcloneRanges = async (program: string, path: string): Promise<readonly ByteRange[]> => {
  const domain = `${path}.domain`;
  await writeFile(domain, '');
  await tool(program, ['-D', '-s', path, '-O', domain, '-L', `${path}.log`]);
  return [...(await readFile(domain, 'utf8')).matchAll(/^(0x[0-9A-F]+)\s+(0x[0-9A-F]+)\s+\+$/gim)].map((line) => ({
    offsetBytes: Number(line[1]),
    lengthBytes: Number(line[2]),
  }));
};

/** Bytes that are in `wanted` and not in `had`. Both in order. */
export const bytesMissing = (wanted: Iterable<ByteRange>, had: Iterable<ByteRange>): number => {
  const list = [...had];
  let missing = 0;
  let first = 0;
  for (const range of wanted) {
    let at = range.offsetBytes;
    const end = at + range.lengthBytes;
    while (first < list.length && (list[first]?.offsetBytes ?? 0) + (list[first]?.lengthBytes ?? 0) <= at) first++;
    for (let index = first; at < end && index < list.length; index++) {
      const { offsetBytes, lengthBytes } = list[index] ?? { offsetBytes: Infinity, lengthBytes: 0 };
      if (offsetBytes >= end) break;
      missing += Math.max(0, offsetBytes - at);
      at = Math.max(at, offsetBytes + lengthBytes);
    }
    missing += Math.max(0, end - at);
  }
  return missing;
};

const LVM_AREA = 4096;
const lvmChecksum = (bytes: Uint8Array): number => ~crc32(bytes, ~0xf597_a6cf >>> 0) >>> 0;

/** A physical volume with another text of its group in its first metadata area, with checksums that are right. */
export const withLvmText = (volume: Uint8Array, change: (text: string) => string): Buffer => {
  const bytes = Buffer.from(volume);
  const start = Number(bytes.readBigUInt64LE(LVM_AREA + 40));
  const length = Number(bytes.readBigUInt64LE(LVM_AREA + 48));
  const text = Buffer.from(change(bytes.toString('utf8', LVM_AREA + start, LVM_AREA + start + length)));
  bytes.set(text, LVM_AREA + start);
  bytes.writeBigUInt64LE(BigInt(text.length), LVM_AREA + 48);
  bytes.writeUInt32LE(lvmChecksum(text), LVM_AREA + 56);
  bytes.writeUInt32LE(lvmChecksum(bytes.subarray(LVM_AREA + 4, LVM_AREA + 512)), LVM_AREA);
  return bytes;
};
