// Compare in place: which chunks the disk already holds, so that a re-deploy, a drifted machine and a resumed job are one path.
import { bytesOf, piecesOf, spanOf } from './pieces.ts';
import type { Piece } from './pieces.ts';
import { mergeRanges } from './ranges.ts';
import { freeBlocksOf } from './free-blocks.ts';
import { piecesFor, scan } from './scan.ts';
import type { PieceSeen } from './scan.ts';
import type { Range } from './target-disk.ts';
import type { Workbench } from './workbench.ts';

export type Difference = {
  /** One byte a data chunk, in the order of the table's hashes: 1 = to be fetched and written. */
  readonly wrongData: Uint8Array;
  readonly wrongDataBytes: number;
  /** Zero chunks that are none, and remains in free blocks of data chunks that are right but for these. */
  readonly wrongZeros: readonly Range[];
  /** Bytes of data and zero chunks that are already right. */
  readonly bytesInPlace: number;
  /** True when sampling showed that the disk holds something else altogether. */
  readonly sampledOnly: boolean;
};

const SAMPLES = 512;
/** Below this share of matches among the samples a full pass costs more reading than it saves fetching. */
const WORTHWHILE_SHARE = 0.02;

/** Reads what the image names of the disk. `onBytes` hears of every piece's bytes as they are compared. */
export const compare = async (bench: Workbench, onBytes: (bytes: number) => void): Promise<Difference> => {
  const { table } = bench;
  const hashes = table.hashes.length / 32;
  const wrongData = new Uint8Array(hashes);
  if (hashes >= SAMPLES * 4 && (await sampledShare(bench, hashes)) < WORTHWHILE_SHARE)
    return {
      wrongData: wrongData.fill(1),
      wrongDataBytes: bytesOf(table, ['data']),
      wrongZeros: [...piecesOf(table, ['zero'], Infinity)].map(({ offsetBytes, lengthBytes }) => ({ offsetBytes, lengthBytes })),
      bytesInPlace: 0,
      sampledOnly: true,
    };
  let wrongDataBytes = 0;
  let bytesInPlace = 0;
  const wrongZeros: Range[] = [];
  const see: PieceSeen = (piece, wrong, remains) => {
    const ranges = wrong.map((n) => spanOf(table, piece.firstChunk + n, 1));
    const wrongBytes = sumOf(ranges);
    bytesInPlace += piece.lengthBytes - wrongBytes - sumOf(remains);
    if (piece.kind === 'zero') wrongZeros.push(...mergeRanges(ranges));
    else {
      wrongDataBytes += wrongBytes;
      for (const n of wrong) wrongData[piece.firstHash + n] = 1;
      for (const place of remains) wrongZeros.push(place);
    }
    onBytes(piece.lengthBytes);
  };
  await scan(bench, piecesFor(bench, ['data', 'zero']), see, freeBlocksOf(table));
  return { wrongData, wrongDataBytes, wrongZeros: mergeRanges(wrongZeros), bytesInPlace, sampledOnly: false };
};

const sumOf = (ranges: readonly Range[]): number => ranges.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);

/** Share of evenly spread data chunks that are already right. */
const sampledShare = async (bench: Workbench, hashes: number): Promise<number> => {
  let right = 0;
  await scan(bench, samplePieces(bench, hashes), (_piece, wrong) => {
    right += wrong.length === 0 ? 1 : 0;
  });
  return right / SAMPLES;
};

function* samplePieces(bench: Workbench, hashes: number): Generator<Piece> {
  let next = 0;
  let sample = 0;
  for (const piece of piecesOf(bench.table, ['data'], bench.table.chunkSizeBytes)) {
    if (next++ !== Math.floor((sample * hashes) / SAMPLES)) continue;
    sample++;
    yield piece;
  }
}
