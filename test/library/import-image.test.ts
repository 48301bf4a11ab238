import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataChunks } from '../../agent/image/chunk-map.ts';
import { parseChunkTable, usedBitmapOf } from '../../agent/image/chunk-table.ts';
import { decodeFrame, splitFrames } from '../../agent/image/chunk.ts';
import type { ReadAt } from '../../agent/image/partition-table.ts';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { readUsedSpace } from '../../agent/image/used/used-space.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { describeImage } from '../../main/command/image-commands.ts';
import { imageViewOf } from '../../main/library/image-view.ts';
import type { Library } from '../../main/library/library.ts';
import { openLibrary } from '../../main/library/library.ts';
import { scratchPath, sweepScratch } from '../../main/library/scratch.ts';
import { EXT_PLACE, lacksTools, makeGptDisk, noise, withPartition, writeAt, writeExtFile } from '../image/real-disk.ts';

const run = promisify(execFile);
const key = generateSigningKey();
const trustedKeys = trustedKeysOf([key.publicKey]);

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
};
const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code);

const disk32 = 32 * 1024 * 1024;
const lacking = lacksTools('debugfs', 'xz', 'bzip2', 'zstd', 'gzip', 'qemu-img');
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
    await writeFile(join(folder, 'new'), noise('new', 1024 * 1024));
    await writeExtFile(next, join(folder, 'new'), 'new');
    const second = valueOf(await lib.importImage({ sourcePath: next, name: 'two' }));
    expect(second.osoid).not.toBe(first.osoid);
    const shown = valueOf(await lib.show(second.osoid));
    expect(shown.uniqueBytes).toBeGreaterThan(1024 * 1024 - 1);
    expect(shown.uniqueBytes).toBeLessThan(1024 * 1024 + 512 * 1024);
    const remove = async (osoid: string) => {
      valueOf(await lib.deleteImage(osoid));
      return valueOf(await lib.collect({ emptyTrash: true })).freedBytes;
    };
    expect(await remove(first.osoid)).toBe(0);
    expect(valueOf(await lib.show(second.osoid)).missingChunks).toBe(0);
    expect(await remove(second.osoid)).toBeGreaterThan(3 * 1024 * 1024);
    expect((await filesOf('versions')).toSorted()).toEqual(['rackside-library.json']);
  });
});

describe.skipIf(lacking)('a disk with deleted files', () => {
  /** A copy whose free ext4 blocks hold other garbage: a file that was written and deleted, so that its blocks are free and not zero. */
  const withGarbage = async (name: string): Promise<string> => {
    const path = join(folder, name);
    await run('cp', ['--sparse=always', disk, path]);
    const [, ext] = await usesOf(path);
    let at = EXT_PLACE.offsetBytes;
    for (const used of [...(ext?.ranges() ?? []), { offsetBytes: EXT_PLACE.offsetBytes + EXT_PLACE.lengthBytes, lengthBytes: 0 }]) {
      if (used.offsetBytes > at) await writeAt(path, at, randomBytes(used.offsetBytes - at));
      at = used.offsetBytes + used.lengthBytes;
    }
    return path;
  };
  const usesOf = async (path: string) => {
    const bytes = await readFile(path);
    const read: ReadAt = (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length));
    return readUsedSpace(read, valueOf(await readPartitionTable(read, { sizeBytes: bytes.length })));
  };

  test('has the OSOID of its content, whatever lies in its free blocks', async () => {
    const lib = await library('garbage');
    const clean = valueOf(await lib.importImage({ sourcePath: disk, name: 'clean' }));
    const packs = await filesOf('garbage');
    for (const seed of ['one', 'two']) {
      const path = await withGarbage(`${seed}.raw`);
      expect((await readFile(path)).equals(await readFile(disk))).toBe(false);
      await run('sh', ['-c', `gzip -1 -c ${path} >${path}.gz`]);
      for (const sourcePath of [path, `${path}.gz`]) {
        const again = valueOf(await lib.importImage({ sourcePath, name: seed }));
        expect([again.osoid, again.alreadyPresent]).toEqual([clean.osoid, true]);
      }
      const large = await library(`garbage-${seed}`);
      expect(valueOf(await large.importImage({ sourcePath: path, name: seed, chunkSizeBytes: 1024 * 1024 })).osoid).toBe(clean.osoid);
    }
    expect(await filesOf('garbage')).toEqual(packs);
    const table = valueOf(parseChunkTable(valueOf(await lib.manifest(clean.osoid)).chunkTableBytes));
    expect(table.runs.some((one) => one.kind === 'skip')).toBe(true);
    const bits = valueOf(usedBitmapOf(table)) ?? new Uint8Array();
    const [, ext] = await usesOf(disk);
    const used =
      [...bits].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0) * (table.bitmap?.blockSizeBytes ?? 0);
    expect(used).toBe(disk32 - EXT_PLACE.lengthBytes + (ext?.usedBytes ?? 0));
    expect(clean.manifest.stats.usedBytes).toBe(used);
    expect(clean.manifest.filesystems.map(({ capture, note }) => [capture, note])).toEqual([
      ['whole', undefined],
      ['used', undefined],
    ]);
  });

  test('that was not shut down is taken whole, and the image says why', async () => {
    const lib = await library('dirty');
    const path = await withGarbage('dirty.raw');
    await run('debugfs', ['-w', '-R', 'ssv state 0', `${path}?offset=${EXT_PLACE.offsetBytes}`]);
    const image = valueOf(await lib.importImage({ sourcePath: path, name: 'dirty' }));
    expect(image.manifest.filesystems[1]).toMatchObject({
      kind: 'ext',
      capture: 'whole',
      note: expect.stringContaining('not shut down cleanly'),
    });
    expect(image.manifest.stats.usedBytes).toBe(disk32);
    expect(describeImage(imageViewOf(image))).toContain('taken whole: The filesystem was not shut down cleanly');
    const other = await withGarbage('other.raw');
    await run('debugfs', ['-w', '-R', 'ssv state 0', `${other}?offset=${EXT_PLACE.offsetBytes}`]);
    expect(valueOf(await lib.importImage({ sourcePath: other, name: 'other' })).osoid).not.toBe(image.osoid);
  });
});

