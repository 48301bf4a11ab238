// A library from a stranger, or one whose bytes rot: every flipped byte is found, and nothing that somebody made up on purpose is
// believed, taken over, or able to fill the memory.
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { constants, crc32, zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FRAME_HEADER_BYTES, chunkIdOf, encodeFrame, parseFrameHeader } from '../../agent/image/chunk.ts';
import { PACK_HEADER_BYTES, encodePackHeader, encodeTail, encodeTrailer } from '../../agent/image/pack.ts';
import type { PackEntry } from '../../agent/image/pack.ts';
import { encodeSignature, generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { encodeEdit } from '../../main/library/description.ts';
import type { Library } from '../../main/library/library.ts';
import { sourceOf } from '../../main/library/library-source.ts';
import { encodeTarHeader } from '../../main/library/tar-format.ts';
import { verifyLibrary } from '../../main/library/verify-library.ts';
import { memoryStore, readFiles } from './memory-store.ts';
import { codeOf, filesOf, smallLibraries, valueOf } from './small-library.ts';
import type { SmallLibraries } from './small-library.ts';

let folder: string;
let small: SmallLibraries;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-hostile-'));
  small = smallLibraries(folder);
});
afterEach(() => small.closeAll());
afterAll(async () => {
  await small.stop();
  await rm(folder, { recursive: true });
});

describe('a flipped byte', () => {
  /** A disk of four sectors: so small that every byte of every file can have its turn. */
  const tiny = async (): Promise<Map<string, Buffer>> => {
    const name = `tiny-${count++}`;
    const library = await small.open(name);
    const sourcePath = join(folder, 'tiny.raw');
    await writeFile(sourcePath, Buffer.from('a tiny disk. '.repeat(158)).subarray(0, 2048));
    const { osoid } = valueOf(await library.importImage({ sourcePath, name: 'tiny', allowNoPartitionTable: true }));
    valueOf(await library.describe(osoid, { name: 'small', labels: ['role=test'] }, 'Ada'));
    return readFiles(small.path(name));
  };

  test('anywhere in any file is found', async () => {
    const files = await tiny();
    const store = memoryStore(files);
    const keys = trustedKeysOf([small.key.publicKey]);
    const problems = async (): Promise<number> => valueOf(await verifyLibrary(store, keys, {})).problems.length;
    expect(await problems()).toBe(0);
    const ends = ['manifest.json', 'manifest.sig', 'chunks.bin', '.idx', '.pack', '.json'];
    expect(ends.every((end) => [...files.keys()].some((name) => name.endsWith(end)))).toBe(true);
    let flips = 0;
    for (const [name, bytes] of files) {
      // What this folder is and when it was made: nothing in it is believed.
      if (name === 'rackside-library.json') continue;
      for (let at = 0; at < bytes.length; at++) {
        const original = bytes[at] ?? 0;
        bytes[at] = original ^ (1 << (at & 7));
        expect(await problems(), `${name}, byte ${at}`).toBeGreaterThan(0);
        bytes[at] = original;
        flips++;
      }
    }
    expect(flips).toBeGreaterThan(1900);
    expect(await problems()).toBe(0);
  });

  test('in the header file makes no other library of it, or it does not open', async () => {
    const files = await tiny();
    const header = files.get('rackside-library.json') ?? Buffer.alloc(0);
    for (let at = 0; at < header.length; at++) {
      const original = header[at] ?? 0;
      header[at] = original ^ 0x20;
      const opened = await sourceOf(memoryStore(files));
      expect(opened.ok ? opened.value.index.chunkCount() : opened.failure.code).toEqual(
        opened.ok ? 1 : expect.stringMatching(/^library\.(not-a-library|newer)$/),
      );
      header[at] = original;
    }
  });
});

