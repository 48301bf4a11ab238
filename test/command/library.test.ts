// The library from the command line: whose images are believed, what they are called, and how they travel.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { openLibrary } from '../../main/library/library.ts';
import type { ImageDetail, LibraryView, TrustView } from '../../preload/contract/library-views.ts';
import type { ImageView } from '../../preload/contract/views.ts';
import { noise } from '../image/real-disk.ts';
import { createCommandLab } from './station.ts';
import type { CommandLab } from './station.ts';

const stranger = generateSigningKey();
const strangerLine = `rackside-key ${Buffer.from(stranger.publicKey).toString('hex')} Bench of Ben`;
let lab: CommandLab;
let theirs: string;

beforeAll(async () => {
  lab = await createCommandLab();
  theirs = join(lab.folder, 'theirs');
  const keys = trustedKeysOf([stranger.publicKey]);
  const library = await openLibrary({ folder: theirs, signingKey: stranger, trustedKeys: () => keys, workers: 1 });
  if (!library.ok) throw new Error(library.failure.message);
  const sourcePath = join(lab.folder, 'their.raw');
  await writeFile(sourcePath, noise('their', 600_064));
  const imported = await library.value.importImage({ sourcePath, name: 'their-image', labels: ['role=test'], allowNoPartitionTable: true });
  expect(imported.ok).toBe(true);
  await library.value.close();
  await lab.serve();
}, 60_000);
afterAll(() => lab.stop());

const json = async <T>(...words: readonly string[]): Promise<T> => {
  const { code, stdout, stderr } = await lab.rackside(...words, '--json');
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
  return JSON.parse(stdout) as T;
};
const failing = async (code: string, ...words: readonly string[]): Promise<void> => {
  expect(await lab.rackside(...words)).toMatchObject({ code: 1, stderr: expect.stringContaining(`(${code})`) });
};

test('a stranger’s image comes by merge, is not trusted, and is once its key is', async () => {
  const own = await json<{ line: string; keyId: string }>('trust', 'show');
  expect((await lab.rackside('trust', 'show')).stdout).toBe(`${own.line}\n`);
  const merged = await lab.rackside('library', 'merge', theirs);
  expect(merged).toMatchObject({ code: 0, stdout: expect.stringMatching(/their-image {2}NOT TRUSTED[\s\S]*rackside trust add/) });
  expect(await json<ImageView[]>('images', 'list')).toMatchObject([{ name: 'their-image', trust: 'unknown-key' }]);
  expect((await lab.rackside('images', 'show', 'their-image')).stdout).toContain('NOT TRUSTED');
  expect((await json<TrustView>('trust', 'list')).offered).toMatchObject([{ keyId: stranger.keyId, images: ['their-image'] }]);

  const file = join(lab.folder, 'ben.key');
  await writeFile(file, `${strangerLine}\n`);
  const trusted = await json<TrustView>('trust', 'add', file);
  expect(trusted.trusted.find(({ keyId }) => keyId === stranger.keyId)).toMatchObject({ name: 'Bench of Ben', images: 1 });
  expect(await json<ImageView[]>('images', 'list')).toMatchObject([{ trust: 'trusted' }]);
  await json('trust', 'remove', stranger.keyId);
  expect(await json<ImageView[]>('images', 'list')).toMatchObject([{ trust: 'unknown-key' }]);
  await json('trust', 'add', stranger.keyId, '--name', 'Ben');
  await failing('trust.own-key', 'trust', 'remove', own.keyId);
  await failing('trust.file-unreadable', 'trust', 'add', '/no/such.key');
});

test('name, labels and notes change; the id and the manifest do not', async () => {
  const before = await json<ImageDetail>('images', 'show', 'their-image');
  await json('images', 'rename', 'their-image', 'web');
  await json('images', 'relabel', 'web', '--label', 'os=debian', '--remove', 'role');
  await json('images', 'notes', 'web', 'with nginx');
  const { image, signed } = await json<ImageDetail>('images', 'show', 'web');
  expect(image).toMatchObject({ name: 'web', labels: { os: 'debian' }, notes: 'with nginx' });
  expect(image).toMatchObject({ osoid: before.image.osoid, manifestSha256: before.image.manifestSha256 });
  expect(signed).toMatchObject({ name: 'their-image', edits: 3 });
  await failing('image.no-such-label', 'images', 'relabel', 'web', '--remove', 'role');
  await failing('command.option-missing', 'images', 'relabel', 'web');
});

