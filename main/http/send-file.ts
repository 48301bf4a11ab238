// A byte range of a file to a client: one 1 MiB buffer is read while the other is being sent.
import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { Overlay } from './answer.ts';
import { writeBytes } from './write.ts';

const readBytes = 1024 * 1024;
/** Buffers kept for the next download; more than this many at once are left to the collector. */
const keptBuffers = 32;
const spare: Buffer[] = [];

/** `end` is exclusive. Throws when the client leaves or the file ends early; the response is then unusable and must be destroyed. */
export const writeFileRange = async (
  response: ServerResponse,
  handle: FileHandle,
  start: number,
  end: number,
  overlay: Overlay | undefined,
): Promise<void> => {
  const buffers = [takeBuffer(), takeBuffer()] as const;
  let position = start;
  let turn: 0 | 1 = 0;
  let reading = readChunk(handle, buffers[0], position, end, overlay);
  while (position < end) {
    const chunk = await reading;
    position += chunk.length;
    turn = turn === 0 ? 1 : 0;
    // Started before the write, so that disk and wire work at the same time.
    const following = position < end ? readChunk(handle, buffers[turn], position, end, overlay) : null;
    following?.catch(() => {});
    try {
      await writeBytes(response, chunk);
    } catch (error) {
      await following?.catch(() => {});
      throw error;
    }
    if (following) reading = following;
  }
  // Only after success: a socket that was torn down may still hold them.
  giveBack(buffers[0]);
  giveBack(buffers[1]);
};

const readChunk = async (
  handle: FileHandle,
  buffer: Buffer,
  position: number,
  end: number,
  overlay: Overlay | undefined,
): Promise<Buffer> => {
  const wanted = Math.min(buffer.length, end - position);
  const { bytesRead } = await handle.read(buffer, 0, wanted, position);
  if (bytesRead === 0) throw new Error('the file became shorter while it was sent');
  const chunk = buffer.subarray(0, bytesRead);
  if (overlay) applyOverlay(chunk, position, overlay);
  return chunk;
};

/** Replaces what of `chunk` (which lies at `position` of the file) the overlay covers. */
export const applyOverlay = (chunk: Buffer, position: number, overlay: Overlay): void => {
  const from = Math.max(position, overlay.offset);
  const to = Math.min(position + chunk.length, overlay.offset + overlay.bytes.length);
  if (from < to) chunk.set(overlay.bytes.subarray(from - overlay.offset, to - overlay.offset), from - position);
};

const takeBuffer = (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(readBytes);
const giveBack = (buffer: Buffer): void => {
  if (spare.length < keptBuffers) spare.push(buffer);
};
