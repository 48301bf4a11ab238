// The deep check on disks that a real deploy wrote: equal ones, drifted ones, and what our own steps rewrote in them.
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageSource } from '../../agent/deploy.ts';
import { fileDevice } from '../../agent/disk/target-devices.ts';
import { noTools, systemTools } from '../../agent/disk/tools.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { JobResult } from '../../agent/protocol/messages.ts';
import { hasDrifted, verifyResultSchema } from '../../agent/protocol/verify.ts';
import type { VerifyResult } from '../../agent/protocol/verify.ts';
import { verify } from '../../agent/verify.ts';
import type { VerifyOptions } from '../../agent/verify/types.ts';
import { MIB, makeDisk, makeImage } from '../deploy/image-fixture.ts';
import type { Fixture } from '../deploy/image-fixture.ts';
import { readSize, runDeploy } from '../deploy/rig.ts';

const key = generateSigningKey();
const CHUNK = 256 * 1024;
const SETTINGS = {
  instanceId: 'one',
  settingsSha256: 'e'.repeat(64),
  files: [{ name: 'meta-data' as const, text: 'instance-id: one\n' }],
};

let folder: string;
let image: Fixture;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-verify-test-'));
  image = await makeImage(readFileSync(makeDisk(folder, 24 * MIB, { payloadBytes: 3 * MIB })), key, folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

type Deployed = { readonly path: string; readonly result: JobResult };
type Options = NonNullable<Parameters<typeof runDeploy>[3]>;

/** Written once, for all the tests that then spoil a copy of it. */
const written = new Map<string, Promise<Deployed>>();
const writeOnce = async (sizeBytes: number, options: Options): Promise<Deployed> => {
  const path = join(folder, `disk${written.size}`);
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  const { result } = await runDeploy(image, key, path, options);
  if (!result.ok) throw new Error(result.failure.message);
  return { path, result: result.value };
};

const deployed = async (sizeBytes: number, options: Options = {}): Promise<Deployed> => {
  const name = `${sizeBytes} ${Object.keys(options).join(' ')}`;
  const once = written.get(name) ?? writeOnce(sizeBytes, options);
  written.set(name, once);
  const { path, result } = await once;
  const copy = join(folder, 'copy');
  copyFileSync(path, copy);
  return { path: copy, result };
};

const sourceOf = (asked: string[]): ImageSource => ({
  manifest: () => Promise.resolve(success(image.manifestBytes)),
  signature: () => Promise.resolve(success(image.signature)),
  chunkTable: () => Promise.resolve(success(image.chunkTableBytes)),
  chunks: (ids) => {
    asked.push(...ids);
    return Promise.resolve(success(new Uint8Array(Buffer.concat(ids.map((id) => image.frames.get(id) ?? Buffer.alloc(0))))));
  },
});

const runVerify = async (path: string, given: Partial<VerifyOptions> & Pick<VerifyOptions['order'], 'own'> = {}) => {
  const identity = { serial: 'S1', wwn: null, sizeBytes: readSize(path) };
  const { own, ...options } = given;
  const asked: string[] = [];
  const before = hashOf(path);
  const result = await verify({
    order: {
      kind: 'verify',
      jobId: 'job-2',
      osoid: image.osoid,
      manifestSha256: image.manifestSha256,
      disk: identity,
      ...(own === undefined ? {} : { own }),
    },
    device: fileDevice(path, identity, 512, noTools()),
    logicalSectorBytes: 512,
    trustedKeys: trustedKeysOf([key.publicKey]),
    source: sourceOf(asked),
    healSink: { missing: () => expect.fail('nobody asked for it'), send: () => expect.fail('nobody asked for it') },
    workers: 0,
    signal: new AbortController().signal,
    onStep: () => {},
    onProgress: () => {},
    ...options,
  });
  expect(hashOf(path), 'a check writes nothing').toBe(before);
  return { result, asked };
};

const found = async (...given: Parameters<typeof runVerify>): Promise<VerifyResult> => {
  const { result } = await runVerify(...given);
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  expect(verifyResultSchema.safeParse(result.value).error).toBeUndefined();
  return result.value;
};

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Other bytes than were there. */
const flip = (path: string, at: number, length = 1): void => {
  const file = openSync(path, 'r+');
  const bytes = Buffer.alloc(length);
  readSync(file, bytes, 0, length, at);
  for (let n = 0; n < length; n++) bytes[n] = (bytes[n] ?? 0) ^ 0xff;
  writeSync(file, bytes, 0, length, at);
  closeSync(file);
};

const dataChunks = (): readonly number[] =>
  image.table.runs.flatMap(({ kind, firstChunk, count }) =>
    kind === 'data' ? Array.from({ length: count }, (_, n) => firstChunk + n) : [],
  );

/** A data chunk of the root partition, well inside. */
const inRoot = (): number => {
  const chunk = dataChunks().find((one) => one * CHUNK > 8 * MIB);
  if (chunk === undefined) throw new Error('the root partition has no data');
  return chunk;
};

describe('a disk as it was deployed', () => {
  test('of the size of its image: all the same, nothing asked for', async () => {
    const { path } = await deployed(24 * MIB);
    const { result, asked } = await runVerify(path);
    expect(result.ok && hasDrifted(result.value)).toBe(false);
    expect(result.ok && result.value).toMatchObject({
      osoid: image.osoid,
      chunks: { different: 0, own: 0 },
      bytes: { different: 0, own: 0 },
      fetchBytes: 0,
      places: [],
      ranges: [],
      table: [],
    });
    expect(asked).toEqual([]);
  });

  test('larger than its image, where the table was fitted: all the same', async () => {
    const { path } = await deployed(40 * MIB);
    const value = await found(path);
    expect(hasDrifted(value)).toBe(false);
    expect(value.chunks).toMatchObject({ different: 0, own: 0 });
    expect(value.chunks.same).toBeGreaterThan(20);
  });

  test('grown and with settings: what the job rewrote is told apart, by its own report and without it', async () => {
    const { path, result } = await deployed(40 * MIB, { grow: true, seed: SETTINGS, tools: systemTools() });
    const known = await found(path, { own: result.rewrittenRanges });
    expect(known).toMatchObject({ ownFrom: 'job', chunks: { different: 0 }, places: [] });
    expect(known.table).toEqual([
      { number: 2, change: 'longer' },
      { number: 3, change: 'settings' },
    ]);
    expect(hasDrifted(known)).toBe(false);
    const guessed = await found(path);
    expect(guessed).toMatchObject({ ownFrom: 'disk', chunks: { different: 0 } });
    expect(hasDrifted(guessed)).toBe(false);
    expect(guessed.chunks.own).toBeGreaterThan(0);
    expect(guessed.ownRanges.map(({ why }) => why)).toEqual(expect.arrayContaining(['provenance record', 'in a partition that grew']));
  });
});

describe('a disk that drifted', () => {
  test('one byte: its chunk, its partition, and what a deploy fetches', async () => {
    const { path } = await deployed(24 * MIB);
    const chunk = inRoot();
    flip(path, chunk * CHUNK + 12_345);
    const value = await found(path);
    expect(hasDrifted(value)).toBe(true);
    expect(value).toMatchObject({
      chunks: { different: 1, own: 0 },
      bytes: { different: CHUNK },
      fetchBytes: CHUNK,
      places: [{ number: 2, bytes: CHUNK }],
      ranges: [{ offsetBytes: chunk * CHUNK, lengthBytes: CHUNK }],
    });
    const again = await runDeploy(image, key, path);
    expect(again.requests.flat()).toHaveLength(1);
    expect(hasDrifted(await found(path))).toBe(false);
  });

  test('data where the image has zeros, and remains where it has free blocks', async () => {
    const { path } = await deployed(24 * MIB);
    const zero = image.table.runs.find(({ kind }) => kind === 'zero');
    if (zero !== undefined) flip(path, zero.firstChunk * CHUNK + 7);
    const used = new Set(dataChunks());
    const free = image.free.find(({ start, end }) => start > 8 * MIB && end - start >= 4096 && used.has(Math.floor(start / CHUNK)));
    if (free === undefined) throw new Error('the image has no free block in a data chunk');
    flip(path, free.start, 4096);
    const value = await found(path);
    expect(value.chunks.different).toBe(zero === undefined ? 0 : 1);
    // The stretch of free blocks that they lie in.
    expect(value.remainsBytes).toBe(Math.min(free.end, Math.ceil(free.start / CHUNK) * CHUNK) - free.start);
    expect(value.fetchBytes).toBe(0);
  });

  test('in a grown partition outside of what the job rewrote: found by its report, and only doubted without it', async () => {
    const { path, result } = await deployed(40 * MIB, { grow: true, tools: systemTools() });
    const own = result.rewrittenRanges;
    const chunk = dataChunks().find(
      (one) =>
        one * CHUNK > 8 * MIB &&
        own.every((range) => (one + 1) * CHUNK <= range.offsetBytes || range.offsetBytes + range.lengthBytes <= one * CHUNK),
    );
    if (chunk === undefined) throw new Error('the growth rewrote everything');
    const before = await found(path);
    flip(path, chunk * CHUNK + 99);
    expect((await found(path, { own })).ranges).toEqual([{ offsetBytes: chunk * CHUNK, lengthBytes: CHUNK }]);
    const guessed = await found(path);
    expect(guessed.chunks).toMatchObject({ different: 0, own: before.chunks.own + 1 });
  });

  test('beside what our own step rewrote, in the very same chunk', async () => {
    const { path } = await deployed(40 * MIB, { seed: SETTINGS });
    flip(path, 300);
    const { result, asked } = await runVerify(path);
    expect(result.ok && result.value.ranges).toEqual([{ offsetBytes: 0, lengthBytes: CHUNK }]);
    expect(result.ok && result.value.places).toEqual([{ number: null, name: '', bytes: CHUNK }]);
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['a partition of another type', ['-t', '1:8300'], [{ number: 1, change: 'changed' }]],
    ['a partition gone', ['-d', '1'], [{ number: 1, change: 'missing' }]],
    ['another disk id', ['-G'], expect.arrayContaining([{ number: null, change: 'changed' }])],
    ['a partition more', ['-n', '5:0:+1M'], [{ number: 5, change: 'added' }]],
  ])('its table edited: %s', async (_what, edit, table) => {
    const { path } = await deployed(40 * MIB);
    execFileSync('sgdisk', [...edit, path], { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }, stdio: 'pipe' });
    const value = await found(path);
    expect(value.table).toEqual(table);
    expect(hasDrifted(value)).toBe(true);
  });
});

