// Everything that must stop a deploy: before the first write the disk stays as it is, after it the disk says whose work it is.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fileDevice } from '../../agent/disk/target-devices.ts';
import { noTools } from '../../agent/disk/tools.ts';
import { generateSigningKey, encodeSignature } from '../../agent/image/signature.ts';
import { encodeProvenance } from '../../agent/image/provenance.ts';
import { success } from '../../agent/protocol/failure.ts';
import { faultDisk } from '../disk-writer/fault-disk.ts';
import { MIB, makeDisk, makeImage } from './image-fixture.ts';
import type { Fixture } from './image-fixture.ts';
import { makeUsedDisk, runDeploy } from './rig.ts';
import type { RunOptions } from './rig.ts';

const key = generateSigningKey();
let golden: string;
let fixture: Fixture;
let folder: string;
let path: string;

beforeAll(async () => {
  golden = mkdtempSync(join(tmpdir(), 'rackside-golden-'));
  fixture = await makeImage(readFileSync(makeDisk(golden, 14 * MIB, { payloadBytes: MIB })), key, golden);
});
afterAll(() => rmSync(golden, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-refusals-'));
  path = makeUsedDisk(join(folder, 'disk'), fixture.raw.length);
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each(['by a stranger', 'that is broken'])(
  'a signature %s is taken where the signed order says that a person accepted it',
  async (which) => {
    const bytes = which === 'by a stranger' ? fixture.manifestBytes : Buffer.from('another manifest');
    const image = { ...fixture, signature: encodeSignature(generateSigningKey(), 'manifest', bytes) };
    expect((await runDeploy(image, key, path)).result).toMatchObject({ failure: { code: 'image.signature' } });
    expect((await runDeploy(image, key, path, { acceptSignature: true })).result).toMatchObject({ ok: true });
    const altered = { ...image, manifestSha256: 'b'.repeat(64) };
    expect((await runDeploy(altered, key, path, { acceptSignature: true })).result).toMatchObject({
      failure: { code: 'image.manifest-mismatch' },
    });
  },
);

describe('refused before anything is written', () => {
  const flipped = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 3 ? byte ^ 1 : byte));
  const cases: Readonly<Record<string, () => { readonly code: string; readonly image?: Fixture; readonly options?: RunOptions }>> = {
    'another content than was consented to': () => ({ code: 'disk.content-changed', options: { contentHash: 'a'.repeat(64) } }),
    'a disk over the ceiling': () => ({ code: 'order.erase-ceiling', options: { eraseCeilingBytes: fixture.raw.length - 1 } }),
    'a disk that cannot be read again': () => ({ code: 'disk.unreadable', options: { readContentHash: () => Promise.resolve(null) } }),
    'a BIOS machine for a UEFI image': () => ({ code: 'image.firmware', options: { firmware: 'bios' } }),
    'another sector size': () => ({ code: 'disk.sector-size', options: { logicalSectorBytes: 4096 } }),
    'a manifest by a stranger': () => ({
      code: 'image.signature',
      image: { ...fixture, signature: encodeSignature(generateSigningKey(), 'manifest', fixture.manifestBytes) },
    }),
    'an altered manifest': () => ({ code: 'image.signature', image: { ...fixture, manifestBytes: flipped(fixture.manifestBytes) } }),
    'another manifest than the approved one': () => ({
      code: 'image.manifest-mismatch',
      image: { ...fixture, manifestSha256: 'b'.repeat(64) },
    }),
    'another image than the approved one': () => ({ code: 'image.manifest-mismatch', image: { ...fixture, osoid: 'c'.repeat(64) } }),
    'an altered chunk table': () => ({
      code: 'image.manifest-mismatch',
      image: { ...fixture, chunkTableBytes: flipped(fixture.chunkTableBytes) },
    }),
  };
  test.each(Object.entries(cases))('%s', async (_name, make) => {
    const { code, image = fixture, options = {} } = make();
    const before = readFileSync(path);
    const run = await runDeploy(image, key, path, options);
    expect(run.result).toMatchObject({ ok: false, failure: { code } });
    expect(run.steps).toEqual(['check']);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('a swapped disk is not even opened', async () => {
    const identity = { serial: 'S2', wwn: null, sizeBytes: fixture.raw.length };
    const device = { ...fileDevice(path, identity, 512, noTools()), open: () => Promise.reject(new Error('opened')) };
    const run = await runDeploy(fixture, key, path, { device, orderedDisk: { ...identity, serial: 'S1' } });
    expect(run.result).toMatchObject({ ok: false, failure: { code: 'disk.replaced' } });
  });
});

test('a corrupt frame: nothing of that chunk is written, and it is named', async () => {
  const victim = [...fixture.frames.keys()][5] ?? '';
  const run = await runDeploy(fixture, key, path, { corrupt: (id, frame) => (id === victim ? Buffer.from(flip(frame)) : frame) });
  expect(run.result).toMatchObject({ ok: false, failure: { code: 'image.chunk-corrupt', message: expect.stringContaining(victim) } });
  expect(hashesOnDisk()).not.toContain(victim);
});

test('a frame with another chunk inside, rightly framed', async () => {
  const [first = '', second = ''] = fixture.frames.keys();
  const run = await runDeploy(fixture, key, path, {
    corrupt: (id, frame) => (id === first ? (fixture.frames.get(second) ?? frame) : frame),
  });
  expect(run.result).toMatchObject({ ok: false, failure: { code: 'image.chunk-corrupt' } });
});

test('a frame damaged once on its way is fetched again', async () => {
  let damaged = 0;
  const victim = [...fixture.frames.keys()][5];
  const run = await runDeploy(fixture, key, path, { corrupt: (id, frame) => (id === victim && damaged++ === 0 ? flip(frame) : frame) });
  expect(run.result.ok).toBe(true);
  expect(damaged).toBe(2);
});

test('a disk that gives back something else fails the read-back, with the offset', async () => {
  const at = fixture.table.runs.find(({ kind, firstChunk }) => kind === 'data' && firstChunk > 10)?.firstChunk ?? 0;
  const run = await runDeploy(fixture, key, path, {
    wrap: (disk) => faultDisk(disk, { kind: 'bit-flip', offsetBytes: at * 262_144 + 100 }),
  });
  expect(run.result).toMatchObject({
    ok: false,
    failure: { code: 'deploy.read-back-mismatch', message: expect.stringContaining(`${at * 262_144}`) },
  });
  expect(readFileSync(path).toString('latin1', 983_040, 983_048)).toBe('RACKVOID');
});

test('a write error names the errno', async () => {
  const run = await runDeploy(fixture, key, path, { wrap: (disk) => faultDisk(disk, { kind: 'write-error', atWrite: 8 }) });
  expect(run.result).toMatchObject({ ok: false, failure: { code: 'deploy.write-failed', message: expect.stringContaining('EIO') } });
});

test('cancelled while it waits for the station', async () => {
  const abort = new AbortController();
  const run = runDeploy(fixture, key, path, {
    signal: abort.signal,
    source: {
      manifest: () => Promise.resolve(success(fixture.manifestBytes)),
      signature: () => Promise.resolve(success(fixture.signature)),
      chunkTable: () => Promise.resolve(success(fixture.chunkTableBytes)),
      // A station that is gone: the link waits for it, whatever it is told.
      chunks: () => {
        queueMicrotask(() => abort.abort());
        return new Promise(() => {});
      },
    },
  });
  expect((await run).result).toMatchObject({ ok: false, failure: { code: 'deploy.cancelled' } });
});

test('a record for another disk is not written', async () => {
  const run = await runDeploy(fixture, key, path, {
    requestRecord: (disk) =>
      Promise.resolve(
        success(
          encodeProvenance(
            {
              osoid: fixture.osoid,
              manifestSha256: fixture.manifestSha256,
              disk: { ...disk, serial: 'S9' },
              stationName: 's',
              site: 's',
              atIso: '2026-11-22T12:00:00.000Z',
            },
            key,
          ),
        ),
      ),
  });
  expect(run.result).toMatchObject({ ok: false, failure: { code: 'deploy.record-refused' } });
});

const flip = (frame: Buffer): Buffer => {
  frame[frame.length - 1] = (frame[frame.length - 1] ?? 0) ^ 0x80;
  return frame;
};

const hashesOnDisk = (): readonly string[] => {
  const disk = readFileSync(path);
  return Array.from({ length: disk.length / 262_144 }, (_, n) =>
    createHash('sha256')
      .update(disk.subarray(n * 262_144, (n + 1) * 262_144))
      .digest('hex'),
  );
};
