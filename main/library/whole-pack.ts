// Is a pack, byte for byte, what its name says? For packs that come from elsewhere and are taken over as they are.
import { setImmediate } from 'node:timers/promises';
import { FRAME_HEADER_BYTES } from '../../agent/image/chunk.ts';
import { PACK_HEADER_BYTES, PACK_TAIL_BYTES, checkPackHeader, parseTail, parseTrailer } from '../../agent/image/pack.ts';
import type { PackEntry } from '../../agent/image/pack.ts';
import { checkEntry } from './pack-frames.ts';

/** Null if anything is wrong: header, trailer, a frame, a gap or an overlap between frames, bytes that nobody names. */
export const wholePack = async (
  packId: string,
  bytes: Uint8Array,
): Promise<{ readonly entries: readonly PackEntry[]; readonly trailer: Uint8Array } | null> => {
  if (!checkPackHeader(bytes).ok) return null;
  const length = parseTail(bytes.subarray(-PACK_TAIL_BYTES), bytes.length);
  if (!length.ok) return null;
  const trailer = bytes.subarray(bytes.length - PACK_TAIL_BYTES - length.value, bytes.length - PACK_TAIL_BYTES);
  const index = parseTrailer(trailer);
  if (!index.ok || index.value.packId !== packId) return null;
  let next = PACK_HEADER_BYTES;
  for (const [number, entry] of index.value.entries.toSorted((left, right) => left.offset - right.offset).entries()) {
    const end = entry.offset + FRAME_HEADER_BYTES + entry.encodedLength;
    if (entry.offset !== next || !checkEntry(packId, entry, bytes.subarray(entry.offset, end)).ok) return null;
    next = end;
    if (number % 16 === 15) await setImmediate();
  }
  const isFilled = next === index.value.framesEnd && next + length.value + PACK_TAIL_BYTES === bytes.length;
  return isFilled ? { entries: index.value.entries, trailer } : null;
};
