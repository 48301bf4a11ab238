// The store of a library that is open for writing, by its id: the disk may be pulled and another one, with a library of its own, put in
// its place. What is known of the first must not be written into the second: an image there would lack every chunk of the first.
import type { Result } from '../../agent/protocol/failure.ts';
import { libraryGone } from './failures.ts';
import { openHeader } from './open-header.ts';
import type { LibraryStore } from './store.ts';

/** Writes and deletes fail with the header's codes, and with `library.missing` while the library there is another one. */
export const ownStore = (store: LibraryStore, libraryId: string): LibraryStore => {
  const own = async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
    const header = await openHeader(store, false);
    if (!header.ok) return header;
    return header.value.libraryId === libraryId ? work() : libraryGone(store.location);
  };
  return {
    ...store,
    putOnce: (name, parts) => own(() => store.putOnce(name, parts)),
    replace: (name, parts) => own(() => store.replace(name, parts)),
    putStream: (name, stream) => own(() => store.putStream(name, stream)),
    delete: (name) => own(() => store.delete(name)),
  };
};
