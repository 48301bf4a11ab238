// FAT volumes that we write, judged by fsck.fat and mtools, and read back by our own reader.
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFat } from '../../agent/image/fat.ts';
import { fatSizeFor, fatVolumeBytes, writeFat } from '../../agent/image/fat-writer.ts';
import { lacksTools, noise } from './real-disk.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-fat-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const environment = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8' };
const text = (value: string): Buffer => Buffer.from(value);
const volumeOf = (wish: Parameters<typeof writeFat>[0]): Buffer => {
  const written = writeFat(wish);
  if (!written.ok) throw new Error(written.failure.message);
  return fatVolumeBytes(written.value);
};
const reader = (volume: Buffer) => (offset: number, length: number) => Promise.resolve(volume.subarray(offset, offset + length));

const sizes = [
  { name: 'FAT12', sizeBytes: 4 * MIB, bits: 12 },
  { name: 'FAT16', sizeBytes: 40 * MIB, bits: 16 },
  { name: 'FAT32', sizeBytes: 600 * MIB, bits: 32 },
  { name: 'FAT16 with sectors of 4096', sizeBytes: 64 * MIB, bits: 16, logicalSectorBytes: 4096 as const },
] as const;

it.skipIf(lacksTools('fsck.fat', 'mtype')).each(sizes)(
  '$name: fsck finds nothing, mtools and our reader the files',
  async ({ bits, ...size }) => {
    const many = Array.from({ length: 200 }, (_, index) => ({
      path: `many/a file with a long name ${index}.conf`,
      bytes: text(`n ${index}`),
    }));
    const files = [
      { path: 'user-data', bytes: text('#cloud-config\n') },
      { path: 'meta-data', bytes: text('instance-id: a\n') },
      { path: 'EFI/BOOT/BOOTX64.EFI', bytes: noise('loader', 70_000) },
      { path: 'deep/er/Größe – №1.txt', bytes: text('ü') },
      { path: 'empty', bytes: text('') },
      ...many,
    ];
    const written = writeFat({ ...size, label: 'CIDATA', serial: 0x1234_abcd, files });
    if (!written.ok) throw new Error(written.failure.message);
    expect(written.value.bits).toBe(bits);
    const volume = fatVolumeBytes(written.value);
    const path = join(folder, 'volume');
    await using file = await open(path, 'w');
    await file.truncate(size.sizeBytes);
    for (const { offsetBytes, bytes } of written.value.parts) await file.write(bytes, 0, bytes.length, offsetBytes);
    await run('fsck.fat', ['-n', '-v', path], { env: environment });
    const { stdout } = await run('mtype', ['-i', path, '::many/a file with a long name 137.conf'], {
      env: { ...environment, MTOOLS_SKIP_CHECK: '1' },
    });
    expect(stdout).toBe('n 137');
    const fat = await openFat(reader(volume), 0);
    expect(fat).toMatchObject({ uuid: '1234-ABCD', label: 'CIDATA', bits });
    for (const file of files) expect(Buffer.from((await fat?.readFile(file.path, MIB)) ?? []).equals(file.bytes)).toBe(true);
    expect((await fat?.list('many'))?.length).toBe(200);
  },
);

it('reads back whatever was put on it, and the same content is the same bytes', async () => {
  const name = fc
    .string({ minLength: 1, maxLength: 30, unit: fc.constantFrom(...'aAbB01.-_ é~') })
    .filter((one) => !/^\.+$|[. ]$/.test(one));
  const tree = fc.uniqueArray(fc.tuple(fc.constantFrom('', 'x/', 'x/y/'), name, fc.uint8Array({ maxLength: 9000 })), {
    maxLength: 12,
    selector: ([at, one]) => `${at}${one}`.toUpperCase(),
  });
  await fc.assert(
    fc.asyncProperty(tree, fc.constantFrom(4, 20), async (list, mebibytes) => {
      const files = list.map(([at, one, bytes]) => ({ path: `${at}${one}`, bytes }));
      fc.pre(!files.some(({ path }) => ['X', 'X/Y'].includes(path.toUpperCase())));
      const wish = { sizeBytes: mebibytes * MIB, label: 'L', serial: 7, files };
      const volume = volumeOf(wish);
      expect(volume.equals(volumeOf({ ...wish, files: files.toReversed() }))).toBe(true);
      const fat = await openFat(reader(volume), 0);
      for (const { path, bytes } of files) {
        expect(await fat?.find(path)).toMatchObject({ sizeBytes: bytes.length });
        expect(Buffer.from((await fat?.readFile(path, MIB)) ?? []).equals(bytes)).toBe(true);
      }
    }),
    { numRuns: 25 },
  );
});

it('refuses what no FAT volume can hold, by name', () => {
  const one = (path: string, size = 4 * MIB, bytes = text('x')) =>
    writeFat({ sizeBytes: size, label: 'L', serial: 1, files: [{ path, bytes }] });
  expect(one('a:b')).toMatchObject({ ok: false, failure: { code: 'fat.bad-name' } });
  expect(one('../x')).toMatchObject({ ok: false, failure: { code: 'fat.bad-name' } });
  expect(one('x', 1000)).toMatchObject({ ok: false, failure: { code: 'fat.size' } });
  expect(one('x', 4 * MIB, Buffer.alloc(5 * MIB))).toMatchObject({ ok: false, failure: { code: 'fat.full' } });
  const twins = [
    { path: 'A', bytes: text('1') },
    { path: 'a', bytes: text('2') },
  ];
  expect(writeFat({ sizeBytes: 4 * MIB, label: 'L', serial: 1, files: twins })).toMatchObject({
    ok: false,
    failure: { code: 'fat.bad-name' },
  });
});

it('a volume of the size it proposes takes the files', () => {
  const files = Array.from({ length: 300 }, (_, index) => ({ path: `seed/file-${index}`, bytes: noise(String(index), 5000) }));
  expect(writeFat({ sizeBytes: fatSizeFor(files), label: 'L', serial: 1, files })).toMatchObject({ ok: true });
});

it('of a large volume only what is not zero is held in memory', () => {
  const written = writeFat({ sizeBytes: 4096 * MIB, label: 'BIG', serial: 1, files: [{ path: 'a', bytes: text('a') }] });
  if (!written.ok) throw new Error(written.failure.message);
  expect(written.value.parts.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(64 * 1024);
});
