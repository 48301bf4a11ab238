// Where every chunk of a library lies: an open-addressing table over the packs' `.idx` files, about 48 bytes a chunk (2 million
// chunks, a full 2 TiB image, in 100 MB). Rebuildable at any time; nothing depends on keeping it.
import { ENTRY_BYTES } from '../../agent/image/pack.ts';
import type { CheckedTrailer, PackEntry } from '../../agent/image/pack.ts';

export type ChunkLocation = {
  readonly packId: string;
  readonly offset: number;
  readonly encodedLength: number;
  readonly rawLength: number;
};

export type ChunkIndex = {
  readonly chunkCount: () => number;
  readonly packIds: () => Iterable<string>;
  readonly hasPack: (packId: string) => boolean;
  readonly find: (chunkId: string) => ChunkLocation | undefined;
  /** A chunk that is known already keeps its first place. */
  readonly addPack: (packId: string, entries: readonly PackEntry[]) => void;
  /** Makes room for so many chunks at once; memory is taken only as they come. */
  readonly expect: (chunks: number) => void;
  /** The same from the trailer as it lies in the file: nothing is made for each chunk on the way. */
  readonly addTrailer: (trailer: CheckedTrailer) => void;
  /** The chunks of a new pack are from now on read there, wherever they were before. */
  readonly relocate: (packId: string, entries: readonly PackEntry[]) => void;
  /** Forgets packs that are gone, and the chunks that were read there. */
  readonly dropPacks: (packIds: ReadonlySet<string>) => void;
  /** Forgets chunks that proved damaged in this pack. */
  readonly dropChunks: (packId: string, chunkIds: ReadonlySet<string>) => void;
};

/**
 * A record: the first 128 bits of the chunk id, which nobody makes the same for another chunk, then the number of its pack and the
 * three numbers of its entry. What is read there is checked against the whole id.
 */
const KEY_WORDS = 4;
const KEY_DIGITS = KEY_WORDS * 8;
const RECORD_WORDS = 8;
/** An entry of a trailer: the chunk id, then those three numbers. */
const ENTRY_WORDS = ENTRY_BYTES / 4;
const ENTRY_ID_WORDS = 8;
const EMPTY = 0;
/** At least. Each slot that another chunk has taken costs a look at its record somewhere else in memory, which takes longer than all the rest. */
const SLOTS_PER_RECORD = 4;

/** The bytes as words in the order of the processor, which is little-endian on all that we run on. */
const wordsOf = (bytes: Buffer): Uint32Array => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
};
const keyOf = (chunkId: string): Uint32Array => wordsOf(Buffer.from(chunkId.slice(0, KEY_DIGITS), 'hex'));