test('what an interrupted import had unpacked is swept away, and nothing else', async () => {
  const scratchFolder = join(folder, 'scratch');
  await mkdir(scratchFolder);
  await writeFile(scratchPath(scratchFolder), 'left');
  await writeFile(join(scratchFolder, 'station.db'), 'kept');
  await sweepScratch(scratchFolder);
  expect(await readdir(scratchFolder)).toEqual(['station.db']);
});

const KEPT_SIZE = 'force_size=on';
test.skipIf(lacking).each([
  ['qcow2', 'compat=1.1'],
  ['vmdk', 'subformat=monolithicSparse'],
  ['vmdk', 'subformat=streamOptimized'],
  ['vhdx', 'subformat=dynamic'],
  ['vhdx', 'subformat=fixed'],
  ['vpc', `subformat=dynamic,${KEPT_SIZE}`],
  ['vpc', `subformat=fixed,${KEPT_SIZE}`],
])('a virtual disk of the kind %s, %s, has the OSOID of its content', async (kind, form) => {
  const lib = await library('virtual');
  const name = `${kind}-${form.replaceAll(/\W/g, '-')}`;
  const scratchFolder = join(folder, `scratch-${name}`);
  await mkdir(scratchFolder);
  const path = join(folder, `disk.${name}`);
  await run('qemu-img', ['convert', '-f', 'raw', '-O', kind, '-o', form, disk, path]);
  const image = valueOf(await lib.importImage({ sourcePath: path, name, scratchFolder }));
  const raw = valueOf(await lib.importImage({ sourcePath: disk, name: 'raw' }));
  expect([image.osoid, await readdir(scratchFolder)]).toEqual([raw.osoid, []]);
});

test.skipIf(lacksTools('xorriso'))('an installer’s ISO is no disk, and is kept as a payload to the last byte', async () => {
  await mkdir(join(folder, 'iso'));
  await writeFile(join(folder, 'iso', 'packages.txt'), noise('packages', 3_000_000));
  const path = join(folder, 'installer.iso');
  await run('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-V', 'INSTALLER', '-o', path, join(folder, 'iso')]);
  const lib = await library('iso-library');
  const refused = await lib.importImage({ sourcePath: path, name: 'iso' });
  expect(refused).toMatchObject({
    ok: false,
    failure: { code: 'import.unsupported', next: expect.stringContaining('payload of a recipe') },
  });
  const { sha256, sizeBytes } = valueOf(await lib.keepPayload(path, new AbortController().signal));
  const given = await readFile(path);
  expect([sizeBytes, Buffer.from(valueOf(await lib.payloadPart(sha256, 0, sizeBytes))).equals(given)]).toEqual([given.length, true]);
  // The file in the library is an ISO to others too.
  const { stdout: listed } = await run('xorriso', ['-indev', join(folder, 'iso-library', 'payloads', sha256), '-find', '/', '-type', 'f']);
  expect(listed).toContain('/packages.txt');
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
    [
      'MBR with two extended partitions',
      'image.table-unsupported',
      (path) => {
        const bytes = Buffer.alloc(4 * 1024 * 1024);
        for (const [entry, startLba] of [2048, 4096].entries()) {
          bytes.writeUInt8(entry === 0 ? 0x05 : 0x85, 446 + entry * 16 + 4);
          bytes.writeUInt32LE(startLba, 446 + entry * 16 + 8);
          bytes.writeUInt32LE(2048, 446 + entry * 16 + 12);
        }
        bytes.set([0x55, 0xaa], 510);
        return writeFile(path, bytes);
      },
    ],
    [
      'partition that ends before it begins',
      'image.corrupt',
      async (path) => writeFile(path, withPartition(await readFile(disk), 2, { endLba: 2048n })),
    ],
    ['empty file', 'import.no-source', (path) => writeFile(path, '')],
    ['absent file', 'import.no-source', () => Promise.resolve()],
    ['folder', 'import.no-source', (path) => mkdir(path)],
    [
      'virtual disk with a backing file',
      'import.unsupported',
      (path) => run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', disk, '-F', 'raw', path]),
    ],
    [
      'virtual disk whose content is in another file',
      'import.unsupported',
      (path) => run('qemu-img', ['convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=monolithicFlat', disk, path]),
    ],
    [
      'virtual disk in pieces',
      'import.unsupported',
      (path) => run('qemu-img', ['convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', disk, path]),
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
