// A batch of frames from an agent, before any of it is kept: no more at once than it may send, and nothing that it was not asked for.
import { BATCH_CHUNKS, CHUNK_SIZE_BYTES, splitFrames } from '../../agent/image/chunk.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

/** Of one batch, raw. */
const BATCH_BYTES = BATCH_CHUNKS * CHUNK_SIZE_BYTES;

export type Asked = {
  /** Begins the codes. */
  readonly area: 'capture' | 'heal';
  /** Asked for, or there already: a batch whose answer was lost comes again. */
  readonly isExpected: (chunkId: string) => boolean;
  /** What a frame that is not expected means, in words. */
  readonly otherwise: string;
};

/** The chunks in it. Codes: `frame.malformed`, `….batch-too-large`, `….not-asked`. */
export const askedFrames = (frames: Uint8Array, { area, isExpected, otherwise }: Asked): Result<readonly string[]> => {
  const split = splitFrames(frames);
  if (!split.ok) return split;
  const rawBytes = split.value.reduce((sum, { header }) => sum + header.rawLength, 0);
  if (rawBytes > BATCH_BYTES)
    return failed(`${area}.batch-too-large`, `A batch of ${rawBytes} bytes is too large.`, 'Boot the machine again into the current kit.');
  const chunkIds = split.value.map(({ header }) => header.chunkId);
  return chunkIds.every(isExpected)
    ? success(chunkIds)
    : failed(`${area}.not-asked`, otherwise, 'The agent asks what is missing and sends that.');
};
