// The frames of one pack, read in long stretches and each unpacked and held against its name: for whoever moves chunks from pack to
// pack or from library to library and will answer for them afterwards.
import { setImmediate } from 'node:timers/promises';
import { FRAME_HEADER_BYTES, decodeFrame } from '../../agent/image/chunk.ts';
import type { PackEntry } from '../../agent/image/pack.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import { corruptPack } from './failures.ts';
import { packName } from './names.ts';
import type { LibraryStore } from './store.ts';

const READ_BYTES = 4 * 1024 * 1024;
const GAP_BYTES = 64 * 1024;
/** Unpacking takes the processor: so much raw content between two looks at whatever else the station has to do. */
const TURN_BYTES = 4 * 1024 * 1024;

export type FrameTaker = {
  /** A whole, verified frame; the memory is the taker's. */
  readonly take: (chunkId: string, frame: Uint8Array, entry: PackEntry) => Promise<Result<null>>;
  /** One that is damaged; the rest goes on. */
  readonly onBad: (chunkId: string, failure: Failure) => void;
  readonly signal?: AbortSignal | undefined;
};

/** Fails with the store's or the taker's own failure, or `job.cancelled`; a pack that is cut off only makes its last frames bad. */
export const readPackFrames = async (
  store: LibraryStore,
  packId: string,
  entries: readonly PackEntry[],
  { take, onBad, signal }: FrameTaker,
): Promise<Result<null>> => {
  let turnBytes = 0;
  for (const group of stretches(entries)) {
    if (signal?.aborted === true) return cancelled();
    const start = group[0]?.offset ?? 0;
    const end = Math.max(...group.map(endOf));
    const bytes = await store.readRange(packName(packId), start, end - start);
    if (!bytes.ok && bytes.failure.code !== 'library.torn') return bytes;
    for (const entry of group) {
      const whole = bytes.ok ? bytes : await store.readRange(packName(packId), entry.offset, endOf(entry) - entry.offset);
      const at = bytes.ok ? entry.offset - start : 0;
      const frame = whole.ok ? whole.value.subarray(at, at + endOf(entry) - entry.offset) : new Uint8Array();
      const checked = whole.ok ? checkEntry(packId, entry, frame) : corruptPack(packId, entry.chunkId, 'the pack is cut off.');
      if (!checked.ok) {
        onBad(entry.chunkId, checked.failure);
        continue;
      }
      const taken = await take(entry.chunkId, Uint8Array.from(frame), entry);
      if (!taken.ok) return taken;
      turnBytes += entry.rawLength;
      if (turnBytes < TURN_BYTES) continue;
      turnBytes = 0;
      await setImmediate();
    }
  }
  return success(null);
};

/** Is this the frame that the pack's index promises, and does it hold what its name says? */
export const checkEntry = (packId: string, entry: PackEntry, frame: Uint8Array): Result<null> => {
  const decoded = decodeFrame(frame);
  if (!decoded.ok) return corruptPack(packId, entry.chunkId, decoded.failure.message);
  const { chunkId, encodedLength, rawLength } = decoded.value.header;
  const isPromised = chunkId === entry.chunkId && encodedLength === entry.encodedLength && rawLength === entry.rawLength;
  return isPromised ? success(null) : corruptPack(packId, entry.chunkId, 'another chunk lies there.');
};

export const cancelled = (): ReturnType<typeof failed> =>
  failed('job.cancelled', 'It was cancelled; what was done until then stays done.', 'Start it again when you like: it goes on from there.');

const endOf = (entry: PackEntry): number => entry.offset + FRAME_HEADER_BYTES + entry.encodedLength;

const stretches = (entries: readonly PackEntry[]): readonly (readonly PackEntry[])[] => {
  const groups: PackEntry[][] = [];
  for (const entry of entries.toSorted((left, right) => left.offset - right.offset)) {
    const group = groups.at(-1);
    const [first, last] = [group?.[0], group?.at(-1)];
    const isNear =
      first !== undefined && last !== undefined && entry.offset - endOf(last) <= GAP_BYTES && endOf(entry) - first.offset <= READ_BYTES;
    if (isNear) group?.push(entry);
    else groups.push([entry]);
  }
  return groups;
};
