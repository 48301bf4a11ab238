// Several libraries at once: what any has is there; a disk that is pulled is passed over, waited for, and found again.
import { readFile, rename, rm, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { splitFrames } from '../../agent/image/chunk.ts';
import { trustedKeysOf } from '../../agent/image/signature.ts';
import { chunkIdOf, encodeFrame } from '../../agent/image/chunk.ts';
import type { Shelf, ShelfMember } from '../../main/library/shelf.ts';
import { openShelf } from '../../main/library/shelf.ts';
import { noise } from '../image/real-disk.ts';
import { CHUNK, codeOf, filesOf, smallLibraries, valueOf } from './small-library.ts';
import type { SmallLibraries } from './small-library.ts';

let folder: string;
let small: SmallLibraries;
let both: string;
let only: string;
let shelf: Shelf;
let moved: ShelfMember[] = [];
let count = 0;
let names: readonly [string, string];

const idOf = (word: string): string => chunkIdOf(noise(word, CHUNK));
const idsIn = (bytes: Uint8Array): readonly string[] => valueOf(splitFrames(bytes)).map(({ header }) => header.chunkId);
const open = async (...folders: readonly string[]): Promise<Shelf> => {
  const [first = '', ...more] = folders.map(small.path);
  const keys = trustedKeysOf([small.key.publicKey]);
  const onChange = (member: ShelfMember): number => moved.push(member);
  return valueOf(await openShelf({ folders: [first, ...more], signingKey: small.key, trustedKeys: () => keys, workers: 1, onChange }));
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-shelf-'));
  small = smallLibraries(folder);
  const [first, second] = [await small.open('laptop'), await small.open('stick')];
  both = await small.add(first, 'web', ['a', 'b']);
  await small.add(second, 'web', ['a', 'b']);
  only = await small.add(second, 'db', ['b', 'c']);
  await small.closeAll();
});
beforeEach(async () => {
  moved = [];
  names = [await small.copy('laptop', `laptop-${++count}`), await small.copy('stick', `stick-${count}`)];
  shelf = await open(...names);
});
afterEach(async () => {
  await shelf.close();
  await small.closeAll();
});
afterAll(async () => {
  await small.stop();
  await rm(folder, { recursive: true });
});

test('all images are there once, and chunks come in the order asked from wherever they are', async () => {
  const { images } = valueOf(await shelf.list());
  expect(images.map(({ osoid }) => osoid).toSorted()).toEqual([both, only].toSorted());
  expect(valueOf(await shelf.show(both)).libraries).toEqual(names.map(small.path));
  expect(valueOf(await shelf.show(only))).toMatchObject({ libraries: [small.path(names[1])], missingChunks: 0 });
  const wanted = ['c', 'a', 'c', 'b'].map(idOf);
  expect(idsIn(valueOf(await shelf.frames(wanted)).bytes)).toEqual(wanted);
  expect(codeOf(await shelf.frames([idOf('nobody')]))).toBe('library.chunk-missing');
});

test('the first is written, the others are only read', async () => {
  const before = await filesOf(small.path(names[1]));
  expect(codeOf(await shelf.deleteImage(only))).toBe('library.read-only');
  expect(codeOf(await shelf.describe(only, { name: 'x' }, 'Ada'))).toBe('library.read-only');
  valueOf(await shelf.describe(both, { name: 'front' }, 'Ada'));
  valueOf(await shelf.verify());
  expect(await filesOf(small.path(names[1]))).toEqual(before);
});

test('a pulled disk costs nothing while another has the chunk; else it is waited for, and used again when it is back', async () => {
  const place = small.path(names[0]);
  await rename(place, `${place}-away`);
  expect(idsIn(valueOf(await shelf.frames([idOf('a'), idOf('b')])).bytes)).toEqual(['a', 'b'].map(idOf));
  expect(codeOf(await shelf.manifest(both))).toBe('ok');
  await rename(`${place}-away`, place);

  const stick = small.path(names[1]);
  await rename(stick, `${stick}-away`);
  // Before and after the station has noticed.
  expect(codeOf(await shelf.frames([idOf('c')]))).toBe('library.missing');
  expect(codeOf(await shelf.manifest(only))).toBe('library.missing');
  await shelf.look();
  expect(moved.map(({ failure }) => failure?.code)).toEqual(['library.missing']);
  expect(codeOf(await shelf.frames([idOf('c')]))).toBe('library.missing');
  expect(codeOf(await shelf.manifest(only))).toBe('library.missing');
  expect(valueOf(await shelf.list()).images.map(({ osoid }) => osoid)).toEqual([both]);
  await shelf.look();
  await rename(`${stick}-away`, stick);
  await shelf.look();
  await shelf.look();
  expect(moved.map(({ failure }) => failure?.code ?? null)).toEqual(['library.missing', null]);
  expect(codeOf(await shelf.frames([idOf('c')]))).toBe('ok');
  expect(codeOf(await shelf.manifest(only))).toBe('ok');
});

