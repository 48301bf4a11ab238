// A Linux block device opened for direct, exclusive writing (open(2) O_DIRECT, O_EXCL; blockdev(8), blkdiscard(8)). It is the
// only disk of the machine that is ever set writable, and it is set read-only again when it is closed.
import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Result } from '../protocol/failure.ts';
import { failed, success } from '../protocol/failure.ts';
import { createArena, isArenaMemory } from './aligned-memory.ts';
import type { Tools } from './tools.ts';
import { IO_ALIGNMENT_BYTES } from './alignment.ts';
import type { TargetDisk } from './target-disk.ts';
import { isSystemError } from './system-error.ts';

/** Small zero ranges are written; from here on one `blkdiscard -z` (BLKZEROOUT) is cheaper than its process. */
const ZERO_BY_TOOL_BYTES = 8 * 1024 * 1024;
const BOUNCE_BYTES = 1024 * 1024;
/** Where direct I/O is refused, dirty pages are bounded by syncing this often. */
const BUFFERED_SYNC_BYTES = 256 * 1024 * 1024;

/** Opens `path` (`/dev/…`). Codes: `disk.busy` (mounted or held by somebody), `disk.open-failed`. */
export const openBlockDisk = async (path: string, tools: Tools): Promise<Result<TargetDisk>> => {
  await tools.run('blockdev', ['--setrw', path]);
  const opened = await openDirect(path);
  if (!opened.ok) {
    await tools.run('blockdev', ['--setro', path]);
    return opened;
  }
  const { handle, direct } = opened.value;
  // Ends that are no multiple of 4096 go through the page cache; the kernel keeps both views coherent.
  try {
    const buffered = direct ? await open(path, constants.O_RDWR) : handle;
    const { sizeBytes, logicalSectorBytes } = await geometryOf(handle);
    return success(blockDisk({ path, tools, handle, buffered, direct, sizeBytes, logicalSectorBytes }));
  } catch (error) {
    // No disk stays writable behind an open that failed.
    await handle.close();
    await tools.run('blockdev', ['--setro', path]);
    throw error;
  }
};

type Parts = {
  readonly path: string;
  readonly tools: Tools;
  readonly handle: FileHandle;
  readonly buffered: FileHandle;
  readonly direct: boolean;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
};

