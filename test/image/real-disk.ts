// Real disks made by the tools that everybody uses (gdisk, dosfstools, mtools, e2fsprogs), small and sparse.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';

const run = promisify(execFile);
const MIB = 1024 * 1024;

const tool = (name: string, args: readonly string[]): Promise<{ stdout: string }> =>
  run(name, [...args], {
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C.UTF-8' },
  });

const DISK_TOOLS = ['sgdisk', 'mkfs.fat', 'mmd', 'mcopy', 'mke2fs', 'dd', 'truncate'];

/** True where the tools for real disks (and `more`) are not all installed: then tests that need them are skipped. */
export const lacksTools = (...more: readonly string[]): boolean => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return [...DISK_TOOLS, ...more].some((name) => !folders.some((folder) => existsSync(join(folder, name))));
};

/** Bytes that look random but are the same everywhere. */
export const noise = (seed: string, sizeBytes: number): Buffer => {
  const parts: Buffer[] = [];
  for (let n = 0; n * 32 < sizeBytes; n++) parts.push(createHash('sha256').update(`${seed}:${n}`).digest());
  return Buffer.concat(parts).subarray(0, sizeBytes);
};

/** A minimal PE32+ file for x86_64 with an empty certificate table. */
export const tinyLoader = (machine = 0x8664): Buffer => {
  const file = Buffer.alloc(1024);
  file.write('MZ', 0);
  file.writeUInt32LE(64, 60);
  file.write('PE\0\0', 64);
  file.writeUInt16LE(machine, 68);
  file.writeUInt16LE(0x20b, 64 + 24);
  return file;
};

const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  if (body.length > 127) throw new RangeError('needs the long form');
  return Buffer.concat([Buffer.from([tag, body.length]), body]);
};

/** The same with a signature that nobody could verify, but that names its issuer as PKCS#7 does (RFC 2315). */
export const signedLoader = (issuer: string): Buffer => {
  const name = der(0x30, der(0x31, der(0x30, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from(issuer)))));
  const signer = der(0x30, der(0x02, Buffer.from([1])), der(0x30, name, der(0x02, Buffer.from([1]))));
  const signed = der(0x30, der(0x06, Buffer.from([0x2a])), der(0xa0, der(0x30, der(0x31, signer))));
  const certificate = Buffer.alloc(Math.ceil((8 + signed.length) / 8) * 8);
  certificate.writeUInt32LE(8 + signed.length, 0);
  certificate.writeUInt16LE(0x200, 4);
  certificate.writeUInt16LE(2, 6);
  certificate.set(signed, 8);
  const file = Buffer.concat([tinyLoader(), certificate]);
  file.writeUInt32LE(1024, 64 + 24 + 112 + 32);
  file.writeUInt32LE(certificate.length, 64 + 24 + 112 + 36);
  return file;
};

/** That disk with a partition elsewhere, by the first copy of its table alone. */
export const withPartition = (
  disk: Uint8Array,
  number: number,
  place: { readonly startLba?: bigint; readonly endLba?: bigint },
): Buffer => {
  const copy = Buffer.from(disk);
  const entry = 1024 + (number - 1) * 128;
  if (place.startLba !== undefined) copy.writeBigUInt64LE(place.startLba, entry + 32);
  if (place.endLba !== undefined) copy.writeBigUInt64LE(place.endLba, entry + 40);
  copy.writeUInt32LE(crc32(copy.subarray(1024, 1024 + 16_384)), 512 + 88);
  copy.writeUInt32LE(0, 512 + 16);
  copy.writeUInt32LE(crc32(copy.subarray(512, 512 + 92)), 512 + 16);
  return copy;
};

/** 32 MiB: a 4 MiB ESP (FAT, EFI/BOOT/BOOTX64.EFI), a 24 MiB ext4 with a file of 3 MiB of noise. Needs sgdisk, mkfs.fat, mcopy, mke2fs. */
export const makeGptDisk = async (folder: string, name = 'disk.raw'): Promise<string> => {
  const path = join(folder, name);
  const esp = join(folder, `${name}.esp`);
  const loader = join(folder, 'BOOTX64.EFI');
  await writeFile(path, '');
  await run('truncate', ['-s', String(32 * MIB), path]);
  await tool('sgdisk', [
    '--disk-guid=11111111-2222-3333-4444-555555555555',
    '--new=1:2048:+4M', '--typecode=1:ef00', '--change-name=1:EFI system', '--partition-guid=1:AAAAAAAA-0000-0000-0000-000000000001',
    '--new=2:0:+24M', '--typecode=2:8300', '--change-name=2:Wurzel ä', '--partition-guid=2:AAAAAAAA-0000-0000-0000-000000000002',
    path,
  ]); // prettier-ignore
  await run('truncate', ['-s', String(4 * MIB), esp]);
  await tool('mkfs.fat', ['-i', 'ABCD1234', '-n', 'ESP', esp]);
  await writeFile(loader, tinyLoader());
  await tool('mmd', ['-i', esp, '::/EFI', '::/EFI/BOOT', '::/EFI/debian']);
  await tool('mcopy', ['-i', esp, loader, '::/EFI/BOOT/BOOTX64.EFI']);
  await tool('mcopy', ['-i', esp, loader, '::/EFI/debian/grubx64-with-a-long-name.efi']);
  await copyInto(esp, path, MIB);
  const tree = join(folder, `${name}.tree`);
  await mkdir(tree, { recursive: true });
  await writeFile(join(tree, 'content'), noise('content', 3 * MIB));
  await tool('mke2fs', [
    '-q',
    '-t',
    'ext4',
    '-d',
    tree,
    '-L',
    'root',
    '-U',
    '99999999-8888-7777-6666-555555555555',
    '-E',
    `offset=${5 * MIB}`,
    path,
    '24m',
  ]);
  return path;
};

export const writeAt = async (path: string, offset: number, bytes: Uint8Array): Promise<void> => {
  await using file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, offset);
};

/** Puts a file into the ext4 of a disk made by `makeGptDisk`. */
export const writeExtFile = async (disk: string, from: string, name: string): Promise<void> => {
  await tool('debugfs', ['-w', '-R', `write ${from} ${name}`, `${disk}?offset=${5 * MIB}`]);
};

/** Where `makeGptDisk` puts its ext4. */
export const EXT_PLACE = { offsetBytes: 5 * MIB, lengthBytes: 24 * MIB } as const;

const copyInto = async (from: string, to: string, offset: number): Promise<void> => {
  await run('dd', [`if=${from}`, `of=${to}`, 'bs=1M', `seek=${offset / MIB}`, 'conv=notrunc,sparse']);
};

/** What `sgdisk -p` says, partition by partition. */
export const sgdiskPartitions = async (path: string): Promise<readonly { number: number; start: number; end: number; name: string }[]> => {
  const { stdout } = await tool('sgdisk', ['-p', path]);
  return [...stdout.matchAll(/^\s+(\d+)\s+(\d+)\s+(\d+)\s+[\d.]+ \S+\s+[0-9A-F]{4}\s+(.*)$/gm)].map((row) => ({
    number: Number(row[1]),
    start: Number(row[2]),
    end: Number(row[3]),
    name: row[4] ?? '',
  }));
};

/** Empty if `sgdisk -v` finds no problem. */
export const sgdiskProblems = async (path: string): Promise<string> => {
  const { stdout } = await tool('sgdisk', ['-v', path]);
  return stdout.includes('No problems found') ? '' : stdout;
};

export const readerOf = (bytes: Uint8Array) => (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + length));
