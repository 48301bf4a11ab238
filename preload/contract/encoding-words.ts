// What is said of a file whose bytes do not tell their encoding: which letters it was read with, or where it could not be. PURE.
import type { TextOfBytes } from '../../agent/protocol/text-bytes.ts';

export type ReadText = Extract<TextOfBytes, { readonly kind: 'text' }>;

const WORDS_MOST = 12;

/** Null where the encoding was certain. */
export const encodingNote = (name: string, { guessed }: Pick<ReadText, 'guessed'>): string | null => {
  if (guessed === null) return null;
  const left = guessed.length - WORDS_MOST;
  const words = guessed.slice(0, WORDS_MOST).map(({ line, word }) => `line ${line} ${word}`);
  return `${name} is no UTF-8 and was read as Windows-1252: ${words.join(', ')}${left > 0 ? `, and ${left} more words` : ''}. Where these are wrong, save it as UTF-8 and give it again.`;
};

export const notText = (name: string, line: number | null): string =>
  line === null
    ? `${name} is no text.`
    : `${name} is neither UTF-8 nor Windows-1252: line ${line} has a byte that stands for no letter there.`;
