// What travels beside images: signed documents and payload files, in parts where they are large. Merged in any order, cut off
// anywhere, damaged, collected, healed.
import { createHash } from 'node:crypto';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trustedKeysOf } from '../../agent/image/signature.ts';
import type { SigningKey } from '../../agent/image/signature.ts';
import { folderStore } from '../../main/library/folder-store.ts';
import { verifyLibrary } from '../../main/library/verify-library.ts';
import { noise } from '../image/real-disk.ts';
import { dyingFileSystem } from './dying-file-system.ts';
import { memoryStore, readFiles } from './memory-store.ts';
import { codeOf, filesOf, valueOf } from './small-library.ts';
import { PART_BYTES, stranger, small, fresh, open, said, publish, keep, addRecipe, current, meaning } from './document-libraries.ts';

describe('a document', () => {
  test('is said once, replaced by its station, and taken back', async () => {
    const library = await open(fresh('one'));
    const first = await publish(library, 'policies', '', { policies: [{ name: 'web', rank: 1 }] });
    expect(await publish(library, 'policies', '', { policies: [{ rank: 1, name: 'web' }] })).toEqual(first);
    const second = await publish(library, 'policies', '', { policies: [] });
    expect([first.revision, second.revision]).toEqual([1, 2]);
    expect((await current(library)).map(({ id }) => id)).toEqual([second.id]);
    const gone = await publish(library, 'recipe', 'web', null);
    expect(gone).toMatchObject({ isWithdrawn: true, items: [] });
    expect(valueOf(await library.document(second.id)).body).toEqual({ policies: [] });
    expect(valueOf(await library.verify())).toMatchObject({ problems: [], documents: 2 });
    expect(codeOf(await library.document('0'.repeat(64)))).toBe('library.missing');
    expect(codeOf(await library.document('../../etc/passwd'))).toBe('library.missing');
  });

  test('tells what it needs, whatever kind it is', async () => {
    const library = await open(fresh('one'));
    const [image, payload] = ['a'.repeat(64), 'b'.repeat(64)];
    const document = await publish(library, 'image-set', 'lab', {
      members: [{ osoid: image }, { outcome: { kind: 'build', recipe: 'web' } }, { steps: [{ file: { sha256: payload, sizeBytes: 5 } }] }],
    });
    expect(document).toMatchObject({ images: [image], recipes: ['web'], payloads: [{ sha256: payload, sizeBytes: 5 }] });
    expect(valueOf(await library.verify()).problems.map(({ code }) => code)).toEqual(['recipe.payload-missing']);
  });

  test('that no canonical reader would take is refused when it is said', async () => {
    const library = await open(fresh('one'));
    let deep: Record<string, unknown> = {};
    for (let depth = 0; depth < 50; depth++) deep = { all: [deep] };
    expect(codeOf(await library.publishDocument({ kind: 'policies', name: '', body: deep, ...said }, 1))).toBe('document.too-deep');
    const large = { text: 'x'.repeat(17 * 1024 * 1024) };
    expect(codeOf(await library.publishDocument({ kind: 'policies', name: '', body: large, ...said }, 1))).toBe('document.too-large');
  });
});

