// Which bytes of the image are not as the manifest says after a deploy, because the job itself changed them on purpose. A later
// verification needs the list to be exact: everything outside of it must match.
import type { Range } from '../disk/target-disk.ts';
import { spanOf } from '../disk/pieces.ts';
import { intersectRanges, mergeRanges } from '../disk/ranges.ts';
import { piecesFor, scan } from '../disk/scan.ts';
import type { Workbench } from '../disk/workbench.ts';
import type { JobResult } from '../protocol/messages.ts';

export type RewrittenRange = JobResult['rewrittenRanges'][number];

/** The wire takes 256; a filesystem that grew to thousands of groups is listed in fewer, longer ranges. */
const MOST_RANGES = 200;

/** Compares the chunks inside `partition` again and returns those that changed, as merged ranges. */
export const changedWithin = async (bench: Workbench, partition: Range): Promise<readonly Range[]> => {
  const changed: Range[] = [];
  const pieces = [...piecesFor(bench, ['data', 'zero'])].filter((piece) => intersectRanges(piece, partition) !== null);
  await scan(bench, pieces, (piece, wrong) => {
    changed.push(...wrong.map((n) => spanOf(bench.table, piece.firstChunk + n, 1)));
  });
  return coarsened(mergeRanges(changed.flatMap((range) => intersectRanges(range, partition) ?? [])));
};

export const named = (ranges: readonly Range[], why: string): readonly RewrittenRange[] =>
  ranges.map(({ offsetBytes, lengthBytes }) => ({ offsetBytes, lengthBytes, why }));

/** Joins the nearest neighbours until the list is short enough. */
export const coarsened = (ranges: readonly Range[]): readonly Range[] => {
  let joined = ranges;
  for (let gapBytes = 1024 * 1024; joined.length > MOST_RANGES; gapBytes *= 2) {
    const widened = joined.map((range) => ({ offsetBytes: range.offsetBytes, lengthBytes: range.lengthBytes + gapBytes }));
    joined = mergeRanges(widened).map((range) => ({ offsetBytes: range.offsetBytes, lengthBytes: range.lengthBytes - gapBytes }));
  }
  return joined;
};
