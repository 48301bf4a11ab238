// The text of a plan's file as spreadsheets save it: UTF-8, or UTF-16 with its mark (Excel's "Unicode text").
import { failed, success } from '../../../agent/protocol/failure.ts';
import { WORDS } from '../../words/screens.ts';
import type { Result } from '../../../agent/protocol/failure.ts';

/** What one call carries, characters. */
const MOST = 900_000;

export const planText = (name: string, bytes: Uint8Array): Result<string> => {
  const { tooLong, notText } = WORDS.site;
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  try {
    const text = new TextDecoder(isWide ? 'utf-16le' : 'utf-8', { fatal: true }).decode(bytes);
    if (text.length <= MOST) return success(text);
    const { code, message, next } = tooLong(name);
    return failed(code, message, next);
  } catch {
    const { code, message, next } = notText(name);
    return failed(code, message, next);
  }
};
