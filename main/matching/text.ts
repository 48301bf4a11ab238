// How two texts are compared. Vendors write one name in several ways ("Dell Inc.", "DELL INC. "), so every test on text
// (equal, in, glob, matches) ignores case and outer blanks, and takes a run of blanks for one. Nothing else is folded.

/** The form in which texts are compared; never shown to a person. */
export const foldText = (text: string): string => text.normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase();

/** The entry of `known` nearest to `name` within two slips of the pen, or null; for "did you mean". */
export const nearest = (name: string, known: Iterable<string>): string | null => {
  let best: string | null = null;
  let bestDistance = 3;
  for (const candidate of known) {
    if (candidate.endsWith(`.${name}`) && bestDistance > 1) [best, bestDistance] = [candidate, 1];
    const distance = slips(foldText(name), foldText(candidate), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
};

/** `, did you mean "…"`, or nothing. */
export const didYouMean = (name: string, known: Iterable<string>): string => {
  const near = nearest(name, known);
  return near === null ? '' : `, did you mean "${near}"`;
};

/** Optimal string alignment distance (a swap of neighbours is one slip), cut off at `limit`. */
const slips = (a: string, b: string, limit: number): number => {
  if (a.length > 80 || Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? limit;
};
