// A library in one file: a plain uncompressed tar (POSIX.1-1988 ustar) of the library's folder, so that any tar unpacks it. Read where
// it lies, without unpacking.
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { storeFailure, tornFile } from './failures.ts';
import type { LibraryStore } from './store.ts';
import { TAR_BLOCK_BYTES, parseTarHeader, paddedBytes } from './tar-format.ts';

type Place = { readonly offsetBytes: number; readonly sizeBytes: number };

/** No library has as many files: a pack holds at least thousands of chunks. */
const ENTRIES_MAX = 1_000_000;
const NAME = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/;

export const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** Codes: `library.not-a-library`, `library.missing`, `library.unreadable`. Names that no library has are passed over. */
export const openTarStore = async (path: string): Promise<Result<LibraryStore>> => {
  try {
    await using file = await open(path, 'r');
    const places = await readPlaces(file, (await file.stat()).size);
    return places === null
      ? failed('library.not-a-library', 'The file is no library, or its end is missing.', 'Choose another file, or copy it again.')
      : success(storeOf(path, places));
  } catch (error) {
    return storeFailure(error, 'file', 'reading');
  }
};

const readPlaces = async (file: FileHandle, fileBytes: number): Promise<ReadonlyMap<string, Place> | null> => {
  const places = new Map<string, Place>();
  const header = Buffer.alloc(TAR_BLOCK_BYTES);
  for (let offset = 0; ;) {
    const { bytesRead } = await file.read(header, 0, TAR_BLOCK_BYTES, offset);
    // The end is marked by blocks of zeros: without them a part may be missing.
    if (bytesRead < TAR_BLOCK_BYTES) return null;
    if (header.every((byte) => byte === 0)) return places;
    const entry = parseTarHeader(header);
    if (entry === null || places.size >= ENTRIES_MAX) return null;
    const offsetBytes = offset + TAR_BLOCK_BYTES;
    offset = offsetBytes + paddedBytes(entry.sizeBytes);
    if (offset > fileBytes) return null;
    const name = entry.name.replace(/^\.\//, '');
    if (entry.isFile && NAME.test(name)) places.set(name, { offsetBytes, sizeBytes: entry.sizeBytes });
  }
};

const storeOf = (path: string, places: ReadonlyMap<string, Place>): LibraryStore => {
  const readRange: LibraryStore['readRange'] = async (name, offsetBytes, lengthBytes, into) => {
    const place = places.get(name);
    if (place === undefined) return missing(name);
    if (offsetBytes + lengthBytes > place.sizeBytes) return tornFile(name);
    try {
      await using file = await open(path, 'r');
      const bytes = into === undefined ? Buffer.allocUnsafe(lengthBytes) : into.subarray(0, lengthBytes);
      for (let done = 0; done < lengthBytes;) {
        const { bytesRead } = await file.read(bytes, done, lengthBytes - done, place.offsetBytes + offsetBytes + done);
        if (bytesRead === 0) return tornFile(name);
        done += bytesRead;
      }
      return success(bytes);
    } catch (error) {
      return storeFailure(error, name, 'reading');
    }
  };
  const readOnly = failed('library.read-only', 'A library in one file is only read.', 'Merge it into a library in a folder.');
  return {
    location: path,
    list: (folder) => Promise.resolve(success([...places.keys()].filter((name) => name.startsWith(`${folder}/`)).toSorted())),
    size: (name) => Promise.resolve(success(places.get(name)?.sizeBytes ?? null)),
    readRange,
    readAll: async (name, maxBytes) => {
      const sizeBytes = places.get(name)?.sizeBytes;
      if (sizeBytes === undefined) return missing(name);
      if (sizeBytes > maxBytes)
        return failed('library.torn', `The library's ${name} is too large to be genuine.`, 'Heal the library from another copy.');
      return sizeBytes === 0 ? success(new Uint8Array()) : readRange(name, 0, sizeBytes);
    },
    putOnce: () => Promise.resolve(readOnly),
    replace: () => Promise.resolve(readOnly),
    putStream: () => Promise.resolve(readOnly),
    delete: () => Promise.resolve(readOnly),
    freeBytes: () => Promise.resolve(null),
  };
};

const missing = (name: string): ReturnType<typeof failed> =>
  failed('library.missing', `The library has no ${name}.`, 'Choose another file, or copy it again.');
