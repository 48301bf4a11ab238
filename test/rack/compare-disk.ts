// The harness's own judgement of a deployed disk: every byte of the raw image against the disk, except the ranges that the deploy
// said it rewrote. It shares no code with the deploy path.
import { open } from 'node:fs/promises';

export type ByteRange = { readonly offsetBytes: number; readonly lengthBytes: number };
export type Comparison = { readonly verified: boolean; readonly comparedBytes: number; readonly firstDifferenceAt: number | null };

const STEP = 4 * 1024 * 1024;

/** Offsets in `[from, to)` that no range covers, as pieces. */
const uncovered = (from: number, to: number, ranges: readonly ByteRange[]): readonly (readonly [number, number])[] => {
  let pieces: (readonly [number, number])[] = [[from, to]];
  for (const { offsetBytes, lengthBytes } of ranges) {
    const end = offsetBytes + lengthBytes;
    pieces = pieces.flatMap(([start, stop]) =>
      end <= start || offsetBytes >= stop
        ? [[start, stop] as const]
        : (
            [
              [start, offsetBytes],
              [end, stop],
            ] as const
          ).filter(([first, last]) => first < last),
    );
  }
  return pieces;
};

/** Compares the whole image; bytes of the disk beyond it are not looked at. */
export const compareDisk = async (imagePath: string, diskPath: string, rewritten: readonly ByteRange[]): Promise<Comparison> => {
  const image = await open(imagePath, 'r');
  const disk = await open(diskPath, 'r');
  try {
    const { size } = await image.stat();
    const left = Buffer.alloc(STEP);
    const right = Buffer.alloc(STEP);
    let comparedBytes = 0;
    for (let at = 0; at < size; at += STEP) {
      const length = Math.min(STEP, size - at);
      await image.read(left, 0, length, at);
      const { bytesRead } = await disk.read(right, 0, length, at);
      if (bytesRead < length) return { verified: false, comparedBytes, firstDifferenceAt: at + bytesRead };
      for (const [from, to] of uncovered(at, at + length, rewritten)) {
        const start = from - at;
        const stop = to - at;
        if (left.compare(right, start, stop, start, stop) !== 0) {
          for (let index = start; index < stop; index += 1)
            if (left[index] !== right[index]) return { verified: false, comparedBytes, firstDifferenceAt: at + index };
        }
        comparedBytes += stop - start;
      }
    }
    return { verified: true, comparedBytes, firstDifferenceAt: null };
  } finally {
    await image.close();
    await disk.close();
  }
};
