// Names that change, images that are deleted and come back, room that is freed, damage that is found and healed; and power that fails
// at every write of it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { folderStore } from '../../main/library/folder-store.ts';
import type { Library } from '../../main/library/library.ts';
import { dyingFileSystem } from './dying-file-system.ts';
import { codeOf, filesOf, smallLibraries, valueOf } from './small-library.ts';
import type { SmallLibraries } from './small-library.ts';

let folder: string;
let small: SmallLibraries;
let osoid: string;
let other: string;

/** Two images that share a chunk, in packs of their own. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-care-'));
  small = smallLibraries(folder);
  const library = await small.open('pristine');
  osoid = await small.add(library, 'web', ['shared', 'a', 'b']);
  other = await small.add(library, 'db', ['shared', 'c']);
  await small.closeAll();
});
afterEach(() => small.closeAll());
afterAll(async () => {
  await small.stop();
  await rm(folder, { recursive: true });
});

const nameOf = async (library: Library): Promise<readonly string[]> =>
  valueOf(await library.list())
    .images.map(({ name }) => name)
    .toSorted();
const isSound = async (library: Library): Promise<void> => {
  expect(valueOf(await library.list()).damaged).toEqual([]);
  expect(valueOf(await library.verify()).problems).toEqual([]);
};

describe('a description', () => {
  test('changes without a byte of the image’s files, and stays when opened again', async () => {
    const name = await small.copy('pristine', 'describe');
    const library = await small.open(name);
    const before = valueOf(await library.list()).images.find((image) => image.osoid === osoid);
    const files = await filesOf(small.path(name));
    valueOf(await library.describe(osoid, { name: 'frontend' }, 'Ada'));
    valueOf(await library.describe(osoid, { labels: ['role=web'], notes: 'with nginx' }, 'Ada'));
    const image = valueOf(await (await small.open(name)).show(osoid)).image;
    expect(image).toMatchObject({ name: 'frontend', labels: ['role=web'], notes: 'with nginx', trust: 'trusted' });
    expect(image).toMatchObject({ manifestSha256: before?.manifestSha256, description: { edit: 2, disputed: [] } });
    const now = await filesOf(small.path(name));
    expect(now.filter((file) => !files.includes(file))).toEqual([expect.stringContaining('/notes/'), expect.stringContaining('/notes/')]);
    expect(files.filter((file) => !now.includes(file))).toEqual([]);
    await isSound(library);
  });

  test('by a stranger does not count, until his key is trusted', async () => {
    const name = await small.copy('pristine', 'describe-stranger');
    const stranger = generateSigningKey();
    const keys = trustedKeysOf([small.key.publicKey, stranger.publicKey]);
    const theirs = await small.open(name, { signingKey: stranger, trustedKeys: () => keys });
    valueOf(await theirs.describe(osoid, { labels: ['role=everything'] }, 'Mallory'));
    expect(valueOf(await (await small.open(name)).show(osoid)).image.labels).toEqual([]);
    expect(valueOf(await theirs.show(osoid)).image.labels).toEqual(['role=everything']);
  });

  test('that was altered or put under another image is none, and a scrub tells', async () => {
    const name = await small.copy('pristine', 'describe-altered');
    const library = await small.open(name);
    valueOf(await library.describe(osoid, { name: 'frontend' }, 'Ada'));
    const note = (await filesOf(small.path(name))).find((file) => file.includes('/notes/')) ?? '';
    const bytes = await readFile(small.path(join(name, note)));
    await writeFile(small.path(join(name, note)), bytes.toString().replace('frontend', 'Frontend'));
    expect(await nameOf(library)).toEqual(['db', 'web']);
    expect(valueOf(await library.verify()).problems.map(({ code }) => code)).toEqual(['description.malformed']);
    await rm(small.path(join(name, note)));
    const elsewhere = small.path(join(name, note.replace(osoid, other)));
    await (await import('node:fs/promises')).mkdir(join(elsewhere, '..'), { recursive: true });
    await writeFile(elsewhere, bytes);
    expect(await nameOf(library)).toEqual(['db', 'web']);
    expect(valueOf(await library.verify()).problems.map(({ code }) => code)).toEqual(['description.malformed']);
  });
});

describe('a deleted image', () => {
  test('waits in the trash with its chunks, and comes back whole', async () => {
    const name = await small.copy('pristine', 'delete');
    const before = await filesOf(small.path(name));
    const library = await small.open(name);
    valueOf(await library.describe(osoid, { name: 'frontend' }, 'Ada'));
    valueOf(await library.deleteImage(osoid));
    expect(await nameOf(library)).toEqual(['db']);
    expect(valueOf(await library.deletedImages()).map((image) => image.osoid)).toEqual([osoid]);
    expect(codeOf(await library.manifest(osoid))).toBe('library.no-image');
    expect(codeOf(await library.deleteImage(osoid))).toBe('library.no-image');
    valueOf(await library.collect());
    const again = await small.open(name);
    valueOf(await again.restoreImage(osoid));
    expect(codeOf(await again.restoreImage(osoid))).toBe('library.not-in-trash');
    expect(await nameOf(again)).toEqual(['db', 'frontend']);
    expect(valueOf(await again.show(osoid)).missingChunks).toBe(0);
    await isSound(again);
    expect((await filesOf(small.path(name))).filter((file) => !file.includes('/notes/'))).toEqual(before);
  });

  test('is gone with what only it needed once the trash is emptied', async () => {
    const library = await small.open(await small.copy('pristine', 'empty'));
    valueOf(await library.deleteImage(osoid));
    const before = await filesOf(small.path('empty'));
    expect(valueOf(await library.collectPreview())).toMatchObject({ freedBytes: 0, removedPacks: 0, repackedPacks: 0, emptied: 0 });
    const preview = valueOf(await library.collectPreview({ emptyTrash: true }));
    expect(await filesOf(small.path('empty'))).toEqual(before);
    const report = valueOf(await library.collect({ emptyTrash: true }));
    expect(preview).toMatchObject({ emptied: 1, removedPacks: report.removedPacks, repackedPacks: report.repackedPacks });
    // Up to the index of the new pack, which nobody knows before it is packed.
    expect(Math.abs(preview.freedBytes - report.freedBytes)).toBeLessThan(4096);
    // The pack of `web` holds the chunk that `db` shares: it is packed anew.
    expect(report).toMatchObject({ emptied: 1, repackedPacks: 1 });
    expect(report.freedBytes).toBeGreaterThan(2 * 256 * 1024 - 1000);
    expect(valueOf(await library.deletedImages())).toEqual([]);
    expect(valueOf(await library.show(other)).missingChunks).toBe(0);
    await isSound(library);
    expect(valueOf(await library.collect())).toMatchObject({ freedBytes: 0, removedPacks: 0, repackedPacks: 0 });
  });

  test('frees nothing while another image is being written', async () => {
    const library = await small.open(await small.copy('pristine', 'busy'));
    const writer = valueOf(await library.startImage());
    expect(codeOf(await library.collect())).toBe('library.busy');
    await writer.abandon();
    expect(codeOf(await library.collect())).toBe('ok');
  });

  test('whose chunks are just being freed comes back whole with a merge', async () => {
    const library = await small.open(await small.copy('pristine', 'collect-merge'));
    valueOf(await library.deleteImage(osoid));
    const collecting = library.collect({ emptyTrash: true });
    const merged = valueOf(await library.merge(small.path('pristine')));
    expect(valueOf(await collecting).emptied).toBe(1);
    expect(merged).toMatchObject({ added: [{ osoid }], skipped: [] });
    expect(valueOf(await library.show(osoid)).missingChunks).toBe(0);
    await isSound(library);
  });
});

/** Runs `work` with power that fails after 0, 1, 2 … operations; `check` sees what the next opening finds. */
const cutEverywhere = async (
  name: string,
  work: (library: Library) => Promise<unknown>,
  check: (library: Library, count: number) => Promise<void>,
): Promise<number> => {
  for (let count = 0; ; count++) {
    const copy = await small.copy(name, `${name}-cut`);
    const dying = dyingFileSystem(count);
    const library = await small.open(copy, { store: folderStore(small.path(copy), dying.fileSystem) });
    await work(library).catch(() => undefined);
    const isDone = dying.used() <= count;
    await small.closeAll();
    await check(await small.open(copy), count);
    await small.closeAll();
    await rm(small.path(copy), { recursive: true });
    if (isDone) return count;
  }
};

