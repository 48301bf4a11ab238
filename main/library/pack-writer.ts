// Collects frames until a pack is full, then puts pack and index into the library. A pack lives in memory until it is whole, so a
// library never holds half of one.
import { FRAME_HEADER_BYTES, parseFrameHeader } from '../../agent/image/chunk.ts';
import { PACK_HEADER_BYTES, PACK_TARGET_BYTES, encodePackHeader, encodeTail, encodeTrailer } from '../../agent/image/pack.ts';
import type { PackEntry } from '../../agent/image/pack.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { indexName, packName } from './names.ts';
import type { LibraryStore } from './store.ts';

export type WrittenPack = { readonly packId: string; readonly entries: readonly PackEntry[] };

export type PackWriter = {
  /** True if the chunk waits for its pack to fill, or is being written with it. */
  readonly isPending: (chunkId: string) => boolean;
  /** One whole frame, verified by the caller. Gives the pack if this filled one. */
  readonly add: (frame: Uint8Array) => Promise<Result<WrittenPack | null>>;
  /** Writes what waits, if anything. */
  readonly flush: () => Promise<Result<WrittenPack | null>>;
};

export const createPackWriter = (store: LibraryStore, onPack: (packId: string) => void, targetBytes = PACK_TARGET_BYTES): PackWriter => {
  let frames: Uint8Array[] = [];
  let entries = new Map<string, PackEntry>();
  let nextOffset = PACK_HEADER_BYTES;
  const leaving = new Set<ReadonlyMap<string, PackEntry>>();

  const write = async (whole: {
    readonly frames: readonly Uint8Array[];
    readonly entries: readonly PackEntry[];
    readonly end: number;
  }): Promise<Result<WrittenPack>> => {
    const { packId, trailer } = encodeTrailer(whole.entries, whole.end);
    onPack(packId);
    const pack = await store.putOnce(packName(packId), [encodePackHeader(), ...whole.frames, trailer, encodeTail(trailer)]);
    if (!pack.ok) return pack;
    const index = await store.putOnce(indexName(packId), [trailer]);
    return index.ok ? success({ packId, entries: whole.entries }) : index;
  };
  const flush = async (): Promise<Result<WrittenPack | null>> => {
    if (frames.length === 0) return success(null);
    const going = entries;
    const whole = { frames, entries: [...going.values()], end: nextOffset };
    frames = [];
    entries = new Map();
    nextOffset = PACK_HEADER_BYTES;
    leaving.add(going);
    try {
      return await write(whole);
    } finally {
      leaving.delete(going);
    }
  };
  return {
    isPending: (chunkId) => entries.has(chunkId) || [...leaving].some((one) => one.has(chunkId)),
    flush,
    add: async (frame) => {
      const header = parseFrameHeader(frame);
      if (!header.ok) throw new TypeError('a frame that is none reached the pack writer');
      const { chunkId, encodedLength, rawLength } = header.value;
      if (frame.length !== FRAME_HEADER_BYTES + encodedLength) throw new TypeError('not exactly one frame');
      if (entries.has(chunkId)) return success(null);
      entries.set(chunkId, { chunkId, offset: nextOffset, encodedLength, rawLength });
      frames.push(frame);
      nextOffset += frame.length;
      return nextOffset >= targetBytes ? flush() : success(null);
    },
  };
};