describe('a payload file', () => {
  test.each([0, 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES, 3 * PART_BYTES + 5])(
    'of %d bytes is read as it was given',
    async (sizeBytes) => {
      const name = fresh('one');
      const library = await open(name);
      const { sha256 } = await keep(library, 'p', sizeBytes);
      const wanted = noise('p', sizeBytes);
      expect(sha256).toBe(createHash('sha256').update(wanted).digest('hex'));
      expect(Buffer.from(valueOf(await library.payloadPart(sha256, 0, sizeBytes)))).toEqual(wanted);
      const [at, end] = [Math.min(PART_BYTES - 3, sizeBytes), Math.min(2 * PART_BYTES + 3, sizeBytes)];
      expect(Buffer.from(valueOf(await library.payloadPart(sha256, at, end - at)))).toEqual(wanted.subarray(at, end));
      if (sizeBytes > PART_BYTES) expect(codeOf(await library.payloadPart(sha256, sizeBytes - 1, 2))).toBe('library.torn');
      const files = (await filesOf(small.path(name))).filter((one) => one.startsWith('payloads/'));
      expect(files).toHaveLength(sizeBytes <= PART_BYTES ? 1 : Math.ceil(sizeBytes / PART_BYTES) + 1);
      expect(valueOf(await library.verify())).toMatchObject({ problems: [], payloads: 1 });
    },
  );

  test('that was given again heals what became of it', async () => {
    const name = fresh('one');
    const library = await open(name);
    for (const sizeBytes of [100, 3 * PART_BYTES]) {
      const { sha256 } = await keep(library, 'p', sizeBytes);
      for (const file of await filesOf(small.path(name))) {
        if (!file.startsWith(`payloads/${sha256}`)) continue;
        for (const spoil of [(path: string) => writeFile(path, 'x'), (path: string) => truncate(path, 0), (path: string) => rm(path)]) {
          await spoil(small.path(join(name, file)));
          await keep(library, 'p', sizeBytes);
          expect(valueOf(await library.verify()).problems, `of ${file}`).toEqual([]);
        }
      }
    }
  });
});