test('an image that a policy names is deleted only by force, and comes back', async () => {
  const { image } = await json<ImageDetail>('images', 'show', 'web');
  const policy = { name: 'all', rank: 1, when: { all: [] }, outcome: { kind: 'deploy', osoid: image.osoid }, consent: 'ask' };
  const file = join(lab.folder, 'policy.json');
  const whole = { ...policy, limit: null, whenUnknown: 'ask', replaceExisting: false, note: '' };
  await writeFile(file, JSON.stringify(whole));
  await json('policies', 'add', file);
  await failing('image.in-use', 'images', 'delete', 'web');
  expect(await json('images', 'delete', 'web', '--force')).toEqual([]);
  expect(await json<ImageView[]>('images', 'deleted')).toMatchObject([{ osoid: image.osoid }]);
  expect(await json('library', 'gc')).toMatchObject({ emptied: 0, deleted: 1 });
  expect(await json('images', 'restore', image.osoid)).toMatchObject({ name: 'web' });
  expect(await json('policies', 'remove', 'all')).toEqual([]);
});

test('a library is exported, verified, healed and cleaned', async () => {
  const file = join(lab.folder, 'web.tar');
  expect(await json('library', 'export', '--image', 'web', '--to', file)).toMatchObject({ added: [{ name: 'their-image' }], path: file });
  await failing('export.exists', 'library', 'export', '--image', 'web', '--to', file);
  await failing('command.option-missing', 'library', 'export', '--to', file);
  expect(await json('library', 'verify')).toMatchObject({ problems: [], images: 1 });
  expect(await json<LibraryView[]>('library', 'list')).toMatchObject([{ writable: true, images: 1, lastVerifiedAtMs: expect.any(Number) }]);

  const { image } = await json<ImageDetail>('images', 'show', 'web');
  const table = join(lab.dataFolder, 'library', 'images', image.osoid, 'chunks.bin');
  const bytes = await readFile(table);
  bytes[60] = (bytes[60] ?? 0) ^ 1;
  await writeFile(table, bytes);
  const damaged = await lab.rackside('library', 'verify');
  expect(damaged).toMatchObject({ code: 1, stdout: expect.stringMatching(/DAMAGED {2}[0-9a-f]{12} {2}/) });
  // A chunk table no machine has.
  expect(damaged.stdout).not.toContain('--heal');
  expect(await json('library', 'repair', '--from', file)).toMatchObject({ healedImages: 1, left: { problems: [] } });

  const packs = join(lab.dataFolder, 'library', 'packs');
  const pack = join(packs, (await readdir(packs, { recursive: true })).find((name) => name.endsWith('.pack')) ?? '');
  const frames = await readFile(pack);
  frames[16 + 56 + 1000] = (frames[16 + 56 + 1000] ?? 0) ^ 1;
  await writeFile(pack, frames);
  const lost = await lab.rackside('library', 'verify');
  expect(lost).toMatchObject({ code: 1, stdout: expect.stringContaining('rackside verify MACHINE --heal') });
  const shown = await lab.rackside('images', 'show', 'web');
  expect(shown.stdout).toMatch(/DAMAGED {4}1 chunks are missing: rackside library repair.*\n.*rackside verify MACHINE --heal/);
  expect(await json('library', 'repair', '--from', file)).toMatchObject({ healedChunks: 1, left: { problems: [] } });
  await json('images', 'delete', 'web');
  // One of them is that of the chunk that came back.
  expect(await json('library', 'gc', '--empty-trash')).toMatchObject({ emptied: 1, deleted: 0, removedPacks: 2 });
  expect(await json<LibraryView[]>('library', 'list')).toMatchObject([{ images: 0, chunks: 0 }]);
});
