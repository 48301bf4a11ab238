// Gives the library back what it lacks of the image, as far as this disk has it: only those places are read, and what travels is exactly
// the image's chunk. The station checks each against its name once more (main/library/heals.ts).
import type { Slot } from '../disk/aligned-memory.ts';
import { carry, valueOf } from '../disk/carried-failure.ts';
import { orAborted } from '../disk/concurrent.ts';
import { freeBlocksOf } from '../disk/free-blocks.ts';
import { piecesOf, spanOf } from '../disk/pieces.ts';
import type { Piece } from '../disk/pieces.ts';
import { scan } from '../disk/scan.ts';
import type { HeldPiece } from '../disk/scan.ts';
import type { ReadBench } from '../disk/workbench.ts';
import { imageTable, putTable, readHead } from '../deploy/table-chunk.ts';
import type { Journal } from '../deploy/journal.ts';
import { hashAt } from '../image/chunk-map.ts';
import type { ChunkTable } from '../image/chunk-table.ts';
import { chunkIdOf } from '../image/chunk.ts';
import type { DiskContent } from '../image/content.ts';
import type { DiskPatch } from '../image/partition-table.ts';
import type { HealResult } from '../protocol/verify.ts';
import type { HealSink } from './types.ts';

/** A station that was killed has lost what it had not written yet, and is sent it again; one that forgets for ever is not waited for. */
const ROUNDS_MAX = 5;

type Options = { readonly healSink: HealSink; readonly signal: AbortSignal };

export const healStep = (bench: ReadBench, content: DiskContent, { healSink, signal }: Options, journal: Journal): Promise<HealResult> =>
  journal.step('heal', async ({ note, progress }) => {
    const { table } = bench;
    const tried = new Uint8Array(Math.ceil(table.hashes.length / 32 / 8));
    const ask = async () => {
      const answer = valueOf(await orAborted(healSink.missing(), signal));
      if (answer.entries.length !== tried.length) throw carry(OTHER_TABLE);
      return answer;
    };
    const before = await ask();
    let now = before;
    let bytesSent = 0;
    let meter: { add(bytes: number): void } | undefined;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const pieces = [
        ...wantedPieces(
          table,
          now.entries.map((byte, at) => byte & ~(tried[at] ?? 0)),
          bench.arena.slotBytes,
        ),
      ];
      if (pieces.length === 0) break;
      meter ??= progress(pieces.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0));
      const { add } = meter;
      const mend = await tableMender(bench, content);
      await scan(
        bench,
        pieces,
        async (piece, wrong, _remains, held) => {
          const lost = wrong.filter((n) => !mend(piece, n, held.slot));
          for (const n of lost) setBit(tried, piece.firstHash + n);
          const sentBytes = await send(bench, piece, new Set(lost), held, healSink);
          bytesSent += sentBytes;
          add(piece.lengthBytes);
        },
        freeBlocksOf(table),
      );
      now = await ask();
    }
    const returned = Math.max(0, before.chunks - now.chunks);
    note(before.chunks === 0 ? 'the library lacks nothing of the image' : `${returned} of ${before.chunks} chunks came back`);
    return { missing: before.chunks, returned, bytesSent };
  });

const OTHER_TABLE = {
  code: 'heal.other-image',
  message: 'The station speaks of another chunk table than the one that it gave.',
  next: 'Order the deep check again.',
};

/** Neighbouring chunks whose entries are named, small enough for a slot. */
export function* wantedPieces(table: ChunkTable, entries: Uint8Array, maxBytes: number): Generator<Piece> {
  for (const whole of piecesOf(table, ['data'], maxBytes)) {
    let from = 0;
    for (let n = 0; n <= whole.chunks; n++) {
      if (n < whole.chunks && hasBit(entries, whole.firstHash + n)) continue;
      const firstChunk = whole.firstChunk + from;
      const chunks = n - from;
      if (chunks > 0) yield { ...whole, ...spanOf(table, firstChunk, chunks), firstChunk, chunks, firstHash: whole.firstHash + from };
      from = n + 1;
    }
  }
}

const hasBit = (bits: Uint8Array, at: number): boolean => (((bits[at >>> 3] ?? 0) >>> (at & 7)) & 1) === 1;
const setBit = (bits: Uint8Array, at: number): void => {
  bits[at >>> 3] = (bits[at >>> 3] ?? 0) | (1 << (at & 7));
};

/** Puts a chunk right, in its slot, that differs by nothing but the partition table that a deploy fitted to this disk. */
const tableMender = async (bench: ReadBench, content: DiskContent): Promise<(piece: Piece, n: number, slot: Slot) => boolean> => {
  const patches: readonly DiskPatch[] = await imageTable(bench, content, await readHead(bench));
  return (piece, n, slot) => {
    const span = spanOf(bench.table, piece.firstChunk + n, 1);
    const at = span.offsetBytes - piece.offsetBytes;
    const bytes = slot.bytes.subarray(at, at + span.lengthBytes);
    return putTable(patches, span, bytes) && chunkIdOf(bytes) === hashAt(bench.table, piece.firstHash + n);
  };
};

/** All of the piece but `lost`, as one batch; how many bytes travelled. */
const send = async (
  bench: ReadBench,
  piece: Piece,
  lost: ReadonlySet<number>,
  { slot, signal }: HeldPiece,
  sink: HealSink,
): Promise<number> => {
  const chunks = Array.from({ length: piece.chunks }, (_, n) => n)
    .filter((n) => !lost.has(n))
    .map((n) => {
      const { offsetBytes, lengthBytes } = spanOf(bench.table, piece.firstChunk + n, 1);
      return { offsetBytes: offsetBytes - piece.offsetBytes, lengthBytes, chunkId: hashAt(bench.table, piece.firstHash + n) };
    });
  if (chunks.length === 0) return 0;
  const into = await bench.received.take(signal);
  try {
    const request = { kind: 'encode', slotOffsetBytes: slot.offsetBytes, chunks, framesOffsetBytes: into.offsetBytes } as const;
    const { framesBytes = 0 } = valueOf(await bench.pool.run(request));
    valueOf(await orAborted(sink.send(into.bytes.subarray(0, framesBytes)), signal));
    return framesBytes;
  } finally {
    into.release();
  }
};
