// Power cuts at every write of a deploy: what is left never boots half an image, and the same job ends in the same disk.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { generateSigningKey } from '../../agent/image/signature.ts';
import { faultDisk } from '../disk-writer/fault-disk.ts';
import type { FaultDisk } from '../disk-writer/fault-disk.ts';
import { MIB, makeDisk, makeImage } from './image-fixture.ts';
import type { Fixture } from './image-fixture.ts';
import { contentHashOf, differences, makeUsedDisk, runDeploy } from './rig.ts';

const key = generateSigningKey();
let golden: string;
let fixture: Fixture;
let folder: string;

beforeAll(async () => {
  golden = mkdtempSync(join(tmpdir(), 'rackside-golden-'));
  fixture = await makeImage(readFileSync(makeDisk(golden, 14 * MIB, { payloadBytes: MIB })), key, golden);
});
afterAll(() => rmSync(golden, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-cut-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const record = [{ offsetBytes: 983_040, lengthBytes: 4096, why: 'record' }];

/** The image's own sector 0 may only be there when everything it leads to is. */
const bootsOnlyWhole = (path: string): void => {
  const isBootable = readFileSync(path).subarray(0, 512).equals(fixture.raw.subarray(0, 512));
  expect(isBootable ? differences(fixture, path, record) : []).toEqual([]);
};

const isRecorded = (path: string): boolean => readFileSync(path).toString('latin1', 983_040, 983_048) === 'RACKPROV';

test('cut at every write, then resumed', { timeout: 180_000 }, async () => {
  const used = makeUsedDisk(join(folder, 'used'), fixture.raw.length);
  const consented = await contentHashOf(used);
  let counter: FaultDisk | undefined;
  const whole = join(folder, 'whole');
  copyFileSync(used, whole);
  const clean = await runDeploy(fixture, key, whole, { wrap: (disk) => (counter = faultDisk(disk, null)) });
  expect(clean.result.ok).toBe(true);
  const writes = counter?.writes() ?? 0;
  expect(writes).toBeGreaterThan(10);

  const path = join(folder, 'disk');
  for (let atWrite = 1; atWrite <= writes; atWrite++) {
    copyFileSync(used, path);
    const cut = await runDeploy(fixture, key, path, {
      contentHash: consented,
      wrap: (disk) => faultDisk(disk, { kind: 'power-cut', atWrite, seed: atWrite }),
    });
    expect(cut.result).toMatchObject({ ok: false, failure: { code: expect.stringMatching(/^deploy\.(write|read)-failed$/) } });
    bootsOnlyWhole(path);
    // When the very last write got through, the disk itself says "already installed", and the old consent no longer covers it.
    if (atWrite === writes && isRecorded(path)) break;
    const resumed = await runDeploy(fixture, key, path, { contentHash: consented, wrap: (disk) => faultDisk(disk, null) });
    expect(resumed.result, `cut at write ${atWrite}: ${JSON.stringify(resumed.result)}`).toMatchObject({ ok: true });
    expect(differences(fixture, path, record), `cut at write ${atWrite}`).toEqual([]);
  }
  expect(differences(fixture, path, record)).toEqual([]);
});

test('a second cut during the resumed job, then resumed again', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  const consented = await contentHashOf(path);
  for (const atWrite of [9, 5, 7]) {
    await runDeploy(fixture, key, path, {
      contentHash: consented,
      wrap: (disk) => faultDisk(disk, { kind: 'power-cut', atWrite, seed: atWrite }),
    });
    bootsOnlyWhole(path);
  }
  expect((await runDeploy(fixture, key, path, { contentHash: consented })).result.ok).toBe(true);
  expect(differences(fixture, path, record)).toEqual([]);
});

test('another job does not pass for the one that was cut: its consent is void', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  const consented = await contentHashOf(path);
  await runDeploy(fixture, key, path, {
    contentHash: consented,
    wrap: (disk) => faultDisk(disk, { kind: 'power-cut', atWrite: 12, seed: 1 }),
  });
  const before = readFileSync(path);
  const other = await runDeploy(fixture, key, path, { contentHash: consented, jobId: 'job-2' });
  expect(other.result).toMatchObject({ ok: false, failure: { code: 'disk.content-changed' } });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('what was written before a cut is not fetched again', async () => {
  const path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
  const consented = await contentHashOf(path);
  const abort = new AbortController();
  const cut = await runDeploy(fixture, key, path, {
    contentHash: consented,
    signal: abort.signal,
    onStep: (step) => step === 'read-back' && abort.abort(),
  });
  expect(cut.result).toMatchObject({ ok: false, failure: { code: 'deploy.cancelled' } });
  bootsOnlyWhole(path);
  const resumed = await runDeploy(fixture, key, path, { contentHash: consented });
  expect(resumed.requests.flat().length).toBe(1);
  expect(differences(fixture, path, record)).toEqual([]);
});
