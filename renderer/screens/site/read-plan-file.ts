// The text of a plan's file as spreadsheets save it: UTF-8, or UTF-16 (Excel's "Unicode text").
import { failed, success } from '../../../agent/protocol/failure.ts';
import { textOfBytes } from '../../../agent/protocol/text-bytes.ts';
import { WORDS } from '../../words/screens.ts';
import type { Result } from '../../../agent/protocol/failure.ts';

/** What one call carries, characters. */
const MOST = 900_000;

export const planText = (name: string, bytes: Uint8Array): Result<string> => {
  const { tooLong, notText } = WORDS.site;
  const text = textOfBytes(bytes);
  if (text !== null && text.length <= MOST) return success(text);
  const { code, message, next } = text === null ? notText(name) : tooLong(name);
  return failed(code, message, next);
};
