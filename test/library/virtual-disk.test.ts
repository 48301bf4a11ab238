// Virtual disks as other makers write them, and such as are no whole disk although qemu-img would read them as one.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crc32c } from '../../agent/image/used/crc32c.ts';
import type { VirtualDiskFormat } from '../../main/library/virtual-disk-header.ts';
import { convertVirtualDisk } from '../../main/library/convert-virtual-disk.ts';
import { openImportSource } from '../../main/library/import-source.ts';
import { lacksTools, noise } from '../image/real-disk.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const SIZE = 8 * MIB;
const FILE_PARAMETERS = Buffer.from('3767a1ca36fa434db3b633f0aa44e76b', 'hex');
const LOGICAL_SECTOR_SIZE = Buffer.from('1dbf41816fa90947ba47f233a8faab5f', 'hex');

let folder: string;
let content: Buffer;
let disk: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-virtual-'));
  content = Buffer.concat([Buffer.alloc(SIZE - 100_000), noise('the end of the disk', 100_000)]);
  disk = join(folder, 'disk.raw');
  await writeFile(disk, content);
});
afterAll(() => rm(folder, { recursive: true }));

const made = async (name: string, kind: string, options: string): Promise<string> => {
  const path = join(folder, name);
  await run('qemu-img', ['convert', '-f', 'raw', '-O', kind, '-o', options, disk, path]);
  return path;
};
const converted = (path: string, format: VirtualDiskFormat) =>
  convertVirtualDisk(path, format, { scratchFolder: folder, signal: AbortSignal.timeout(10_000) });
const refusal = (message: string) => ({
  ok: false,
  failure: { code: 'import.unsupported', message: expect.stringContaining(message) },
});
const OTHER_FILES = 'the rest is in another file';

/** Footers of a VHD, changed: the last 512 bytes, and of a dynamic one the first as well. */
const withFooter = async (path: string, change: (footer: Buffer) => void): Promise<void> => {
  const bytes = await readFile(path);
  const places = [bytes.length - 512, 0].filter((at) => bytes.toString('latin1', at, at + 8) === 'conectix');
  for (const at of places) {
    const footer = bytes.subarray(at, at + 512);
    change(footer);
    footer.writeUInt32BE(0, 64);
    footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, 64);
  }
  await writeFile(path, bytes);
};

