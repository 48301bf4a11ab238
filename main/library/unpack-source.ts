// A compressed disk image becomes a sparse file first: which blocks are in use is written all over a disk, and a stream can
// only be read from front to back.
import { open, rm } from 'node:fs/promises';
import { MAX_DISK_BYTES } from '../../agent/image/chunk-table.ts';
import { isAllZero } from '../../agent/image/chunk.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { scratchPath } from './scratch.ts';
import { sourceFailure } from './stream-source.ts';
import type { StreamSource } from './stream-source.ts';

const STEP_BYTES = 4 * 1024 * 1024;
/** What is left a hole if it is all zeros. */
const HOLE_BYTES = 64 * 1024;

/** The caller removes the file. Codes: those of `sourceFailure`, `image.too-large`, `import.no-room`, `job.cancelled`. */
export const unpackSource = async (
  source: StreamSource,
  options: { readonly scratchFolder: string; readonly signal: AbortSignal | undefined; readonly onPiece: () => void },
): Promise<Result<{ readonly rawPath: string }>> => {
  const rawPath = scratchPath(options.scratchFolder);
  const unpacked = await unpackTo(rawPath, source, options);
  if (!unpacked.ok) await rm(rawPath, { force: true });
  return unpacked.ok ? success({ rawPath }) : unpacked;
};

const unpackTo = async (
  rawPath: string,
  source: StreamSource,
  { signal, onPiece }: { readonly signal: AbortSignal | undefined; readonly onPiece: () => void },
): Promise<Result<null>> => {
  const buffer = new Uint8Array(STEP_BYTES);
  let sizeBytes = 0;
  try {
    await using file = await open(rawPath, 'wx');
    for (let length = STEP_BYTES; length === STEP_BYTES;) {
      if (signal?.aborted === true) return failed('job.cancelled', 'The import was cancelled.', 'Start it again when you like.');
      length = await source.read(buffer);
      for (let at = 0; at < length; at += HOLE_BYTES) {
        const part = buffer.subarray(at, Math.min(length, at + HOLE_BYTES));
        if (!isAllZero(part)) await file.write(part, 0, part.length, sizeBytes + at);
      }
      sizeBytes += length;
      if (sizeBytes > MAX_DISK_BYTES) return failed('image.too-large', 'The disk is larger than 64 TiB.', 'Choose another file.');
      onPiece();
    }
    await file.truncate(sizeBytes);
    return success(null);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(String(error.code)))
      return failed('import.no-room', 'There is no room to unpack the file.', 'Free some space in the temporary folder, then try again.');
    const failure = sourceFailure(error);
    if (failure === undefined) throw error;
    return { ok: false, failure };
  }
};
