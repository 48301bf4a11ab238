// Where the bytes of a transfer come from: memory, or a file read ahead in pages so that a block is usually copied, not awaited.
import { open } from 'node:fs/promises';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

/** What the virtual table answers for a path. Memory is for small loaders and generated scripts, a file for the rest. */
export type TftpFile =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly sizeBytes: number };

export interface BlockSource {
  readonly sizeBytes: number;
  /** Copies now and returns true, or returns false: then `load` first. */
  copy(position: number, length: number, target: Buffer, targetOffset: number): boolean;
  load(position: number, length: number): Promise<void>;
  close(): Promise<void>;
}

/** Larger than the largest window (64 × 1468 bytes), so a repeat reaches back one page at most. */
const pageBytes = 128 * 1024;
const pageSlots = 3;

/** Failure `tftp.file-unreadable` when it cannot be opened or is not as long as the table says. Read errors later are thrown by `load`. */
export const openSource = async (file: TftpFile): Promise<Result<BlockSource>> => {
  if (file.kind === 'bytes') return success(memorySource(file.bytes));
  const unreadable = (why: string) =>
    failed('tftp.file-unreadable', `${file.path} cannot be served: ${why}.`, 'Build the boot kit again: npm run bootkit.');
  try {
    const handle = await open(file.path, 'r');
    const { size } = await handle.stat();
    if (size === file.sizeBytes) return success(fileSource(handle, size));
    await handle.close();
    return unreadable(`it has ${size} bytes instead of ${file.sizeBytes}`);
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : String(error));
  }
};

const memorySource = (bytes: Uint8Array): BlockSource => ({
  sizeBytes: bytes.length,
  copy: (position, length, target, targetOffset) => {
    target.set(bytes.subarray(position, position + length), targetOffset);
    return true;
  },
  load: async () => {},
  close: async () => {},
});

interface Page {
  readonly index: number;
  readonly bytes: Buffer;
  readonly filled: Promise<void>;
  ready: boolean;
}

type FileHandle = Awaited<ReturnType<typeof open>>;

const fileSource = (handle: FileHandle, sizeBytes: number): BlockSource => {
  const pages: (Page | undefined)[] = [];
  let closed = false;

  const fetchPage = (index: number): Page => {
    const held = pages[index % pageSlots];
    if (held?.index === index) return held;
    const bytes = Buffer.allocUnsafe(Math.min(pageBytes, sizeBytes - index * pageBytes));
    const page: Page = {
      index,
      bytes,
      ready: false,
      filled: fill(handle, bytes, index * pageBytes).then(() => {
        page.ready = true;
      }),
    };
    // A read-ahead that fails is reported when its page is needed; until then it must not be an unhandled rejection.
    page.filled.catch(() => {
      if (pages[index % pageSlots] === page) pages[index % pageSlots] = undefined;
    });
    pages[index % pageSlots] = page;
    return page;
  };

  return {
    sizeBytes,
    copy: (position, length, target, targetOffset) => {
      for (let done = 0; done < length;) {
        const at = position + done;
        const page = pages[Math.floor(at / pageBytes) % pageSlots];
        if (page?.index !== Math.floor(at / pageBytes) || !page.ready) return false;
        const from = at - page.index * pageBytes;
        done += page.bytes.copy(target, targetOffset + done, from, Math.min(from + length - done, page.bytes.length));
      }
      const next = Math.floor(position / pageBytes) + 1;
      if (!closed && next * pageBytes < sizeBytes) fetchPage(next);
      return true;
    },
    load: async (position, length) => {
      const last = Math.floor((position + Math.max(length, 1) - 1) / pageBytes);
      for (let index = Math.floor(position / pageBytes); index <= last; index += 1)
        if (!closed && index * pageBytes < sizeBytes) await fetchPage(index).filled;
    },
    close: async () => {
      closed = true;
      await Promise.allSettled(pages.flatMap((page) => (page === null || page === undefined ? [] : [page.filled])));
      await handle.close();
    },
  };
};

const fill = async (handle: FileHandle, bytes: Buffer, position: number): Promise<void> => {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw new Error('the file became shorter while it was sent');
    done += bytesRead;
  }
};
