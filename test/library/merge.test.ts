// Libraries that come together: a set union in whatever order, as often as one likes, cut off anywhere; and exports, which are libraries.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { folderStore } from '../../main/library/folder-store.ts';
import type { Library } from '../../main/library/library.ts';
import { encodeTarHeader, parseTarHeader } from '../../main/library/tar-format.ts';
import { dyingFileSystem } from './dying-file-system.ts';
import { codeOf, filesOf, smallLibraries, valueOf } from './small-library.ts';
import type { SmallLibraries } from './small-library.ts';

let folder: string;
let small: SmallLibraries;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-merge-'));
  small = smallLibraries(folder);
});
afterEach(() => small.closeAll());
afterAll(async () => {
  await small.stop();
  await rm(folder, { recursive: true });
});
const fresh = (what: string): string => `${what}-${count++}`;

/** What a library is to those who use it: every image as it is described, complete or not. */
const meaning = async (library: Library) => {
  const images = valueOf(await library.list()).images.toSorted((left, right) => (left.osoid < right.osoid ? -1 : 1));
  const seen = [];
  for (const { osoid, name, labels, notes, manifestSha256, trust } of images)
    seen.push({ osoid, name, labels, notes, manifestSha256, trust, missing: valueOf(await library.show(osoid)).missingChunks });
  return seen;
};

type Step = { readonly words: readonly string[]; readonly name: string; readonly rename: string | null };
const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 });
const name = fc.constantFrom('web', 'db', 'kiosk');
const steps = fc.array(fc.record({ words, name, rename: fc.option(name) }), { maxLength: 3 });

const build = async (folderName: string, plan: readonly Step[], key = small.key): Promise<string> => {
  const trustedKeys = trustedKeysOf([small.key.publicKey]);
  const library = await small.open(folderName, { signingKey: key, trustedKeys: () => trustedKeys });
  for (const step of plan) {
    const osoid = await small.add(library, step.name, step.words);
    if (step.rename !== null) valueOf(await library.describe(osoid, { name: step.rename }, 'Ada'));
  }
  await library.close();
  return folderName;
};

