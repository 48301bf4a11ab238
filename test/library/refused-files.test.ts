// Files that are no disk: each is told what it is, and what can be done with it.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openImportSource } from '../../main/library/import-source.ts';
import { surveySource } from '../../main/library/survey-source.ts';
import { lacksTools, noise } from '../image/real-disk.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-refused-'));
});
afterAll(() => rm(folder, { recursive: true }));

const refusalOf = async (path: string) => {
  const source = await openImportSource(path, { scratchFolder: folder });
  if (!source.ok) return source.failure;
  try {
    const survey = await surveySource(source.value, {});
    return survey.ok ? null : survey.failure;
  } finally {
    await source.value.close();
  }
};

test.skipIf(lacksTools('tar')).each([
  ['a.ova', 'machine.ovf', 'is an appliance (OVA)', 'import the .vmdk inside'],
  ['a.tar', 'disk.raw', 'is an archive (tar)', 'import the disk image inside'],
  ['a.library.tar', 'rackside-library.json', 'is an exported library', 'rackside library merge'],
])('%s, plain and compressed', async (name, inside, message, next) => {
  await writeFile(join(folder, inside), noise(inside, 100_000));
  const path = join(folder, name);
  await run('tar', ['--format=ustar', '-cf', path, '-C', folder, inside]);
  const refusal = { code: 'import.unsupported', message: expect.stringContaining(message), next: expect.stringContaining(next) };
  expect(await refusalOf(path)).toMatchObject(refusal);
  await run('gzip', ['-k', path]);
  expect(await refusalOf(`${path}.gz`)).toMatchObject(refusal);
});

test('what is packed in another form, or twice', async () => {
  const path = join(folder, 'packed');
  for (const [magic, word] of [
    ['5d00008000', 'lzma'],
    ['04224d18', 'lz4'],
  ] as const) {
    await writeFile(path, Buffer.concat([Buffer.from(magic, 'hex'), noise(word, 100_000)]));
    expect(await refusalOf(path)).toMatchObject({ code: 'import.unsupported', message: expect.stringContaining(`(${word})`) });
  }
  await writeFile(path, gzipSync(gzipSync(noise('twice', 100_000))));
  expect(await refusalOf(path)).toMatchObject({ code: 'import.unsupported', message: expect.stringContaining('packed twice') });
  expect((await readdir(folder)).filter((name) => name.startsWith('rackside-import-'))).toEqual([]);
});

test.skipIf(lacksTools())('a bare filesystem is named', async () => {
  const path = join(folder, 'bare.img');
  await writeFile(path, Buffer.alloc(4 * MIB));
  await run('mke2fs', ['-q', '-F', path], { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } });
  expect(await refusalOf(path)).toMatchObject({
    code: 'image.no-partition-table',
    message: 'The file has no partition table but ext from its first byte on, so it is no image of a disk.',
  });
});

describe.skipIf(lacksTools('xorriso'))('an ISO', () => {
  test.each([
    ['that is made for a stick', ['-isohybrid-mbr', 'boot', '-b', 'loader', '-no-emul-boot', '-boot-load-size', '4']],
    ['with a partition inside of itself', ['-append_partition', '2', '0xef', 'boot', '-partition_offset', '0']],
    ['with a label against empty disks', ['--protective-msdos-label']],
  ])('%s is an installer, not a disk', async (name, options) => {
    const tree = join(folder, name);
    await mkdir(tree);
    await writeFile(join(tree, 'loader'), noise('loader', 4096));
    await writeFile(join(tree, 'packages'), noise('packages', MIB));
    await writeFile(join(folder, 'boot'), noise('boot', 432));
    const path = join(folder, `${name}.iso`);
    await run('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-V', 'INSTALLER', ...options, '-o', path, tree], { cwd: folder });
    expect(await refusalOf(path)).toMatchObject({ code: 'import.unsupported', next: expect.stringContaining('payload of a recipe') });
  });
});
