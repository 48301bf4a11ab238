// A file's bytes as text: UTF-8, UTF-16 in either byte order as spreadsheets ("Unicode text") and PowerShell's `>` write it, or
// Windows-1252, as Excel in Western Europe saves "CSV (Comma delimited)". PURE.

const SAMPLE_BYTES = 400;

/** Without a mark, plain text in UTF-16 still has a zero in every other byte; UTF-8 has none at all. */
const unmarkedWide = (bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null => {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  if (sample.length < 8 || bytes.length % 2 === 1) return null;
  const zerosAt = (rest: number): number => sample.filter((byte, index) => byte === 0 && index % 2 === rest).length;
  const [first, second] = [zerosAt(0), zerosAt(1)];
  const most = Math.floor(sample.length / 2);
  if (first === 0 && second * 10 > most * 8) return 'utf-16le';
  return second === 0 && first * 10 > most * 8 ? 'utf-16be' : null;
};

export const encodingOf = (bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return unmarkedWide(bytes) ?? 'utf-8';
};

/** A word with letters beyond ASCII, as it was read; the first line that has it. */
export type GuessedWord = { readonly line: number; readonly word: string };

export type TextOfBytes =
  /** `guessed` is null where the bytes say themselves how they are written; else they were taken for Windows-1252, which a person can judge by these words. */
  | { readonly kind: 'text'; readonly text: string; readonly guessed: readonly GuessedWord[] | null }
  /** `line` is where the first byte stands that no text has; null for what is no text at all. */
  | { readonly kind: 'no-text'; readonly line: number | null };

const UTF_8_MARK = [0xef, 0xbb, 0xbf] as const;
/** What a text has no use for, and every program, picture, archive and workbook has early. */
// oxlint-disable-next-line no-control-regex
const BINARY = /[\0-\x08\x0e-\x1f]/;
/** Windows-1252 leaves these bytes undefined, and decoders let them through as what they are. */
const UNDEFINED = /[\x81\x8d\x8f\x90\x9d]/;
const WORD_BEYOND_ASCII = /[^\s,;|"]*[\x80-\uffff][^\s,;|"]*/g;

const lineAt = (text: string, at: number): number => text.slice(0, at).split(/\r\n|\r|\n/).length;

const guessedIn = (text: string): readonly GuessedWord[] => {
  const words = new Map<string, GuessedWord>();
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries())
    for (const [word] of line.matchAll(WORD_BEYOND_ASCII)) if (!words.has(word)) words.set(word, { line: index + 1, word });
  return [...words.values()];
};

/** Without its byte-order mark. */
export const textOfBytes = (bytes: Uint8Array): TextOfBytes => {
  const encoding = encodingOf(bytes);
  try {
    return { kind: 'text', text: new TextDecoder(encoding, { fatal: true }).decode(bytes), guessed: null };
  } catch {
    if (encoding !== 'utf-8') return { kind: 'no-text', line: null };
  }
  if (UTF_8_MARK.every((byte, index) => bytes[index] === byte)) {
    const lossy = new TextDecoder().decode(bytes);
    return { kind: 'no-text', line: lineAt(lossy, lossy.indexOf('\ufffd')) };
  }
  const text = new TextDecoder('windows-1252').decode(bytes);
  if (BINARY.test(text)) return { kind: 'no-text', line: null };
  const at = text.search(UNDEFINED);
  return at === -1 ? { kind: 'text', text, guessed: guessedIn(text) } : { kind: 'no-text', line: lineAt(text, at) };
};
