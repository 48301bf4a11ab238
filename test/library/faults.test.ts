// What a library stands: power cuts at every write, flipped bytes, full and read-only disks, two writers, strangers' keys.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { startChunkPool } from '../../main/library/chunk-pool.ts';
import { folderStore } from '../../main/library/folder-store.ts';
import type { Library, LibraryOptions } from '../../main/library/library.ts';
import { openLibrary } from '../../main/library/library.ts';
import { noise } from '../image/real-disk.ts';
import { dyingFileSystem } from './dying-file-system.ts';

const key = generateSigningKey();
const trustedKeys = trustedKeysOf([key.publicKey]);
const pool = startChunkPool(2);
const isRoot = process.getuid?.() === 0;

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
};
const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code);

let folder: string;
let first: string;
let second: string;
let firstOsoid: string;
let pristine: string;
let opened: Library[] = [];

const open = async (path: string, more: Partial<LibraryOptions> = {}): Promise<Library> => {
  const library = valueOf(await openLibrary({ folder: path, trustedKeys: () => trustedKeys, signingKey: key, pool, ...more }));
  opened.push(library);
  return library;
};
const importing = (library: Library, sourcePath: string) => library.importImage({ sourcePath, name: 'image', allowNoPartitionTable: true });
const filesOf = async (path: string): Promise<readonly string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .toSorted();
const copyOf = async (name: string): Promise<string> => {
  const path = join(folder, name);
  await cp(pristine, path, { recursive: true });
  return path;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-faults-'));
  first = join(folder, 'first.raw');
  second = join(folder, 'second.raw');
  await writeFile(first, Buffer.concat([noise('shared', 300_032), Buffer.alloc(599_552, 'text '), noise('a', 50_176)]));
  await writeFile(second, Buffer.concat([noise('shared', 300_032), Buffer.alloc(599_552, 'TEXT '), noise('b', 50_176)]));
  pristine = join(folder, 'pristine');
  const library = await open(pristine);
  firstOsoid = valueOf(await importing(library, first)).osoid;
  await library.close();
});
afterEach(async () => {
  for (const library of opened) await library.close();
  opened = [];
});
afterAll(async () => {
  await pool.stop();
  await rm(folder, { recursive: true });
});

test('a power cut at any write leaves published images whole, and the import can be done again', async () => {
  let isDone = false;
  let cuts = 0;
  for (let count = 0; !isDone; count++) {
    const path = await copyOf(`cut-${count}`);
    const dying = dyingFileSystem(count);
    const library = await open(path, { store: folderStore(path, dying.fileSystem) });
    const result = await importing(library, second).catch(() => undefined);
    isDone = result?.ok === true && dying.used() <= count;
    if (!isDone) cuts++;
    await library.close();

    const after = await open(path);
    const images = valueOf(await after.list());
    expect(images.damaged, `after ${count} operations`).toEqual([]);
    expect(images.images.map((image) => image.osoid)).toContain(firstOsoid);
    expect(valueOf(await after.verify()).problems).toEqual([]);
    const again = valueOf(await importing(after, second));
    expect(valueOf(await after.verify())).toMatchObject({ problems: [], images: 2 });
    expect(valueOf(await after.show(again.osoid)).missingChunks).toBe(0);
    expect((await filesOf(path)).filter((name) => name.endsWith('.part') || name === 'lock.json')).toEqual([]);
    await after.close();
    await rm(path, { recursive: true });
  }
  expect(cuts).toBeGreaterThan(20);
});

test('every flipped byte is found', async () => {
  const path = await copyOf('flips');
  const library = await open(path);
  for (const name of await filesOf(path)) {
    if (name === 'rackside-library.json') continue;
    const file = join(path, name);
    const bytes = await readFile(file);
    const step = Math.max(1, Math.floor(bytes.length / 40));
    for (let at = 0; at < bytes.length; at += step) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at & 7));
      await writeFile(file, flipped);
      expect(valueOf(await library.verify()).problems.length, `${name} byte ${at}`).toBeGreaterThan(0);
    }
    await writeFile(file, bytes);
  }
  expect(valueOf(await library.verify()).problems).toEqual([]);
});

