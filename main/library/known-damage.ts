// What is known of a library's damage: what a scrub proves is no longer taken for present, and damaged packs give up what of them is
// whole. Where lost chunks come from is elsewhere: repair-library.ts, heals.ts, or the next import.
import type { TrustedKeys } from '../../agent/image/signature.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { loadPack } from './load-index.ts';
import { packIdOfName, packName } from './names.ts';
import { endQuarantine, quarantine } from './quarantine.ts';
import { repackDamaged } from './repair-library.ts';
import type { LibraryStore } from './store.ts';
import { verifyLibrary } from './verify-library.ts';
import type { VerifiedPack, VerifyOptions, VerifyReport } from './verify-library.ts';

export type KnownDamage = {
  readonly scrub: (options: VerifyOptions) => Promise<Result<VerifyReport>>;
  /** Packs that are known to be damaged, or gone, give up what of them is whole; how many. */
  readonly mend: (signal: AbortSignal | undefined) => Promise<Result<number>>;
};

export type KnownDamageContext = {
  readonly store: LibraryStore;
  readonly index: ChunkIndex;
  /** Packs that are known to be damaged. */
  readonly damaged: Set<string>;
  readonly trustedKeys: () => TrustedKeys;
  /** Nothing is written, not even what a scrub finds. */
  readonly readOnly: boolean;
  /** With the writer lock held. */
  readonly locked: <T>(work: () => Promise<Result<T>>) => Promise<Result<T>>;
  /** Likewise, and while no image is being written. */
  readonly alone: <T>(work: () => Promise<Result<T>>) => Promise<Result<T>>;
};

export const knownDamage = ({ store, index, damaged, trustedKeys, readOnly, locked, alone }: KnownDamageContext): KnownDamage => {
  const isGone = async (packId: string): Promise<boolean> => {
    const size = await store.size(packName(packId));
    return size.ok && size.value === null;
  };
  /** A library that cannot be written is only remembered about, not written down in. */
  const judge = async (pack: VerifiedPack): Promise<void> => {
    const { packId, isSound, badChunks } = pack;
    if (isSound && badChunks.length === 0) {
      if (!damaged.delete(packId)) return;
      if (!readOnly) await locked(() => endQuarantine(store, packId));
      const loaded = await loadPack(store, packId);
      if (loaded.ok) index.relocate(packId, loaded.value.pack.entries);
      return;
    }
    damaged.add(packId);
    if (await isGone(packId)) index.dropPacks(new Set([packId]));
    if (badChunks.length === 0) return;
    index.dropChunks(packId, new Set(badChunks));
    if (!readOnly) await locked(() => quarantine(store, packId, badChunks));
  };
  return {
    scrub: async (options) => {
      const found: VerifiedPack[] = [];
      const onPack = (pack: VerifiedPack): void => {
        found.push(pack);
        options.onPack?.(pack);
      };
      const report = await verifyLibrary(store, trustedKeys(), { ...options, onPack });
      if (!report.ok) return report;
      for (const pack of found) await judge(pack);
      return report;
    },
    mend: async (signal) => {
      const names = await store.list('packs');
      if (!names.ok) return names;
      const known = new Set([...damaged, ...lonelyIndexes(names.value)]);
      if (known.size === 0) return success(0);
      return alone(async () => {
        const mended = await repackDamaged(store, index, [...known], { signal });
        // One in which yet another frame proved damaged stays, and is known.
        for (const packId of damaged) if (await isGone(packId)) damaged.delete(packId);
        return mended;
      });
    },
  };
};

/** Of packs that are gone: a scrub would tell of them for ever. */
const lonelyIndexes = (names: readonly string[]): readonly string[] => {
  const packs = new Set(names.filter((name) => name.endsWith('.pack')).map(packIdOfName));
  return [...new Set(names.map(packIdOfName))].filter((packId) => packId !== undefined && !packs.has(packId)) as string[];
};
