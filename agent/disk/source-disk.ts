// A disk opened to be read and nothing else (open(2) O_RDONLY, O_DIRECT): what a capture works on. There is no way from here to a
// write, and on Linux the kernel's own read-only flag, set at the start of the agent, stays as it is.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import { createArena, isArenaMemory } from './aligned-memory.ts';
import { isSystemError } from './system-error.ts';
import { IO_ALIGNMENT_BYTES } from './alignment.ts';

/** Methods reject with Node's system error when the disk fails. */
export type SourceDisk = {
  readonly sizeBytes: number;
  /** Fills `into` completely; rejects with EIO when the disk ends before. Direct where place, length and memory are aligned. */
  read(offsetBytes: number, into: Uint8Array): Promise<void>;
  close(): Promise<void>;
};

const BOUNCE_BYTES = 1024 * 1024;

/** `sizeBytes` is the disk's size as the inventory knows it. Code: `disk.open-failed`. */
export const openSourceDisk = async (path: string, sizeBytes: number): Promise<Result<SourceDisk>> => {
  try {
    const buffered = await open(path, constants.O_RDONLY);
    return success(sourceDisk(buffered, await openDirect(path), sizeBytes));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return failed('disk.open-failed', `${path} cannot be opened for reading (${error.code}).`, 'Check the disk and its cable.');
  }
};

/** Null where the system has no direct I/O, or the filesystem under a file refuses it. */
const openDirect = async (path: string): Promise<FileHandle | null> => {
  // Absent on macOS and Windows, whatever the type says.
  const { O_RDONLY, O_DIRECT } = constants as { readonly O_RDONLY: number; readonly O_DIRECT?: number };
  if (O_DIRECT === undefined) return null;
  try {
    return await open(path, O_RDONLY | O_DIRECT);
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
};

const sourceDisk = (buffered: FileHandle, opened: FileHandle | null, sizeBytes: number): SourceDisk => {
  let direct = opened;
  const directEnd = sizeBytes - (sizeBytes % IO_ALIGNMENT_BYTES);
  const bounce = createArena(1, BOUNCE_BYTES);
  const never = new AbortController().signal;

  const closeDirect = async (): Promise<void> => {
    const closing = direct;
    direct = null;
    await closing?.close();
  };
  /** Some filesystems take the flag at opening and refuse every read under it. */
  const readDirect = async (offsetBytes: number, into: Uint8Array): Promise<void> => {
    const handle = direct;
    if (handle !== null) {
      try {
        return await readFully(handle, offsetBytes, into);
      } catch (error) {
        if (!isSystemError(error) || error.code !== 'EINVAL') throw error;
        await closeDirect();
      }
    }
    await readFully(buffered, offsetBytes, into);
  };
  const bounced = async (offsetBytes: number, into: Uint8Array): Promise<void> => {
    for (let done = 0; done < into.length;) {
      const at = offsetBytes + done;
      const start = at - (at % IO_ALIGNMENT_BYTES);
      const length = Math.min(into.length - done, start + BOUNCE_BYTES - at);
      const span = Math.ceil((at - start + length) / IO_ALIGNMENT_BYTES) * IO_ALIGNMENT_BYTES;
      const slot = await bounce.take(never);
      try {
        const block = slot.bytes.subarray(0, span);
        await readDirect(start, block);
        into.set(block.subarray(at - start, at - start + length), done);
      } finally {
        slot.release();
      }
      done += length;
    }
  };

  return {
    sizeBytes,
    read: async (offsetBytes, into) => {
      if (offsetBytes < 0 || offsetBytes + into.length > sizeBytes) throw new RangeError(`${offsetBytes} is outside the disk`);
      const isAligned =
        offsetBytes % IO_ALIGNMENT_BYTES === 0 && into.length % IO_ALIGNMENT_BYTES === 0 && into.byteOffset % IO_ALIGNMENT_BYTES === 0;
      if (direct !== null && isAligned && isArenaMemory(into) && offsetBytes + into.length <= directEnd)
        return readDirect(offsetBytes, into);
      const directLength = direct === null ? 0 : Math.max(0, Math.min(into.length, directEnd - offsetBytes));
      if (directLength > 0) await bounced(offsetBytes, into.subarray(0, directLength));
      if (directLength < into.length) await readFully(buffered, offsetBytes + directLength, into.subarray(directLength));
    },
    close: async () => {
      await closeDirect();
      await buffered.close();
    },
  };
};

const readFully = async (handle: FileHandle, offsetBytes: number, into: Uint8Array): Promise<void> => {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await handle.read(into, done, into.length - done, offsetBytes + done);
    if (bytesRead === 0)
      throw Object.assign(new Error(`the disk ended at ${offsetBytes + done}`), { code: 'EIO', errno: -5, syscall: 'read' });
    done += bytesRead;
  }
};