const blockDisk = ({ path, tools, handle, buffered, direct, sizeBytes, logicalSectorBytes }: Parts): TargetDisk => {
  const directEnd = direct ? sizeBytes - (sizeBytes % IO_ALIGNMENT_BYTES) : 0;
  const bounce = createArena(1, BOUNCE_BYTES);
  const never = new AbortController().signal;
  let unsyncedBytes = 0;
  let isWritten = false;

  /** Runs `work` on the one bounce buffer; others wait. */
  const bouncing = async (work: (buffer: Buffer) => Promise<void>): Promise<void> => {
    const slot = await bounce.take(never);
    try {
      await work(slot.bytes);
    } finally {
      slot.release();
    }
  };
  const isDirect = (offsetBytes: number, bytes: Uint8Array): boolean =>
    offsetBytes % IO_ALIGNMENT_BYTES === 0 &&
    bytes.byteLength % IO_ALIGNMENT_BYTES === 0 &&
    bytes.byteOffset % IO_ALIGNMENT_BYTES === 0 &&
    offsetBytes + bytes.byteLength <= directEnd &&
    isArenaMemory(bytes);

  /** Direct transfer through the bounce buffer: whole 4 KiB blocks around the range, read first where a block is only partly ours. */
  const bounced = async (offsetBytes: number, bytes: Uint8Array, writing: boolean): Promise<void> => {
    for (let done = 0; done < bytes.byteLength;) {
      const at = offsetBytes + done;
      const start = at - (at % IO_ALIGNMENT_BYTES);
      const length = Math.min(bytes.byteLength - done, start + BOUNCE_BYTES - at);
      const span = Math.ceil((at - start + length) / IO_ALIGNMENT_BYTES) * IO_ALIGNMENT_BYTES;
      const part = bytes.subarray(done, done + length);
      await bouncing(async (buffer) => {
        const block = buffer.subarray(0, span);
        if (!writing || length !== span) await readFully(handle, start, block);
        if (!writing) part.set(block.subarray(at - start, at - start + length));
        else {
          block.set(part, at - start);
          await writeFully(handle, start, block);
        }
      });
      done += length;
    }
  };

  const transfer = async (offsetBytes: number, bytes: Uint8Array, writing: boolean): Promise<void> => {
    if (offsetBytes < 0 || offsetBytes + bytes.byteLength > sizeBytes) throw new RangeError(`${path}: ${offsetBytes} is outside the disk`);
    isWritten ||= writing;
    const run = writing ? writeFully : readFully;
    if (isDirect(offsetBytes, bytes)) return run(handle, offsetBytes, bytes);
    const directLength = Math.max(0, Math.min(bytes.byteLength, directEnd - offsetBytes));
    if (directLength > 0) await bounced(offsetBytes, bytes.subarray(0, directLength), writing);
    if (directLength === bytes.byteLength) return;
    await run(buffered, offsetBytes + directLength, bytes.subarray(directLength));
    if (!writing) return;
    unsyncedBytes += bytes.byteLength - directLength;
    if (direct || unsyncedBytes >= BUFFERED_SYNC_BYTES) {
      unsyncedBytes = 0;
      await buffered.datasync();
    }
  };

  const writeZeros = async (offsetBytes: number, lengthBytes: number): Promise<void> => {
    const zeros = Buffer.alloc(Math.min(lengthBytes, BOUNCE_BYTES));
    for (let done = 0; done < lengthBytes; done += zeros.length)
      await transfer(offsetBytes + done, zeros.subarray(0, Math.min(zeros.length, lengthBytes - done)), true);
  };
  const blkdiscard = async (options: readonly string[], offsetBytes: number, lengthBytes: number): Promise<boolean> => {
    if (offsetBytes % logicalSectorBytes !== 0 || lengthBytes % logicalSectorBytes !== 0) return false;
    // --force: the exclusive opener that blkdiscard would otherwise refuse to share with is this very program.
    const place = ['--offset', `${offsetBytes}`, '--length', `${lengthBytes}`, path];
    return (await tools.run('blkdiscard', ['--force', ...options, ...place])).code === 0;
  };

  return {
    sizeBytes,
    logicalSectorBytes,
    read: (offsetBytes, into) => transfer(offsetBytes, into, false),
    write: (offsetBytes, bytes) => transfer(offsetBytes, bytes, true),
    zero: async (offsetBytes, lengthBytes) => {
      if (lengthBytes >= ZERO_BY_TOOL_BYTES && (await blkdiscard(['--zeroout'], offsetBytes, lengthBytes))) return;
      await writeZeros(offsetBytes, lengthBytes);
    },
    discard: async (offsetBytes, lengthBytes) => {
      const start = Math.ceil(offsetBytes / IO_ALIGNMENT_BYTES) * IO_ALIGNMENT_BYTES;
      const end = offsetBytes + lengthBytes - ((offsetBytes + lengthBytes) % IO_ALIGNMENT_BYTES);
      if (end > start) await blkdiscard([], start, end - start);
    },
    flush: async () => {
      await handle.sync();
      // Without direct I/O a read-back would only prove the page cache; this drops it.
      if (!direct) await tools.run('blockdev', ['--flushbufs', path]);
    },
    close: async () => {
      if (buffered !== handle) await buffered.close();
      await handle.close();
      // Best effort: whoever looks next at this machine's partitions should see the new ones.
      if (isWritten) await tools.run('blockdev', ['--rereadpt', path]);
      await tools.run('blockdev', ['--setro', path]);
    },
  };
};

const openDirect = async (path: string): Promise<Result<{ readonly handle: FileHandle; readonly direct: boolean }>> => {
  const { O_RDWR, O_EXCL, O_DIRECT } = constants;
  try {
    return success({ handle: await open(path, O_RDWR | O_EXCL | O_DIRECT), direct: true });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'EBUSY')
      return failed(
        'disk.busy',
        `${path} is in use by something else on this machine.`,
        'Restart the machine into Rackside and order again.',
      );
    if (error.code !== 'EINVAL')
      return failed(
        'disk.open-failed',
        `${path} cannot be opened for writing (${error.code}).`,
        'Check the disk and its write protection.',
      );
    return success({ handle: await open(path, O_RDWR | O_EXCL), direct: false });
  }
};

/** Sizes as the kernel states them: sysfs counts in 512-byte units whatever the sector size is. */
const geometryOf = async (handle: FileHandle): Promise<{ readonly sizeBytes: number; readonly logicalSectorBytes: number }> => {
  const { rdev } = await handle.stat();
  const sysfs = `/sys/dev/block/${Math.floor(rdev / 256) & 0xfff}:${(rdev & 0xff) | (Math.floor(rdev / 4096) & 0xfff00)}`;
  const number = async (name: string): Promise<number> => Number((await readFile(`${sysfs}/${name}`, 'utf8')).trim());
  return { sizeBytes: (await number('size')) * 512, logicalSectorBytes: await number('queue/logical_block_size') };
};

const readFully = async (handle: FileHandle, offsetBytes: number, into: Uint8Array): Promise<void> => {
  for (let done = 0; done < into.byteLength;) {
    const { bytesRead } = await handle.read(into, done, into.byteLength - done, offsetBytes + done);
    if (bytesRead === 0)
      throw Object.assign(new Error(`the disk ended at ${offsetBytes + done}`), { code: 'EIO', errno: -5, syscall: 'read' });
    done += bytesRead;
  }
};

const writeFully = async (handle: FileHandle, offsetBytes: number, bytes: Uint8Array): Promise<void> => {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, offsetBytes + done);
    done += bytesWritten;
  }
};
