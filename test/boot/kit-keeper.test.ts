// A kit that is rebuilt under a running station, by a swap of the folder and by files that come one after the other, in the worst
// order: what is half written is never served, over the real TFTP and HTTP services.
import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Result } from '../../agent/protocol/failure.ts';
import type { BootKit } from '../../main/boot/kit.ts';
import { keepBootKit } from '../../main/boot/kit-keeper.ts';
import type { KitKeeper } from '../../main/boot/kit-keeper.ts';
import { quietWire } from './quiet-wire.ts';
import { startWire } from '../../main/wire/wire.ts';
import type { RunningWire } from '../../main/wire/wire.ts';
import { sampleFiles, sampleManifest, writeSampleKit } from './sample-kit.ts';

let folder: string;
let keeper: KitKeeper;
let heard: string[];
const bugs: unknown[] = [];

const nameOf = (kit: Result<BootKit>): string => (kit.ok ? kit.value.kitId : kit.failure.code);
const start = async (): Promise<void> => {
  keeper = await keepBootKit({ folder, onChange: (kit) => void heard.push(nameOf(kit)), onBug: (error) => void bugs.push(error) });
};
/** What is served once everything that lies there has been looked at. */
const settles = async (to: string): Promise<void> => {
  const looked = async (): Promise<string> => (await keeper.look(), nameOf(keeper.current()));
  await expect.poll(looked, { timeout: 10_000 }).toBe(to);
};

const KERNEL = Buffer.alloc(sampleFiles['vmlinuz']?.bytes.length ?? 0, 'K');
/** The manifest of a kit with another kernel of the same size. */
const nextManifest = () => {
  const old = sampleManifest();
  const sha256 = createHash('sha256').update(KERNEL).digest('hex');
  return { ...old, kitId: 'next', files: old.files.map((file) => (file.path === 'vmlinuz' ? { ...file, sha256 } : file)) };
};
const place = async (path: string, bytes: Buffer | string): Promise<void> => writeFile(join(folder, path), bytes);

beforeEach(async () => {
  heard = [];
  folder = await mkdtemp(join(tmpdir(), 'rackside-kit-'));
  await writeSampleKit(folder);
});
afterEach(async () => {
  await keeper.stop();
  await rm(folder, { recursive: true });
  expect(bugs.splice(0)).toEqual([]);
});

test('a kit that stays is looked at and stays the very same', async () => {
  await start();
  const first = keeper.current();
  for (let times = 0; times < 5; times += 1) await keeper.look();
  expect(keeper.current()).toBe(first);
  expect(heard).toEqual(['sample']);
});

test('a kit that is damaged at the start is not served, however right its sizes are', async () => {
  await place('vmlinuz', KERNEL);
  await start();
  expect(keeper.current()).toMatchObject({ ok: false, failure: { code: 'boot.kit-damaged', message: expect.stringContaining('vmlinuz') } });
});

test('files first, manifest last: nothing is served between, the new kit after', async () => {
  await start();
  await place('vmlinuz', KERNEL);
  await keeper.look();
  expect(keeper.current().ok).toBe(false);
  await settles('boot.kit-damaged');
  await place('kit.json', JSON.stringify(nextManifest()));
  await settles('next');
});

test('manifest first, a file still missing: nothing is served until it has come, whole', async () => {
  await start();
  await unlink(join(folder, 'vmlinuz'));
  await place('kit.json', JSON.stringify(nextManifest()));
  await settles('boot.kit-incomplete');
  await place('vmlinuz', KERNEL.subarray(0, 100));
  await settles('boot.kit-incomplete');
  await place('vmlinuz', KERNEL);
  await settles('next');
});

test('half a manifest, no folder, then the old kit back', async () => {
  await start();
  await place('kit.json', JSON.stringify(nextManifest()).slice(0, 200));
  await settles('boot.kit-unreadable');
  await rename(folder, `${folder}-away`);
  await settles('boot.kit-missing');
  await rename(`${folder}-away`, folder);
  await place('kit.json', JSON.stringify(sampleManifest()));
  await settles('sample');
});

test('over the wire: the old kernel, then nothing, then the new one, without a restart', async () => {
  await start();
  const started = await startWire({
    ...quietWire(),
    kit: () => {
      const kit = keeper.current();
      return kit.ok ? kit.value : null;
    },
    lookAtKit: keeper.look,
  });
  const wire: RunningWire = started.ok ? started.value : expect.fail(started.failure.message);
  try {
    const kernel = async (): Promise<string> => {
      const answer = await fetch(`http://127.0.0.1:${wire.ports.http}/boot/vmlinuz`);
      return answer.ok ? ((await answer.text())[0] ?? '') : String(answer.status);
    };
    expect(await kernel()).toBe('k');
    await place('vmlinuz', KERNEL);
    // The very first request after the write: nobody has looked since.
    expect(await kernel()).toBe('503');
    await settles('boot.kit-damaged');
    expect(await kernel()).toBe('404');
    await place('kit.json', JSON.stringify(nextManifest()));
    await settles('next');
    expect(await kernel()).toBe('K');
  } finally {
    await wire.stop();
  }
});
