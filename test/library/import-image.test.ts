import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataChunks } from '../../agent/image/chunk-map.ts';
import { parseChunkTable } from '../../agent/image/chunk-table.ts';
import { decodeFrame, splitFrames } from '../../agent/image/chunk.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Library } from '../../main/library/library.ts';
import { openLibrary } from '../../main/library/library.ts';
import { lacksTools, makeGptDisk, noise, writeAt } from '../image/real-disk.ts';

const run = promisify(execFile);
const key = generateSigningKey();
const trustedKeys = trustedKeysOf([key.publicKey]);

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
};
const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code);

const lacking = lacksTools('xz', 'bzip2', 'zstd', 'gzip', 'qemu-img');
let folder: string;
let disk: string;
const opened: Library[] = [];
const library = async (name: string): Promise<Library> => {
  const one = valueOf(await openLibrary({ folder: join(folder, name), trustedKeys: () => trustedKeys, signingKey: key, workers: 2 }));
  opened.push(one);
  return one;
};
const filesOf = async (name: string): Promise<readonly string[]> =>
  (await readdir(join(folder, name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-import-'));
  disk = await makeGptDisk(folder);
  const pack = (command: string, name: string): Promise<unknown> => run('sh', ['-c', `${command} >${name}`], { cwd: folder });
  await Promise.all([
    pack('xz -0 -T1 -c disk.raw', 'disk.xz'),
    pack('bzip2 -1 -c disk.raw', 'disk.bz2'),
    pack('zstd -q -1 -c disk.raw', 'disk.zst'),
    pack('(head -c 9999872 disk.raw | zstd -q -1; tail -c +9999873 disk.raw | zstd -q -1)', 'frames.zst'),
    pack('gzip -1 -c disk.raw', 'disk.gz'),
  ]);
});
afterAll(async () => {
  for (const one of opened) await one.close();
  await rm(folder, { recursive: true });
});

describe.skipIf(lacking)('a real GPT disk', () => {
  test('is imported, described, signed and can be read back byte for byte', async () => {
    const lib = await library('whole');
    const progress: number[] = [];
    const image = valueOf(
      await lib.importImage({ sourcePath: disk, name: 'web golden', labels: ['web'], onProgress: (p) => progress.push(p.doneBytes) }),
    );
    expect(image).toMatchObject({
      name: 'web golden',
      trust: 'trusted',
      alreadyPresent: false,
      disk: { firmware: 'uefi', architecture: 'x86_64', sizeBytes: 32 * 1024 * 1024 },
    });
    expect(image.manifest.filesystems.map(({ kind, label, uuid }) => [kind, label, uuid])).toEqual([
      ['vfat', 'ESP', 'ABCD-1234'],
      ['ext', 'root', '99999999-8888-7777-6666-555555555555'],
    ]);
    expect(image.manifest.bootChain.map((loader) => loader.path)).toEqual([
      'EFI/BOOT/BOOTX64.EFI',
      'EFI/debian/grubx64-with-a-long-name.efi',
    ]);
    expect(progress.at(-1)).toBe(32 * 1024 * 1024);

    const files = valueOf(await lib.manifest(image.osoid));
    const table = valueOf(parseChunkTable(files.chunkTableBytes));
    const restored = Buffer.alloc(table.diskSizeBytes);
    const chunks = [...dataChunks(table)];
    for (let first = 0; first < chunks.length; first += 16) {
      const batch = chunks.slice(first, first + 16);
      const { bytes } = valueOf(await lib.frames(batch.map((chunk) => chunk.chunkId ?? '')));
      const frames = valueOf(splitFrames(bytes));
      expect(frames).toHaveLength(batch.length);
      for (const [index, chunk] of batch.entries()) restored.set(valueOf(decodeFrame(bytes, frames[index]?.offset)).raw, chunk.offsetBytes);
    }
    expect(restored.equals(await readFile(disk))).toBe(true);
    expect(valueOf(await lib.show(image.osoid))).toMatchObject({ missingChunks: 0, uniqueBytes: image.storedBytes });
  });

  test('has one OSOID as raw, gzip, xz, zstd, many zstd frames and bzip2, and is stored once', async () => {
    const lib = await library('formats');
    const first = valueOf(await lib.importImage({ sourcePath: disk, name: 'first' }));
    const packs = await filesOf('formats');
    for (const file of ['disk.gz', 'disk.xz', 'disk.zst', 'frames.zst', 'disk.bz2']) {
      const again = valueOf(await lib.importImage({ sourcePath: join(folder, file), name: file }));
      expect({ file, osoid: again.osoid, alreadyPresent: again.alreadyPresent }).toEqual({
        file,
        osoid: first.osoid,
        alreadyPresent: true,
      });
    }
    expect(await filesOf('formats')).toEqual(packs);
    const large = await library('large-chunks');
    expect(valueOf(await large.importImage({ sourcePath: disk, name: 'large', chunkSizeBytes: 1024 * 1024 })).osoid).toBe(first.osoid);
  });

  test('shares what is the same with the next version of it, and frees only its own when deleted', async () => {
    const lib = await library('versions');
    const first = valueOf(await lib.importImage({ sourcePath: disk, name: 'one' }));
    const next = join(folder, 'next.raw');
    await run('cp', ['--sparse=always', disk, next]);
    await writeAt(next, 24 * 1024 * 1024, noise('new', 1024 * 1024));
    const second = valueOf(await lib.importImage({ sourcePath: next, name: 'two' }));
    expect(second.osoid).not.toBe(first.osoid);
    const shown = valueOf(await lib.show(second.osoid));
    expect(shown.uniqueBytes).toBeGreaterThan(1024 * 1024 - 1);
    expect(shown.uniqueBytes).toBeLessThan(1024 * 1024 + 512 * 1024);
    expect(valueOf(await lib.deleteImage(first.osoid)).freedBytes).toBe(0);
    expect(valueOf(await lib.show(second.osoid)).missingChunks).toBe(0);
    expect(valueOf(await lib.deleteImage(second.osoid)).freedBytes).toBeGreaterThan(3 * 1024 * 1024);
    expect((await filesOf('versions')).toSorted()).toEqual(['rackside-library.json']);
  });
});

test.skipIf(lacking).each(['qcow2', 'vmdk', 'vhdx', 'vpc'])('a virtual disk of the kind %s has the OSOID of its content', async (kind) => {
  const lib = await library('virtual');
  const scratchFolder = join(folder, `scratch-${kind}`);
  await mkdir(scratchFolder);
  const path = join(folder, `disk.${kind}`);
  await run('qemu-img', [
    'convert',
    '-f',
    'raw',
    '-O',
    kind,
    ...(kind === 'vpc' ? ['-o', 'subformat=fixed,force_size=on'] : []),
    disk,
    path,
  ]);
  const image = valueOf(await lib.importImage({ sourcePath: path, name: kind, scratchFolder }));
  const raw = valueOf(await lib.importImage({ sourcePath: disk, name: 'raw' }));
  expect([image.osoid, await readdir(scratchFolder)]).toEqual([raw.osoid, []]);
});

describe.skipIf(lacking)('what cannot be imported leaves nothing behind', () => {
  type Make = (path: string) => Promise<unknown>;
  const cut = (from: string, keepBytes: number) => async (path: string) => {
    await copyFile(join(folder, from), path);
    await truncate(path, keepBytes);
  };
  const flipped = (from: string) => async (path: string) => {
    await copyFile(join(folder, from), path);
    await writeAt(path, 200_000, noise('flip', 64));
  };
  const cases: readonly (readonly [name: string, code: string, make: Make])[] = [
    ['raw disk cut short', 'image.truncated', cut('disk.raw', 20 * 1024 * 1024)],
    ['raw disk without its last sector', 'image.truncated', cut('disk.raw', 32 * 1024 * 1024 - 512)],
    ['gzip cut short', 'image.truncated', cut('disk.gz', 500_000)],
    ['zstd cut short', 'image.truncated', cut('disk.zst', 500_000)],
    ['zstd without its second frame', 'image.truncated', (path) => run('sh', ['-c', `head -c 9999872 ${disk} | zstd -q -1 >${path}`])],
    ['xz cut short', 'image.corrupt', cut('disk.xz', 500_000)],
    ['bzip2 cut short', 'image.corrupt', cut('disk.bz2', 500_000)],
    ['gzip with a flipped bit', 'image.corrupt', flipped('disk.gz')],
    ['zstd with a flipped bit', 'image.corrupt', flipped('disk.zst')],
    ['xz with a flipped bit', 'image.corrupt', flipped('disk.xz')],
    ['file without a partition table', 'image.no-partition-table', (path) => writeFile(path, noise('none', 1024 * 1024))],
    ['file of an odd size', 'image.odd-size', (path) => writeFile(path, noise('odd', 1_000_001))],
    ['empty file', 'import.no-source', (path) => writeFile(path, '')],
    ['absent file', 'import.no-source', () => Promise.resolve()],
    ['folder', 'import.no-source', (path) => mkdir(path)],
    [
      'virtual disk with a backing file',
      'import.unsupported',
      (path) => run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', disk, '-F', 'raw', path]),
    ],
    [
      'virtual disk that is damaged',
      'image.corrupt',
      (path) => writeFile(path, Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), noise('qcow', 100_000)])),
    ],
  ];
  test.each(cases)('%s: %s', async (name, code, make) => {
    const id = name.replaceAll(' ', '-');
    const path = join(folder, `source-${id}`);
    await make(path);
    const lib = await library(`refused-${id}`);
    expect(codeOf(await lib.importImage({ sourcePath: path, name }))).toBe(code);
    expect(await filesOf(`refused-${id}`)).toEqual(['rackside-library.json']);
  });

  test('a cancelled import', async () => {
    const lib = await library('cancelled');
    const stop = new AbortController();
    const result = await lib.importImage({ sourcePath: disk, name: 'x', signal: stop.signal, onProgress: () => stop.abort() });
    expect(codeOf(result)).toBe('job.cancelled');
    expect(await filesOf('cancelled')).toEqual(['rackside-library.json']);
  });
});
