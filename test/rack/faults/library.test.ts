// A library folder that cannot be written, at start and at import: named, nothing half in it, and what it has is served all the same.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { need } from '../rehearsal.ts';
import { filesIn, MIB, startLab } from './lab.ts';
import type { Lab } from './lab.ts';

const run = promisify(execFile);
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

let folder: string;
let lab: Lab | null = null;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'rackside-library-'))));
afterEach(async () => {
  await lab?.stop();
  lab = null;
  await rm(folder, { recursive: true, force: true });
});

/** Why the station did not start; it must leave its data folder as free as it found it. */
const whyNot = async (libraryFolder: string): Promise<string> => {
  const started = await startLab({ folder, libraryFolder }).then(
    (running) => ((lab = running), 'it started'),
    (error: unknown) => (error as Error).message,
  );
  expect(existsSync(join(folder, 'station', 'station.lock'))).toBe(false);
  expect(existsSync(join(folder, 'station', 'runtime.json'))).toBe(false);
  return started;
};

test('a library whose disk is not plugged in, one of a newer version, and a folder of something else', async () => {
  expect(await whyNot(join(folder, 'no', 'stick'))).toMatch(/There is no folder .*Plug the disk in.*\(library\.missing\)/);
  await mkdir(join(folder, 'newer'));
  const header = { format: 'rackside-library', version: 9, minReader: 9, libraryId: 'x', createdAt: '2030-01-01T00:00:00.000Z' };
  await writeFile(join(folder, 'newer', 'rackside-library.json'), JSON.stringify(header));
  expect(await whyNot(join(folder, 'newer'))).toMatch(/library\.(newer|not-a-library)/);
  await writeFile(join(folder, 'newer', 'rackside-library.json'), '{"format":"holiday-pictures"}');
  expect(await whyNot(join(folder, 'newer'))).toMatch(/\(library\.not-a-library\)/);
  // The same data folder serves with a library that is there.
  await mkdir(join(folder, 'sound'));
  lab = await startLab({ folder, libraryFolder: join(folder, 'sound') });
  expect(await lab.rehearsal.call('images.list', {})).toEqual({ ok: true, value: [] });
});

describe.skipIf(!canMount)('on a disk of its own (needs root, for a tmpfs)', () => {
  let disk: string;
  const mount = (options: string): Promise<unknown> => run('mount', ['-t', 'tmpfs', '-o', options, 'rackside-test', disk]);
  beforeEach(async () => {
    disk = join(folder, 'disk');
    await mkdir(disk);
  });
  // The mount goes after the station and before the folder.
  const unmount = async (): Promise<void> => {
    await lab?.stop();
    lab = null;
    await run('umount', [disk]);
  };

  test('read-only and empty: the station says so and does not start', async () => {
    await mount('size=1m,ro');
    try {
      expect(await whyNot(join(disk, 'library'))).toMatch(/cannot be written.*write switch.*\(library\.read-only\)/);
    } finally {
      await unmount();
    }
  });

  test('read-only with images: imports are refused, machines are deployed from it', async () => {
    await mount('size=32m');
    try {
      lab = await startLab({ folder, libraryFolder: join(disk, 'library') });
      const { path } = await lab.image({ contentBytes: 2 * MIB });
      await lab.policy();
      await lab.rehearsal.stop();
      await run('mount', ['-o', 'remount,ro', disk]);
      const before = await filesIn(disk);

      lab = await startLab({ folder, libraryFolder: join(disk, 'library') });
      expect(await lab.rehearsal.call('images.list', {})).toMatchObject({ ok: true, value: [{ trust: 'trusted' }] });
      const refused = await lab.rehearsal.call('images.import', { path, name: 'more', labels: {}, notes: '' });
      expect(refused).toMatchObject({ ok: false, failure: { code: 'library.read-only', next: expect.stringContaining('write switch') } });
      const machine = await lab.machine();
      machine.powerOn();
      await need(lab.rehearsal.approve(await machine.asks()));
      await machine.reaches('provisioned');
      expect(await machine.ended()).toEqual({ boots: 2, endedBy: 'local-disk' });
      expect(await filesIn(disk)).toEqual(before);
    } finally {
      await unmount();
    }
  });

  test('full: an import is refused and leaves nothing, and with room it works', async () => {
    await mount('size=2m');
    try {
      lab = await startLab({ folder, libraryFolder: join(disk, 'library') });
      const before = await filesIn(disk);
      const path = await lab.imageFile({ contentBytes: 16 * MIB });
      const wish = { path, name: 'large', labels: {}, notes: '' };
      expect(await lab.rehearsal.call('images.import', wish)).toMatchObject({
        ok: false,
        failure: { code: 'library.full', next: expect.stringContaining('Free some space') },
      });
      expect(await filesIn(disk)).toEqual(before);
      expect(await lab.rehearsal.call('images.list', {})).toEqual({ ok: true, value: [] });
      await run('mount', ['-o', 'remount,size=64m', disk]);
      expect(await lab.rehearsal.call('images.import', wish)).toMatchObject({ ok: true });
    } finally {
      await unmount();
    }
  });

  test('full to the last byte before there is a library in it', async () => {
    await mount('size=64k');
    try {
      await writeFile(join(disk, 'filler'), Buffer.alloc(64 * 1024)).catch(() => undefined);
      expect(await whyNot(join(disk, 'library'))).toMatch(/no room left.*\(library\.full\)/);
    } finally {
      await unmount();
    }
  });
});

test('a library that was copied whole is the same library', async () => {
  lab = await startLab({ folder });
  const { osoid } = await lab.image({ contentBytes: MIB });
  await lab.rehearsal.stop();
  await cp(join(folder, 'library'), join(folder, 'copy'), { recursive: true });
  lab = await startLab({ folder, libraryFolder: join(folder, 'copy') });
  expect(await lab.rehearsal.call('images.list', {})).toMatchObject({ ok: true, value: [{ osoid, trust: 'trusted' }] });
});
