// When each pack of a library was last read and found whole, or not. Kept on the laptop: a stick's word about itself is worth nothing.
import type { Database } from './open.ts';

export type PackChecks = {
  record(libraryId: string, packId: string, badChunks: number): void;
  /** After a whole scrub: packs that were not met by it are gone. */
  forgetBefore(libraryId: string, atMs: number): void;
  /** When the pack that was checked longest ago was; null where none was. */
  oldest(libraryId: string): number | null;
};

export const createPackChecks = ({ database, now }: { readonly database: Database; readonly now: () => number }): PackChecks => {
  const insert = database.prepare('INSERT OR REPLACE INTO pack_check(library_id, pack_id, verified_at_ms, bad_chunks) VALUES (?, ?, ?, ?)');
  const forget = database.prepare('DELETE FROM pack_check WHERE library_id = ? AND verified_at_ms < ?');
  const oldest = database.prepare<[string], { at_ms: number | null }>(
    'SELECT min(verified_at_ms) AS at_ms FROM pack_check WHERE library_id = ?',
  );
  return {
    record: (libraryId, packId, badChunks) => void insert.run(libraryId, packId, now(), badChunks),
    forgetBefore: (libraryId, atMs) => void forget.run(libraryId, atMs),
    oldest: (libraryId) => oldest.get(libraryId)?.at_ms ?? null,
  };
};
