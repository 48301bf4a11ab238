// Globs over whole texts: `*` any run, `?` any one character, `\` takes the next one as it stands. Only the last `*` is ever
// revisited, so the time is bounded by pattern length times text length.

type Piece = { readonly kind: 'one' } | { readonly kind: 'run' } | { readonly kind: 'exact'; readonly character: string };

const piecesOf = (pattern: string): readonly Piece[] => {
  const pieces: Piece[] = [];
  const characters = [...pattern];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? '';
    if (character === '*') pieces.push({ kind: 'run' });
    else if (character === '?') pieces.push({ kind: 'one' });
    else if (character === '\\' && index + 1 < characters.length) pieces.push({ kind: 'exact', character: characters[(index += 1)] ?? '' });
    else pieces.push({ kind: 'exact', character });
  }
  return pieces;
};

/** A test for texts that are, as a whole, of the shape of `pattern`. Both are compared as given: fold them first. */
export const compileGlob = (pattern: string): ((text: string) => boolean) => {
  const pieces = piecesOf(pattern);
  // Nearly all globs are a beginning, an end, or both around one `*`: they are compared without taking the text apart.
  const firstRun = pieces.findIndex(({ kind }) => kind === 'run');
  if (firstRun < 0 || pieces.some(({ kind }) => kind === 'one')) return (text) => globMatches(pieces, text);
  const lastRun = pieces.findLastIndex(({ kind }) => kind === 'run');
  const [begin, end] = [exactText(pieces.slice(0, firstRun)), exactText(pieces.slice(lastRun + 1))];
  const least = begin.length + end.length;
  const ends = (text: string): boolean => text.length >= least && text.startsWith(begin) && text.endsWith(end);
  const middle = pieces.slice(firstRun, lastRun + 1);
  if (middle.every(({ kind }) => kind === 'run')) return ends;
  return (text) => ends(text) && globMatches(middle, text.slice(begin.length, text.length - end.length));
};

const exactText = (pieces: readonly Piece[]): string => pieces.map((piece) => (piece.kind === 'exact' ? piece.character : '')).join('');

const globMatches = (pieces: readonly Piece[], text: string): boolean => {
  const characters = Array.from(text);
  let piece = 0;
  let at = 0;
  let lastRun = -1;
  let resumeAt = 0;
  while (at < characters.length) {
    const current = pieces[piece];
    if (current?.kind === 'run') {
      [lastRun, resumeAt] = [piece, at];
      piece += 1;
    } else if (current !== undefined && (current.kind === 'one' || current.character === characters[at])) {
      piece += 1;
      at += 1;
    } else if (lastRun >= 0) {
      resumeAt += 1;
      [piece, at] = [lastRun + 1, resumeAt];
    } else return false;
  }
  return pieces.slice(piece).every(({ kind }) => kind === 'run');
};

/** Whether every text of the shape of `narrow` is of the shape of `wide` too; false where that cannot be told piece by piece. */
export const isGlobInside = (narrow: string, wide: string): boolean => {
  // Nearly all of thousands differ in their first character already.
  const [first = ''] = wide;
  if (!'*?\\'.includes(first) && !narrow.startsWith(first)) return false;
  const [within, around] = [piecesOf(narrow), piecesOf(wide)];
  // From behind: which of the ends of `within` the pieces of `around` from here on may cover.
  let covers = within.map(() => false).concat(true);
  for (const piece of around.toReversed()) {
    const next = covers;
    covers = next.map(() => false);
    for (let at = within.length; at >= 0; at -= 1) {
      const inner = within[at];
      covers[at] =
        piece.kind === 'run'
          ? next[at] === true || covers[at + 1] === true
          : inner !== undefined &&
            inner.kind !== 'run' &&
            (piece.kind === 'one' || (inner.kind === 'exact' && inner.character === piece.character)) &&
            next[at + 1] === true;
    }
  }
  return covers[0] === true;
};
