// A set of chunks in 16 bytes each: the beginnings of their ids, which 128 bits of SHA-256 tell apart. For marking what is needed in
// libraries of millions of chunks, where a set of strings would take a gigabyte.

export type ChunkSet = {
  readonly add: (chunkId: string) => void;
  readonly has: (chunkId: string) => boolean;
  readonly delete: (chunkId: string) => void;
  readonly size: () => number;
};

const WORDS = 4;

export const createChunkSet = (): ChunkSet => {
  let slots = new Uint32Array(4096 * WORDS);
  let used = 0;
  const deleted = new Set<string>();
  const key = new Uint32Array(WORDS);

  const read = (chunkId: string): void => {
    for (let word = 0; word < WORDS; word++) key[word] = Number.parseInt(chunkId.slice(word * 8, word * 8 + 8), 16);
    // All zeros marks an empty slot; no content is known that hashes to it.
    if (key[0] === 0 && key[1] === 0 && key[2] === 0 && key[3] === 0) key[3] = 1;
  };
  /** Where the key is, or would go. */
  const place = (table: Uint32Array): number => {
    const mask = table.length / WORDS - 1;
    for (let slot = (key[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      const isEmpty = table[at] === 0 && table[at + 1] === 0 && table[at + 2] === 0 && table[at + 3] === 0;
      if (isEmpty || (table[at] === key[0] && table[at + 1] === key[1] && table[at + 2] === key[2] && table[at + 3] === key[3])) return at;
    }
  };
  const isEmptyAt = (at: number): boolean => slots[at] === 0 && slots[at + 1] === 0 && slots[at + 2] === 0 && slots[at + 3] === 0;
  const grow = (): void => {
    const old = slots;
    slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += WORDS) {
      key.set(old.subarray(at, at + WORDS));
      if (key.some((word) => word !== 0)) slots.set(key, place(slots));
    }
  };
  return {
    add: (chunkId) => {
      if (deleted.delete(chunkId)) return;
      if (used * 2 * WORDS >= slots.length) grow();
      read(chunkId);
      const at = place(slots);
      if (!isEmptyAt(at)) return;
      slots.set(key, at);
      used++;
    },
    has: (chunkId) => {
      if (deleted.has(chunkId)) return false;
      read(chunkId);
      return !isEmptyAt(place(slots));
    },
    // Rare: a note beside the table is simpler than holes in it.
    delete: (chunkId) => {
      read(chunkId);
      if (!isEmptyAt(place(slots))) deleted.add(chunkId);
    },
    size: () => used - deleted.size,
  };
};