describe('power that fails', () => {
  test('while an image is deleted or restored leaves it in its place or in the trash', async () => {
    const either = async (library: Library, count: number): Promise<void> => {
      const live = valueOf(await library.list()).images.some((image) => image.osoid === osoid);
      const inTrash = valueOf(await library.deletedImages()).some((image) => image.osoid === osoid);
      expect([live, inTrash], `after ${count} operations`).toContain(true);
      await isSound(library);
      if (!live) valueOf(await library.restoreImage(osoid));
      expect(valueOf(await library.show(osoid)).missingChunks).toBe(0);
    };
    expect(await cutEverywhere('pristine', (library) => library.deleteImage(osoid), either)).toBeGreaterThan(10);
    const deleted = await small.copy('pristine', 'deleted');
    valueOf(await (await small.open(deleted)).deleteImage(osoid));
    await small.closeAll();
    expect(await cutEverywhere(deleted, (library) => library.restoreImage(osoid), either)).toBeGreaterThan(10);
  });

  test('while a stranger’s image is imported again leaves his whole, and ours in use once it is there', async () => {
    const stranger = generateSigningKey();
    const theirs = await small.open('strange', { signingKey: stranger });
    const id = await small.add(theirs, 'theirs', ['s', 't']);
    await small.closeAll();
    const cuts = await cutEverywhere(
      'strange',
      (library) => small.add(library, 'ours', ['s', 't']),
      async (library, count) => {
        const [image] = valueOf(await library.list()).images;
        expect([`theirs unknown-key`, `ours trusted`], `after ${count} operations`).toContain(`${image?.name} ${image?.trust}`);
        expect(valueOf(await library.show(id)).missingChunks).toBe(0);
        await isSound(library);
        await small.add(library, 'ours', ['s', 't']);
        expect(valueOf(await library.show(id)).image).toMatchObject({ name: 'ours', trust: 'trusted' });
      },
    );
    expect(cuts).toBeGreaterThan(10);
  });

  test('while room is freed leaves every image whole', async () => {
    const deleted = await small.copy('pristine', 'wasteful');
    const library = await small.open(deleted);
    await small.add(library, 'third', ['d', 'e', 'shared']);
    valueOf(await library.deleteImage(osoid));
    await small.closeAll();
    const cuts = await cutEverywhere(
      deleted,
      (one) => one.collect({ emptyTrash: true }),
      async (one, count) => {
        const images = valueOf(await one.list()).images;
        expect(images.map(({ name }) => name).toSorted(), `after ${count} operations`).toEqual(['db', 'third']);
        for (const image of images) expect(valueOf(await one.show(image.osoid)).missingChunks).toBe(0);
        await isSound(one);
        valueOf(await one.collect({ emptyTrash: true }));
        expect(valueOf(await one.verify())).toMatchObject({ problems: [], chunks: 4 });
      },
    );
    expect(cuts).toBeGreaterThan(10);
  });
});