test('a damaged chunk is not served, and the failure names pack and chunk', async () => {
  const path = await copyOf('damaged');
  const pack = (await filesOf(path)).find((name) => name.endsWith('.pack')) ?? '';
  const bytes = await readFile(join(path, pack));
  bytes[16 + 56 + 1000] = (bytes[16 + 56 + 1000] ?? 0) ^ 1;
  await writeFile(join(path, pack), bytes);
  const library = await open(path);
  const chunkId = bytes.toString('hex', 16 + 16, 16 + 48);
  const result = await library.frames([chunkId]);
  expect(result).toMatchObject({ ok: false, failure: { code: 'library.pack-corrupt' } });
  expect(result.ok ? '' : result.failure.message).toContain(chunkId.slice(0, 16));
});

describe('an index that is lost', () => {
  const check = async (path: string, problems: number): Promise<void> => {
    const library = await open(path);
    expect((await library.state()).problems).toHaveLength(problems);
    expect(valueOf(await library.show(firstOsoid)).missingChunks).toBe(0);
  };
  const find = async (path: string, end: string): Promise<string> =>
    join(path, (await filesOf(path)).find((name) => name.endsWith(end)) ?? '');
  test('is read from the pack', async () => {
    const path = await copyOf('no-idx');
    await rm(await find(path, '.idx'));
    await expect(check(path, 0)).resolves.toBeUndefined();
  });
  test('is rebuilt from the frames if the pack lost its end too', async () => {
    const path = await copyOf('no-trailer');
    await rm(await find(path, '.idx'));
    const pack = await find(path, '.pack');
    await writeFile(pack, (await readFile(pack)).subarray(0, -100));
    await expect(check(path, 1)).resolves.toBeUndefined();
  });
});

describe('opening', () => {
  const at = (path: string, create = false) => openLibrary({ folder: path, trustedKeys: () => trustedKeys, signingKey: key, pool, create });
  test('tells a missing disk, a missing library, a newer one and something else apart', async () => {
    expect(codeOf(await at(join(folder, 'no', 'stick'), true))).toBe('library.missing');
    expect(codeOf(await at(join(folder, 'nothing')))).toBe('library.missing');
    const newer = await copyOf('newer');
    const header = { ...JSON.parse(await readFile(join(newer, 'rackside-library.json'), 'utf8')), minReader: 2 };
    await writeFile(join(newer, 'rackside-library.json'), JSON.stringify(header));
    expect(codeOf(await at(newer))).toBe('library.newer');
    await writeFile(join(newer, 'rackside-library.json'), '{"format":"photos"}');
    expect(codeOf(await at(newer))).toBe('library.not-a-library');
    await rm(join(newer, 'rackside-library.json'));
    expect(codeOf(await at(newer, true))).toBe('library.not-a-library');
  });
  test('makes no second library beside one on the same disk', async () => {
    const disk = join(folder, 'disk');
    await mkdir(join(disk, 'photos'), { recursive: true });
    const below = await at(join(disk, 'lib'), true);
    if (!below.ok) throw new Error(below.failure.message);
    await below.value.close();
    expect(await at(disk, true)).toMatchObject({ failure: { code: 'library.one-below', next: `Name that folder: ${join(disk, 'lib')}` } });
    expect(await filesOf(disk)).toEqual([join('lib', 'rackside-library.json')]);
  });
  test('sweeps temporary files and images without signature', async () => {
    const path = await copyOf('leftovers');
    await mkdir(join(path, 'tmp'), { recursive: true });
    await writeFile(join(path, 'tmp', '0011.part'), 'half');
    await mkdir(join(path, 'images', 'ab'.repeat(32)));
    await writeFile(join(path, 'images', 'ab'.repeat(32), 'manifest.json'), '{}');
    const before = await filesOf(pristine);
    await open(path);
    expect(await filesOf(path)).toEqual(before);
  });
});

