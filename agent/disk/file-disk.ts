// A disk that is a sparse file: the software rack's and the tests' disks. Zeros and discards are written as zeros, in blocks that
// are read first so that the file stays sparse.
import { open } from 'node:fs/promises';
import { isAllZero } from '../image/chunk.ts';
import type { TargetDisk } from './target-disk.ts';

const STEP_BYTES = 1024 * 1024;

/** Opens an existing file; its length is the disk's size. Rejects with the system error where that fails. */
export const openFileDisk = async (path: string, logicalSectorBytes = 512): Promise<TargetDisk> => {
  const handle = await open(path, 'r+');
  const sizeBytes = (await handle.stat()).size;

  const read = async (offsetBytes: number, into: Uint8Array): Promise<void> => {
    for (let done = 0; done < into.byteLength;) {
      const { bytesRead } = await handle.read(into, done, into.byteLength - done, offsetBytes + done);
      if (bytesRead === 0)
        throw Object.assign(new Error(`the disk ended at ${offsetBytes + done}`), { code: 'EIO', errno: -5, syscall: 'read' });
      done += bytesRead;
    }
  };
  const write = async (offsetBytes: number, bytes: Uint8Array): Promise<void> => {
    if (offsetBytes < 0 || offsetBytes + bytes.byteLength > sizeBytes) throw new RangeError(`${path}: ${offsetBytes} is outside the disk`);
    for (let done = 0; done < bytes.byteLength;)
      done += (await handle.write(bytes, done, bytes.byteLength - done, offsetBytes + done)).bytesWritten;
  };
  const zero = async (offsetBytes: number, lengthBytes: number): Promise<void> => {
    const step = Buffer.alloc(Math.min(STEP_BYTES, lengthBytes));
    for (let done = 0; done < lengthBytes; done += step.length) {
      const part = step.subarray(0, Math.min(step.length, lengthBytes - done));
      await read(offsetBytes + done, part);
      if (!isAllZero(part)) await write(offsetBytes + done, part.fill(0));
    }
  };
  return {
    sizeBytes,
    logicalSectorBytes,
    read,
    write,
    zero,
    // A real disk may or may not forget discarded content; a file keeps it, which is the harder case for everything above.
    discard: () => Promise.resolve(),
    flush: () => handle.datasync(),
    close: () => handle.close(),
  };
};
