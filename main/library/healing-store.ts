// The library's store for writers: a pack under the name of one that is known to be damaged is written anew instead of being taken for
// present. Names tell the content, so what is written is what should have been there.
import type { Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import { packIdOfName, packName } from './names.ts';
import { endQuarantine } from './quarantine.ts';
import type { LibraryStore } from './store.ts';

/** `damaged` names packs; those that were written anew are taken out of it. */
export const healingStore = (store: LibraryStore, damaged: Set<string>): LibraryStore => ({
  ...store,
  putOnce: async (name, parts): Promise<Result<'created' | 'present'>> => {
    const packId = packIdOfName(name);
    if (packId === undefined || !damaged.has(packId)) return store.putOnce(name, parts);
    const written = await store.replace(name, parts);
    if (!written.ok) return written;
    if (name === packName(packId)) {
      const ended = await endQuarantine(store, packId);
      if (!ended.ok) return ended;
    } else damaged.delete(packId);
    return success('created');
  },
});
