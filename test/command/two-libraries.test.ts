// A station with two libraries whose second is pulled out in the middle of a deploy: the job waits with a sentence, and ends well.
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { openLibrary } from '../../main/library/library.ts';
import type { LibraryView } from '../../preload/contract/library-views.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { writeDemoImage } from '../rack/demo-image.ts';
import { makeHardware } from '../rack/hardware.ts';
import { createSoftwareTarget, makeDisk } from '../rack/software-target.ts';
import { createCommandLab } from './station.ts';
import type { CommandLab, Served } from './station.ts';

const MIB = 1024 * 1024;
const bench = generateSigningKey();
const power = new AbortController();
let lab: CommandLab;
let served: Served;
let stick: string;

beforeAll(async () => {
  lab = await createCommandLab();
  stick = join(lab.folder, 'stick');
  const keys = trustedKeysOf([bench.publicKey]);
  const library = await openLibrary({ folder: stick, signingKey: bench, trustedKeys: () => keys, workers: 1 });
  if (!library.ok) throw new Error(library.failure.message);
  const sourcePath = join(lab.folder, 'image.raw');
  await writeDemoImage(sourcePath, { contentBytes: 8 * MIB, seed: 6 });
  expect((await library.value.importImage({ sourcePath, name: 'carried' })).ok).toBe(true);
  await library.value.close();
  served = await lab.serve(0, '--library', join(lab.folder, 'own'), '--library', stick);
}, 60_000);
afterAll(async () => {
  power.abort();
  await lab.stop();
});

const json = async <T>(...words: readonly string[]): Promise<T> => {
  const { code, stdout, stderr } = await lab.rackside(...words, '--json');
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
  return JSON.parse(stdout) as T;
};
const until = async (accept: (machine: MachineView) => boolean): Promise<MachineView> => {
  for (;;) {
    const [machine] = await json<MachineView[]>('machines');
    if (machine !== undefined && accept(machine)) return machine;
  }
};

test('a disk pulled in the middle of a deploy makes the job wait, not fail', async () => {
  expect(await json<LibraryView[]>('library', 'list')).toMatchObject([
    { folder: join(lab.folder, 'own'), writable: true, images: 0, state: 'open' },
    { folder: stick, writable: false, images: 1, state: 'open' },
  ]);
  const key = `rackside-key ${Buffer.from(bench.publicKey).toString('hex')} bench`;
  await json('trust', 'add', key);
  const target = await makeDisk(join(lab.folder, 'disk.raw'), { sizeBytes: 48 * MIB, serial: 'PULLED' });
  const wire = { dhcp: { address: '127.0.0.1', port: served.ports.dhcp }, tftp: { address: '127.0.0.1', port: served.ports.tftp } };
  const hardware = makeHardware('qemu', 1, { secureBoot: false });
  const cycle = createSoftwareTarget({ hardware, firmware: 'uefi', disks: [target], wire }).powerOn(power.signal);
  const { id } = await until(({ state }) => state === 'unmatched');
  await json('deploy', id, '--image', 'carried');
  await until(({ question }) => question?.kind === 'erase');

  await json('approve', id, '--erase', 'PULLED');
  renameSync(stick, `${stick}-pulled`);
  const waiting = await until(({ says }) => says.startsWith('Waits:'));
  expect(waiting).toMatchObject({ state: 'working', says: expect.stringContaining(stick) });
  for (;;) if ((await json<LibraryView[]>('library', 'list'))[1]?.state === 'away') break;
  renameSync(`${stick}-pulled`, stick);
  await until(({ state }) => state === 'provisioned');
  expect(await cycle).toEqual({ boots: 2, endedBy: 'local-disk' });
  const kinds = (await lab.rackside('events', '--json')).stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
  expect(kinds).toEqual(expect.arrayContaining(['job.waited', 'library.gone', 'library.came-back', 'job.went-on', 'job.finished']));
  expect(kinds).not.toContain('job.failed');
});

test('a carried library is closed and opened again while the station runs', async () => {
  const own = join(lab.folder, 'own');
  expect(await json<LibraryView[]>('library', 'close', stick)).toMatchObject([{ folder: own }]);
  expect(await json<readonly unknown[]>('images', 'list')).toEqual([]);
  expect((await lab.rackside('library', 'close', own)).stderr).toContain('(library.written)');
  expect(await json<LibraryView[]>('library', 'open', stick)).toMatchObject([
    { folder: own },
    { folder: stick, writable: false, images: 1 },
  ]);
  expect(await json<readonly unknown[]>('images', 'list')).toMatchObject([{ name: 'carried', trust: 'trusted' }]);
  expect((await lab.rackside('library', 'open', join(lab.folder, 'nowhere'))).stderr).toContain('(library.missing)');
});
