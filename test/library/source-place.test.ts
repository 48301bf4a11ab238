// What an import is given may be no file: a disk in a dock is read, as long as nobody uses it; a pipe is not waited for.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openImportSource } from '../../main/library/import-source.ts';
import { lacksTools, noise } from '../image/real-disk.ts';

const MIB = 1024 * 1024;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-place-'));
});
afterAll(() => rm(folder, { recursive: true }));

const refusal = (message: string) => ({
  ok: false,
  failure: { code: 'import.no-source', message: expect.stringContaining(message) },
});

test.skipIf(lacksTools('mkfifo'))('a pipe, a folder and a terminal are neither file nor disk', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const path of [pipe, folder, '/dev/null']) expect(await openImportSource(path)).toMatchObject(refusal('neither a file nor a disk'));
});

const cannot = process.getuid?.() !== 0 || process.platform !== 'linux' || lacksTools('losetup', 'unshare');

test.skipIf(cannot)('a disk is read to its end, and is refused while something on it is mounted', async () => {
  const image = join(folder, 'disk.raw');
  await writeFile(image, '');
  await using file = await open(image, 'r+');
  await file.truncate(32 * MIB);
  execFileSync('mke2fs', ['-q', '-F', image], { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } });
  await file.write(noise('end', 4096), 0, 4096, 32 * MIB - 4096);
  const device = execFileSync('/usr/sbin/losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
  const mount = join(folder, 'mounted');
  try {
    const source = await openImportSource(device);
    if (!source.ok) throw new Error(source.failure.message);
    const end = Buffer.alloc(4096);
    expect(await source.value.read(end, 32 * MIB - 4096)).toBe(4096);
    expect([source.value.sizeBytes, end.equals(noise('end', 4096))]).toEqual([32 * MIB, true]);
    await source.value.close();
    await mkdir(mount);
    execFileSync('mount', ['-o', 'ro', device, mount]);
    expect(await openImportSource(device)).toMatchObject(refusal('is in use'));
    execFileSync('umount', [mount]);
  } finally {
    execFileSync('/usr/sbin/losetup', ['--detach', device]);
  }
});
