// The judges are dosfstools (fsck.fat) and mtools, where this computer has them.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { writeFat } from '../../scripts/bootkit/fat.ts';
import type { FatFile, FatOptions } from '../../scripts/bootkit/fat.ts';

const OPTIONS = { label: 'RACKSIDE', serial: 0x12345678, bits: 32, clusterBytes: 512, minimumBytes: 0, hiddenSectors: 0 } as const;
const KINDS = [OPTIONS, { ...OPTIONS, bits: 16, clusterBytes: 2048 }] as const;
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

const FILES: readonly FatFile[] = [
  { path: 'EFI/BOOT/BOOTX64.EFI', data: Buffer.alloc(5000, 1) },
  { path: 'EFI/debian/grub.cfg', data: Buffer.alloc(4096, '\n') },
  { path: 'vmlinuz', data: Buffer.alloc(70_001, 2) },
  { path: 'empty.txt', data: Buffer.alloc(0) },
  // Enough names for a folder of several clusters.
  ...Array.from({ length: 60 }, (_, index) => ({ path: `many/file${index}.bin`, data: Buffer.from([index]) })),
];

const inImage = async (options: FatOptions, work: (file: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-fat-'));
  try {
    const file = join(folder, 'fat.img');
    await writeFile(file, writeFat(FILES, options).image);
    await work(file);
  } finally {
    await rm(folder, { recursive: true });
  }
};

test.each(KINDS)('FAT$bits: every file lies in one piece where the offsets say', (options) => {
  const { image, offsets } = writeFat(FILES, options);
  for (const { path, data } of FILES) {
    const at = offsets.get(path) ?? -1;
    expect(at).toBeGreaterThan(0);
    expect(image.subarray(at, at + data.length).equals(Buffer.from(data))).toBe(true);
  }
});

test('files of any size keep apart', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 12 });
  const property = fc.property(sizes, (list) => {
    const files = list.map((size, index) => ({ path: `f${index}`, data: Buffer.alloc(size, index + 1) }));
    const { image, offsets } = writeFat(files, OPTIONS);
    for (const { path, data } of files) {
      const at = offsets.get(path) ?? 0;
      expect(image.subarray(at, at + data.length).equals(data)).toBe(true);
    }
  });
  fc.assert(property, { numRuns: 10 });
});

test('a name that is no 8.3 name is refused', () => {
  expect(() => writeFat([{ path: 'stage2.squashfs', data: Buffer.alloc(1) }], OPTIONS)).toThrow(/8\.3/);
});

test.skipIf(!has('fsck.fat')).each(KINDS)('FAT$bits: fsck.fat finds nothing wrong', async (options) => {
  await inImage(options, async (file) => {
    const result = spawnSync('fsck.fat', ['-n', '-v', file]);
    expect(result.stdout.toString()).toContain(`FATs, ${options.bits} bit entries`);
    expect({ status: result.status, said: result.stdout.toString() }).toMatchObject({ status: 0 });
  });
});

test.skipIf(!has('mcopy')).each(KINDS)('FAT$bits: mtools reads the files back', async (options) => {
  await inImage(options, async (file) => {
    const copy = `${file}.copy`;
    for (const { path, data } of FILES.slice(0, 8)) {
      expect(spawnSync('mcopy', ['-n', '-i', file, `::${path}`, copy]).status).toBe(0);
      expect((await readFile(copy)).equals(Buffer.from(data))).toBe(true);
      await rm(copy);
    }
    expect(spawnSync('mdir', ['-i', file, '::']).stdout.toString()).toContain('vmlinuz');
  });
});
