// How a library is reached: a few operations on named byte sequences. A folder is the first implementation (folder-store.ts); an
// S3-compatible object store fits behind the same interface. Names use `/` and only [a-z0-9._-] in between.
import type { Result } from '../../agent/protocol/failure.ts';

/** So much of a stream at a time. */
export const STREAM_BYTES = 1024 * 1024;

/** Something too large for memory. `read` is asked in order, and once for each byte; `accept` has the last word before it gets its name. */
export type Stream = {
  readonly sizeBytes: number;
  readonly read: (offsetBytes: number, lengthBytes: number) => Promise<Result<Uint8Array>>;
  readonly accept: () => Result<null>;
};

export type LibraryStore = {
  /** Where it is, for people. */
  readonly location: string;
  /** Full names of everything below `folder/`, sorted; empty if there is nothing. */
  readonly list: (folder: string) => Promise<Result<readonly string[]>>;
  /** Size in bytes; null if it does not exist. */
  readonly size: (name: string) => Promise<Result<number | null>>;
  /** Exactly `lengthBytes` from `offsetBytes`; fewer is `library.torn`. Read into the beginning of `into` where that is given. */
  readonly readRange: (name: string, offsetBytes: number, lengthBytes: number, into?: Buffer) => Promise<Result<Uint8Array>>;
  /** The whole of something of at most `maxBytes`. Read into `into` where it fits there: for thousands of small files in a row. */
  readonly readAll: (name: string, maxBytes: number, into?: Buffer) => Promise<Result<Uint8Array>>;
  /** Makes it durable under its name, whole or not at all; `present` if the name is taken already, whose content then stays. */
  readonly putOnce: (name: string, parts: readonly Uint8Array[]) => Promise<Result<'created' | 'present'>>;
  /** The same whatever is there: only for what proved damaged, and whose right content its name tells. */
  readonly replace: (name: string, parts: readonly Uint8Array[]) => Promise<Result<null>>;
  /** The same for a stream, whatever is there; fails with its failures too, and then nothing has the name anew. */
  readonly putStream: (name: string, stream: Stream) => Promise<Result<null>>;
  /** No error if it is not there. */
  readonly delete: (name: string) => Promise<Result<null>>;
  /** Bytes that can still be written; null where the store cannot say. */
  readonly freeBytes: () => Promise<number | null>;
};
