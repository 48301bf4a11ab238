// The text of a plan's file as spreadsheets save it: UTF-8, UTF-16 (Excel's "Unicode text"), Windows-1252.
import { failed, success } from '../../../agent/protocol/failure.ts';
import { textOfBytes } from '../../../agent/protocol/text-bytes.ts';
import { encodingNote } from '../../../preload/contract/encoding-words.ts';
import { fitsFrame } from '../../../preload/contract/pipe.ts';
import { WORDS } from '../../words/screens.ts';
import type { Result } from '../../../agent/protocol/failure.ts';

/** Characters that a window sends; rackside gives the station the file. */
const MOST = 900_000;

/** `note` is for a person who can see whether the letters came out right; null where the encoding is certain. */
export type PlanText = { readonly text: string; readonly note: string | null };

export const planText = (name: string, bytes: Uint8Array): Result<PlanText> => {
  const { tooLong, notText } = WORDS.site;
  const read = textOfBytes(bytes);
  if (read.kind === 'text' && read.text.length <= MOST && fitsFrame(read.text))
    return success({ text: read.text, note: encodingNote(name, read) });
  const { code, message, next } = read.kind === 'no-text' ? notText(name, read.line) : tooLong(name);
  return failed(code, message, next);
};
