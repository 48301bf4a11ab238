// One pass over the disk that finds which chunks are not as the image wants them: before the write it says what to fetch,
// after it proves the result. Several reads are in flight, hashing runs beside them.
import { isAllZero } from '../image/chunk.ts';
import type { RunKind } from '../image/chunk-table.ts';
import { runConcurrently } from './concurrent.ts';
import type { Piece } from './pieces.ts';
import { piecesOf, spanOf } from './pieces.ts';
import { intersectRanges } from './ranges.ts';
import type { Range } from './target-disk.ts';
import type { FreeBlocks } from './free-blocks.ts';
import type { Slot } from './aligned-memory.ts';
import type { ReadBench } from './workbench.ts';

/** `wrong`: positions in the piece (0 = its first chunk) whose content differs from the image. `remains`: places of chunks that are right but for these, which shall be zeros. */
export type PieceSeen = (piece: Piece, wrong: readonly number[], remains: readonly Range[], held: HeldPiece) => void | Promise<void>;
/** The memory that a piece lies in, remains and reserved places taken out, until `PieceSeen` has ended; `signal` aborts when another lane failed. */
export type HeldPiece = { readonly slot: Slot; readonly signal: AbortSignal };

/** Scans every piece of the kinds given, or those of `pieces`. Rejects with the disk's system error or the signal's reason. With `free`, chunks whose free blocks alone differ are not wrong. */
export const scan = async (bench: ReadBench, pieces: Iterable<Piece>, seen: PieceSeen, free: FreeBlocks | null = null): Promise<void> =>
  runConcurrently(pieces, bench.lanes, bench.signal, async (piece, signal) => {
    const slot = await bench.arena.take(signal);
    try {
      const bytes = slot.bytes.subarray(0, piece.lengthBytes);
      await bench.disk.read(piece.offsetBytes, bytes);
      for (const range of bench.reserved) {
        const shared = intersectRanges(range, piece);
        if (shared !== null)
          bytes.fill(0, shared.offsetBytes - piece.offsetBytes, shared.offsetBytes - piece.offsetBytes + shared.lengthBytes);
      }
      const held = { slot, signal };
      if (piece.kind === 'zero') return await seen(piece, notZero(bench, piece, bytes), [], held);
      const wrong = await notEqual(bench, piece, slot);
      const remains = free === null ? [] : takeOutRemains(bench, piece, bytes, wrong, free);
      if (remains.length === 0) return await seen(piece, wrong, [], held);
      const stillWrong = new Set(await notEqual(bench, piece, slot));
      const put = remains.filter(({ chunk }) => !stillWrong.has(chunk)).flatMap(({ places }) => places);
      await seen(piece, [...stillWrong], put, held);
    } finally {
      slot.release();
    }
  });

/** All pieces of the kinds given, sized for the arena. */
export const piecesFor = (bench: ReadBench, kinds: readonly RunKind[]): Iterable<Piece> =>
  piecesOf(bench.table, kinds, bench.arena.slotBytes);

/** Zeros, in memory, what lies in free blocks of chunks that differ; the chunks where that was something. */
const takeOutRemains = (
  { table }: ReadBench,
  piece: Piece,
  bytes: Buffer,
  wrong: readonly number[],
  free: FreeBlocks,
): readonly { readonly chunk: number; readonly places: readonly Range[] }[] =>
  wrong.flatMap((chunk) => {
    // The first chunk has the partition table in it, which is judged apart (deploy/table-chunk.ts).
    if (piece.firstChunk + chunk === 0) return [];
    const inMemory = ({ offsetBytes, lengthBytes }: Range): Buffer =>
      bytes.subarray(offsetBytes - piece.offsetBytes, offsetBytes - piece.offsetBytes + lengthBytes);
    const places = free(spanOf(table, piece.firstChunk + chunk, 1)).filter((place) => !isAllZero(inMemory(place)));
    for (const place of places) inMemory(place).fill(0);
    return places.length === 0 ? [] : [{ chunk, places }];
  });

const notZero = (bench: ReadBench, piece: Piece, bytes: Buffer): readonly number[] => {
  if (isAllZero(bytes)) return [];
  const size = bench.table.chunkSizeBytes;
  return Array.from({ length: piece.chunks }, (_, n) => n).filter((n) => !isAllZero(bytes.subarray(n * size, (n + 1) * size)));
};

const notEqual = async (bench: ReadBench, piece: Piece, slot: Slot): Promise<readonly number[]> => {
  const answer = await bench.pool.run({
    kind: 'hash',
    slotOffsetBytes: slot.offsetBytes,
    lengthBytes: piece.lengthBytes,
    chunkSizeBytes: bench.table.chunkSizeBytes,
  });
  if (!answer.ok) throw new Error(answer.failure.message);
  const found = Buffer.from(answer.value.digests.buffer, answer.value.digests.byteOffset, answer.value.digests.byteLength);
  const { hashes } = bench.table;
  return Array.from({ length: piece.chunks }, (_, n) => n).filter((n) => {
    const wantedAt = (piece.firstHash + n) * 32;
    return found.compare(hashes, wantedAt, wantedAt + 32, n * 32, n * 32 + 32) !== 0;
  });
};
