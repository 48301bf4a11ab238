// Makers of filesystems that leave the first sectors as they were: what was there before still has its mark, and must not be believed.
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacksTools } from '../real-disk.ts';
import { readUsedSpace } from '../../../agent/image/used/used-space.ts';
import { MIB, bareTable, readerOfFile, tool, useOfBytes } from './rig.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-marks-'));
});
afterAll(() => rm(folder, { recursive: true }));

const KINDS: readonly (readonly [kind: string, offsetBytes: number, words: string])[] = [
  ['udf', 0x8001, 'BEA01'],
  ['hfsplus', 1024, 'HX\0\x05'],
  ['nilfs2', 1024, '\x02\0\0\0\0\0\x34\x34'],
  ['erofs', 1024, '\xe2\xe1\xf5\xe0'],
  ['bcachefs', 4096 + 24, '\xc6\x85\x73\xf6\x66\xce\x90\xa9'],
  ['reiser4', 0x1_0000, 'ReIsEr4'],
  ['ocfs2', 8192, 'OCFSV2'],
];

describe.skipIf(lacksTools('mkfs.fat', 'mkswap'))('a FAT that is no more', () => {
  test.each(KINDS)('under %s is not read', async (kind, offset, words) => {
    const path = join(folder, `${kind}.img`);
    await writeFile(path, '');
    await using file = await open(path, 'r+');
    await file.truncate(64 * MIB);
    await tool('mkfs.fat', ['-F', '32', path]);
    const bytes = await readFile(path);
    expect((await useOfBytes(bytes)).capture).toBe('used');
    bytes.write(words, offset, 'latin1');
    expect(await useOfBytes(bytes)).toMatchObject({ capture: 'whole', refuses: false, obstacle: { code: 'filesystem.ambiguous' } });
    bytes.fill(0, 0, 512);
    expect(await useOfBytes(bytes)).toMatchObject({ kind, capture: 'whole', obstacle: null });
  });
});

test.skipIf(lacksTools('mkfs.fat'))('a locked stick (BitLocker To Go) is what it is, and not the FAT that it shows', async () => {
  const path = join(folder, 'locked.img');
  await writeFile(path, Buffer.alloc(64 * MIB));
  await tool('mkfs.fat', ['-F', '32', path]);
  const bytes = await readFile(path);
  bytes.set(Buffer.from('3bd66749292ed84a8399f6a339e3d001', 'hex'), 424);
  expect(await useOfBytes(bytes)).toMatchObject({ kind: 'bitlocker', capture: 'whole', obstacle: null });
});

test.skipIf(lacksTools('mkntfs'))('a partition of a Windows dynamic disk is whole, whatever begins in it', async () => {
  const path = join(folder, 'dynamic.img');
  await writeFile(path, Buffer.alloc(32 * MIB));
  await tool('mkntfs', ['-q', '-F', '-f', path]);
  const read = readerOfFile(path);
  for (const type of ['0x42', 'af9b60a0-1431-4f62-bc68-3311714a69ad', 'e75caf8f-f680-4cee-afa3-b001e56efc2d']) {
    const [use] = await readUsedSpace(read, bareTable(32 * MIB, type));
    expect(use).toMatchObject({ kind: 'ntfs', capture: 'whole', usedBytes: 32 * MIB, refuses: false });
    expect(use?.obstacle).toMatchObject({ code: 'filesystem.unsupported', message: expect.stringContaining('dynamic disk') });
  }
});

test('a disc that is UDF and ISO 9660 at once is one kind', async () => {
  const bytes = Buffer.alloc(MIB);
  bytes.write('CD001', 0x8001);
  expect(await useOfBytes(bytes)).toMatchObject({ kind: 'iso9660', capture: 'whole', obstacle: null });
  bytes.write('BEA01', 0x8001);
  expect(await useOfBytes(bytes)).toMatchObject({ kind: 'udf', capture: 'whole', obstacle: null });
});

test.skipIf(lacksTools('mkswap')).each([8192, 65_536])(
  'swap of a machine with pages of %i bytes has its label and UUID',
  async (pageBytes) => {
    const path = join(folder, 'swap.img');
    await writeFile(path, Buffer.alloc(16 * MIB));
    await tool('mkswap', ['-p', String(pageBytes), '-L', 'swap', '-U', '11111111-2222-3333-4444-555555555555', path]);
    expect(await useOfBytes(await readFile(path))).toMatchObject({
      kind: 'swap',
      label: 'swap',
      uuid: '11111111-2222-3333-4444-555555555555',
      capture: 'shell',
      usedBytes: pageBytes,
    });
  },
);
