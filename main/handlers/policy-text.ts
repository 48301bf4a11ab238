// A policy file as bytes on this computer's disk, for the command line and for texts too long to travel over the pipe.
import { readFile, stat } from 'node:fs/promises';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { textOfBytes } from '../../agent/protocol/text-bytes.ts';
import { notText } from '../../preload/contract/encoding-words.ts';
import type { ReadText } from '../../preload/contract/encoding-words.ts';

const MAX_BYTES = 64 * 1024 * 1024;

/** Codes: `policy.file-unreadable`, `policy.file-too-long`. */
export const readPolicyText = async (path: string): Promise<Result<ReadText>> => {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) return failed('policy.file-too-long', `${path} is larger than 64 MiB.`, 'Give it in several files.');
    return policyTextOf(await readFile(path), path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return failed(
      'policy.file-unreadable',
      `${path} cannot be read (${reason}).`,
      'Check the path and its rights; - reads standard input.',
    );
  }
};

/** Code: `policy.file-unreadable`. */
export const policyTextOf = (bytes: Uint8Array, name: string): Result<ReadText> => {
  const read = textOfBytes(bytes);
  return read.kind === 'text' ? success(read) : failed('policy.file-unreadable', notText(name, read.line), 'Save it as UTF-8.');
};
