// Frames that a scrub found damaged: written down in the library, so that nobody takes the chunk for present any more and the next
// import, merge, repair or machine that carries it stores it again. Packs themselves never change.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes, parseCanonicalJson } from '../../agent/image/canonical-json.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { LibraryStore } from './store.ts';

const FOLDER = 'quarantine';
const listSchema = z.strictObject({ chunks: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(1_000_000) });
const LIST_MAX_BYTES = 128 * 1024 * 1024;

const nameOf = (packId: string, bytes: Uint8Array): string =>
  `${FOLDER}/${packId}-${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.json`;
const packIdOf = (name: string): string | undefined => /^quarantine\/([0-9a-f]{64})-[0-9a-f]{16}\.json$/.exec(name)?.[1];

/** Damaged chunks by pack. A list that cannot be read counts for nothing: the next scrub finds the frames again. */
export const readQuarantine = async (store: LibraryStore): Promise<Result<ReadonlyMap<string, ReadonlySet<string>>>> => {
  const names = await store.list(FOLDER);
  if (!names.ok) return names;
  const bad = new Map<string, Set<string>>();
  for (const name of names.value) {
    const packId = packIdOf(name);
    const bytes = packId === undefined ? undefined : await store.readAll(name, LIST_MAX_BYTES);
    if (packId === undefined || bytes?.ok !== true || nameOf(packId, bytes.value) !== name) continue;
    const list = listSchema.safeParse(parseCanonicalJson(bytes.value));
    if (!list.success) continue;
    const known = bad.get(packId) ?? new Set();
    for (const chunkId of list.data.chunks) known.add(chunkId);
    bad.set(packId, known);
  }
  return success(bad);
};

export const quarantine = (store: LibraryStore, packId: string, chunkIds: Iterable<string>): Promise<Result<'created' | 'present'>> => {
  const bytes = canonicalBytes({ chunks: [...chunkIds].toSorted() });
  return store.putOnce(nameOf(packId, bytes), [bytes]);
};

/** Once the pack itself is gone. */
export const endQuarantine = async (store: LibraryStore, packId: string): Promise<Result<null>> => {
  const names = await store.list(FOLDER);
  if (!names.ok) return names;
  for (const name of names.value) {
    if (packIdOf(name) !== packId) continue;
    const removed = await store.delete(name);
    if (!removed.ok) return removed;
  }
  return success(null);
};
