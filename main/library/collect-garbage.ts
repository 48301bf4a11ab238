// Frees what no image needs: marks the chunks of every image, removes packs of which none is marked, and packs anew those that are
// mostly waste.
import { FRAME_HEADER_BYTES } from '../../agent/image/chunk.ts';
import type { PackEntry } from '../../agent/image/pack.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { listPacks, loadPack } from './load-index.ts';
import { packName } from './names.ts';
import { neededChunks } from './needed-chunks.ts';
import { cancelled } from './pack-frames.ts';
import { readQuarantine } from './quarantine.ts';
import { removePacks, repack } from './repack.ts';
import type { OldPack } from './repack.ts';
import type { LibraryStore } from './store.ts';

/** Packs with less than this share of needed bytes are packed anew. */
const LIVE_SHARE = 0.6;

export type GarbageReport = { readonly freedBytes: number; readonly removedPacks: number; readonly repackedPacks: number };
export type GarbageOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
};

/**
 * Only with the writer lock held and no image being written. Codes: `library.image-corrupt` (then nothing was removed),
 * `library.full`, `job.cancelled`, and the store's own; what was freed until then stays freed.
 */
export const collectGarbage = async (
  store: LibraryStore,
  index: ChunkIndex,
  { signal, onProgress }: GarbageOptions = {},
): Promise<Result<GarbageReport>> => {
  const judging = await judgeFor(store, index, {});
  if (!judging.ok) return judging;
  const { packIds, judge } = judging.value;
  const total = packIds.length;
  const sparse: string[] = [];
  let freedBytes = 0;
  let removedPacks = 0;
  for (const [done, packId] of packIds.entries()) {
    if (signal?.aborted === true) return cancelled();
    onProgress?.(done, total);
    const judged = await judge(packId);
    if (judged === null || !judged.isWaste) continue;
    if (judged.keep.length > 0) {
      sparse.push(packId);
      continue;
    }
    const size = await store.size(packName(packId));
    const removed = await removePacks(store, index, [packId]);
    if (!removed.ok) return removed;
    removedPacks++;
    freedBytes += size.ok ? (size.value ?? 0) : 0;
  }
  async function* wasteful(): AsyncGenerator<OldPack> {
    for (const packId of sparse) {
      const judged = await judge(packId);
      if (judged !== null) yield { packId, keep: judged.keep };
    }
  }
  const repacked = await repack(store, index, wasteful(), { signal });
  onProgress?.(total, total);
  if (!repacked.ok) return repacked;
  return success({ removedPacks, repackedPacks: repacked.value.packs, freedBytes: freedBytes + repacked.value.freedBytes });
};

/** What a collection would do now; nothing is changed. `freedBytes` is what it is up to the new packs' own indexes. */
export const previewGarbage = async (
  store: LibraryStore,
  index: ChunkIndex,
  { signal, withoutTrash }: GarbageOptions & { readonly withoutTrash: boolean },
): Promise<Result<GarbageReport>> => {
  const judging = await judgeFor(store, index, { withoutTrash });
  if (!judging.ok) return judging;
  const { packIds, judge } = judging.value;
  let [freedBytes, removedPacks, repackedPacks] = [0, 0, 0];
  for (const packId of packIds) {
    if (signal?.aborted === true) return cancelled();
    const judged = await judge(packId);
    if (judged === null || !judged.isWaste) continue;
    const size = await store.size(packName(packId));
    freedBytes += Math.max(0, (size.ok ? (size.value ?? 0) : 0) - bytesOf(judged.keep));
    if (judged.keep.length === 0) removedPacks++;
    else repackedPacks++;
  }
  return success({ freedBytes, removedPacks, repackedPacks });
};

type Judged = {
  /** What of the pack is needed, and read there rather than in another pack. */
  readonly keep: readonly PackEntry[];
  /** Mostly unneeded, or partly damaged. */
  readonly isWaste: boolean;
};
type Judging = { readonly packIds: readonly string[]; readonly judge: (packId: string) => Promise<Judged | null> };

const judgeFor = async (store: LibraryStore, index: ChunkIndex, options: { readonly withoutTrash?: boolean }): Promise<Result<Judging>> => {
  const needed = await neededChunks(store, options);
  if (!needed.ok) return needed;
  const [packIds, bad] = [await listPacks(store), await readQuarantine(store)];
  if (!packIds.ok) return packIds;
  if (!bad.ok) return bad;
  const judge = async (packId: string): Promise<Judged | null> => {
    const loaded = await loadPack(store, packId);
    if (!loaded.ok) return null;
    const { entries } = loaded.value.pack;
    const hidden = bad.value.get(packId);
    const keep = entries.filter(
      ({ chunkId }) => needed.value.has(chunkId) && hidden?.has(chunkId) !== true && index.find(chunkId)?.packId === packId,
    );
    const share = bytesOf(keep) / Math.max(1, bytesOf(entries));
    return { keep, isWaste: keep.length === 0 || share < LIVE_SHARE || bad.value.has(packId) };
  };
  return success({ packIds: packIds.value, judge });
};

const bytesOf = (entries: readonly PackEntry[]): number =>
  entries.reduce((sum, { encodedLength }) => sum + FRAME_HEADER_BYTES + encodedLength, 0);
