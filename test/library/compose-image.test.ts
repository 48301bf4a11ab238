// Composed images: what is new is on them, what was there is untouched and shared, and the tools that everybody uses find nothing wrong.
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chunkLookup, dataChunks } from '../../agent/image/chunk-map.ts';
import { chunkCountOf, parseChunkTable } from '../../agent/image/chunk-table.ts';
import { decodeFrame } from '../../agent/image/chunk.ts';
import { openFat } from '../../agent/image/fat.ts';
import { parseManifest } from '../../agent/image/manifest.ts';
import { composeImage } from '../../main/library/compose-image.ts';
import type { DiskWish } from '../../main/library/lay-out-disk.ts';
import type { Library } from '../../main/library/library.ts';
import { openShelf } from '../../main/library/shelf.ts';
import { EXT_PLACE, lacksTools, makeGptDisk, sgdiskPartitions, sgdiskProblems } from '../image/real-disk.ts';
import { codeOf, filesOf, smallLibraries, valueOf } from './small-library.ts';
import type { SmallLibraries } from './small-library.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const tools = { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8' } };

let folder: string;
let libraries: SmallLibraries;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-compose-'));
  libraries = smallLibraries(folder);
});
afterEach(async () => {
  await libraries.closeAll();
  await libraries.stop();
  await rm(folder, { recursive: true, force: true });
});

const volume = (label: string, text: string, sizeBytes: number | null = null): DiskWish['volumes'][number] => ({
  label,
  sizeBytes,
  files: [{ path: 'user-data', bytes: Buffer.from(text) }],
});
const compose = (library: Library, baseOsoid: string, wish: Partial<DiskWish>, signal = new AbortController().signal) =>
  composeImage({
    library,
    baseOsoid,
    wish: { grow: null, volumes: [], seed: 'a seed', ...wish },
    labels: {
      name: 'composed',
      revision: 1,
      labels: ['role=web'],
      notes: '',
      createdAt: new Date(0).toISOString(),
      facts: { model: 'M' },
      boot: null,
      parent: baseOsoid,
      recipe: { id: 'r', version: '1', matchOn: { model: 'M' } },
    },
    signal,
  });
const importDisk = async (library: Library, sourcePath: string): Promise<string> =>
  valueOf(await library.importImage({ sourcePath, name: 'base' })).osoid;

const tableOf = async (library: Library, osoid: string) => valueOf(parseChunkTable(valueOf(await library.manifest(osoid)).chunkTableBytes));
const manifestOf = async (library: Library, osoid: string) =>
  valueOf(parseManifest(valueOf(await library.manifest(osoid)).manifestBytes)).manifest;
/** The image as a file, as a deploy would write it; free space is zero. */
const write = async (library: Library, osoid: string, name: string): Promise<string> => {
  const table = await tableOf(library, osoid);
  const path = join(folder, name);
  await using file = await open(path, 'w');
  await file.truncate(table.diskSizeBytes);
  for (const { chunkId, offsetBytes } of dataChunks(table)) {
    const { raw } = valueOf(decodeFrame(valueOf(await library.frames([chunkId ?? ''])).bytes));
    await file.write(raw, 0, raw.length, offsetBytes);
  }
  return path;
};
const bytesOf = async (path: string, offset: number, length: number): Promise<Buffer> => {
  await using file = await open(path, 'r');
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, offset);
  return bytes;
};

