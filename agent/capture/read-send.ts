// The bulk of a capture: reads the used stretches of the disk, names their chunks, asks the station which of them it lacks, and sends
// those. Several stretches are in flight, so that disk, processors and link all have work.
import type { Slot } from '../disk/aligned-memory.ts';
import { carry, valueOf } from '../disk/carried-failure.ts';
import { orAborted, runConcurrently } from '../disk/concurrent.ts';
import { intersectRanges } from '../disk/ranges.ts';
import type { SourceDisk } from '../disk/source-disk.ts';
import { isSystemError } from '../disk/system-error.ts';
import { openWorkMemory } from '../disk/workbench.ts';
import type { DiskUse } from '../image/used/disk-use.ts';
import type { Result } from '../protocol/failure.ts';
import { isZeroDigest } from './chunk-work.ts';
import { gaveUp } from './failure-of.ts';
import { digestAt } from './pieces.ts';
import type { NamedPiece, SourcePiece } from './pieces.ts';
import type { Survey } from './survey.ts';
import type { CaptureOptions } from './types.ts';

export type Sender = {
  /** Names every piece and sends what the library lacks of it. */
  run(pieces: Iterable<SourcePiece>, onBytes: (bytes: number) => void): Promise<readonly NamedPiece[]>;
  /** Sends again what has gone missing since; reads only that. Code `capture.disk-changed`, thrown, carried. */
  complete(named: readonly NamedPiece[]): Promise<void>;
  readonly sent: () => { readonly chunks: number; readonly bytes: number };
  stop(): Promise<void>;
};

/** A station that was restarted has forgotten what it asked for; one that forgets for ever is not waited for. */
const ASKED_AGAIN_MAX = 5;

type Source = { readonly disk: SourceDisk; readonly survey: Pick<Survey, 'used' | 'hidden'>; readonly chunkSizeBytes: number };

export const createSender = (options: Pick<CaptureOptions, 'sink' | 'workers' | 'signal'>, source: Source): Sender => {
  const { sink } = options;
  const { disk, survey, chunkSizeBytes } = source;
  const { lanes, arena, frames, pool } = openWorkMemory(options.workers);
  const sent = { chunks: 0, bytes: 0 };

  const readNamed = async (piece: SourcePiece, slot: Slot): Promise<NamedPiece> => {
    const bytes = slot.bytes.subarray(0, piece.lengthBytes);
    await readUsed(disk, survey.used, piece, bytes);
    survey.used.clearFree(bytes, piece.offsetBytes);
    const hidden = survey.hidden === null ? null : intersectRanges(survey.hidden, piece);
    if (hidden !== null) bytes.fill(0, hidden.offsetBytes - piece.offsetBytes, hidden.offsetBytes - piece.offsetBytes + hidden.lengthBytes);
    const request = { kind: 'name', slotOffsetBytes: slot.offsetBytes, lengthBytes: piece.lengthBytes, chunkSizeBytes } as const;
    return { ...piece, digests: valueOf(await pool.run(request)).digests };
  };

  const encode = async (chunks: readonly Chunk[], slot: Slot, into: Slot): Promise<Uint8Array> => {
    const request = { kind: 'encode', slotOffsetBytes: slot.offsetBytes, chunks, framesOffsetBytes: into.offsetBytes } as const;
    return into.bytes.subarray(0, valueOf(await pool.run(request)).framesBytes);
  };

  const sendFrames = async (chunks: readonly Chunk[], slot: Slot, signal: AbortSignal): Promise<Result<null>> => {
    const into = await frames.take(signal);
    try {
      const encoded = await encode(chunks, slot, into);
      const answer = await orAborted(sink.send(encoded), signal);
      if (!answer.ok) return answer;
      sent.chunks += chunks.length;
      sent.bytes += encoded.length;
      return answer;
    } finally {
      into.release();
    }
  };

  const send = async (named: NamedPiece, slot: Slot, signal: AbortSignal): Promise<void> => {
    const chunks = chunksOf(named, chunkSizeBytes);
    for (let round = 1; chunks.length > 0; round++) {
      const wanted = valueOf(await orAborted(sink.missing(chunks.map(({ chunkId }) => chunkId)), signal));
      const lacking = wanted.map((index) => chunks[index]).filter((chunk) => chunk !== undefined);
      if (lacking.length === 0) return;
      const answer = await sendFrames(lacking, slot, signal);
      if (answer.ok) return;
      if (answer.failure.code !== 'capture.not-asked') throw carry(answer.failure);
      if (round > ASKED_AGAIN_MAX) throw carry(gaveUp(answer.failure));
    }
  };

  const eachInSlot = <T extends SourcePiece>(pieces: Iterable<T>, work: (piece: T, slot: Slot, signal: AbortSignal) => Promise<void>) =>
    runConcurrently(pieces, lanes, options.signal, async (piece, signal) => {
      const slot = await arena.take(signal);
      try {
        await work(piece, slot, signal);
      } finally {
        slot.release();
      }
    });

  return {
    run: async (pieces, onBytes) => {
      const all: NamedPiece[] = [];
      await eachInSlot(pieces, async (piece, slot, signal) => {
        const named = await readNamed(piece, slot);
        await send(named, slot, signal);
        all.push(named);
        onBytes(piece.lengthBytes);
      });
      return all;
    },
    complete: (named) =>
      eachInSlot(named, async (piece, slot, signal) => {
        const ids = chunksOf(piece, chunkSizeBytes).map(({ chunkId }) => chunkId);
        if (ids.length === 0 || valueOf(await orAborted(sink.missing(ids), signal)).length === 0) return;
        const again = await readNamed(piece, slot);
        if (Buffer.compare(again.digests, piece.digests) !== 0) throw carry(CHANGED);
        await send(again, slot, signal);
      }),
    sent: () => ({ ...sent }),
    stop: () => pool.stop(),
  };
};

/** A sector that cannot be read ends no capture where nothing lies in it: free space, and what the filesystem itself calls bad. */
const readUsed = async (disk: SourceDisk, used: DiskUse, { offsetBytes, lengthBytes }: SourcePiece, bytes: Uint8Array): Promise<void> => {
  try {
    await disk.read(offsetBytes, bytes);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    bytes.fill(0);
    for (const range of used.rangesIn(offsetBytes, lengthBytes)) {
      const at = range.offsetBytes - offsetBytes;
      await disk.read(range.offsetBytes, bytes.subarray(at, at + range.lengthBytes));
    }
  }
};

const CHANGED = {
  code: 'capture.disk-changed',
  message: 'The disk reads differently than a moment ago, so that no image of it would be true.',
  next: 'Look for something that writes to it, or check its health; then capture it again.',
};

type Chunk = { readonly offsetBytes: number; readonly lengthBytes: number; readonly chunkId: string };

/** The chunks of a piece that hold anything, each id once. */
const chunksOf = ({ digests, chunks, lengthBytes }: NamedPiece, chunkSizeBytes: number): readonly Chunk[] => {
  const found = new Map<string, Chunk>();
  for (let n = 0; n < chunks; n++) {
    const digest = digestAt(digests, n);
    if (isZeroDigest(digest)) continue;
    const chunkId = Buffer.from(digest).toString('hex');
    const offsetBytes = n * chunkSizeBytes;
    found.set(chunkId, { chunkId, offsetBytes, lengthBytes: Math.min(chunkSizeBytes, lengthBytes - offsetBytes) });
  }
  return [...found.values()];
};