test('one is added and removed while the station runs; the one that is written stays', async () => {
  const [own, stick] = [small.path(names[0]), small.path(names[1])];
  const alone = await open(names[0]);
  expect(codeOf(await alone.manifest(only))).toBe('library.no-image');
  expect(codeOf(await alone.add(small.path('nowhere')))).toBe('library.missing');
  expect(valueOf(await alone.add(stick))).toMatchObject({ folder: stick, writable: false, failure: null });
  expect(codeOf(await alone.manifest(only))).toBe('ok');
  expect(idsIn(valueOf(await alone.frames([idOf('c'), idOf('a')])).bytes)).toEqual(['c', 'a'].map(idOf));
  const copy = small.path(await small.copy(names[1], `copy-${count}`));
  expect([codeOf(await alone.add(stick)), codeOf(await alone.add(own)), codeOf(await alone.add(copy))]).toEqual(
    Array.from({ length: 3 }, () => 'library.open-already'),
  );
  expect([codeOf(await alone.remove(own)), codeOf(await alone.remove(copy))]).toEqual(['library.written', 'library.not-open']);
  valueOf(await alone.remove(stick));
  expect(codeOf(await alone.manifest(only))).toBe('library.no-image');
  expect(alone.members().map(({ folder: at }) => at)).toEqual([own]);
  await alone.look();
  await alone.close();
});

test('a disk that comes later, or with more on it than before, is found', async () => {
  const late = await open(names[0], 'not-yet');
  expect(late.members()[1]).toMatchObject({ library: null, failure: { code: 'library.missing' } });
  expect(codeOf(await late.frames([idOf('c')]))).toBe('library.missing');
  await small.copy('stick', 'not-yet');
  await late.look();
  expect(codeOf(await late.frames([idOf('c')]))).toBe('ok');
  await late.close();
});

test('a chunk that is damaged in one library comes from the other', async () => {
  for (const file of (await filesOf(small.path(names[0]))).filter((one) => one.endsWith('.pack'))) {
    const path = small.path(join(names[0], file));
    const bytes = await readFile(path);
    bytes[16 + 56 + 100] = (bytes[16 + 56 + 100] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }
  expect(codeOf(await (await small.open(names[0])).frames(['a', 'b'].map(idOf)))).toBe('library.pack-corrupt');
  expect(idsIn(valueOf(await shelf.frames(['a', 'b'].map(idOf))).bytes)).toEqual(['a', 'b'].map(idOf));
});

test('another library in the place of the first is not written, and what was known of the first is not believed of it', async () => {
  const place = small.path(names[0]);
  const strange = small.path(names[1]);
  const before = await filesOf(strange);
  const writer = valueOf(await shelf.startImage());
  await rename(place, `${place}-away`);
  await rename(strange, place);
  valueOf(await writer.put(encodeFrame(noise('new', CHUNK))));
  expect(codeOf(await writer.flush())).toBe('library.missing');
  expect(codeOf(await shelf.describe(both, { name: 'front' }, 'Ada'))).toBe('library.missing');
  await shelf.look();
  expect(shelf.members()[0]).toMatchObject({ failure: { code: 'library.missing' } });
  expect((await filesOf(place)).filter((name) => name !== 'lock.json')).toEqual(before);
  await rename(place, strange);
  await rename(`${place}-away`, place);
  await shelf.look();
  expect(shelf.members()[0]).toMatchObject({ failure: null });
  expect(codeOf(await writer.flush())).toBe('ok');
  await writer.abandon();
});

test('the first, cleaned at another station while it was away, is read anew', async () => {
  const place = small.path(names[0]);
  await rename(place, `${place}-away`);
  await shelf.look();
  const elsewhere = await small.open(`${names[0]}-away`);
  valueOf(await elsewhere.deleteImage(both));
  valueOf(await elsewhere.collect({ emptyTrash: true }));
  await small.add(elsewhere, 'new', ['n']);
  await elsewhere.close();
  await rename(`${place}-away`, place);
  await shelf.look();
  const writer = valueOf(await shelf.startImage());
  expect(['a', 'n'].map((word) => writer.has(idOf(word)))).toEqual([false, true]);
  await writer.abandon();
});