describe('damage', () => {
  const firstPack = async (name: string): Promise<string> =>
    join(name, (await filesOf(small.path(name))).find((file) => file.endsWith('.pack')) ?? '');
  const flip = async (file: string, at: number): Promise<void> => {
    const bytes = await readFile(small.path(file));
    const place = at < 0 ? bytes.length + at : at;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    await writeFile(small.path(file), bytes);
  };

  test('of a frame is named by image, and an import stores the chunk again', async () => {
    const name = await small.copy('pristine', 'bad-frame');
    await flip(await firstPack(name), 16 + 56 + 1000);
    const library = await small.open(name);
    const found = valueOf(await library.verify());
    expect(found.damagedPacks).toMatchObject([{ isSound: true, badChunks: [expect.any(String)] }]);
    expect(found.damagedImages.map((image) => image.name)).not.toEqual([]);
    expect(found.damagedImages.every(({ failure }) => /"(web|db)"/.test(failure.message))).toBe(true);
    const bad = found.damagedPacks[0]?.badChunks[0] ?? '';
    // Remembered, so that nobody takes the chunk for present.
    const again = await small.open(name);
    expect(again.hasChunk(bad)).toBe(false);
    await small.add(again, 'web', ['shared', 'a', 'b']);
    await small.add(again, 'db', ['shared', 'c']);
    expect(again.hasChunk(bad)).toBe(true);
    expect(valueOf(await again.verify()).damagedImages).toEqual([]);
    valueOf(await again.collect());
    await isSound(await small.open(name));
  });

  test.each([
    ['a frame', '.pack', 16 + 56 + 1000],
    ['a frame’s header', '.pack', 16 + 20],
    ['the pack’s header', '.pack', 3],
    ['the pack’s trailer', '.pack', -60],
    ['the pack’s end', '.pack', -1],
    ['an index', '.idx', 30],
    ['a manifest', 'manifest.json', 100],
    ['a signature', 'manifest.sig', 40],
    ['a chunk table', 'chunks.bin', 60],
  ])('of %s is healed from another library', async (_what, end, at) => {
    const name = await small.copy('pristine', `heal${end}${at}`);
    const file = join(name, (await filesOf(small.path(name))).find((one) => one.endsWith(end)) ?? '');
    await flip(file, at);
    const library = await small.open(name);
    const report = valueOf(await library.repair(small.path('pristine')));
    expect(report.left.problems).toEqual([]);
    const opened = await small.open(name);
    for (const id of [osoid, other]) {
      expect(valueOf(await opened.show(id)).missingChunks).toBe(0);
      expect(codeOf(await opened.manifest(id))).toBe('ok');
    }
    await isSound(opened);
    expect((await filesOf(small.path(name))).filter((one) => one.startsWith('quarantine'))).toEqual([]);
  });

  test('of packs that are gone is healed too, and what no other library has is told', async () => {
    const name = await small.copy('pristine', 'gone');
    const library = await small.open(name);
    const lonely = await small.add(library, 'lonely', ['nowhere-else']);
    for (const file of await filesOf(small.path(name))) if (file.endsWith('.pack')) await rm(small.path(join(name, file)));
    const report = valueOf(await library.repair(small.path('pristine')));
    expect(report).toMatchObject({ healedChunks: 4 });
    expect(report.left.damagedImages.map((image) => image.osoid)).toEqual([lonely]);
    expect(valueOf(await library.show(osoid)).missingChunks).toBe(0);
  });

  test('while power fails in a repair leaves what was whole, and can be healed afterwards', async () => {
    const name = await small.copy('pristine', 'heal-cut');
    await flip(await firstPack(name), 16 + 56 + 1000);
    const cuts = await cutEverywhere(
      name,
      (library) => library.repair(small.path('pristine')),
      async (library, count) => {
        expect(valueOf(await library.list()).images, `after ${count} operations`).toHaveLength(2);
        expect(valueOf(await library.repair(small.path('pristine'))).left.problems).toEqual([]);
      },
    );
    expect(cuts).toBeGreaterThan(10);
  });
});
