import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { CONFIG_SIZE_BYTES, PLACEHOLDER_CONFIG, installBiosLoader, padConfig } from '../../scripts/bootkit/grub.ts';

test('a configuration fills its place exactly, with line ends', () => {
  const data = padConfig(PLACEHOLDER_CONFIG);
  expect(data).toHaveLength(CONFIG_SIZE_BYTES);
  expect(data.toString().trimEnd()).toBe(PLACEHOLDER_CONFIG.trimEnd());
  expect(data.subarray(PLACEHOLDER_CONFIG.length).every((byte) => byte === 0x0a)).toBe(true);
  expect(() => padConfig('x'.repeat(CONFIG_SIZE_BYTES + 1))).toThrow(/longer/);
});

test('the BIOS loader finds its core image and leaves the partition table alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-grub-'));
  try {
    const disk = join(folder, 'disk.raw');
    await writeFile(disk, Buffer.alloc(64 * 512, 0xee));
    await installBiosLoader(disk, { boot: Buffer.alloc(512, 0x11), core: Buffer.alloc(1300, 0x22) }, 40);
    const written = await readFile(disk);
    expect(written.readBigUInt64LE(0x5c)).toBe(40n);
    expect([...written.subarray(0x66, 0x68)]).toEqual([0x90, 0x90]);
    expect(written.subarray(440, 512).every((byte) => byte === 0xee)).toBe(true);
    const list = 40 * 512 + 500;
    expect(written.readBigUInt64LE(list)).toBe(41n);
    expect(written.readUInt16LE(list + 8)).toBe(2);
    expect(written.length).toBe(64 * 512);
  } finally {
    await rm(folder, { recursive: true });
  }
});