describe.skipIf(lacksTools('fsck.fat', 'mtype', 'e2fsck', 'sfdisk'))('on a GPT disk', () => {
  let library: Library;
  let source: string;
  let base: string;
  beforeEach(async () => {
    library = await libraries.open('library');
    source = await makeGptDisk(folder);
    base = await importDisk(library, source);
  });

  test('a seed and a partition are added, the root grows, and all else is as it was', async () => {
    const wish = {
      grow: { partition: 2, sizeBytes: 100 * MIB },
      volumes: [volume('CIDATA', '#cloud-config\n'), volume('SITE', 'here', 64 * MIB)],
    };
    const { osoid } = valueOf(await compose(library, base, wish));
    const disk = await write(library, osoid, 'composed.raw');
    expect(await sgdiskProblems(disk)).toBe('');
    const partitions = await sgdiskPartitions(disk);
    expect(partitions.map(({ number, name }) => [number, name])).toEqual([
      [1, 'EFI system'],
      [2, 'Wurzel ä'],
      [3, 'CIDATA'],
      [4, 'SITE'],
    ]);
    expect((partitions[1]?.end ?? 0) - (partitions[1]?.start ?? 0) + 1).toBe((100 * MIB) / 512);
    for (const [index, text] of [
      [2, '#cloud-config\n'],
      [3, 'here'],
    ] as const) {
      const { start = 0, end = 0 } = partitions[index] ?? {};
      const path = join(folder, `volume-${index}`);
      await writeFile(path, await bytesOf(disk, start * 512, (end - start + 1) * 512));
      await run('fsck.fat', ['-n', path], tools);
      expect((await run('mtype', ['-i', path, '::user-data'], tools)).stdout).toBe(text);
    }
    // The filesystem is the base's, byte for byte, and whole.
    const root = await bytesOf(disk, EXT_PLACE.offsetBytes, EXT_PLACE.lengthBytes);
    expect(root.equals(await bytesOf(await write(library, base, 'base.raw'), EXT_PLACE.offsetBytes, EXT_PLACE.lengthBytes))).toBe(true);
    await writeFile(join(folder, 'root'), root);
    await run('e2fsck', ['-fn', join(folder, 'root')], tools);

    const manifest = await manifestOf(library, osoid);
    expect(manifest).toMatchObject({
      name: 'composed',
      lineage: { id: 'composed', parent: base },
      source: { kind: 'build', facts: { model: 'M' } },
      recipe: { id: 'r', version: '1', matchOn: { model: 'M' } },
    });
    expect(manifest.filesystems.map(({ number, kind, label }) => [number, kind, label])).toEqual([
      [1, 'vfat', 'ESP'],
      [2, 'ext', 'root'],
      [3, 'vfat', 'CIDATA'],
      [4, 'vfat', 'SITE'],
    ]);
    expect((await library.show(osoid)).ok).toBe(true);
  });

  test('the same wish is the same image; another text, seed or base is another', async () => {
    const wish = { volumes: [volume('CIDATA', 'one')] };
    const first = valueOf(await compose(library, base, wish));
    expect(valueOf(await compose(library, base, wish))).toEqual({
      osoid: first.osoid,
      alreadyPresent: true,
      dataBytes: expect.any(Number) as number,
    });
    const other = await libraries.open('other');
    expect(valueOf(await compose(other, await importDisk(other, source), wish)).osoid).toBe(first.osoid);
    expect(valueOf(await compose(library, base, { volumes: [volume('CIDATA', 'two')] })).osoid).not.toBe(first.osoid);
    expect(valueOf(await compose(library, base, { ...wish, seed: 'another' })).osoid).not.toBe(first.osoid);
  });

  test('only what is new is stored', async () => {
    const before = new Set([...dataChunks(await tableOf(library, base))].map(({ chunkId }) => chunkId));
    const sizes = async (): Promise<number> => {
      let bytes = 0;
      for (const name of await filesOf(join(folder, 'library'))) bytes += (await stat(join(folder, 'library', name))).size;
      return bytes;
    };
    const sizeBefore = await sizes();
    const { osoid } = valueOf(await compose(library, base, { volumes: [volume('CIDATA', 'x'.repeat(1000), 512 * MIB)] }));
    const table = await tableOf(library, osoid);
    const fresh = [...dataChunks(table)].filter(({ chunkId }) => !before.has(chunkId));
    // Table at the start, table at the end, the volume's first chunks.
    expect(fresh.length).toBeLessThanOrEqual(5);
    expect((await sizes()) - sizeBefore).toBeLessThan(64 * 1024);
    // FAT tables must be zero where they say "free"; the clusters behind them need not be.
    const lookup = chunkLookup(table);
    const kinds = Array.from({ length: chunkCountOf(table.diskSizeBytes, table.chunkSizeBytes) }, (_, index) => lookup(index).kind);
    expect(kinds).toContain('skip');
  });

  test('a base in another library of the shelf is taken over as far as it is needed', async () => {
    await libraries.closeAll();
    const { key } = libraries;
    const trusted = await import('../../agent/image/signature.ts').then(({ trustedKeysOf }) => trustedKeysOf([key.publicKey]));
    const folders = [join(folder, 'empty'), join(folder, 'library')] as const;
    const shelf = valueOf(await openShelf({ folders, trustedKeys: () => trusted, signingKey: key, workers: 1 }));
    try {
      const { osoid } = valueOf(await compose(shelf, base, { volumes: [volume('CIDATA', 'one')] }));
      await shelf.close();
      const alone = await libraries.open('empty');
      expect(await sgdiskProblems(await write(alone, osoid, 'alone.raw'))).toBe('');
    } finally {
      await shelf.close();
    }
  });

  test('an image that has a seed gets no second one', async () => {
    const { osoid } = valueOf(await compose(library, base, { volumes: [volume('CIDATA', 'first')] }));
    expect(codeOf(await compose(library, osoid, { volumes: [volume('CIDATA', 'second')], seed: 'another' }))).toBe('compose.label-taken');
    expect(codeOf(await compose(library, osoid, { volumes: [volume('SITE', 'more')], seed: 'another' }))).toBe('ok');
  });

  test('what cannot be is refused by name, and leaves nothing', async () => {
    const before = await filesOf(join(folder, 'library'));
    const refused = async (wish: Partial<DiskWish>): Promise<string> => codeOf(await compose(library, base, wish));
    expect(await refused({ grow: { partition: 1, sizeBytes: 100 * MIB } })).toBe('compose.cannot-grow');
    expect(await refused({ grow: { partition: 2, sizeBytes: MIB } })).toBe('compose.cannot-grow');
    expect(await refused({ grow: { partition: 9, sizeBytes: MIB } })).toBe('compose.cannot-grow');
    expect(await refused({ volumes: [volume('X', 'x'.repeat(9 * MIB), MIB)] })).toBe('fat.full');
    expect(await refused({ volumes: [volume('ESP', 'x')] })).toBe('compose.label-taken');
    expect(codeOf(await compose(library, 'f'.repeat(64), {}))).toBe('library.no-image');
    const controller = new AbortController();
    controller.abort();
    expect(codeOf(await compose(library, base, { volumes: [volume('CIDATA', 'x')] }, controller.signal))).toBe('construct.cancelled');
    expect(await filesOf(join(folder, 'library'))).toEqual(before);
  });
});

