// The store of a library for its one writer: nothing is written or deleted once the lock is another's (docs/adr/0029).
import type { Result } from '../../agent/protocol/failure.ts';
import type { LibraryStore } from './store.ts';
import type { WriterLock } from './writer-lock.ts';

/** Writes and deletes fail with `library.lock-lost` from the moment on in which another has taken the lock. */
export const fencedStore = (store: LibraryStore, lock: Pick<WriterLock, 'check'>): LibraryStore => {
  const fenced = async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
    const held = await lock.check();
    return held.ok ? work() : held;
  };
  return {
    ...store,
    putOnce: (name, parts) => fenced(() => store.putOnce(name, parts)),
    replace: (name, parts) => fenced(() => store.replace(name, parts)),
    putStream: (name, stream) => fenced(() => store.putStream(name, stream)),
    delete: (name) => fenced(() => store.delete(name)),
  };
};
