// One pass over the disk that finds which chunks are not as the image wants them: before the write it says what to fetch,
// after it proves the result. Several reads are in flight, hashing runs beside them.
import { isAllZero } from '../image/chunk.ts';
import type { RunKind } from '../image/chunk-table.ts';
import { runConcurrently } from './concurrent.ts';
import type { Piece } from './pieces.ts';
import { piecesOf } from './pieces.ts';
import { intersectRanges } from './ranges.ts';
import type { Slot } from './aligned-memory.ts';
import type { Workbench } from './workbench.ts';

/** `wrong`: positions in the piece (0 = its first chunk) whose content differs from the image. */
export type PieceSeen = (piece: Piece, wrong: readonly number[]) => void;

/** Scans every piece of the kinds given, or those of `pieces`. Rejects with the disk's system error or the signal's reason. */
export const scan = async (bench: Workbench, pieces: Iterable<Piece>, seen: PieceSeen): Promise<void> =>
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
      seen(piece, piece.kind === 'zero' ? notZero(bench, piece, bytes) : await notEqual(bench, piece, slot));
    } finally {
      slot.release();
    }
  });

/** All pieces of the kinds given, sized for the arena. */
export const piecesFor = (bench: Workbench, kinds: readonly RunKind[]): Iterable<Piece> =>
  piecesOf(bench.table, kinds, bench.arena.slotBytes);

const notZero = (bench: Workbench, piece: Piece, bytes: Buffer): readonly number[] => {
  if (isAllZero(bytes)) return [];
  const size = bench.table.chunkSizeBytes;
  return Array.from({ length: piece.chunks }, (_, n) => n).filter((n) => !isAllZero(bytes.subarray(n * size, (n + 1) * size)));
};

const notEqual = async (bench: Workbench, piece: Piece, slot: Slot): Promise<readonly number[]> => {
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