describe('one writer', () => {
  const lockOf = (path: string, pid: number, host = hostname()) => writeFile(join(path, 'lock.json'), JSON.stringify({ host, pid }));
  test('elsewhere keeps others out, readers not', async () => {
    const path = await copyOf('locked');
    await lockOf(path, process.ppid);
    const library = await open(path);
    expect(codeOf(await importing(library, second))).toBe('library.in-use');
    expect(codeOf(await library.manifest(firstOsoid))).toBe('ok');
  });
  test('that died is replaced: on this computer at once, elsewhere after a minute', async () => {
    const path = await copyOf('stale');
    const dead = execFileSync('sh', ['-c', 'echo $$']).toString().trim();
    await lockOf(path, Number(dead));
    expect(codeOf(await importing(await open(path), second))).toBe('ok');
    await lockOf(path, 1, 'another-laptop');
    expect(codeOf(await importing(await open(path), first))).toBe('library.in-use');
    const later = (await stat(join(path, 'lock.json'))).mtimeMs + 61_000;
    expect(codeOf(await importing(await open(path, { now: () => later }), first))).toBe('ok');
  });
  test('may import several images at once, and a failed one takes nothing from the others', async () => {
    const path = join(folder, 'parallel');
    const library = await open(path);
    const cut = join(folder, 'cut.raw');
    await writeFile(cut, (await readFile(second)).subarray(0, -1));
    const results = await Promise.all([
      importing(library, second),
      importing(library, cut),
      importing(library, first),
      importing(library, second),
    ]);
    expect(results.map(codeOf)).toEqual(['ok', 'image.odd-size', 'ok', 'ok']);
    expect(valueOf(await library.verify())).toMatchObject({ problems: [], images: 2 });
    expect((await filesOf(path)).includes('lock.json')).toBe(false);
  });
});

describe('trust', () => {
  test('a stranger’s image is shown, and served only with an override', async () => {
    const path = await copyOf('stranger');
    const mine = generateSigningKey();
    const library = await open(path, { trustedKeys: () => trustedKeysOf([mine.publicKey]), signingKey: mine });
    expect(valueOf(await library.list()).images.map((image) => image.trust)).toEqual(['unknown-key']);
    expect(await library.has(firstOsoid)).toBe(false);
    expect(codeOf(await library.manifest(firstOsoid))).toBe('library.untrusted');
    expect(codeOf(await library.manifest(firstOsoid, { allowUntrusted: true }))).toBe('ok');
    // The same content imported here is the same image under our own signature, with no byte stored twice.
    const packs = (await filesOf(path)).filter((name) => name.endsWith('.pack'));
    expect(valueOf(await importing(library, first))).toMatchObject({ osoid: firstOsoid, trust: 'trusted', alreadyPresent: false });
    expect((await filesOf(path)).filter((name) => name.endsWith('.pack'))).toEqual(packs);
  });
  test('an altered description is broken, whoever signed it', async () => {
    const path = await copyOf('altered');
    const name = join(path, 'images', firstOsoid, 'manifest.json');
    await writeFile(name, (await readFile(name, 'utf8')).replace('"name":"image"', '"name":"imagE"'));
    const library = await open(path);
    expect(valueOf(await library.list()).images.map((image) => image.trust)).toEqual(['broken']);
    expect(codeOf(await library.manifest(firstOsoid, {}))).toBe('library.untrusted');
  });
});

describe.skipIf(!isRoot)('on a small disk of its own', () => {
  let mount: string;
  beforeAll(async () => {
    mount = join(folder, 'small');
    await mkdir(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]);
    await cp(pristine, join(mount, 'library'), { recursive: true });
  });
  afterAll(() => void execFileSync('umount', [mount]));
  test('a full one refuses, keeps what it had, and holds nothing half', async () => {
    const path = join(mount, 'library');
    const before = await filesOf(path);
    const large = join(folder, 'large.raw');
    await writeFile(large, noise('large', 2 * 1024 * 1024));
    const library = await open(path);
    expect(codeOf(await importing(library, large))).toBe('library.full');
    expect(await filesOf(path)).toEqual(before);
    expect(valueOf(await library.verify()).problems).toEqual([]);
  });
  test('a read-only one is read, and refuses to be written', async () => {
    execFileSync('mount', ['-o', 'remount,ro', mount]);
    const library = await open(join(mount, 'library'));
    expect(codeOf(await library.manifest(firstOsoid))).toBe('ok');
    expect(codeOf(await importing(library, second))).toBe('library.read-only');
    expect(codeOf(await library.deleteImage(firstOsoid))).toBe('library.read-only');
    expect(codeOf(await openLibrary({ folder: join(mount, 'new'), trustedKeys: () => trustedKeys, signingKey: key, pool }))).toBe(
      'library.read-only',
    );
  });
});