describe.skipIf(lacksTools('sfdisk'))('on an MBR disk', () => {
  const mbrDisk = async (script: string): Promise<string> => {
    const path = join(folder, 'mbr.raw');
    await using file = await open(path, 'w');
    await file.truncate(20 * MIB + 12_345 * 512);
    const sfdisk = run('sfdisk', ['--quiet', path], tools);
    sfdisk.child.stdin?.end(script);
    await sfdisk;
    await file.write(Buffer.from('content of a partition'), 0, 22, MIB);
    return path;
  };
  const sfdiskList = async (path: string): Promise<string> => (await run('sfdisk', ['--dump', path], tools)).stdout;

  test('a partition is added behind logical ones, in a free primary entry', async () => {
    const library = await libraries.open('library');
    const source = await mbrDisk(
      'label: dos\nstart=2048,size=8192,type=83,bootable\nstart=10240,size=20480,type=5\nstart=12288,size=8192,type=83\n',
    );
    const base = await importDisk(library, source);
    const { osoid } = valueOf(await compose(library, base, { volumes: [volume('CIDATA', 'logical')] }));
    const disk = await write(library, osoid, 'composed.raw');
    const lines = (await sfdiskList(disk)).split('\n').filter((line) => line.includes('start='));
    expect(lines).toHaveLength(4);
    const added = lines.find((line) => /type=e\b/.test(line)) ?? '';
    const start = Number(/start=\s*(\d+)/.exec(added)?.[1]);
    // The extended partition ends on a whole MiB.
    expect(start).toBe(10240 + 20480);
    const fat = await openFat((offset, length) => bytesOf(disk, offset, length), start * 512);
    expect(Buffer.from((await fat?.readFile('user-data', 100)) ?? []).toString()).toBe('logical');
    expect((await bytesOf(disk, MIB, 22)).toString()).toBe('content of a partition');
  });
  test('where all four entries are taken it is refused', async () => {
    const library = await libraries.open('library');
    const one = (start: number): string => `start=${start},size=2048,type=83\n`;
    const base = await importDisk(library, await mbrDisk(`label: dos\n${one(2048)}${one(4096)}${one(6144)}${one(8192)}`));
    expect(codeOf(await compose(library, base, { volumes: [volume('CIDATA', 'x')] }))).toBe('compose.no-slot');
  });
  test('the last logical partition grows, and the extended one with it', async () => {
    const library = await libraries.open('library');
    const source = await mbrDisk(
      'label: dos\nstart=2048,size=8192,type=83\nstart=10240,size=20480,type=5\nstart=12288,size=8192,type=83\n',
    );
    const { osoid } = valueOf(await compose(library, await importDisk(library, source), { grow: { partition: 5, sizeBytes: 64 * MIB } }));
    const dump = await sfdiskList(await write(library, osoid, 'composed.raw'));
    expect(dump).toMatch(/raw5 : start=\s*12288, size=\s*131072,/);
  });
});
