// Proof after the write: every data and zero chunk is read again from the disk itself (direct I/O, never the page cache) and
// held against the manifest's hashes.
import { failed } from '../protocol/failure.ts';
import { carry } from './carried-failure.ts';
import type { Piece } from './pieces.ts';
import { spanOf } from './pieces.ts';
import { piecesFor, scan } from './scan.ts';
import type { Workbench } from './workbench.ts';

/** Throws a carried `deploy.read-back-mismatch` naming the first offset that is wrong. `exceptChunk` is still to be written (-1: none). */
export const readBack = async (
  bench: Workbench,
  options: { readonly exceptChunk: number; readonly onBytes: (bytes: number) => void },
): Promise<void> => {
  await scan(bench, piecesFor(bench, ['data', 'zero']), (piece, wrong) => {
    const bad = wrong.find((n) => piece.firstChunk + n !== options.exceptChunk);
    if (bad !== undefined) throw carry(mismatch(bench, piece, bad));
    options.onBytes(piece.lengthBytes);
  });
};

const mismatch = (bench: Workbench, piece: Piece, n: number) => {
  const { offsetBytes } = spanOf(bench.table, piece.firstChunk + n, 1);
  return failed(
    'deploy.read-back-mismatch',
    `The disk gave back something else than was written, at byte ${offsetBytes} (${piece.kind} chunk ${piece.firstChunk + n}).`,
    'The disk or its controller is failing: replace it, then deploy again.',
  ).failure;
};
