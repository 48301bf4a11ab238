// Opening a library folder: its header file says what it is and who may read it; what an interrupted writer left is swept away.
import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { storeFailure } from './failures.ts';
import { HEADER_NAME } from './names.ts';
import type { LibraryStore } from './store.ts';

const headerSchema = z.looseObject({
  format: z.literal('rackside-library'),
  version: z.int(),
  /** Readers of a lower version must not touch the library. */
  minReader: z.int(),
  libraryId: z.uuid(),
  createdAt: z.string(),
});
export type LibraryHeader = Readonly<z.infer<typeof headerSchema>>;

const READER_VERSION = 1;

/** Makes the folder itself, if its parent exists: a stick that is not plugged in must not become a folder on the laptop's disk. */
export const prepareFolder = async (folder: string): Promise<Result<null>> => {
  try {
    // Not `recursive`: that reports a read-only disk as a missing folder.
    await mkdir(folder);
    return success(null);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return success(null);
    const failure = storeFailure(error, 'folder');
    return failure.failure.code === 'library.missing'
      ? failed('library.missing', `There is no folder ${dirname(folder)}.`, 'Plug the disk in, or choose another folder.')
      : failure;
  }
};

/**
 * Reads the header; writes one into a folder that has nothing of a library if `create`. Codes: `library.missing`,
 * `library.not-a-library`, `library.one-below`, `library.newer`, `library.read-only`, `library.full`, `library.unreadable`.
 */
export const openHeader = async (store: LibraryStore, create: boolean): Promise<Result<LibraryHeader>> => {
  const bytes = await store.readAll(HEADER_NAME, 64 * 1024);
  if (bytes.ok) return parseHeader(bytes.value);
  if (bytes.failure.code !== 'library.missing') return bytes;
  const packs = create ? await store.list('packs') : success([]);
  if (!packs.ok) return packs;
  if (packs.value.length > 0) return notALibrary(`its ${HEADER_NAME} is gone`);
  const below = await libraryBelow(store.location);
  if (below !== null)
    return failed(
      'library.one-below',
      `There is no library in ${store.location}, but there is one in ${below}.`,
      `Name that folder: ${below}`,
    );
  if (!create) return failed('library.missing', `There is no library in ${store.location}.`, 'Plug its disk in, or create a new library.');
  const header: LibraryHeader = {
    format: 'rackside-library',
    version: READER_VERSION,
    minReader: 1,
    libraryId: randomUUID(),
    createdAt: new Date().toISOString(),
  };
  const written = await store.putOnce(HEADER_NAME, [Buffer.from(`${JSON.stringify(header, null, 2)}\n`)]);
  return written.ok ? success(header) : written;
};

/** Whoever names the disk means the library on it; a new one beside it would show no images, and without a word. */
const libraryBelow = async (folder: string): Promise<string | null> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const found = await access(join(folder, name, HEADER_NAME)).then(
      () => true,
      () => false,
    );
    if (found) return join(folder, name);
  }
  return null;
};

/** The id of the library that is there now; null: none. An unplugged disk leaves nothing, or an empty folder. */
export const libraryIdAt = async (folder: string): Promise<string | null> => {
  const bytes = await readFile(join(folder, HEADER_NAME)).catch(() => null);
  const header = bytes === null ? null : parseHeader(bytes);
  return header?.ok === true ? header.value.libraryId : null;
};

const parseHeader = (bytes: Uint8Array): Result<LibraryHeader> => {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return notALibrary(`its ${HEADER_NAME} cannot be read`);
  }
  const header = headerSchema.safeParse(value);
  if (!header.success) return notALibrary(`its ${HEADER_NAME} is of another kind`);
  return header.data.minReader > READER_VERSION
    ? failed('library.newer', 'The library was written by a newer version of Rackside.', 'Update this station, then open it again.')
    : success(header.data);
};

const notALibrary = (why: string): ReturnType<typeof failed> =>
  failed('library.not-a-library', `The folder is not a Rackside library: ${why}.`, 'Choose another folder, or copy the library again.');
