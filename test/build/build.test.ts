// What a build does to its disk before anything is captured, and above all what it does not: a disk that nobody agreed to lose, or
// one for which a payload is damaged, is not touched.
import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { build } from '../../agent/build.ts';
import type { ScriptEnd, ScriptRun } from '../../agent/build/script-host.ts';
import type { BuildOptions } from '../../agent/build/types.ts';
import { parseWorkMarker } from '../../agent/deploy/work-marker.ts';
import { fileDevice } from '../../agent/disk/target-devices.ts';
import { noTools } from '../../agent/disk/tools.ts';
import { PROVENANCE_BYTES, PROVENANCE_OFFSET_BYTES } from '../../agent/image/provenance.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import { writeDemoImage } from '../rack/demo-image.ts';
import { codeOf, MIB } from '../capture/rig.ts';

const PAYLOAD = Buffer.alloc(5 * MIB, 'payload');
const SHA256 = createHash('sha256').update(PAYLOAD).digest('hex');
const hash = (letter: string): string => letter.repeat(64);
const never = () => Promise.resolve(failed('test.never', 'This is not reached.', ''));

let folder: string;
let path: string;
let before: Buffer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-build-'));
  path = join(folder, 'disk.raw');
  await writeDemoImage(path, { contentBytes: 6 * MIB, seed: 3 });
  before = await readFile(path);
});
afterEach(() => rm(folder, { recursive: true }));

const run = async (
  change: Partial<BuildOptions> = {},
  script: (run: ScriptRun) => Promise<ScriptEnd> | ScriptEnd = () => ({ kind: 'exited', code: 0 }),
) => {
  const identity = { serial: 'S1', wwn: null, sizeBytes: before.length };
  const seen: ScriptRun[] = [];
  const logged: string[] = [];
  const steps: string[] = [];
  const result = await build({
    order: {
      kind: 'build',
      jobId: 'job-1',
      recipe: { id: 'web', version: 2, name: 'Web', sha256: hash('a') },
      script: 'true',
      payloads: [{ name: 'data.bin', sha256: SHA256, sizeBytes: PAYLOAD.length }],
      timeLimitMinutes: 3,
      facts: [
        { name: 'model', value: 'R650', source: 'test', filler: false },
        { name: 'asset.tag', value: 'none', source: 'test', filler: true },
      ],
      imageName: 'web',
      disk: identity,
      contentHash: hash('1'),
      eraseCeilingBytes: before.length,
      consentId: 'consent-1',
    },
    device: fileDevice(path, identity, 512, noTools()),
    logicalSectorBytes: 512,
    trustedKeys: new Map(),
    firmware: 'uefi',
    secureBoot: false,
    readContentHash: () => Promise.resolve(hash('1')),
    scripts: {
      withFolder: (work) => work(folder),
      run: async (one) => {
        seen.push(one);
        return script(one);
      },
    },
    fetchPayload: (_sha256, at) => Promise.resolve(success(PAYLOAD.subarray(at, at + 4 * MIB))),
    fetchManifest: never,
    sink: { missing: never, send: never, table: never, publish: never },
    requestRecord: never,
    tools: noTools(),
    workers: 0,
    signal: new AbortController().signal,
    onStep: (step, state) => void (state === 'started' && steps.push(step)),
    onProgress: () => undefined,
    onLog: (text) => void logged.push(text),
    ...change,
  });
  return { result, code: codeOf(result), seen: seen[0], logged, steps, isUntouched: before.equals(await readFile(path)) };
};

test.each<[string, Partial<BuildOptions>]>([
  [
    'build.payload-damaged',
    { fetchPayload: (_sha256, at) => Promise.resolve(success(Buffer.alloc(Math.min(4 * MIB, PAYLOAD.length - at)))) },
  ],
  ['build.payload-damaged', { fetchPayload: () => Promise.resolve(success(new Uint8Array(3))) }],
  ['recipe.payload-missing', { fetchPayload: () => Promise.resolve(failed('recipe.payload-missing', 'No.', '')) }],
  ['disk.content-changed', { readContentHash: () => Promise.resolve(hash('2')) }],
  ['disk.unreadable', { readContentHash: () => Promise.resolve(null) }],
  ['build.cancelled', { signal: AbortSignal.abort() }],
])('%s: the disk is not touched, and no script runs', async (code, change) => {
  const ran = await run(change);
  expect(ran).toMatchObject({ code, isUntouched: true, seen: undefined });
});

