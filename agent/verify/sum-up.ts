// Chunk marks summed up: how many of each kind, in which partitions the different ones lie, and as ranges of the disk. Pure.
import { coarsened } from '../deploy/rewritten.ts';
import { spanOf } from '../disk/pieces.ts';
import { intersectRanges, mergeRanges, subtractRanges } from '../disk/ranges.ts';
import type { Range } from '../disk/target-disk.ts';
import type { ChunkTable } from '../image/chunk-table.ts';
import type { DiskContent } from '../image/content.ts';
import { VERIFY_RANGES_MOST } from '../protocol/verify.ts';
import type { VerifyResult } from '../protocol/verify.ts';
import { DIFFERENT, OWN, SAME } from './tell-apart.ts';

type Sums = Pick<VerifyResult, 'chunks' | 'bytes' | 'places' | 'ranges'>;

export const sumUp = (table: ChunkTable, content: DiskContent, marks: Uint8Array): Sums => {
  const chunks = { same: 0, different: 0, own: 0 };
  const bytes = { same: 0, different: 0, own: 0 };
  const different: Range[] = [];
  for (const run of table.runs) {
    if (run.kind === 'skip') continue;
    for (let chunk = run.firstChunk; chunk < run.firstChunk + run.count; chunk++) {
      const span = spanOf(table, chunk, 1);
      const kind = KINDS.get(marks[chunk] ?? SAME) ?? 'same';
      chunks[kind] += 1;
      bytes[kind] += span.lengthBytes;
      if (kind === 'different') pushMerged(different, span);
    }
  }
  return { chunks, bytes, places: placesOf(content, different), ranges: [...coarsened(mergeRanges(different))] };
};

const KINDS: ReadonlyMap<number, keyof VerifyResult['chunks']> = new Map([
  [SAME, 'same'],
  [DIFFERENT, 'different'],
  [OWN, 'own'],
]);

/** In order, so that only the last one can touch it. */
const pushMerged = (ranges: Range[], range: Range): void => {
  const last = ranges.at(-1);
  if (last !== undefined && last.offsetBytes + last.lengthBytes === range.offsetBytes)
    ranges[ranges.length - 1] = { offsetBytes: last.offsetBytes, lengthBytes: last.lengthBytes + range.lengthBytes };
  else ranges.push(range);
};

const placesOf = ({ table, logicalSectorBytes, sizeBytes }: DiskContent, different: readonly Range[]): VerifyResult['places'] => {
  const partitions = table.partitions.map(({ number, name, startLba, sectors }) => ({
    number,
    name,
    span: { offsetBytes: startLba * logicalSectorBytes, lengthBytes: sectors * logicalSectorBytes },
  }));
  const outside = subtractRanges(
    { offsetBytes: 0, lengthBytes: sizeBytes },
    partitions.map(({ span }) => span),
  );
  return [
    ...partitions.map(({ number, name, span }) => ({ number, name, bytes: sharedBytes(different, [span]) })),
    { number: null, name: '', bytes: sharedBytes(different, outside) },
  ]
    .filter((place) => place.bytes > 0)
    .slice(0, VERIFY_RANGES_MOST);
};

const sharedBytes = (ranges: readonly Range[], places: readonly Range[]): number => {
  let bytes = 0;
  for (const place of places) for (const range of ranges) bytes += intersectRanges(range, place)?.lengthBytes ?? 0;
  return bytes;
};
