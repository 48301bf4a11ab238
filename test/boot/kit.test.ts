import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadBootKit, verifyBootKit } from '../../main/boot/kit.ts';
import { sampleManifest, writeSampleKit } from './sample-kit.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-kit-'));
  await writeSampleKit(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const codeOf = async (): Promise<string> => {
  const loaded = await loadBootKit(folder);
  return loaded.ok ? 'loaded' : loaded.failure.code;
};

test('a whole kit', async () => {
  const loaded = await loadBootKit(folder);
  expect(loaded).toMatchObject({ ok: true, value: { kitId: 'sample', folder } });
  expect(loaded.ok && (await verifyBootKit(loaded.value))).toEqual([]);
});

test('no kit names the command', async () => {
  await unlink(join(folder, 'kit.json'));
  expect(await loadBootKit(folder)).toMatchObject({
    ok: false,
    failure: { code: 'boot.kit-missing', next: expect.stringContaining('npm run bootkit') },
  });
});

test.each([
  ['no JSON', 'nonsense', 'boot.kit-unreadable'],
  ['another format', JSON.stringify({ ...sampleManifest(), format: 2 }), 'boot.kit-unreadable'],
  [
    'a path that leaves the folder',
    JSON.stringify({ ...sampleManifest(), files: [{ ...sampleManifest().files[0], path: '../x' }] }),
    'boot.kit-unreadable',
  ],
  [
    'an absolute path',
    JSON.stringify({ ...sampleManifest(), files: [{ ...sampleManifest().files[0], path: '/etc/passwd' }] }),
    'boot.kit-unreadable',
  ],
  ['a role is missing', JSON.stringify({ ...sampleManifest(), files: sampleManifest().files.slice(1) }), 'boot.kit-incomplete'],
  [
    'grub.cfg beyond the image',
    JSON.stringify({ ...sampleManifest(), httpBoot: { configOffset: 49_000, configSizeBytes: 4096 } }),
    'boot.kit-unreadable',
  ],
])('%s', async (_name, text, code) => {
  await writeFile(join(folder, 'kit.json'), text);
  expect(await codeOf()).toBe(code);
});

test('a file of another size', async () => {
  await writeFile(join(folder, 'vmlinuz'), 'short');
  expect(await loadBootKit(folder)).toMatchObject({
    ok: false,
    failure: { code: 'boot.kit-incomplete', message: expect.stringContaining('vmlinuz') },
  });
});

test('a file of the same size and other content is found by its hash', async () => {
  const loaded = await loadBootKit(folder);
  await writeFile(join(folder, 'vmlinuz'), Buffer.alloc(20_000, 'x'));
  await unlink(join(folder, 'usb.img'));
  expect(loaded.ok && (await verifyBootKit(loaded.value))).toEqual(['vmlinuz', 'usb.img']);
});
