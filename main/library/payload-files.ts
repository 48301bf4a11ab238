// Payload files as they lie in a library: one file, or for larger ones parts and the list of them, since FAT32 takes no file of
// 4 GiB (docs/FORMAT.md "Payload"). Reading and checking them.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes, parseCanonicalJson } from '../../agent/image/canonical-json.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { tornFile } from './failures.ts';
import { payloadIdOfName, payloadListName, payloadName, payloadPartName } from './names.ts';
import { cancelled } from './pack-frames.ts';
import { STREAM_BYTES } from './store.ts';
import type { LibraryStore } from './store.ts';

/** What is larger is kept in parts of this size. */
export const PAYLOAD_PART_BYTES = 1024 * 1024 * 1024;
const PART_MOST_BYTES = 4 * 1024 * 1024 * 1024 - 1;
const LIST_MAX_BYTES = 1024 * 1024;

const listSchema = z
  .strictObject({
    partBytes: z.int().min(1).max(PART_MOST_BYTES),
    /** SHA-256 of each part, in order. */
    parts: z
      .array(z.string().regex(/^[0-9a-f]{64}$/))
      .min(1)
      .max(10_000),
    sizeBytes: z.int().min(1),
  })
  .refine(({ partBytes, parts, sizeBytes }) => Math.ceil(sizeBytes / partBytes) === parts.length);
export type PartList = Readonly<z.infer<typeof listSchema>>;

/** `list` null: it is one file. */
export type PayloadFiles = { readonly sizeBytes: number; readonly list: PartList | null };

export const encodePartList = (list: PartList): Uint8Array => canonicalBytes(list);

export const partBytesOf = ({ partBytes, parts, sizeBytes }: PartList, number: number): number =>
  number < parts.length - 1 ? partBytes : sizeBytes - partBytes * (parts.length - 1);

/** Null: it is not there, or not all of it yet. Code `library.torn` for a list that is none. */
export const payloadFilesOf = async (store: LibraryStore, sha256: string): Promise<Result<PayloadFiles | null>> => {
  const whole = await store.size(payloadName(sha256));
  if (!whole.ok) return whole;
  if (whole.value !== null) return success({ sizeBytes: whole.value, list: null });
  const bytes = await store.readAll(payloadListName(sha256), LIST_MAX_BYTES);
  if (!bytes.ok) return bytes.failure.code === 'library.missing' ? success(null) : bytes;
  const list = listSchema.safeParse(parseCanonicalJson(bytes.value));
  return list.success ? success({ sizeBytes: list.data.sizeBytes, list: list.data }) : tornFile(payloadListName(sha256));
};

/** A stretch of it, across parts. */
export const readPayload = async (
  store: LibraryStore,
  sha256: string,
  { list }: PayloadFiles,
  offsetBytes: number,
  lengthBytes: number,
): Promise<Result<Uint8Array>> => {
  if (list === null) return store.readRange(payloadName(sha256), offsetBytes, lengthBytes);
  const pieces: Uint8Array[] = [];
  for (let done = 0; done < lengthBytes;) {
    const at = offsetBytes + done;
    const number = Math.floor(at / list.partBytes);
    const within = at - number * list.partBytes;
    const length = Math.min(lengthBytes - done, partBytesOf(list, Math.min(number, list.parts.length - 1)) - within);
    if (number >= list.parts.length || length <= 0) return tornFile(payloadPartName(sha256, number));
    const piece = await store.readRange(payloadPartName(sha256, number), within, length);
    if (!piece.ok) return piece;
    pieces.push(piece.value);
    done += piece.value.length;
  }
  return success(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces));
};

/** Reads all of it. Codes: `library.payload-damaged`, `recipe.payload-missing`, `job.cancelled`, and the store's. */
export const checkPayload = async (store: LibraryStore, sha256: string, signal?: AbortSignal): Promise<Result<PayloadFiles>> => {
  const files = await payloadFilesOf(store, sha256);
  if (!files.ok) return files;
  if (files.value === null) return payloadMissing(sha256);
  const [whole, list] = [createHash('sha256'), files.value.list];
  const stretches = list === null ? [files.value.sizeBytes] : list.parts.map((_part, number) => partBytesOf(list, number));
  for (const [number, length] of stretches.entries()) {
    const part = createHash('sha256');
    const name = list === null ? payloadName(sha256) : payloadPartName(sha256, number);
    const size = await store.size(name);
    if (!size.ok) return size;
    // Longer than it should be is as wrong as shorter.
    if (size.value !== length) return size.value === null ? payloadMissing(sha256) : payloadDamaged(sha256);
    for (let done = 0; done < length;) {
      if (signal?.aborted === true) return cancelled();
      const piece = await store.readRange(name, done, Math.min(STREAM_BYTES, length - done));
      if (!piece.ok) return piece;
      whole.update(piece.value);
      part.update(piece.value);
      done += piece.value.length;
    }
    if (list !== null && part.digest('hex') !== list.parts[number]) return payloadDamaged(sha256);
  }
  return whole.digest('hex') === sha256 ? success(files.value) : payloadDamaged(sha256);
};

/** Ids of which anything lies there, whole or not. */
export const listPayloads = async (store: LibraryStore): Promise<Result<readonly string[]>> => {
  const names = await store.list('payloads');
  if (!names.ok) return names;
  return success([...new Set(names.value.map(payloadIdOfName))].filter((id) => id !== undefined));
};

type Failed = { readonly ok: false; readonly failure: Failure };

export const payloadMissing = (sha256: string): Failed =>
  failed(
    'recipe.payload-missing',
    `The library has no payload file ${sha256.slice(0, 16)}, or not all of it.`,
    'Merge a library that has it, or add its recipe again from its folder.',
  );

export const payloadDamaged = (sha256: string): Failed =>
  failed(
    'library.payload-damaged',
    `Payload file ${sha256.slice(0, 16)} in the library is damaged.`,
    'Heal the library from another copy of it: rackside library repair --from FOLDER',
  );
