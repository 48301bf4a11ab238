// A device that was swapped between looking and opening.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileDevice, surely } from '../../agent/disk/target-devices.ts';
import type { TargetDevice } from '../../agent/disk/target-disk.ts';
import { noTools } from '../../agent/disk/tools.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-device-'));
  path = join(folder, 'disk');
  await writeFile(path, 'theirs');
});
afterEach(() => rm(folder, { recursive: true }));

const device = (events: string[]): TargetDevice => {
  const plain = fileDevice(path, { serial: 'S1', wwn: null, sizeBytes: 6 }, 512, noTools());
  return {
    ...plain,
    open: async () => {
      events.push('open');
      const opened = await plain.open();
      if (!opened.ok) return opened;
      const close = (): Promise<void> => (events.push('close'), opened.value.close());
      return { ...opened, value: { ...opened.value, close } };
    },
  };
};

test('is asked who it is while it is open, and opened when it is still the same', async () => {
  const events: string[] = [];
  const isStillIt = (): Promise<boolean> => (events.push('asked'), Promise.resolve(true));
  const opened = await surely(device(events), isStillIt).open();
  expect(events).toEqual(['open', 'asked']);
  if (!opened.ok) expect.fail(opened.failure.message);
  await opened.value.close();
});

test('another disk under the same name is refused, closed and left as it was', async () => {
  const events: string[] = [];
  const opened = await surely(device(events), () => Promise.resolve(false)).open();
  expect(opened).toMatchObject({ ok: false, failure: { code: 'disk.replaced' } });
  expect(events).toEqual(['open', 'close']);
  expect(await readFile(path, 'utf8')).toBe('theirs');
});

test('a disk that cannot be opened says so itself', async () => {
  await rm(path);
  const opened = await surely(device([]), () => expect.fail('asked of a disk that is not open')).open();
  expect(opened).toMatchObject({ ok: false, failure: { code: 'disk.open-failed' } });
});