export const createChunkIndex = (): ChunkIndex => {
  let records = new Uint32Array(RECORD_WORDS * 1024);
  let count = 0;
  let slots = new Uint32Array(4096);
  const packs: string[] = [];
  const packNumbers = new Map<string, number>();

  const isSame = (record: number, source: Uint32Array, from: number): boolean => {
    for (let word = 0; word < KEY_WORDS; word++) if (records[record + word] !== source[from + word]) return false;
    return true;
  };
  /** The slot that holds this key, or the empty one where it would go. Slots hold record number + 1. */
  const slotOf = (source: Uint32Array, from = 0): number => {
    const mask = slots.length - 1;
    for (let slot = (source[from] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const record = slots[slot] ?? EMPTY;
      if (record === EMPTY || isSame((record - 1) * RECORD_WORDS, source, from)) return slot;
    }
  };
  const reserve = (more: number): void => {
    if ((count + more) * RECORD_WORDS > records.length) {
      const grown = new Uint32Array(Math.max(records.length * 2, (count + more) * RECORD_WORDS));
      grown.set(records.subarray(0, count * RECORD_WORDS));
      records = grown;
    }
    if ((count + more) * SLOTS_PER_RECORD <= slots.length) return;
    slots = new Uint32Array(2 ** Math.ceil(Math.log2((count + more) * SLOTS_PER_RECORD)));
    for (let record = 0; record < count; record++) slots[slotOf(records, record * RECORD_WORDS)] = record + 1;
  };
  const numberOf = (packId: string): number => {
    const known = packNumbers.get(packId);
    if (known !== undefined) return known;
    const packNumber = packs.push(packId) - 1;
    packNumbers.set(packId, packNumber);
    return packNumber;
  };
  const place = (packId: string, entries: readonly PackEntry[], overwrites: boolean): void => {
    const packNumber = numberOf(packId);
    reserve(entries.length);
    for (const { chunkId, offset, encodedLength, rawLength } of entries) {
      const key = keyOf(chunkId);
      const slot = slotOf(key);
      const record = slots[slot] ?? EMPTY;
      if (record !== EMPTY && !overwrites) continue;
      const at = (record === EMPTY ? count : record - 1) * RECORD_WORDS;
      records.set(key, at);
      records.set([packNumber, offset, encodedLength, rawLength], at + KEY_WORDS);
      if (record === EMPTY) slots[slot] = ++count;
    }
  };
  const packAt = (at: number): number => records[at + KEY_WORDS] ?? 0;
  const keyAt = (at: number): string => Buffer.from(records.buffer, at * 4, KEY_WORDS * 4).toString('hex');
  /** Closes the gaps that removed records leave. */
  const keepOnly = (keeps: (at: number) => boolean): void => {
    let kept = 0;
    for (let record = 0; record < count; record++) {
      const at = record * RECORD_WORDS;
      if (!keeps(at)) continue;
      records.copyWithin(kept++ * RECORD_WORDS, at, at + RECORD_WORDS);
    }
    count = kept;
    slots.fill(EMPTY);
    for (let record = 0; record < count; record++) slots[slotOf(records, record * RECORD_WORDS)] = record + 1;
  };
  return {
    chunkCount: () => count,
    packIds: () => packNumbers.keys(),
    hasPack: (packId) => packNumbers.has(packId),
    find: (chunkId) => {
      const record = slots[slotOf(keyOf(chunkId))] ?? EMPTY;
      if (record === EMPTY) return undefined;
      const at = (record - 1) * RECORD_WORDS;
      const [offset = 0, encodedLength = 0, rawLength = 0] = records.subarray(at + KEY_WORDS + 1, at + RECORD_WORDS);
      return { packId: packs[packAt(at)] ?? '', offset, encodedLength, rawLength };
    },
    addPack: (packId, entries) => {
      if (!packNumbers.has(packId)) place(packId, entries, false);
    },
    expect: reserve,
    addTrailer: ({ packId, count: entryCount, entries }) => {
      if (packNumbers.has(packId)) return;
      const packNumber = numberOf(packId);
      reserve(entryCount);
      const words = wordsOf(entries);
      for (let from = 0; from < entryCount * ENTRY_WORDS; from += ENTRY_WORDS) {
        const slot = slotOf(words, from);
        if (slots[slot] !== EMPTY) continue;
        const at = count * RECORD_WORDS;
        for (let word = 0; word < KEY_WORDS; word++) records[at + word] = words[from + word] ?? 0;
        let to = at + KEY_WORDS;
        records[to++] = packNumber;
        for (let word = ENTRY_ID_WORDS; word < ENTRY_WORDS; word++) records[to++] = words[from + word] ?? 0;
        slots[slot] = ++count;
      }
    },
    relocate: (packId, entries) => place(packId, entries, true),
    dropPacks: (packIds) => {
      const numbers = new Set([...packIds].map((packId) => packNumbers.get(packId)));
      keepOnly((at) => !numbers.has(packAt(at)));
      // Their numbers stay taken: records refer to packs by number.
      for (const packId of packIds) packNumbers.delete(packId);
    },
    dropChunks: (packId, chunkIds) => {
      const packNumber = packNumbers.get(packId);
      const keys = new Set([...chunkIds].map((chunkId) => chunkId.slice(0, KEY_DIGITS)));
      keepOnly((at) => packAt(at) !== packNumber || !keys.has(keyAt(at)));
    },
  };
};