describe('a merge', () => {
  type Step = { readonly what: 'policies' | 'recipe' | 'withdraw'; readonly word: string; readonly sizeBytes: number };
  const word = fc.constantFrom('a', 'b', 'c');
  const steps = fc.array(
    fc.record({ what: fc.constantFrom('policies', 'recipe', 'withdraw'), word, sizeBytes: fc.constantFrom(10, 2 * PART_BYTES + 1) }),
    { maxLength: 4 },
  );
  const build = async (plan: readonly Step[], key: SigningKey): Promise<string> => {
    const name = fresh('part');
    const library = await open(name, key);
    let version = 1;
    for (const step of plan) {
      if (step.what === 'policies') await publish(library, 'policies', '', { policies: [{ name: 'web', rank: step.word.charCodeAt(0) }] });
      else if (step.what === 'recipe') await addRecipe(library, step.word, version++, step.word, step.sizeBytes);
      else await publish(library, 'recipe', step.word, null);
    }
    await library.close();
    return name;
  };

  test('is idempotent and commutative, and loses nobody’s word', async () => {
    const cases = fc.asyncProperty(steps, steps, fc.boolean(), async (left, right, isStrange) => {
      const a = await build(left, small.key);
      const b = await build(right, isStrange ? stranger : small.key);
      const [ab, ba] = [await small.copy(a, fresh('ab')), await small.copy(b, fresh('ba'))];
      const [first, second] = [await open(ab), await open(ba)];
      const report = valueOf(await first.merge(small.path(b)));
      valueOf(await second.merge(small.path(a)));
      const merged = await meaning(first);
      expect(await meaning(second)).toEqual(merged);
      expect(report.documents.skipped).toEqual([]);
      // Of two keys nobody's word is lost; of one, the later.
      if (isStrange) expect(merged).toHaveLength((await current(await open(a))).length + (await current(await open(b))).length);
      const files = await filesOf(small.path(ab));
      for (const from of [b, ba, ab]) {
        const again = valueOf(await first.merge(small.path(from)));
        expect(again.documents).toMatchObject({ added: [], skipped: [], payloads: 0 });
        expect(again.documentConflicts).toEqual(report.documentConflicts);
      }
      expect(await filesOf(small.path(ab))).toEqual(files);
      expect(valueOf(await first.verify()).problems).toEqual([]);
      valueOf(await first.collect());
      expect(await meaning(first)).toEqual(merged);
      expect(valueOf(await first.verify()).problems).toEqual([]);
      await small.closeAll();
      for (const one of [a, b, ab, ba]) await rm(small.path(one), { recursive: true });
    });
    await fc.assert(cases, { numRuns: 12 });
  });

  test('cut off at any write leaves what was there whole, and goes on where it stopped', async () => {
    const here = await build([{ what: 'policies', word: 'a', sizeBytes: 0 }], small.key);
    const there = await build(
      [
        { what: 'recipe', word: 'b', sizeBytes: 2 * PART_BYTES + 1 },
        { what: 'recipe', word: 'c', sizeBytes: 10 },
        { what: 'policies', word: 'b', sizeBytes: 0 },
      ],
      stranger,
    );
    const before = await meaning(await open(here));
    const whole = await open(await small.copy(here, fresh('whole')));
    valueOf(await whole.merge(small.path(there)));
    const wanted = await meaning(whole);
    for (let cut = 0; ; cut++) {
      const copy = await small.copy(here, fresh('cut'));
      const dying = dyingFileSystem(cut);
      const library = await small.open(copy, { store: folderStore(small.path(copy), dying.fileSystem), payloadPartBytes: PART_BYTES });
      await library.merge(small.path(there)).catch(() => undefined);
      const isDone = dying.used() <= cut;
      await library.close();
      const after = await open(copy);
      expect(await meaning(after), `after ${cut} operations`).toEqual(expect.arrayContaining(before));
      expect(valueOf(await after.verify()).problems, `after ${cut} operations`).toEqual([]);
      valueOf(await after.merge(small.path(there)));
      expect(await meaning(after)).toEqual(wanted);
      expect((await filesOf(small.path(copy))).filter((name) => name.endsWith('.part'))).toEqual([]);
      await rm(small.path(copy), { recursive: true });
      if (!isDone) continue;
      expect(cut).toBeGreaterThan(20);
      break;
    }
  });

  test('tells of policies and recipe versions that are not the same at two stations', async () => {
    const [mine, theirs] = [await open(fresh('mine')), fresh('theirs')];
    await publish(mine, 'policies', '', {
      policies: [
        { name: 'web', rank: 1 },
        { name: 'db', rank: 2 },
      ],
    });
    await addRecipe(mine, 'kiosk', 1, 'a', 10);
    await addRecipe(mine, 'newer', 1, 'a', 10);
    const other = await open(theirs, stranger);
    await publish(other, 'policies', '', {
      policies: [
        { name: 'web', rank: 9 },
        { name: 'db', rank: 2 },
      ],
    });
    await addRecipe(other, 'kiosk', 1, 'b', 10);
    await addRecipe(other, 'newer', 2, 'b', 10);
    const { documentConflicts } = valueOf(await mine.merge(small.path(theirs)));
    expect(documentConflicts.map(({ kind, name }) => [kind, name]).toSorted()).toEqual([
      ['policy', 'web'],
      ['recipe', 'kiosk version 1'],
    ]);
    expect(documentConflicts[0]?.stations).toHaveLength(2);
  });

  test('does not bring back what its own station has replaced since', async () => {
    const name = fresh('mine');
    const library = await open(name);
    await publish(library, 'policies', '', { policies: [{ name: 'web', rank: 1 }] });
    await addRecipe(library, 'web', 1, 'a', 10);
    const old = await small.copy(name, fresh('old'));
    const now = await publish(library, 'policies', '', { policies: [] });
    await publish(library, 'recipe', 'web', null);
    expect(valueOf(await library.merge(small.path(old))).documents).toMatchObject({ added: [], skipped: [] });
    expect((await current(library)).map(({ id }) => id)).toContain(now.id);
    // The other way round the new word goes into the old library, and a collection there frees the old one with its payload.
    const other = await open(old);
    valueOf(await other.merge(small.path(name)));
    expect(valueOf(await other.collect())).toMatchObject({ removedDocuments: 2, removedPayloads: 1 });
    expect(await meaning(other)).toEqual(await meaning(library));
  });
});

