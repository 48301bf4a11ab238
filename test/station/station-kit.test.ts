// A kit rebuilt beside a running station: windows hear of it and an event says so, with nobody restarting anything.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StationEvent } from '../../preload/contract/events.ts';
import { need, startRehearsal } from '../rack/rehearsal.ts';
import type { Rehearsal } from '../rack/rehearsal.ts';

let folder: string;
let rehearsal: Rehearsal;
let heard: StationEvent[];
beforeEach(async () => {
  heard = [];
  folder = await mkdtemp(join(tmpdir(), 'rackside-station-kit-'));
  const bundleFolder = join(folder, 'window');
  await mkdir(bundleFolder);
  await writeFile(join(bundleFolder, 'index.html'), '<!doctype html><title>none</title>');
  rehearsal = await startRehearsal({ folder, autoConsent: false, bundleFolder, onEvent: (event) => void heard.push(event) });
});
afterEach(async () => {
  await rehearsal.stop();
  await rm(folder, { recursive: true });
});

test('a new kit is taken by itself, told to windows, and asked of agents', async () => {
  const kitFile = join(folder, 'kit/kit.json');
  const manifest = JSON.parse(await readFile(kitFile, 'utf8')) as {
    kitId: string;
    files: { path: string; sizeBytes: number; sha256: string }[];
  };
  const before = (await need(rehearsal.call('station.get', {}))).kit;
  expect(before).toEqual({ kitId: manifest.kitId, problem: null });
  const stage2 = manifest.files.find((file) => file.path === 'stage2.squashfs');
  const bytes = Buffer.alloc(stage2?.sizeBytes ?? 0, 'n');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(folder, 'kit/stage2.squashfs'), bytes);
  await writeFile(
    kitFile,
    JSON.stringify({ ...manifest, kitId: 'new', files: manifest.files.map((file) => (file === stage2 ? { ...file, sha256 } : file)) }),
  );
  await expect
    .poll(async () => (await need(rehearsal.call('station.get', {}))).kit, { timeout: 15_000 })
    .toEqual({ kitId: 'new', problem: null });
  await expect.poll(() => heard.some((event) => event.name === 'station.changed' && event.payload.kit.kitId === 'new')).toBe(true);
  expect(heard.some((event) => event.name === 'event.logged' && event.payload.kind === 'kit.changed')).toBe(true);
  const hello = (kitId: string) =>
    fetch(`http://127.0.0.1:${rehearsal.headless().station.ports().http}/agent/hello`, {
      method: 'POST',
      body: JSON.stringify({
        protocol: { min: 1, max: 1 },
        kitId,
        agentVersion: '0',
        token: 't',
        bootMac: '',
        architecture: 'x64',
        nonce: '0'.repeat(32),
      }),
    }).then(async (answer) => ((await answer.json()) as { failure: { code: string } }).failure.code);
  expect(await hello(stage2?.sha256 ?? '')).toBe('agent.kit-mismatch');
  expect(await hello(sha256)).toBe('agent.token-invalid');
});