describe('a merge', () => {
  test('is idempotent and commutative, and nothing of either library is lost', async () => {
    const stranger = generateSigningKey();
    const cases = fc.asyncProperty(steps, steps, fc.boolean(), async (left, right, isStrange) => {
      const a = await build(fresh('a'), left);
      const b = await build(fresh('b'), right, isStrange ? stranger : small.key);
      const [ab, ba] = [await small.copy(a, fresh('ab')), await small.copy(b, fresh('ba'))];
      const [first, second] = [await small.open(ab), await small.open(ba)];
      valueOf(await first.merge(small.path(b)));
      valueOf(await second.merge(small.path(a)));
      const merged = await meaning(first);
      expect(await meaning(second)).toEqual(merged);
      expect(merged.every(({ missing }) => missing === 0)).toBe(true);
      const osoids = new Set(merged.map(({ osoid }) => osoid));
      for (const part of [a, b])
        for (const image of valueOf(await (await small.open(part)).list()).images) expect(osoids).toContain(image.osoid);

      const files = await filesOf(small.path(ab));
      expect(valueOf(await first.merge(small.path(b)))).toMatchObject({ added: [], chunks: 0, edits: 0, skipped: [] });
      expect(valueOf(await first.merge(small.path(ba)))).toMatchObject({ added: [], chunks: 0, edits: 0, skipped: [] });
      expect(await filesOf(small.path(ab))).toEqual(files);
      expect(await meaning(first)).toEqual(merged);
      expect(await meaning(await small.open(ab))).toEqual(merged);
      expect(valueOf(await first.verify()).problems).toEqual([]);
      await small.closeAll();
      for (const one of [a, b, ab, ba]) await rm(small.path(one), { recursive: true });
    });
    await fc.assert(cases, { numRuns: 15 });
  });

  test('cut off at any write leaves what was there whole, and goes on where it stopped', async () => {
    const here = await build(fresh('here'), [{ words: ['a', 'b'], name: 'web', rename: null }]);
    const there = await build(fresh('there'), [
      { words: ['b', 'c'], name: 'web', rename: 'front' },
      { words: ['d'], name: 'db', rename: null },
    ]);
    const before = await meaning(await small.open(here));
    const whole = await small.copy(here, fresh('whole'));
    const wholeLibrary = await small.open(whole);
    valueOf(await wholeLibrary.merge(small.path(there)));
    const wanted = await meaning(wholeLibrary);
    for (let cut = 0; ; cut++) {
      const copy = await small.copy(here, fresh('cut'));
      const dying = dyingFileSystem(cut);
      const library = await small.open(copy, { store: folderStore(small.path(copy), dying.fileSystem) });
      await library.merge(small.path(there)).catch(() => undefined);
      const isDone = dying.used() <= cut;
      await library.close();
      const after = await small.open(copy);
      const found = await meaning(after);
      expect(found, `after ${cut} operations`).toEqual(expect.arrayContaining(before));
      expect(found.every(({ missing }) => missing === 0)).toBe(true);
      expect(valueOf(await after.verify()).problems).toEqual([]);
      valueOf(await after.merge(small.path(there)));
      expect(await meaning(after)).toEqual(wanted);
      await rm(small.path(copy), { recursive: true });
      if (!isDone) continue;
      expect(cut).toBeGreaterThan(20);
      break;
    }
  });

  test('tells of names that mean two things, and of things with two names', async () => {
    const mine = await build(fresh('mine'), [
      { words: ['a'], name: 'web', rename: null },
      { words: ['b'], name: 'db', rename: 'postgres' },
    ]);
    const theirs = await build(fresh('theirs'), [
      { words: ['c'], name: 'web', rename: null },
      { words: ['b'], name: 'db', rename: 'mysql' },
    ]);
    const library = await small.open(mine);
    const { conflicts } = valueOf(await library.merge(small.path(theirs)));
    expect(conflicts.map(({ kind, names }) => [kind, ...names]).toSorted()).toEqual([
      ['same-revision', 'web'],
      ['two-edits', expect.stringMatching(/postgres|mysql/)],
      ['two-names', 'postgres', 'mysql'],
    ]);
    // The next edit settles it.
    const disputed = valueOf(await library.list()).images.find(({ description }) => description.disputed.length > 0);
    valueOf(await library.describe(disputed?.osoid ?? '', { name: 'postgres' }, 'Ada'));
    expect(valueOf(await library.show(disputed?.osoid ?? '')).image).toMatchObject({ name: 'postgres', description: { disputed: [] } });
  });

  test('takes strangers’ images without trusting them, and an own one of the same content stays in use', async () => {
    const stranger = generateSigningKey();
    const theirs = await build(
      fresh('theirs'),
      [
        { words: ['a'], name: 'evil', rename: 'trusted-name' },
        { words: ['b'], name: 'other', rename: null },
      ],
      stranger,
    );
    const library = await small.open(fresh('mine'));
    const osoid = await small.add(library, 'web', ['a']);
    valueOf(await library.merge(small.path(theirs)));
    const images = valueOf(await library.list()).images;
    expect(images.map(({ name: called, trust }) => [called, trust]).toSorted()).toEqual([
      ['other', 'unknown-key'],
      ['web', 'trusted'],
    ]);
    expect(codeOf(await library.manifest(osoid))).toBe('ok');
  });

  test('leaves out what is altered, damaged or incomplete, and takes the rest', async () => {
    const theirs = await build(fresh('theirs'), [
      { words: ['a'], name: 'good', rename: null },
      { words: ['b'], name: 'altered', rename: null },
      { words: ['c', 'c2'], name: 'rotten', rename: null },
      { words: ['d'], name: 'lost', rename: null },
    ]);
    const source = await small.open(theirs);
    const byName = new Map(valueOf(await source.list()).images.map((image) => [image.name, image]));
    const manifest = small.path(join(theirs, byName.get('altered')?.base ?? '', 'manifest.json'));
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"altered"', '"Altered"'));
    for (const file of (await filesOf(small.path(theirs))).filter((one) => one.endsWith('.pack'))) {
      const path = small.path(join(theirs, file));
      const bytes = await readFile(path);
      const frames = bytes.readUInt32LE(bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8) + 8);
      if (frames !== 2) continue;
      bytes[16 + 56 + 500] = (bytes[16 + 56 + 500] ?? 0) ^ 1;
      await writeFile(path, bytes);
    }
    const lost = valueOf(await source.show(byName.get('lost')?.osoid ?? ''));
    expect(lost.missingChunks).toBe(0);
    const library = await small.open(fresh('mine'));
    const report = valueOf(await library.merge(small.path(theirs)));
    expect(report.added.map((image) => image.name).toSorted()).toEqual(['good', 'lost']);
    expect(report.skipped.map(({ name: called, failure }) => [called, failure.code]).toSorted()).toEqual([
      ['altered', 'library.untrusted'],
      ['rotten', 'library.chunk-missing'],
    ]);
    expect(valueOf(await library.verify()).problems).toEqual([]);
  });

  test('refuses what is no library', async () => {
    const library = await small.open(fresh('mine'));
    expect(codeOf(await library.merge(join(folder, 'no', 'such')))).toBe('library.missing');
    const file = join(folder, 'photo.tar');
    await writeFile(file, Buffer.alloc(10_000, 7));
    expect(codeOf(await library.merge(file))).toBe('library.not-a-library');
  });
});

