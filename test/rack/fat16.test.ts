// Our small FAT16 writer against the tools that everybody uses.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openFat } from '../../agent/image/fat.ts';
import { writeFat16 } from './fat16.ts';

const MIB = 1024 * 1024;
const run = promisify(execFile);
const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`, LC_ALL: 'C.UTF-8' };
const has = (name: string): boolean => env.PATH.split(delimiter).some((folder) => existsSync(join(folder, name)));

const noise = (sizeBytes: number): Buffer =>
  Buffer.from(Array.from({ length: sizeBytes }, (_, index) => (index * 31 + (index >> 8)) & 255));
const FILES = [
  { path: 'EFI/BOOT/BOOTX64.EFI', bytes: noise(70_001) },
  { path: 'EFI/DEBIAN/SHIMX64.EFI', bytes: noise(2048) },
  { path: 'EFI/DEBIAN/GRUB.CFG', bytes: Buffer.from('set timeout=0\n') },
  { path: 'EMPTY.TXT', bytes: Buffer.alloc(0) },
];
const volumeOf = (sizeBytes: number): Buffer => writeFat16({ sizeBytes, serial: 0x52411234, label: 'esp', files: FILES });

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-fat16-'));
  path = join(folder, 'volume');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.each([9 * MIB, 16 * MIB, 64 * MIB])('a volume of %i bytes', (sizeBytes) => {
  test.runIf(has('fsck.fat'))('is clean for fsck.fat', async () => {
    await writeFile(path, volumeOf(sizeBytes));
    const { stdout } = await run('fsck.fat', ['-n', '-v', path], { env });
    expect(stdout).toMatch(/16 bits per entry|FAT16|2 FATs, 16 bit/i);
    expect(stdout).not.toMatch(/differ|wrong|dirty|invalid|lost|contains a free/i);
  });

  test.runIf(has('mtype'))('holds for mtools what was put into it', async () => {
    await writeFile(path, volumeOf(sizeBytes));
    for (const file of FILES) {
      const { stdout } = await run('mtype', ['-i', path, `::/${file.path}`], { env, encoding: 'buffer', maxBuffer: MIB });
      expect([file.path, stdout.equals(file.bytes)]).toEqual([file.path, true]);
    }
    const { stdout } = await run('mdir', ['-i', path, '-/', '-b', '::/'], { env });
    expect(
      stdout
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith('/'))
        .toSorted(),
    ).toEqual(FILES.map((file) => `::/${file.path}`).toSorted());
  });
});

test.runIf(has('fsck.fat'))('fsck.fat does find a fault (so its silence says something)', async () => {
  const volume = volumeOf(16 * MIB);
  // The second copy of the FAT, one entry off.
  const fatSectors = volume.readUInt16LE(22);
  volume[512 * (1 + fatSectors) + 8] = 0x55;
  await writeFile(path, volume);
  await expect(run('fsck.fat', ['-n', path], { env })).rejects.toThrow(/Command failed/);
});

test("the agent's own reader finds files and the volume's id", async () => {
  const volume = volumeOf(16 * MIB);
  const fat = await openFat(async (offset, length) => volume.subarray(offset, offset + length), 0);
  expect(fat?.uuid).toBe('5241-1234');
  expect((await fat?.list('EFI/DEBIAN'))?.map(({ name }) => name)).toEqual(['SHIMX64.EFI', 'GRUB.CFG']);
});

test('what does not fit is refused, not written wrong', () => {
  const write =
    (files: readonly { path: string; bytes: Uint8Array }[], sizeBytes = 16 * MIB) =>
    () =>
      writeFat16({ sizeBytes, serial: 1, label: 'x', files });
  const many = (where: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({ path: `${where}F${index}.TXT`, bytes: Buffer.from('x') }));
  expect(write([{ path: 'A-LONG-NAME.TXT', bytes: Buffer.alloc(1) }])).toThrow(/long name/);
  expect(write([{ path: 'BIG.BIN', bytes: Buffer.alloc(17 * MIB) }])).toThrow(/do not fit/);
  expect(write([], 4 * MIB)).toThrow(/no FAT16/);
  expect(write(many('A/', 62))).not.toThrow();
  expect(write(many('A/', 63))).toThrow(/folder/);
  expect(write(many('', 513))).toThrow(/folder/);
});
