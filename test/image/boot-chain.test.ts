import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBootChain } from '../../agent/image/boot-chain.ts';
import { architectureFits } from '../../agent/image/content.ts';
import { openFat } from '../../agent/image/fat.ts';
import type { PartitionTable } from '../../agent/image/partition-table.ts';
import { parsePortableExecutable, signersOf } from '../../agent/image/portable-executable.ts';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import { lacksTools, makeGptDisk, noise, readerOf, tinyLoader } from './real-disk.ts';

const run = promisify(execFile);
const tool = (name: string, args: readonly string[]) =>
  run(name, [...args], { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin`, MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C.UTF-8' } });

const lacking = lacksTools('openssl');
let folder: string;
let disk: Buffer;
let table: PartitionTable;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-boot-chain-'));
  disk = await readFile(await makeGptDisk(folder));
  const read = await readPartitionTable(readerOf(disk), { sizeBytes: disk.length });
  if (!read.ok) throw new Error(read.failure.message);
  table = read.value;
});
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(lacking)('FAT', () => {
  test.each([
    ['12', '1M'],
    ['16', '16M'],
    ['32', '40M'],
  ])('%s as mkfs.fat and mtools make it gives its names, files and serial', async (bits, size) => {
    const path = join(folder, `fat${bits}`);
    const file = join(folder, 'content');
    await writeFile(path, '');
    await truncate(path, Number.parseInt(size, 10) * 1024 * 1024);
    await tool('mkfs.fat', ['-F', bits, '-s', '1', '-i', '00C0FFEE', '-n', 'BOOT', path]);
    await writeFile(file, noise(bits, 200_001));
    await tool('mmd', ['-i', path, '::/EFI', '::/EFI/A folder with a name that needs several entries']);
    await tool('mcopy', ['-i', path, file, '::/EFI/A folder with a name that needs several entries/Größe ñ 文件.bin']);
    const volume = await openFat(readerOf(await readFile(path)), 0);
    expect(volume).toMatchObject({ uuid: '00C0-FFEE', label: 'BOOT', bits: Number(bits) });
    const [only] = (await volume?.list('efi')) ?? [];
    expect(only).toMatchObject({ name: 'A folder with a name that needs several entries', isDirectory: true });
    const bytes = await volume?.readFile(`EFI/${only?.name.toUpperCase()}/GRÖSSE ñ 文件.bin`.replace('GRÖSSE', 'Größe'), 1024 * 1024);
    expect(Buffer.from(bytes ?? []).equals(noise(bits, 200_001))).toBe(true);
    const entry = await volume?.find(`EFI/${only?.name}/Größe ñ 文件.bin`);
    expect(entry === undefined ? undefined : Buffer.from((await volume?.readPart(entry, 100_003, 77)) ?? [])).toEqual(
      noise(bits, 200_001).subarray(100_003, 100_080),
    );
    expect(await volume?.readFile('EFI/none', 10)).toBeUndefined();
  });

  test('with noise in it ends, and never throws', async () => {
    const esp = disk.subarray(1024 * 1024, 5 * 1024 * 1024);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(40_000), fc.nat(255)), { minLength: 1, maxLength: 20 }), async (changes) => {
        const copy = Buffer.from(esp);
        for (const [at, byte] of changes) copy[at] = byte;
        const volume = await openFat(readerOf(copy), 0);
        const names = volume === undefined ? [] : await volume.list('EFI/BOOT');
        expect(names.length).toBeLessThan(40_000);
      }),
      { numRuns: 60 },
    );
  });
});

describe.skipIf(lacking)('firmware and architecture', () => {
  const of = async (change: (copy: Buffer) => void, changed: PartitionTable = table) => {
    const copy = Buffer.from(disk);
    change(copy);
    const { firmware, architecture, bootChain } = await findBootChain(readerOf(copy), changed);
    return [firmware, architecture, bootChain.map((loader) => loader.kind)];
  };
  test('follow from loaders and boot code', async () => {
    const legacy: PartitionTable = { ...table, partitions: table.partitions.map((one) => ({ ...one, attributes: '0000000000000004' })) };
    const noEsp: PartitionTable = { ...table, partitions: table.partitions.slice(1) };
    const code = (copy: Buffer): unknown => copy.write('boot code', 0);
    expect(await of(() => undefined)).toEqual(['uefi', 'x86_64', ['removable', 'other']]);
    expect(await of(code)).toEqual(['uefi', 'x86_64', ['removable', 'other']]);
    expect(await of(code, legacy)).toEqual(['both', 'x86_64', ['removable', 'other', 'bios-boot-code']]);
    expect(await of(() => undefined, noEsp)).toEqual(['unknown', 'unknown', []]);
    expect(await of(code, { ...noEsp, kind: 'mbr' })).toEqual(['unknown', 'unknown', []]);
    expect(await of((copy) => copy.write('GRUB ', 0x180), { ...noEsp, kind: 'mbr' })).toEqual(['bios', 'x86', ['bios-boot-code']]);
  });
  test('fit machines as programs do', () => {
    expect([architectureFits('x86', 'x86_64'), architectureFits('i386', 'x86_64'), architectureFits('x86_64', 'i386')]).toEqual([
      true,
      true,
      false,
    ]);
    expect([architectureFits('aarch64', 'x86_64'), architectureFits('unknown', 'x86_64'), architectureFits('aarch64', 'aarch64')]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe.skipIf(lacking)('a loader', () => {
  test('tells its machine, and noise is none', () => {
    expect(parsePortableExecutable(tinyLoader())).toEqual({ architecture: 'x86_64', certificates: null });
    expect(parsePortableExecutable(tinyLoader(0xaa64))?.architecture).toBe('aarch64');
    expect(parsePortableExecutable(noise('pe', 4096))).toBeUndefined();
    expect(parsePortableExecutable(tinyLoader().subarray(0, 100))).toBeUndefined();
  });
  test('with two signatures names the issuers of both', async () => {
    const sign = async (name: string): Promise<Buffer> => {
      const base = join(folder, name);
      await run('openssl', [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
        '-subj',
        `/O=Test/CN=${name}`,
        '-keyout',
        `${base}.key`,
        '-out',
        `${base}.crt`,
      ]);
      await writeFile(`${base}.txt`, 'content');
      await run('openssl', [
        'cms',
        '-sign',
        '-binary',
        '-nodetach',
        '-in',
        `${base}.txt`,
        '-signer',
        `${base}.crt`,
        '-inkey',
        `${base}.key`,
        '-outform',
        'DER',
        '-out',
        `${base}.p7`,
      ]);
      const body = await readFile(`${base}.p7`);
      const entry = Buffer.alloc(Math.ceil((8 + body.length) / 8) * 8);
      entry.writeUInt32LE(8 + body.length, 0);
      entry.writeUInt16LE(0x200, 4);
      entry.writeUInt16LE(2, 6);
      entry.set(body, 8);
      return entry;
    };
    const both = Buffer.concat([await sign('First CA 2011'), await sign('Second CA 2023')]);
    expect(signersOf(both)).toEqual(['First CA 2011', 'Second CA 2023']);
    expect(signersOf(both.subarray(0, 200))).toEqual(['unreadable signature']);
    for (let at = 0; at < 300; at++) {
      const flipped = Buffer.from(both);
      flipped[at] = (flipped[at] ?? 0) ^ 0xff;
      expect(signersOf(flipped).length).toBeLessThan(9);
    }
  });
});