test('the last look is the one after the payloads: what was written meanwhile is not lost', async () => {
  let looks = 0;
  const ran = await run({ readContentHash: () => Promise.resolve(hash(++looks === 1 ? '1' : '2')) });
  expect(ran).toMatchObject({ code: 'disk.content-changed', isUntouched: true, seen: undefined });
  expect(looks).toBe(2);
});

test('the script finds a blank disk with the mark of the job, its facts and its payloads', async () => {
  let found: Record<string, unknown> = {};
  const { code, seen, result, steps } = await run({}, async ({ variables, folder: own }) => {
    const disk = await readFile(variables['RACKSIDE_DISK'] ?? '');
    found = {
      marker: parseWorkMarker(disk.subarray(PROVENANCE_OFFSET_BYTES, PROVENANCE_OFFSET_BYTES + PROVENANCE_BYTES)),
      isSealed: disk.subarray(0, PROVENANCE_OFFSET_BYTES).every((byte) => byte === 0) && disk.subarray(-MIB).every((byte) => byte === 0),
      facts: JSON.parse(await readFile(variables['RACKSIDE_FACTS'] ?? '', 'utf8')) as unknown,
      payload: (await readFile(join(variables['RACKSIDE_PAYLOADS'] ?? '', 'data.bin'))).equals(PAYLOAD),
      script: await readFile(join(own, 'script'), 'utf8'),
    };
    return { kind: 'exited', code: 0 };
  });
  expect(found).toMatchObject({
    marker: { jobId: 'job-1', consentId: 'consent-1', osoid: hash('a') },
    isSealed: true,
    facts: { model: 'R650' },
    payload: true,
    script: 'true',
  });
  expect(found['facts']).not.toHaveProperty(['asset.tag']);
  expect(seen).toMatchObject({ timeLimitMs: 180_000, variables: { RACKSIDE_FIRMWARE: 'uefi' } });
  // It made nothing of that disk.
  expect({ code, steps }).toEqual({ code: 'build.nothing-built', steps: ['check', 'void-record', 'script'] });
  expect(result).toMatchObject({ failure: { message: expect.stringContaining('no partition table') as string } });
});

test.each<[string, ScriptEnd, RegExp]>([
  [
    'build.script-failed',
    { kind: 'exited', code: 9 },
    /recipe "web" version 2 ended with exit code 9\. It said last: no kernel \| giving up/,
  ],
  ['build.timed-out', { kind: 'timed-out' }, /was ended after 3 minutes\. It said last: no kernel \| giving up/],
])('%s says so with the last lines', async (code, end, words) => {
  const ran = await run({}, ({ onLine }) => {
    onLine('no kernel');
    onLine('giving up');
    return end;
  });
  expect(ran.code).toBe(code);
  expect(ran.result.ok ? '' : ran.result.failure.message).toMatch(words);
  expect(ran.logged).toEqual(['no kernel\ngiving up']);
});

test('stopped while the script runs, it says that the disk does not boot', async () => {
  const abort = new AbortController();
  const ran = await run({ signal: abort.signal }, () => {
    abort.abort();
    return { kind: 'stopped' };
  });
  expect(ran.code).toBe('build.cancelled');
});

test('a UEFI machine whose disk has no loader has nothing built', async () => {
  const image = join(folder, 'bios.raw');
  await writeDemoImage(image, { contentBytes: 6 * MIB, seed: 4, boot: 'bios' });
  const bytes = await readFile(image);
  const ran = await run({}, async () => {
    await using disk = await open(path, 'r+');
    await disk.write(bytes, 0, bytes.length, 0);
    return { kind: 'exited', code: 0 };
  });
  expect(ran.result).toMatchObject({
    failure: { code: 'build.nothing-built', message: expect.stringContaining('no boot loader') as string },
  });
});

test.each([
  { secureBoot: true, code: 'build.secure-boot-untrusted', last: 'script' },
  // Past the judge; this station takes no chunks.
  { secureBoot: false, code: 'test.never', last: 'read-send' },
])('an unsigned loader where Secure Boot is on ($secureBoot): $code', async ({ secureBoot, code, last }) => {
  const image = join(folder, 'unsigned.raw');
  await writeDemoImage(image, { contentBytes: 6 * MIB, seed: 4, boot: 'uefi' });
  const bytes = await readFile(image);
  const ran = await run({ secureBoot }, async () => {
    await using disk = await open(path, 'r+');
    await disk.write(bytes, 0, bytes.length, 0);
    return { kind: 'exited', code: 0 };
  });
  expect(ran.code).toBe(code);
  expect(ran.steps.at(-1)).toBe(last);
});
