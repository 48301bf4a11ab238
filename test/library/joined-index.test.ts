// The joined index only ever saves time: whatever it says or lacks, the library holds what its packs hold.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACK_HEADER_BYTES, encodeTrailer } from '../../agent/image/pack.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { createChunkIndex } from '../../main/library/chunk-index.ts';
import type { ChunkIndex } from '../../main/library/chunk-index.ts';
import { writeJoinedIndex, verifyJoinedIndex } from '../../main/library/joined-index.ts';
import { openLibrary } from '../../main/library/library.ts';
import { loadPacks } from '../../main/library/load-index.ts';
import type { LoadedPacks } from '../../main/library/load-index.ts';
import { indexName, JOINED_INDEX_NAME, packName } from '../../main/library/names.ts';
import type { LibraryStore } from '../../main/library/store.ts';
import { memoryStore } from './memory-store.ts';
import { valueOf } from './small-library.ts';

const CHUNKS_PER_PACK = 3;
const chunkId = (pack: number, number: number): string => createHash('sha256').update(`${pack}/${number}`).digest('hex');

/** Packs of three chunks, of which only the index is ever read. */
const packsInto = (files: Map<string, Buffer>, from: number, to: number): readonly string[] => {
  const ids: string[] = [];
  for (let pack = from; pack < to; pack += 1) {
    const entries = Array.from({ length: CHUNKS_PER_PACK }, (_, number) => ({
      chunkId: chunkId(pack, number),
      offset: PACK_HEADER_BYTES + number * 1056,
      encodedLength: 1000,
      rawLength: 4096,
    }));
    const { packId, trailer } = encodeTrailer(entries, PACK_HEADER_BYTES + CHUNKS_PER_PACK * 1056);
    files.set(packName(packId), Buffer.alloc(0));
    files.set(indexName(packId), trailer);
    ids.push(packId);
  }
  return ids;
};
const load = async (store: LibraryStore): Promise<{ readonly index: ChunkIndex; readonly loaded: LoadedPacks }> => {
  const index = createChunkIndex();
  return { index, loaded: valueOf(await loadPacks(store, index)) };
};
const expectAll = (index: ChunkIndex, ids: readonly string[]): void => {
  expect(index.chunkCount()).toBe(ids.length * CHUNKS_PER_PACK);
  for (const [pack, packId] of ids.entries())
    for (let number = 0; number < CHUNKS_PER_PACK; number += 1) expect(index.find(chunkId(pack, number))).toMatchObject({ packId });
};

describe('the joined index', () => {
  test('is read in place of the files that it joins, and those alone are read that it lacks', async () => {
    const files = new Map<string, Buffer>();
    const ids = [...packsInto(files, 0, 20)];
    const store = memoryStore(files);
    await writeJoinedIndex(store, ids);
    ids.push(...packsInto(files, 20, 22));
    const read: string[] = [];
    const { index, loaded } = await load({
      ...store,
      readAll: (name, ...rest) => {
        read.push(name);
        return store.readAll(name, ...rest);
      },
    });
    expectAll(index, ids);
    expect(loaded.joined).toMatchObject({ others: 0, isDamaged: false });
    expect(read.filter((name) => name.endsWith('.idx')).toSorted()).toEqual(ids.slice(20).map(indexName).toSorted());
  });
  test('of packs that are gone it says nothing', async () => {
    const files = new Map<string, Buffer>();
    const ids = packsInto(files, 0, 5);
    const store = memoryStore(files);
    await writeJoinedIndex(store, ids);
    const [gone = ''] = ids;
    files.delete(packName(gone));
    files.delete(indexName(gone));
    const { index, loaded } = await load(store);
    expect(index.find(chunkId(0, 0))).toBeUndefined();
    expect(index.chunkCount()).toBe(4 * CHUNKS_PER_PACK);
    expect(loaded.joined.others).toBe(1);
  });
  test('damaged at any byte, or cut short at any, it hides no chunk and misplaces none; a scrub says so', async () => {
    const files = new Map<string, Buffer>();
    const ids = packsInto(files, 0, 3);
    const store = memoryStore(files);
    await writeJoinedIndex(store, ids);
    const whole = files.get(JOINED_INDEX_NAME) ?? Buffer.alloc(0);
    expect(whole.length).toBeGreaterThan(500);
    expect(await verifyJoinedIndex(store)).toEqual([]);
    for (let at = 0; at < whole.length; at += 1) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(whole.readUInt8(at) ^ 0x41, at);
      files.set(JOINED_INDEX_NAME, flipped);
      expectAll((await load(store)).index, ids);
      expect(await verifyJoinedIndex(store), `byte ${at}`).toMatchObject([{ code: 'library.index-damaged' }]);
      files.set(JOINED_INDEX_NAME, whole.subarray(0, at));
      expectAll((await load(store)).index, ids);
    }
  });
});

describe('a library of many packs', () => {
  let folder: string;
  const key = generateSigningKey();
  const open = async (readOnly: boolean): Promise<number> => {
    const library = valueOf(await openLibrary({ folder, readOnly, trustedKeys: () => trustedKeysOf([key.publicKey]), signingKey: key }));
    const { chunkCount } = await library.state();
    await library.close();
    return chunkCount;
  };
  const joinedFile = (): string => join(folder, JOINED_INDEX_NAME);
  const sizeOfJoined = async (): Promise<number | null> => (await stat(joinedFile()).catch(() => null))?.size ?? null;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rackside-joined-'));
    await open(false);
    const files = new Map<string, Buffer>();
    packsInto(files, 0, 300);
    for (const [name, bytes] of files) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('gets its joined index when a station opens it for writing, and has it mended then', async () => {
    expect(await open(true)).toBe(900);
    expect(await sizeOfJoined()).toBeNull();
    expect(await open(false)).toBe(900);
    const whole = await readFile(joinedFile());
    expect(whole.length).toBe(300 * (20 + CHUNKS_PER_PACK * 44 + 32));
    await writeFile(joinedFile(), whole.subarray(0, 5000));
    expect(await open(true)).toBe(900);
    expect(await sizeOfJoined()).toBe(5000);
    expect(await open(false)).toBe(900);
    expect(await readFile(joinedFile())).toEqual(whole);
  });
});
