// A job that comes back to its half-written disk goes on; one that finds somebody else's writing there asks again and changes nothing.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { samplePlaces } from '../../agent/deploy/own-work.ts';
import { encodeWorkMarker, parseWorkMarker } from '../../agent/deploy/work-marker.ts';
import { generateSigningKey } from '../../agent/image/signature.ts';
import { PROVENANCE_BYTES, PROVENANCE_OFFSET_BYTES } from '../../agent/image/provenance.ts';
import { faultDisk } from '../disk-writer/fault-disk.ts';
import type { FaultDisk } from '../disk-writer/fault-disk.ts';
import { MIB, makeDisk, makeImage } from './image-fixture.ts';
import type { Fixture } from './image-fixture.ts';
import { contentHashOf, makeUsedDisk, runDeploy } from './rig.ts';

const key = generateSigningKey();
let golden: string;
let fixture: Fixture;
let folder: string;
let path: string;
let consented: string;

beforeAll(async () => {
  golden = mkdtempSync(join(tmpdir(), 'rackside-golden-'));
  fixture = await makeImage(readFileSync(makeDisk(golden, 14 * MIB, { payloadBytes: MIB })), key, golden);
});
afterAll(() => rmSync(golden, { recursive: true }));
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-own-'));
  path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length + 8 * MIB);
  consented = await contentHashOf(path);
});
afterEach(() => rmSync(folder, { recursive: true }));

const cutAt = (atWrite: number) =>
  runDeploy(fixture, key, path, { contentHash: consented, wrap: (disk) => faultDisk(disk, { kind: 'power-cut', atWrite, seed: atWrite }) });
const write = (offset: number, bytes: Uint8Array): void => {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
};
const comesBack = () => runDeploy(fixture, key, path, { contentHash: consented });

test('on a disk larger than the image it goes on after a cut at any write, the fitted table included', { timeout: 180_000 }, async () => {
  let counter: FaultDisk | undefined;
  const start = readFileSync(path);
  await runDeploy(fixture, key, path, { contentHash: consented, wrap: (disk) => (counter = faultDisk(disk, null)) });
  const writes = counter?.writes() ?? 0;
  expect(writes).toBeGreaterThan(10);
  // The last write is the record; by then the disk says "already installed" itself.
  for (let atWrite = 1; atWrite < writes; atWrite += 1) {
    write(0, start);
    await cutAt(atWrite);
    const again = await comesBack();
    expect(again.result, `cut at write ${atWrite}: ${JSON.stringify(again.result)}`).toMatchObject({ ok: true });
  }
});

describe('somebody else wrote meanwhile', () => {
  const foreign = Buffer.alloc(512, 'somebody else');
  const sectors: readonly (readonly [string, () => number])[] = [
    ['a partition table in the sealed sector 0', () => 0],
    ['a GPT header behind it', () => 512],
    ['a filesystem where the first partition begins', () => MIB],
    ['data in the middle of the disk', () => samplePlaces({ sizeBytes: fixture.raw.length + 8 * MIB, logicalSectorBytes: 512 })[20] ?? -1],
    ['a backup table at the end', () => fixture.raw.length + 8 * MIB - 512],
  ];
  test.each(sectors)('%s: asked again, nothing changed', async (_what, offset) => {
    await cutAt(14);
    write(offset(), foreign);
    const before = readFileSync(path);
    expect((await comesBack()).result).toMatchObject({ ok: false, failure: { code: 'disk.content-changed' } });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('but what reads as zeros is lost to nobody, and nothing foreign means that it goes on', async () => {
    await cutAt(14);
    write(samplePlaces({ sizeBytes: fixture.raw.length + 8 * MIB, logicalSectorBytes: 512 })[20] ?? -1, Buffer.alloc(512));
    expect((await comesBack()).result.ok).toBe(true);
  });

  test('after a second cut it is still the beginning of the job that counts', async () => {
    await cutAt(14);
    await cutAt(6);
    write(fixture.raw.length + 8 * MIB - 512, foreign);
    expect((await comesBack()).result).toMatchObject({ ok: false, failure: { code: 'disk.content-changed' } });
  });

  test('a mark whose samples are not of this disk is no mark', async () => {
    await cutAt(14);
    const marker = parseWorkMarker(readFileSync(path).subarray(PROVENANCE_OFFSET_BYTES, PROVENANCE_OFFSET_BYTES + PROVENANCE_BYTES));
    if (marker === null) return expect.fail('no mark');
    write(PROVENANCE_OFFSET_BYTES, encodeWorkMarker({ ...marker, samples: marker.samples.slice(0, -12) }));
    expect((await comesBack()).result).toMatchObject({ ok: false, failure: { code: 'disk.content-changed' } });
  });
});

test('the places are sectors of the disk, both ends among them, and never our own mark', () => {
  for (const [sizeBytes, sector] of [
    [MIB, 512],
    [14 * MIB, 512],
    [480e9 - (480e9 % 4096), 4096],
    [18e12 - (18e12 % 512), 512],
  ] as const) {
    const places = samplePlaces({ sizeBytes, logicalSectorBytes: sector });
    expect(places.every((offset) => offset % sector === 0 && offset + sector <= sizeBytes)).toBe(true);
    expect([places[0], places.at(-1)]).toEqual([0, sizeBytes - sector]);
    expect(places.some((offset) => offset >= PROVENANCE_OFFSET_BYTES && offset < PROVENANCE_OFFSET_BYTES + PROVENANCE_BYTES)).toBe(false);
    expect(places.length).toBeLessThanOrEqual(64);
  }
});
