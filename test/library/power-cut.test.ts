// Power cuts that also drop what was written and never fsynced: what was published stays, and what was told to be done is done.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { folderStore } from '../../main/library/folder-store.ts';
import { forgetfulFileSystem } from './forgetful-file-system.ts';
import type { Forgotten } from './forgetful-file-system.ts';
import { filesOf, smallLibraries, valueOf } from './small-library.ts';
import type { SmallLibraries } from './small-library.ts';

const OLD = ['shared', 'a'];
const NEW = ['shared', 'b'];

let folder: string;
let small: SmallLibraries;
let published: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-power-'));
  small = smallLibraries(folder);
  const library = await small.open('pristine');
  published = await small.add(library, 'old', OLD);
  await small.closeAll();
});
afterEach(() => small.closeAll());
afterAll(async () => {
  await small.stop();
  await rm(folder, { recursive: true });
});

/** The osoid once it was told to be published; null where the power went before. */
const cutAfter = async (count: number, how: Forgotten): Promise<{ readonly told: string | null; readonly wasCut: boolean }> => {
  const forgetful = forgetfulFileSystem(count);
  const library = await small.open('cut', { store: folderStore(small.path('cut'), forgetful.fileSystem) });
  const told = await small.add(library, 'new', NEW).catch(() => null);
  // Before the library is closed, which would go on writing.
  const wasCut = forgetful.used() > count;
  await small.closeAll().catch(() => undefined);
  await forgetful.forget(how);
  return { told, wasCut };
};

test.each(['empty', 'zeros'] as const)('at any operation, what was not synced being %s afterwards', { timeout: 170_000 }, async (how) => {
  let cuts = 0;
  for (let count = 0; ; count++) {
    await small.copy('pristine', 'cut');
    const { told, wasCut } = await cutAfter(count, how);
    const after = await small.open('cut');
    const images = valueOf(await after.list());
    expect(images.damaged, `after ${count} operations`).toEqual([]);
    const there = images.images.map(({ osoid }) => osoid);
    expect(there, `after ${count} operations`).toEqual(expect.arrayContaining([published, ...(told === null ? [] : [told])]));
    expect(valueOf(await after.verify()).problems, `after ${count} operations`).toEqual([]);
    const again = await small.add(after, 'new', NEW);
    expect(valueOf(await after.show(again)).missingChunks).toBe(0);
    expect(valueOf(await after.verify())).toMatchObject({ problems: [], images: 2 });
    await small.closeAll();
    expect((await filesOf(small.path('cut'))).filter((name) => name.endsWith('.part'))).toEqual([]);
    await rm(small.path('cut'), { recursive: true });
    if (!wasCut) break;
    cuts += 1;
  }
  expect(cuts).toBeGreaterThan(20);
});

test('the first image of a new library is there once it was told to be', async () => {
  const forgetful = forgetfulFileSystem(Infinity);
  const library = await small.open('fresh', { store: folderStore(small.path('fresh'), forgetful.fileSystem) });
  const told = await small.add(library, 'new', NEW);
  await small.closeAll();
  await forgetful.forget('empty');
  const after = await small.open('fresh');
  expect(valueOf(await after.list()).images.map(({ osoid }) => osoid)).toEqual([told]);
  expect(valueOf(await after.verify()).problems).toEqual([]);
});
