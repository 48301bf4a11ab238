// A plan's file on this computer's disk, for the command line and for plans too long to travel over the pipe.
import { readFile, stat } from 'node:fs/promises';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { textOfBytes } from '../../agent/protocol/text-bytes.ts';
import { notText } from '../../preload/contract/encoding-words.ts';
import type { ReadText } from '../../preload/contract/encoding-words.ts';
import { PLAN_TEXT_MOST } from '../../preload/contract/plan-calls.ts';

/** Codes: `plan.not-found`, `plan.not-text`, `plan.too-long`. */
export const readPlan = async (path: string): Promise<Result<ReadText>> => {
  const tooLong = failed('plan.too-long', `${path} is longer than ${PLAN_TEXT_MOST} characters.`, 'Leave out columns that nobody needs.');
  try {
    // No encoding has more bytes a character.
    if ((await stat(path)).size > 4 * PLAN_TEXT_MOST) return tooLong;
    const read = textOfBytes(await readFile(path));
    if (read.kind === 'no-text') return failed('plan.not-text', notText(path, read.line), 'Save it as "CSV UTF-8".');
    return read.text.length <= PLAN_TEXT_MOST ? success(read) : tooLong;
  } catch (error) {
    return failed(
      'plan.not-found',
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`,
      'Check the path and its rights.',
    );
  }
};