describe('an export', () => {
  test.each(['folder', 'file.tar'])('to a %s is a library with the chosen image and no chunk more', async (kind) => {
    const from = await build(fresh('from'), [
      { words: ['a', 'b', 'c'], name: 'web', rename: 'front' },
      { words: ['a', 'd'], name: 'db', rename: null },
    ]);
    const library = await small.open(from);
    const db = valueOf(await library.list()).images.find((image) => image.name === 'db')?.osoid ?? '';
    const to = small.path(fresh(kind).replace(/file.tar-(\d+)/, 'file-$1.tar'));
    const report = valueOf(await library.exportTo(to, { osoids: [db], documents: 'named' }));
    expect(report).toMatchObject({ chunks: 2, added: [{ osoid: db }], path: to });
    const other = await small.open(fresh('other'));
    const merged = valueOf(await other.merge(to));
    expect(merged).toMatchObject({ chunks: 2, skipped: [] });
    expect((await meaning(other)).map((image) => [image.osoid, image.missing])).toEqual([[db, 0]]);
    expect(valueOf(await other.verify())).toMatchObject({ problems: [], chunks: 2 });
    if (!kind.endsWith('.tar')) return;
    expect(codeOf(await library.exportTo(to, { osoids: [db], documents: 'named' }))).toBe('export.exists');
    // Any tar can read it.
    const listed = execFileSync('tar', ['-tf', to]).toString().trim().split('\n').toSorted();
    expect(listed).toEqual((await filesOf(small.path(await small.copyTar(to, fresh('unpacked'))))).toSorted());
    // One that is cut off is refused, wherever.
    const bytes = await readFile(to);
    const cut = join(folder, 'cut.tar');
    for (const length of [0, 100, 512, 1024, bytes.length >> 1, bytes.length - 1024, bytes.length - 513]) {
      await writeFile(cut, bytes.subarray(0, length));
      expect(codeOf(await other.merge(cut)), `${length} bytes`).toBe('library.not-a-library');
    }
  });

  test('of everything carries variants and edits too, and a failed one leaves no file', async () => {
    const stranger = generateSigningKey();
    const name1 = await build(fresh('from'), [{ words: ['a'], name: 'evil', rename: null }], stranger);
    const library = await small.open(name1);
    const osoid = await small.add(library, 'web', ['a']);
    valueOf(await library.describe(osoid, { name: 'front' }, 'Ada'));
    const to = small.path(`${fresh('all')}.tar`);
    valueOf(await library.exportTo(to, { osoids: [osoid], documents: 'named' }));
    const other = await small.open(fresh('other'));
    valueOf(await other.merge(to));
    expect(await meaning(other)).toEqual(await meaning(library));
    for (const file of await filesOf(small.path(name1))) if (file.endsWith('.pack')) await rm(small.path(join(name1, file)));
    const failed = small.path(`${fresh('failed')}.tar`);
    expect(codeOf(await library.exportTo(failed, { osoids: [osoid], documents: 'named' }))).not.toBe('ok');
    await expect(stat(failed)).rejects.toThrow('ENOENT');
    await expect(stat(`${failed}.part`)).rejects.toThrow('ENOENT');
  });

  test('of an image that is there altered puts the whole one beside it, and does not say that it was there', async () => {
    const from = await build(fresh('from'), [{ words: ['a', 'd'], name: 'db', rename: null }]);
    const library = await small.open(from);
    const [osoid = ''] = valueOf(await library.list()).images.map((image) => image.osoid);
    const to = small.path(fresh('to'));
    const wanted = { osoids: [osoid], documents: 'named' } as const;
    valueOf(await library.exportTo(to, wanted));
    const altered = join(to, 'images', osoid, 'manifest.json');
    await writeFile(altered, (await readFile(altered, 'utf8')).replace('"name":"db"', '"name":"dB"'));
    expect(valueOf(await library.exportTo(to, wanted))).toMatchObject({ added: [{ osoid }], known: [] });
    expect(valueOf(await library.exportTo(to, wanted))).toMatchObject({ added: [], known: [{ osoid }] });
    expect(valueOf(await (await small.open(relative(folder, to))).list()).images.map(({ name: called, trust }) => [called, trust])).toEqual(
      [['db', 'trusted']],
    );
  });

  test('has headers that any name and size of a library fits, and that no flipped byte passes', () => {
    const longest = `images/${'a'.repeat(64)}/also/${'b'.repeat(64)}/manifest.json`;
    for (const [called, size] of [
      [longest, 12],
      [`images/${'a'.repeat(64)}/notes/${'b'.repeat(64)}.json`, 0],
      ['rackside-library.json', 2 ** 33 - 1],
    ] as const) {
      const header = encodeTarHeader(called, size);
      expect(parseTarHeader(header)).toEqual({ name: called, sizeBytes: size, isFile: true });
      for (let at = 0; at < 512; at++) {
        const flipped = Buffer.from(header);
        flipped[at] = (flipped[at] ?? 0) ^ 0x10;
        // Within the checksum field a flip may spell the same number.
        const parsed = parseTarHeader(flipped);
        if (parsed !== null) expect([at >= 148 && at < 156, parsed.name]).toEqual([true, called]);
      }
    }
  });
});