describe('a merge from a stranger', () => {
  const stranger = generateSigningKey();
  let mine: Library;
  let mineFolder: string;
  let theirs: string;
  let osoid: string;

  beforeEach(async () => {
    mineFolder = `mine-${++count}`;
    theirs = `theirs-${count}`;
    mine = await small.open(mineFolder);
    await small.add(mine, 'web', ['a', 'b']);
    const library = await small.open(theirs, { signingKey: stranger });
    osoid = await small.add(library, 'evil', ['x', 'y']);
    await library.close();
  });
  const place = (name: string): string => join(small.path(theirs), name);
  const put = async (name: string, bytes: Uint8Array | string): Promise<void> => {
    await mkdir(dirname(place(name)), { recursive: true });
    await writeFile(place(name), bytes);
  };
  const only = async (end: string): Promise<string> => (await filesOf(small.path(theirs))).find((name) => name.endsWith(end)) ?? '';
  /** Puts a pack of these frames in the place of theirs, with entries that say what they like. */
  const replacePack = async (frames: readonly Buffer[], entries: readonly PackEntry[]): Promise<void> => {
    await rm(place('packs'), { recursive: true });
    const end = PACK_HEADER_BYTES + frames.reduce((sum, frame) => sum + frame.length, 0);
    const { packId, trailer } = encodeTrailer(entries, end);
    await put(`packs/${packId.slice(0, 2)}/${packId}.pack`, Buffer.concat([encodePackHeader(), ...frames, trailer, encodeTail(trailer)]));
    await put(`packs/${packId.slice(0, 2)}/${packId}.idx`, trailer);
  };
  const entryOf = (frame: Buffer, offset: number): PackEntry => {
    const { chunkId, encodedLength, rawLength } = valueOf(parseFrameHeader(frame));
    return { chunkId, offset, encodedLength, rawLength };
  };
  const framesOfTheirs = async (): Promise<readonly Buffer[]> => {
    const pack = await readFile(place(await only('.pack')));
    const frames: Buffer[] = [];
    for (let at = PACK_HEADER_BYTES; frames.length < 2;) {
      const length = FRAME_HEADER_BYTES + valueOf(parseFrameHeader(pack, at)).encodedLength;
      frames.push(pack.subarray(at, at + length));
      at += length;
    }
    return frames;
  };
  /** Nothing of theirs came, and mine is as it was. */
  const refused = async (code: string): Promise<void> => {
    const before = await filesOf(small.path(mineFolder));
    const report = valueOf(await mine.merge(small.path(theirs)));
    expect(report.added).toEqual([]);
    expect(report.skipped.map(({ failure }) => failure.code)).toEqual([code]);
    expect((await filesOf(small.path(mineFolder))).filter((name) => name.startsWith('images/'))).toEqual(
      before.filter((name) => name.startsWith('images/')),
    );
    expect(valueOf(await mine.verify()).problems).toEqual([]);
  };

  test('is taken as it is when nothing is wrong, and is not trusted', async () => {
    expect(valueOf(await mine.merge(small.path(theirs))).added).toMatchObject([{ osoid, trust: 'unknown-key' }]);
    expect(codeOf(await mine.manifest(osoid))).toBe('library.untrusted');
  });

  test.each([
    ['another image’s id', (text: string) => text.replace('"sizeBytes":524288', '"sizeBytes":524800'), 'library.image-corrupt'],
    ['a path as file of its chunks', (text: string) => text.replace('"file":"chunks.bin"', '"file":"../../../a"'), 'manifest.malformed'],
    ['chunks without number', (text: string) => text.replace('"entries":2', '"entries":9007199254740991'), 'manifest.malformed'],
    [
      'another table',
      (text: string) => text.replace(/"sha256":"[0-9a-f]{64}","sizeBytes"/, `"sha256":"${'0'.repeat(64)}","sizeBytes"`),
      'library.image-corrupt',
    ],
    ['a feature we lack', (text: string) => text.replace('"required":["sha256"', '"required":["evil","sha256"'), 'manifest.newer'],
    [
      'depth without end',
      (text: string) => text.replace('"facts":{}', `"facts":${'['.repeat(5000)}${']'.repeat(5000)}`),
      'manifest.malformed',
    ],
  ])('whose signed manifest claims %s is left out', async (_what, change, code) => {
    const name = await only('manifest.json');
    const text = await readFile(place(name), 'utf8');
    const bytes = Buffer.from(change(text));
    expect(bytes.toString()).not.toBe(text);
    await put(name, bytes);
    await put(name.replace('.json', '.sig'), encodeSignature(stranger, 'manifest', bytes));
    await refused(code);
  });

  test('with frames that are bombs, or not what they are called, is left out with bounded memory', async () => {
    const [x = Buffer.alloc(0), y = Buffer.alloc(0)] = await framesOfTheirs();
    // A body that unpacks to 1 GiB under the name of a chunk of 256 KiB, with every checksum right.
    const body = zstdCompressSync(Buffer.alloc(1024 * 1024 * 1024), { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    const bomb = Buffer.concat([Buffer.from(x.subarray(0, FRAME_HEADER_BYTES)), body]);
    bomb.writeUInt8(1, 4);
    bomb.writeUInt32LE(body.length, 12);
    bomb.writeUInt32LE(crc32(body), 48);
    bomb.writeUInt32LE(crc32(bomb.subarray(0, 52)), 52);
    const before = process.memoryUsage().rss;
    if (valueOf(parseFrameHeader(bomb)).encodedLength !== body.length) throw new Error('the bomb is none');
    await replacePack([bomb, y], [entryOf(bomb, PACK_HEADER_BYTES), entryOf(y, PACK_HEADER_BYTES + bomb.length)]);
    await refused('library.chunk-missing');
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);

    const other = encodeFrame(Buffer.from('another chunk'));
    const lie = { ...entryOf(x, PACK_HEADER_BYTES), encodedLength: 13, rawLength: 262144 };
    await replacePack([other, y], [lie, entryOf(y, PACK_HEADER_BYTES + other.length)]);
    await refused('library.chunk-missing');
  });

  test.each(['leaves a gap', 'overlaps'])('whose pack %s is not taken as it is, but what is whole in it is', async (how) => {
    const [x = Buffer.alloc(0), y = Buffer.alloc(0)] = await framesOfTheirs();
    const gap = Buffer.alloc(how === 'overlaps' ? 0 : 1000, 'hidden');
    const inside = { ...entryOf(x, PACK_HEADER_BYTES + 100), chunkId: 'f'.repeat(64) };
    const sound = [entryOf(x, PACK_HEADER_BYTES), entryOf(y, PACK_HEADER_BYTES + x.length + gap.length)];
    await replacePack([x, gap, y], how === 'overlaps' ? [...sound, inside] : sound);
    const theirPack = (await only('.pack')).slice(-69);
    expect(valueOf(await mine.merge(small.path(theirs))).added).toMatchObject([{ osoid }]);
    const packs = (await filesOf(small.path(mineFolder))).filter((name) => name.endsWith('.pack'));
    expect(packs.some((name) => name.endsWith(theirPack))).toBe(false);
    for (const name of packs) expect((await readFile(join(small.path(mineFolder), name))).includes('hidden')).toBe(false);
    expect(mine.hasChunk('f'.repeat(64))).toBe(false);
    expect(valueOf(await mine.verify()).problems).toEqual([]);
  });

  test.each([
    ['counts without end', () => Buffer.concat([Buffer.from('RSTRAIL1'), Buffer.alloc(12, 0xff), Buffer.alloc(32)])],
    ['nothing', () => Buffer.alloc(0)],
    ['noise', () => Buffer.alloc(100_000, 0x5a)],
  ])('whose index holds %s is read from the pack', async (_what, make) => {
    await put(await only('.idx'), make());
    expect(valueOf(await mine.merge(small.path(theirs))).added).toMatchObject([{ osoid }]);
  });

  test('cannot bury what we trust under variants and edits', async () => {
    const shared = await small.open(theirs, { signingKey: stranger });
    const web = valueOf(await mine.list()).images[0];
    await small.add(shared, 'also-web', ['a', 'b']);
    await shared.close();
    const base = `images/${web?.osoid ?? ''}`;
    const text = await readFile(place(`${base}/manifest.json`), 'utf8');
    const table = await readFile(place(`${base}/chunks.bin`));
    for (let n = 0; n < 40; n++) {
      const bytes = Buffer.from(text.replace('"notes":""', `"notes":"${n}"`));
      const variant = `${base}/also/${chunkIdOf(bytes)}`;
      await put(`${variant}/chunks.bin`, table);
      await put(`${variant}/manifest.json`, bytes);
      await put(`${variant}/manifest.sig`, encodeSignature(stranger, 'manifest', bytes));
      const at = '2026-11-22T12:00:00.000Z';
      const edit = encodeEdit(stranger, { osoid: web?.osoid ?? '', edit: 1e9 + n, set: { name: `evil-${n}` }, by: 'M', at });
      await put(`${base}/notes/${edit.id}.json`, edit.bytes);
    }
    valueOf(await mine.merge(small.path(theirs)));
    valueOf(await mine.describe(web?.osoid ?? '', { name: 'still-mine' }, 'Ada'));
    expect(valueOf(await mine.show(web?.osoid ?? '')).image).toMatchObject({ name: 'still-mine', trust: 'trusted' });
    expect((await filesOf(small.path(mineFolder))).filter((name) => name.includes('/also/')).length).toBeLessThanOrEqual(3 * 32);
    expect((await filesOf(small.path(mineFolder))).filter((name) => name.includes('/notes/')).length).toBeLessThanOrEqual(33);
  });

  test('that loops through links ends, and reads nothing outside the folder', async () => {
    await symlink('..', place('images/loop'));
    await symlink('/etc', place('packs/etc'));
    await symlink(small.path(theirs), place(`images/${osoid}/also`));
    expect(valueOf(await mine.merge(small.path(theirs))).added).toMatchObject([{ osoid }]);
  });

  test('in one file with names that lead elsewhere takes nothing from there', async () => {
    const file = join(folder, `evil-${count}.tar`);
    const part = (name: string, content: string): Buffer => {
      const padded = Buffer.alloc(Math.ceil(content.length / 512) * 512);
      padded.write(content);
      return Buffer.concat([encodeTarHeader(name, content.length), padded]);
    };
    const header = JSON.stringify({
      format: 'rackside-library',
      version: 1,
      minReader: 1,
      libraryId: '6d7a8f1e-0000-4000-8000-000000000001',
      createdAt: 'x',
    });
    const names = ['../../escaped', '/tmp/escaped', 'images/../../escaped', `images/${osoid}/../../x`, 'IMAGES/x', 'packs//x', 'trash/..'];
    const link = encodeTarHeader('images/link', 0);
    link.write('2', 156);
    const before = await filesOf(folder);
    await writeFile(
      file,
      Buffer.concat([part('rackside-library.json', header), ...names.map((name) => part(name, 'x')), Buffer.alloc(1024)]),
    );
    expect(valueOf(await mine.merge(file))).toMatchObject({ added: [], skipped: [] });
    expect((await filesOf(folder)).filter((name) => !before.includes(name))).toEqual([file.slice(folder.length + 1)]);
    // A size that no file has, and a header that lies about itself.
    const huge = encodeTarHeader('packs/x', 2 ** 33 - 1);
    await writeFile(file, Buffer.concat([part('rackside-library.json', header), huge, Buffer.alloc(1024)]));
    expect(codeOf(await mine.merge(file))).toBe('library.not-a-library');
    await writeFile(file, Buffer.concat([part('rackside-library.json', header), link, Buffer.alloc(1024)]));
    expect(codeOf(await mine.merge(file))).toBe('library.not-a-library');
  });
});
