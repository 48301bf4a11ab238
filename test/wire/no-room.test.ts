// A full disk, for real: a file system of a few hundred kilobytes under what a build puts its files on. Needs root on Linux.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchPayloads } from '../../agent/build/payloads.ts';
import { failureOf } from '../../agent/deploy/failure-of.ts';
import { constructByCommand } from '../../main/recipes/construct-by-command.ts';
import type { CommandRecipe } from '../../preload/contract/recipe.ts';
import { noise } from '../image/real-disk.ts';

const BYTES = noise('payload', 1024 * 1024);
const payload = { name: 'large', sha256: createHash('sha256').update(BYTES).digest('hex'), sizeBytes: BYTES.length };
const never = new AbortController().signal;

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'rackside-room-'));
  folder = join(parent, 'small');
  await mkdir(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder]);
});
afterEach(async () => {
  execFileSync('umount', [folder]);
  await rm(parent, { recursive: true, force: true });
});

test('a machine with too little memory for a payload says so by name', async () => {
  const order = { payloads: [payload] } as Parameters<typeof fetchPayloads>[1]['order'];
  const fetched = fetchPayloads(
    folder,
    { order, signal: never, fetchPayload: (_sha256, at) => Promise.resolve({ ok: true, value: BYTES.subarray(at) }) },
    () => undefined,
  );
  const failure = await fetched.then(
    () => null,
    (error: unknown) => failureOf(error, never),
  );
  expect(failure).toMatchObject({ code: 'build.no-room', message: expect.stringContaining('large') as string });
});

test('a station whose disk is full for a builder says so by name, and leaves nothing on it', async () => {
  const recipe: CommandRecipe = {
    kind: 'command',
    id: 'builder',
    version: 1,
    name: 'Builder',
    matchOn: [],
    timeLimitMinutes: 5,
    image: { name: 'built', labels: {} },
    note: '',
    command: ['true'],
    output: 'disk.raw',
    files: [],
    payloads: [payload],
  };
  const built = await constructByCommand({
    recipe,
    facts: new Map(),
    labels: { name: 'built', revision: 1, labels: [], notes: '', createdAt: '', facts: {}, boot: null, recipe: null },
    library: {
      payloadPart: (_sha256, at, length) => Promise.resolve({ ok: true, value: BYTES.subarray(at, at + length) }),
      importImage: () => Promise.reject(new Error('nothing is imported')),
    },
    scratchFolder: folder,
    signal: never,
    onLine: () => undefined,
  });
  expect(built).toMatchObject({ ok: false, failure: { code: 'construct.no-room' } });
  expect(await readdir(folder)).toEqual([]);
});