describe.skipIf(lacksTools('qemu-img', 'mkfifo'))('virtual disks', () => {
  test.each(['dynamic', 'fixed'])('a %s VHD by another maker is read to its last byte, whatever cylinders it counts', async (subformat) => {
    const path = await made(`vbox-${subformat}.vhd`, 'vpc', `subformat=${subformat},force_size=on`);
    await withFooter(path, (footer) => {
      footer.write('vbox', 28, 'latin1');
      // 240 * 4 * 17 sectors: 64 less than the disk has.
      footer.set([0, 240, 4, 17], 56);
    });
    const result = await converted(path, 'vhd');
    expect(result.ok && (await readFile(result.value.rawPath)).equals(content)).toBe(true);
    if (result.ok) await rm(result.value.rawPath);
  });

  test('a VHD, or a VHDX, that holds only what changed since another is no disk', async () => {
    const vhd = await made('child.vhd', 'vpc', 'subformat=dynamic,force_size=on');
    await withFooter(vhd, (footer) => footer.writeUInt32BE(4, 60));
    expect(await converted(vhd, 'vhd')).toMatchObject(refusal(OTHER_FILES));
    const vhdx = await made('child.vhdx', 'vhdx', 'subformat=dynamic');
    const bytes = await readFile(vhdx);
    const entryAt = bytes.indexOf(FILE_PARAMETERS);
    const flagsAt = Math.floor(entryAt / 65_536) * 65_536 + bytes.readUInt32LE(entryAt + 16) + 4;
    bytes.writeUInt32LE(bytes.readUInt32LE(flagsAt) | 2, flagsAt);
    await writeFile(vhdx, bytes);
    expect(await converted(vhdx, 'vhdx')).toMatchObject(refusal(OTHER_FILES));
  });

  test('files that a VMDK or a qcow2 names are not even opened', async () => {
    const pipe = join(folder, 'pipe');
    await run('mkfifo', [pipe]);
    const text = `# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType="monolithicFlat"\n\nRW 16384 FLAT "${pipe}" 0\n`;
    const described = join(folder, 'described.vmdk');
    await writeFile(described, text);
    expect(await converted(described, 'vmdk')).toMatchObject(refusal(OTHER_FILES));
    const inside = Buffer.alloc(64 * 1024);
    inside.write('KDMV', 'latin1');
    inside.writeUInt32LE(1, 4);
    inside.writeBigUInt64LE(1n, 28);
    inside.writeBigUInt64LE(20n, 36);
    inside.write(text, 512, 'latin1');
    await writeFile(described, inside);
    expect(await converted(described, 'vmdk')).toMatchObject(refusal(OTHER_FILES));
    const qcow2 = join(folder, 'data.qcow2');
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', `data_file=${join(folder, 'data')},data_file_raw=on`, qcow2, '8M']);
    await rm(join(folder, 'data'));
    await run('mkfifo', [join(folder, 'data')]);
    expect(await converted(qcow2, 'qcow2')).toMatchObject(refusal(OTHER_FILES));
  });

  test('an encrypted qcow2 is said to be one; one with snapshots is read as it is now', async () => {
    const locked = await made('locked.qcow2', 'qcow2', 'compat=1.1');
    // `crypt_method` of its header: 1 AES, 2 LUKS (QEMU, docs/interop/qcow2.txt). qemu-img itself measures the processor before it makes
    // one, and gives up on a busy computer.
    for (const method of [1, 2]) {
      const bytes = await readFile(locked);
      bytes.writeUInt32BE(method, 32);
      await writeFile(locked, bytes);
      expect(await converted(locked, 'qcow2')).toMatchObject(refusal('encrypted'));
    }
    const path = await made('snapshots.qcow2', 'qcow2', 'compat=1.1');
    await run('qemu-img', ['snapshot', '-c', 'before', path]);
    await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 0x41 1M 64k', path]);
    const result = await converted(path, 'qcow2');
    const now = Buffer.from(content).fill(0x41, 1024 * 1024, 1024 * 1024 + 65_536);
    expect(result.ok && (await readFile(result.value.rawPath)).equals(now)).toBe(true);
    if (result.ok) await rm(result.value.rawPath);
  });

  test.each([
    ['qcow2', 'qcow2', 'compat=1.1', 'qcow2'],
    ['qcow2', 'qcow2', 'compat=0.10,cluster_size=512', 'qcow2'],
    ['vmdk', 'vmdk', 'subformat=monolithicSparse', 'vmdk'],
  ] as const)('a %s that was cut is no disk with zeros at its end (%s, %s)', async (name, kind, options, format) => {
    const path = await made(`cut.${name}`, kind, options);
    const bytes = await readFile(path);
    for (const cutBytes of [1, 300, 70_000]) {
      await writeFile(path, bytes.subarray(0, bytes.length - cutBytes));
      expect(await converted(path, format)).toMatchObject({ ok: false, failure: { code: 'image.truncated' } });
    }
    await writeFile(path, bytes);
    const result = await converted(path, format);
    expect(result.ok && (await readFile(result.value.rawPath)).equals(content)).toBe(true);
    if (result.ok) await rm(result.value.rawPath);
  });

  test('a qcow2 whose list names a table behind its end was cut there', async () => {
    const path = await made('table.qcow2', 'qcow2', 'compat=1.1');
    const bytes = await readFile(path);
    const listAt = Number(bytes.readBigUInt64BE(40));
    bytes.writeBigUInt64BE((1n << 63n) | BigInt(Math.ceil(bytes.length / 65_536) * 65_536), listAt);
    await writeFile(path, bytes);
    expect(await converted(path, 'qcow2')).toMatchObject({ ok: false, failure: { code: 'image.truncated' } });
  });

  test('one piece of a VMDK in several is a part of a disk', async () => {
    await made('pieces.vmdk', 'vmdk', 'subformat=twoGbMaxExtentSparse');
    expect(await converted(join(folder, 'pieces-s001.vmdk'), 'vmdk')).toMatchObject(refusal(OTHER_FILES));
  });

  test.each(['vdi', 'qcow', 'qed', 'parallels'])('a %s is named, with the command that converts it', async (kind) => {
    const path = join(folder, `other.${kind}`);
    await run('qemu-img', ['convert', '-f', 'raw', '-O', kind, disk, path]);
    const refused = await openImportSource(path, { scratchFolder: folder });
    expect(refused).toMatchObject({
      ok: false,
      failure: { code: 'import.unsupported', next: `Convert it first: qemu-img convert -f ${kind} -O qcow2 FILE disk.qcow2` },
    });
  });

  test('a qcow2 that is marked as damaged, a VHDX with an open log, or with long sectors, is told apart from a damaged file', async () => {
    const qcow2 = await made('marked.qcow2', 'qcow2', 'compat=1.1');
    const marked = await readFile(qcow2);
    marked.writeUInt32BE(2, 76);
    await writeFile(qcow2, marked);
    expect(await converted(qcow2, 'qcow2')).toMatchObject({
      ok: false,
      failure: { code: 'image.corrupt', message: expect.stringContaining('is marked as damaged') },
    });
    const vhdx = await made('log.vhdx', 'vhdx', 'subformat=dynamic');
    const clean = await readFile(vhdx);
    const open = Buffer.from(clean);
    for (const at of [64 * 1024, 128 * 1024]) {
      const header = open.subarray(at, at + 4096);
      // The id that the entries of its log have: they wait to be carried out.
      open.copy(header, 48, MIB + 32, MIB + 48);
      header.writeUInt32LE(0, 4);
      header.writeUInt32LE(~crc32c(0xffff_ffff, header) >>> 0, 4);
    }
    await writeFile(vhdx, open);
    expect(await converted(vhdx, 'vhdx')).toMatchObject({
      ok: false,
      failure: { code: 'image.corrupt', message: expect.stringContaining('was not closed') },
    });
    const sectorAt = clean.indexOf(LOGICAL_SECTOR_SIZE);
    clean.writeUInt32LE(4096, Math.floor(sectorAt / 65_536) * 65_536 + clean.readUInt32LE(sectorAt + 16));
    await writeFile(vhdx, clean);
    expect(await converted(vhdx, 'vhdx')).toMatchObject(refusal('that qemu-img does not read'));
  });

  test.each(['qcow2', 'vpc', 'vmdk'])('a %s is found inside of a compressed file too', async (kind) => {
    const options = { qcow2: 'compat=1.1', vpc: 'subformat=fixed,force_size=on', vmdk: 'subformat=streamOptimized' }[kind] ?? '';
    const path = await made(`packed.${kind}`, kind, options);
    await writeFile(`${path}.gz`, gzipSync(await readFile(path)));
    const source = await openImportSource(`${path}.gz`, { scratchFolder: folder });
    if (!source.ok) throw new Error(source.failure.message);
    const bytes = new Uint8Array(source.value.sizeBytes);
    await source.value.read(bytes, 0);
    await source.value.close();
    expect(content.equals(bytes)).toBe(true);
  });

  test('a damaged one in a compressed file has the name that people gave it', async () => {
    const path = join(folder, 'cut.qcow2.gz');
    await writeFile(path, gzipSync((await readFile(await made('whole.qcow2', 'qcow2', 'compat=1.1'))).subarray(0, 300_000)));
    expect(await openImportSource(path, { scratchFolder: folder })).toMatchObject({
      ok: false,
      failure: { code: 'image.truncated', message: expect.stringContaining('cut.qcow2.gz') },
    });
  });

  test('nothing is left of any of them', async () => {
    expect((await readdir(folder)).filter((name) => name.startsWith('rackside-'))).toEqual([]);
  });
});