describe('damage', () => {
  test('by one flipped byte anywhere is found', async () => {
    const name = fresh('tiny');
    const library = await small.open(name, { payloadPartBytes: 40 });
    const payload = await keep(library, 'p', 100);
    await publish(library, 'recipe', 'web', { id: 'web', version: 1, payloads: [{ name: 'x', ...payload }] });
    await keep(library, 'q', 30);
    const files = await readFiles(small.path(name));
    const keys = trustedKeysOf([small.key.publicKey]);
    const problems = async (): Promise<number> => valueOf(await verifyLibrary(memoryStore(files), keys, {})).problems.length;
    expect(await problems()).toBe(0);
    let flips = 0;
    for (const [file, bytes] of files) {
      if (file === 'rackside-library.json') continue;
      for (let at = 0; at < bytes.length; at++) {
        const original = bytes[at] ?? 0;
        bytes[at] = original ^ (1 << (at & 7));
        expect(await problems(), `${file}, byte ${at}`).toBeGreaterThan(0);
        bytes[at] = original;
        flips++;
      }
    }
    expect(flips).toBeGreaterThan(1000);
  });

  test('is healed from another library, to the last part', async () => {
    const name = fresh('one');
    const library = await open(name);
    await addRecipe(library, 'web', 1, 'a', 3 * PART_BYTES);
    await addRecipe(library, 'db', 1, 'b', 100);
    const good = await small.copy(name, fresh('good'));
    for (const file of await filesOf(small.path(name))) {
      if (file === 'rackside-library.json') continue;
      const path = small.path(join(name, file));
      const bytes = await readFile(path);
      await writeFile(path, Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])]));
      expect(valueOf(await library.verify()).problems.length, `of ${file}`).toBeGreaterThan(0);
      expect(codeOf(await library.collect()), `of ${file}`).toBe(file.startsWith('documents/') ? 'library.document-corrupt' : 'ok');
      expect(valueOf(await library.repair(small.path(good))), `of ${file}`).toMatchObject({ healedFiles: 1, left: { problems: [] } });
      if (!file.startsWith('payloads/')) continue;
      await rm(path);
      expect(valueOf(await library.repair(small.path(good))), `of ${file}`).toMatchObject({ healedFiles: 1, left: { problems: [] } });
    }
  });
});

describe('a collection', () => {
  test('keeps payload files that a document or the station names, and frees the rest', async () => {
    const library = await open(fresh('one'));
    await addRecipe(library, 'web', 1, 'old', 2 * PART_BYTES);
    await addRecipe(library, 'web', 2, 'new', 2 * PART_BYTES);
    const job = await keep(library, 'at work', 10);
    const loose = await keep(library, 'loose', 10);
    expect(valueOf(await library.collect({ keepPayloads: new Set([job.sha256]) }))).toMatchObject({ removedPayloads: 2 });
    expect(valueOf(await library.payloadSize(job.sha256))).toBe(10);
    expect(valueOf(await library.payloadSize(loose.sha256))).toBeNull();
    await meaning(library);
    // Nothing goes while somebody brings files that nothing names yet.
    await library.relying(async () => expect(codeOf(await library.collect())).toBe('library.busy'));
  });
});

describe('an export', () => {
  test('takes all documents where all are wanted, and none that are not named', async () => {
    const library = await open(fresh('from'));
    const osoid = await small.add(library, 'web', ['a']);
    await publish(library, 'policies', '', { policies: [{ name: 'web', rank: 1 }] });
    await addRecipe(library, 'kiosk', 1, 'a', 2 * PART_BYTES);
    for (const kind of ['', '.tar']) {
      const to = small.path(fresh('to') + kind);
      expect(valueOf(await library.exportTo(to, { osoids: [osoid], documents: 'all' })).documents).toMatchObject({
        added: [{}, {}],
        payloads: 1,
      });
      const other = await open(fresh('other'));
      expect(valueOf(await other.merge(to)).documents).toMatchObject({ added: [{}, {}], payloads: 1, skipped: [] });
      expect(await meaning(other)).toEqual(await meaning(library));
      expect(valueOf(await other.verify()).problems).toEqual([]);
      const few = small.path(fresh('few') + kind);
      expect(valueOf(await library.exportTo(few, { osoids: [osoid], documents: 'named' })).documents).toMatchObject({
        added: [],
        payloads: 0,
      });
    }
  });
});
