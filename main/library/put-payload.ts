// Writing a payload file into a library: as one file, or in parts with their list last. What is there of an earlier attempt is used
// again; what comes is held against its hash before it counts.
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import { payloadIdOfName, payloadListName, payloadName, payloadPartName } from './names.ts';
import { cancelled } from './pack-frames.ts';
import { PAYLOAD_PART_BYTES, encodePartList, payloadDamaged, partBytesOf } from './payload-files.ts';
import type { PartList } from './payload-files.ts';
import { STREAM_BYTES } from './store.ts';
import type { LibraryStore } from './store.ts';

/** A stretch of the file that is to be written. */
export type PayloadReader = (offsetBytes: number, lengthBytes: number) => Promise<Result<Uint8Array>>;
export type NewPayload = { readonly sha256: string; readonly sizeBytes: number; readonly read: PayloadReader };
export type PutPayloadOptions = { readonly signal?: AbortSignal | undefined; readonly partBytes?: number | undefined };

/** Whatever lies there under its name is replaced. Codes: `library.payload-damaged` (of what comes), `job.cancelled`, the store's. */
export const putPayload = async (
  store: LibraryStore,
  { sha256, sizeBytes, read }: NewPayload,
  { signal, partBytes = PAYLOAD_PART_BYTES }: PutPayloadOptions = {},
): Promise<Result<null>> => {
  const reader: PayloadReader = (at, length) => (signal?.aborted === true ? Promise.resolve(cancelled()) : read(at, length));
  if (sizeBytes <= partBytes) {
    const hash = createHash('sha256');
    const put = await store.putStream(payloadName(sha256), {
      sizeBytes,
      read: hashing(reader, 0, hash),
      accept: () => (hash.digest('hex') === sha256 ? success(null) : payloadDamaged(sha256)),
    });
    return put.ok ? removeFiles(store, sha256, (name) => name !== payloadName(sha256)) : put;
  }
  let whole = createHash('sha256');
  const parts: string[] = [];
  const list: PartList = { partBytes, sizeBytes, parts: Array.from({ length: Math.ceil(sizeBytes / partBytes) }, () => '') };
  for (let number = 0; number < list.parts.length; number++) {
    const [offsetBytes, length] = [number * partBytes, partBytesOf(list, number)];
    const name = payloadPartName(sha256, number);
    const there = await hashOfPart(store, name, length, signal);
    if (!there.ok) return there;
    // Read once to compare, and again to write only where it differs.
    const [coming, after] = [createHash('sha256'), whole.copy()];
    if (there.value !== null) {
      const compared = await each(hashing(reader, offsetBytes, coming, after), length);
      if (!compared.ok) return compared;
      const hash = coming.digest('hex');
      if (hash === there.value) {
        parts.push(hash);
        whole = after;
        continue;
      }
    }
    const written = createHash('sha256');
    const put = await store.putStream(name, {
      sizeBytes: length,
      read: hashing(reader, offsetBytes, written, whole),
      accept: () => success(null),
    });
    if (!put.ok) return put;
    parts.push(written.digest('hex'));
  }
  if (whole.digest('hex') !== sha256) {
    const removed = await removePayload(store, sha256);
    return removed.ok ? payloadDamaged(sha256) : removed;
  }
  const listed = await store.replace(payloadListName(sha256), [encodePartList({ ...list, parts })]);
  if (!listed.ok) return listed;
  return removeFiles(store, sha256, (name) => name === payloadName(sha256) || numberOf(name) >= parts.length);
};

/** Its list first: from then on it is not there, whatever of it still is. */
export const removePayload = async (store: LibraryStore, sha256: string): Promise<Result<null>> => {
  const removed = await removeFiles(store, sha256, (name) => name === payloadListName(sha256));
  return removed.ok ? removeFiles(store, sha256, () => true) : removed;
};

const removeFiles = async (store: LibraryStore, sha256: string, which: (name: string) => boolean): Promise<Result<null>> => {
  const names = await store.list('payloads');
  if (!names.ok) return names;
  for (const name of names.value.filter((one) => payloadIdOfName(one) === sha256 && which(one))) {
    const removed = await store.delete(name);
    if (!removed.ok) return removed;
  }
  return success(null);
};

const numberOf = (name: string): number => Number(/\.([0-9]{4})$/.exec(name)?.[1] ?? -1);

const hashing =
  (read: PayloadReader, fromBytes: number, ...hashes: readonly Hash[]): PayloadReader =>
  async (at, length) => {
    const piece = await read(fromBytes + at, length);
    if (piece.ok) for (const hash of hashes) hash.update(piece.value);
    return piece;
  };

const each = async (read: PayloadReader, sizeBytes: number): Promise<Result<null>> => {
  for (let done = 0; done < sizeBytes;) {
    const piece = await read(done, Math.min(STREAM_BYTES, sizeBytes - done));
    if (!piece.ok) return piece;
    done += piece.value.length;
  }
  return success(null);
};

/** Null: it is not there, or of another size. */
const hashOfPart = async (
  store: LibraryStore,
  name: string,
  sizeBytes: number,
  signal: AbortSignal | undefined,
): Promise<Result<string | null>> => {
  const size = await store.size(name);
  if (!size.ok) return size;
  if (size.value !== sizeBytes) return success(null);
  const hash = createHash('sha256');
  const read: PayloadReader = (at, length) => (signal?.aborted === true ? Promise.resolve(cancelled()) : store.readRange(name, at, length));
  const done = await each(hashing(read, 0, hash), sizeBytes);
  return done.ok ? success(hash.digest('hex')) : done;
};
