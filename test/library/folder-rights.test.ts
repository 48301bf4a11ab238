// A folder of somebody else's: what must not be read is not called missing, nor what only must not be written.
import * as nodeFileSystem from 'node:fs/promises';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FileSystem } from '../../main/library/folder-store.ts';
import { folderStore } from '../../main/library/folder-store.ts';
import { openHeader } from '../../main/library/open-header.ts';
import { codeOf } from './small-library.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-rights-'));
});
afterAll(() => rm(folder, { recursive: true }));

const denied = (): Promise<never> => Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES', syscall: 'open' }));

test('what its owner keeps to himself is unreadable; what he only lets others read is read-only', async () => {
  const shut: FileSystem = {
    ...nodeFileSystem,
    open: denied,
    readdir: denied as FileSystem['readdir'],
    stat: denied as FileSystem['stat'],
  };
  const store = folderStore(folder, shut);
  const readings = [store.size('packs'), store.list('packs'), store.readAll('lock.json', 100), store.readRange('lock.json', 0, 1)];
  for (const reading of await Promise.all<{ readonly ok: boolean }>(readings))
    expect(reading).toMatchObject({ ok: false, failure: { code: 'library.unreadable', message: expect.stringContaining('EACCES') } });
  const kept = folderStore(folder, { ...nodeFileSystem, mkdir: denied as FileSystem['mkdir'] });
  expect(codeOf(await kept.putOnce('lock.json', []))).toBe('library.read-only');
  expect(codeOf(await openHeader(store, false))).toBe('library.unreadable');
});

test('whoever names the disk is told of the library on it, also where none is to be made', async () => {
  const disk = join(folder, 'disk');
  expect(codeOf(await openHeader(folderStore(disk), false))).toBe('library.missing');
  await mkdir(join(disk, 'lib'), { recursive: true });
  expect(codeOf(await openHeader(folderStore(disk), false))).toBe('library.missing');
  expect(codeOf(await openHeader(folderStore(join(disk, 'lib')), true))).toBe('ok');
  expect(await openHeader(folderStore(disk), false)).toMatchObject({
    ok: false,
    failure: { code: 'library.one-below', next: `Name that folder: ${join(disk, 'lib')}` },
  });
});
