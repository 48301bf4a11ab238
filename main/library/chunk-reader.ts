// Reading chunks out of packs: as stored frames for those who fetch (checked, never recompressed), or raw and verified.
import { FRAME_HEADER_BYTES, checkFrame, decodeFrame } from '../../agent/image/chunk.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ChunkLocation } from './chunk-index.ts';
import { HEAL_CHUNKS, corruptPack } from './failures.ts';
import { packName } from './names.ts';
import type { LibraryStore } from './store.ts';

export type FindChunk = (chunkId: string) => ChunkLocation | undefined;

/** Neighbours closer than this are read in one go: a seek on a stick costs more than these bytes. */
const GAP_BYTES = 64 * 1024;
const MAX_READ_BYTES = 8 * 1024 * 1024;

type Wanted = { readonly position: number; readonly chunkId: string; readonly at: ChunkLocation };

/**
 * The stored frames of these chunks, in the order asked. Header, CRC and name of each are checked. Codes: `library.chunk-missing`,
 * `library.pack-corrupt`, and the store's own.
 */
export const readFrames = async (
  store: LibraryStore,
  find: FindChunk,
  chunkIds: readonly string[],
  /** Memory for a read of this length; the frames are views of it. */
  memoryFor: (lengthBytes: number) => Buffer | undefined = () => undefined,
): Promise<Result<readonly Uint8Array[]>> => {
  const wanted: Wanted[] = [];
  for (const [position, chunkId] of chunkIds.entries()) {
    const at = find(chunkId);
    if (at === undefined) return missingChunk(chunkId);
    wanted.push({ position, chunkId, at });
  }
  const frames: Uint8Array[] = Array.from({ length: chunkIds.length });
  for (const group of readGroups(wanted)) {
    const [first] = group;
    if (first === undefined) continue;
    const start = first.at.offset;
    const end = Math.max(...group.map((one) => endOf(one.at)));
    const bytes = await store.readRange(packName(first.at.packId), start, end - start, memoryFor(end - start));
    if (!bytes.ok)
      return bytes.failure.code === 'library.torn' ? corruptPack(first.at.packId, first.chunkId, 'the pack is cut off.') : bytes;
    for (const one of group) {
      const frame = bytes.value.subarray(one.at.offset - start, endOf(one.at) - start);
      const checked = checkFrame(frame);
      if (!checked.ok) return corruptPack(one.at.packId, one.chunkId, checked.failure.message);
      if (checked.value.chunkId !== one.chunkId) return corruptPack(one.at.packId, one.chunkId, 'another chunk lies in its place.');
      frames[one.position] = frame;
    }
  }
  return success(frames);
};

/** Frames back to back as one buffer: without a copy where they lie so in one pack already, as those of a fresh import do. */
export const joinFrames = (frames: readonly Uint8Array[]): Uint8Array => {
  const [first] = frames;
  const last = frames.at(-1);
  if (first === undefined || last === undefined) return new Uint8Array();
  let end = first.byteOffset;
  const areNeighbours = frames.every((frame) => {
    const follows = frame.buffer === first.buffer && frame.byteOffset === end;
    end = frame.byteOffset + frame.byteLength;
    return follows;
  });
  return areNeighbours ? new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset) : Buffer.concat(frames);
};

/** One chunk's raw bytes, verified against its name. */
export const readChunk = async (store: LibraryStore, find: FindChunk, chunkId: string): Promise<Result<Uint8Array>> => {
  const frames = await readFrames(store, find, [chunkId]);
  if (!frames.ok) return frames;
  const decoded = decodeFrame(frames.value[0] ?? new Uint8Array());
  return decoded.ok ? success(decoded.value.raw) : corruptPack(find(chunkId)?.packId ?? '', chunkId, decoded.failure.message);
};

const readGroups = (wanted: readonly Wanted[]): readonly (readonly Wanted[])[] => {
  const sorted = wanted.toSorted((a, b) => (a.at.packId === b.at.packId ? a.at.offset - b.at.offset : a.at.packId < b.at.packId ? -1 : 1));
  const groups: Wanted[][] = [];
  for (const one of sorted) {
    const group = groups.at(-1);
    const first = group?.[0];
    const last = group?.at(-1);
    const isNear =
      first !== undefined &&
      last !== undefined &&
      first.at.packId === one.at.packId &&
      one.at.offset - endOf(last.at) <= GAP_BYTES &&
      endOf(one.at) - first.at.offset <= MAX_READ_BYTES;
    if (isNear) group?.push(one);
    else groups.push([one]);
  }
  return groups;
};

const endOf = (at: ChunkLocation): number => at.offset + FRAME_HEADER_BYTES + at.encodedLength;

const missingChunk = (chunkId: string): ReturnType<typeof failed> =>
  failed('library.chunk-missing', `The library lacks chunk ${chunkId.slice(0, 16)}.`, HEAL_CHUNKS);
