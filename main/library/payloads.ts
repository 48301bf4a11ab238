// Payload files of recipes in the library, each under its own hash; of any size, so they stream in and go out in parts. Docs: FORMAT.md.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { libraryGone, storeFailure } from './failures.ts';
import { HEADER_NAME } from './names.ts';
import { checkPayload, payloadFilesOf, payloadMissing, readPayload } from './payload-files.ts';
import { putPayload } from './put-payload.ts';
import type { PayloadReader } from './put-payload.ts';
import { STREAM_BYTES } from './store.ts';
import type { LibraryStore } from './store.ts';
import type { WriterLock } from './writer-lock.ts';

export type PayloadKeep = {
  /** Copies a file in, under its hash. Codes: `recipe.cancelled`, `recipe.unreadable`, `library.payload-damaged`, and the library's. */
  readonly keepPayload: (path: string, signal: AbortSignal) => Promise<Result<{ readonly sha256: string; readonly sizeBytes: number }>>;
  /** Whoever takes a whole file checks its hash. Codes: `recipe.payload-missing`, and the library's. */
  readonly payloadPart: (sha256: string, offsetBytes: number, lengthBytes: number) => Promise<Result<Uint8Array>>;
  /** Its size; null where it is not there, or not all of it. */
  readonly payloadSize: (sha256: string) => Promise<Result<number | null>>;
  /** Takes one in that is read elsewhere; nothing is done where it is here already. */
  readonly takePayload: (sha256: string, sizeBytes: number, read: PayloadReader, signal: AbortSignal) => Promise<Result<null>>;
};

type PayloadKeepOptions = { readonly store: LibraryStore; readonly lock: WriterLock; readonly partBytes?: number | undefined };

export const payloadKeep = ({ store, lock, partBytes }: PayloadKeepOptions): PayloadKeep => {
  const take: PayloadKeep['takePayload'] = async (sha256, sizeBytes, read, signal) => {
    const held = await lock.hold();
    if (!held.ok) return held;
    try {
      // One that is there and damaged is written anew.
      const there = await checkPayload(store, sha256, signal);
      return there.ok ? success(null) : await putPayload(store, { sha256, sizeBytes, read }, { signal, partBytes });
    } finally {
      await held.value();
    }
  };
  return {
    keepPayload: async (path, signal) => {
      try {
        await using file = await open(path, 'r');
        const { size } = await file.stat();
        const read = readerOf(file, path);
        const sha256 = await hashOf(read, size, signal);
        if (!sha256.ok) return sha256;
        const taken = await take(sha256.value, size, read, signal);
        if (taken.ok) return success({ sha256: sha256.value, sizeBytes: size });
        return signal.aborted ? notAdded : taken;
      } catch (error) {
        return storeFailure(error, path, 'reading');
      }
    },
    takePayload: take,
    payloadSize: async (sha256) => {
      const files = await payloadFilesOf(store, sha256);
      return files.ok ? success(files.value?.sizeBytes ?? null) : files;
    },
    payloadPart: async (sha256, offsetBytes, lengthBytes) => {
      const files = await payloadFilesOf(store, sha256);
      if (!files.ok) return files;
      if (files.value !== null) return readPayload(store, sha256, files.value, offsetBytes, lengthBytes);
      // An unplugged disk leaves an empty folder behind: that is no word about the file.
      const header = await store.size(HEADER_NAME);
      if (!header.ok) return header;
      return header.value === null ? libraryGone(store.location) : payloadMissing(sha256);
    },
  };
};

const readerOf =
  (file: FileHandle, path: string): PayloadReader =>
  async (offsetBytes, lengthBytes) => {
    const bytes = Buffer.allocUnsafe(lengthBytes);
    for (let done = 0; done < lengthBytes;) {
      const { bytesRead } = await file.read(bytes, done, lengthBytes - done, offsetBytes + done);
      if (bytesRead === 0)
        return failed(
          'recipe.unreadable',
          `${path} became shorter while it was read.`,
          'Wait until nobody writes to it, then add it again.',
        );
      done += bytesRead;
    }
    return success(bytes);
  };

/** It is named by its hash: so it is read once before it is copied. */
const hashOf = async (read: PayloadReader, sizeBytes: number, signal: AbortSignal): Promise<Result<string>> => {
  const hash = createHash('sha256');
  for (let done = 0; done < sizeBytes;) {
    if (signal.aborted) return notAdded;
    const piece = await read(done, Math.min(STREAM_BYTES, sizeBytes - done));
    if (!piece.ok) return piece;
    hash.update(piece.value);
    done += piece.value.length;
  }
  return signal.aborted ? notAdded : success(hash.digest('hex'));
};

const notAdded = failed('recipe.cancelled', 'The recipe was not added.', 'Add it again when you like.');