describe('a check that cannot be', () => {
  test.each<readonly [string, (path: string) => Partial<VerifyOptions>, string]>([
    [
      'another disk than the order names',
      () => ({ device: fileDevice('/nowhere', { serial: 'S2', wwn: null, sizeBytes: 1 }, 512, noTools()) }),
      'disk.replaced',
    ],
    [
      'an image signed by a key that is not trusted',
      () => ({ trustedKeys: trustedKeysOf([generateSigningKey().publicKey]) }),
      'image.signature',
    ],
    [
      'a disk whose record went',
      (path) => {
        flip(path, 1024 * 1024 - 64 * 1024, 16);
        return {};
      },
      'verify.record-changed',
    ],
    ['stopped before it began', () => ({ signal: AbortSignal.abort() }), 'verify.cancelled'],
  ])('%s', async (_what, prepare, code) => {
    const { path } = await deployed(24 * MIB);
    const { result } = await runVerify(path, prepare(path));
    expect(result.ok ? null : result.failure.code).toBe(code);
  });

  test('stopped in the middle: it says so, and reads no further', async () => {
    const { path } = await deployed(24 * MIB);
    const stop = new AbortController();
    const { result } = await runVerify(path, {
      signal: stop.signal,
      onStep: (step, state) => {
        if (step === 'compare' && state === 'started') stop.abort();
      },
    });
    expect(result.ok ? null : result.failure.code).toBe('verify.cancelled');
  });
});
