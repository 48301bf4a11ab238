// Where every chunk of a library lies: an open-addressing table over the packs' `.idx` files, about 56 bytes a chunk (2 million
// chunks, a full 2 TiB image, in 112 MB). Rebuildable at any time; nothing depends on keeping it.
import type { PackEntry } from '../../agent/image/pack.ts';

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
  /** Forgets a pack; its chunks are found in other packs again if `remaining` lists those. */
  readonly replaceAll: (packs: Iterable<{ readonly packId: string; readonly entries: readonly PackEntry[] }>) => void;
};

const RECORD_BYTES = 48;
const EMPTY = 0;

export const createChunkIndex = (): ChunkIndex => {
  let records = Buffer.alloc(RECORD_BYTES * 1024);
  let count = 0;
  let slots = new Uint32Array(4096);
  let packs: string[] = [];
  let packNumbers = new Map<string, number>();

  /** The slot that holds this key, or the empty one where it would go. Slots hold record number + 1. */
  const slotOf = (key: Buffer): number => {
    const mask = slots.length - 1;
    for (let slot = key.readUInt32LE(0) & mask; ; slot = (slot + 1) & mask) {
      const record = slots[slot] ?? EMPTY;
      if (record === EMPTY || records.compare(key, 0, 32, (record - 1) * RECORD_BYTES, (record - 1) * RECORD_BYTES + 32) === 0) return slot;
    }
  };
  const reserve = (more: number): void => {
    if ((count + more) * RECORD_BYTES > records.length) {
      const grown = Buffer.alloc(Math.max(records.length * 2, (count + more) * RECORD_BYTES));
      records.copy(grown, 0, 0, count * RECORD_BYTES);
      records = grown;
    }
    if ((count + more) * 2 <= slots.length) return;
    slots = new Uint32Array(2 ** Math.ceil(Math.log2((count + more) * 2 + 1)));
    for (let record = 0; record < count; record++)
      slots[slotOf(records.subarray(record * RECORD_BYTES, record * RECORD_BYTES + 32))] = record + 1;
  };
  const addPack = (packId: string, entries: readonly PackEntry[]): void => {
    if (packNumbers.has(packId)) return;
    const packNumber = packs.push(packId) - 1;
    packNumbers.set(packId, packNumber);
    reserve(entries.length);
    for (const entry of entries) {
      const key = Buffer.from(entry.chunkId, 'hex');
      const slot = slotOf(key);
      if (slots[slot] !== EMPTY) continue;
      const at = count * RECORD_BYTES;
      records.set(key, at);
      records.writeUInt32LE(packNumber, at + 32);
      records.writeUInt32LE(entry.offset, at + 36);
      records.writeUInt32LE(entry.encodedLength, at + 40);
      records.writeUInt32LE(entry.rawLength, at + 44);
      slots[slot] = ++count;
    }
  };
  return {
    chunkCount: () => count,
    packIds: () => packNumbers.keys(),
    hasPack: (packId) => packNumbers.has(packId),
    find: (chunkId) => {
      const record = slots[slotOf(Buffer.from(chunkId, 'hex'))] ?? EMPTY;
      if (record === EMPTY) return undefined;
      const at = (record - 1) * RECORD_BYTES;
      return {
        packId: packs[records.readUInt32LE(at + 32)] ?? '',
        offset: records.readUInt32LE(at + 36),
        encodedLength: records.readUInt32LE(at + 40),
        rawLength: records.readUInt32LE(at + 44),
      };
    },
    addPack,
    replaceAll: (remaining) => {
      count = 0;
      slots = new Uint32Array(4096);
      packs = [];
      packNumbers = new Map();
      for (const { packId, entries } of remaining) addPack(packId, entries);
    },
  };
};
