// A person's own firmware folder: which stage takes what, under the names that drivers ask for.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { addedEntries, addedFor, pickFirmware, readAddedFirmware } from '../../scripts/bootkit/firmware.ts';
import { startPicking } from '../../scripts/bootkit/pick.ts';
import type { Root } from '../../scripts/bootkit/root.ts';
import { isBuildStop } from '../../scripts/bootkit/run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-firmware-'));
  await mkdir(join(folder, 'own/netronome'), { recursive: true });
  await writeFile(join(folder, 'own/netronome/nic_A.nffw'), 'a');
  await writeFile(join(folder, 'own/card.bin.zst'), 'packed');
  await writeFile(join(folder, 'own/nobody-asks.bin'), 'x');
  await mkdir(join(folder, 'root/usr/lib/firmware/left'), { recursive: true });
  await writeFile(join(folder, 'root/usr/lib/firmware/card.bin'), 'from a package');
  await writeFile(join(folder, 'root/usr/lib/firmware/left/out.bin'), 'large');
});
afterEach(() => rm(folder, { recursive: true }));

const root = (): Root => ({
  folder: join(folder, 'root'),
  owners: new Map(),
  key: '',
  tool: () => Promise.reject(new Error('no tools here')),
});

test('what a network driver asks for goes into stage 1, wildcards and packed files too', async () => {
  const added = await readAddedFirmware(join(folder, 'own'));
  expect([...added.keys()]).toEqual(['card.bin.zst', 'netronome/nic_A.nffw', 'nobody-asks.bin']);
  expect([...addedFor(added, ['netronome/nic_*.nffw', 'card.bin', 'other.bin']).keys()]).toEqual(['card.bin.zst', 'netronome/nic_A.nffw']);
  expect(addedEntries(added).map((entry) => entry.path)).toContain('usr/lib/firmware/nobody-asks.bin');
});

test("a person's file replaces the package's; what is left out is not missing; what nobody holds is", async () => {
  const picker = startPicking(root());
  const added = await readAddedFirmware(join(folder, 'own'));
  const wanted = ['card.bin', 'left/out.bin', 'netronome/nic_*.nffw', 'unheard-of.bin'];
  expect(await pickFirmware(root(), picker, { wanted, leave: [/^left\//], added })).toEqual(['unheard-of.bin']);
  expect(picker.entries()).toEqual([]);
  const plain = startPicking(root());
  await pickFirmware(root(), plain, { wanted, leave: [], added: new Map() });
  expect(plain.entries().map((entry) => entry.path)).toEqual(['usr/lib/firmware/card.bin', 'usr/lib/firmware/left/out.bin']);
});

const codeOf = async (reading: Promise<unknown>): Promise<string | null> => {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isBuildStop(error) ? error.failure.code : null;
};

test('no folder, or an empty one, ends the build', async () => {
  expect((await readAddedFirmware(undefined)).size).toBe(0);
  for (const name of ['absent', 'root/usr/lib/firmware/left/none'])
    expect(await codeOf(readAddedFirmware(join(folder, name)))).toBe('bootkit.no-firmware-folder');
});

test('a link whose file was not copied along ends it, rather than being left out unseen', async () => {
  await symlink('elsewhere/b.bin', join(folder, 'own/b.bin'));
  expect(await codeOf(readAddedFirmware(join(folder, 'own')))).toBe('bootkit.firmware-unreadable');
});
