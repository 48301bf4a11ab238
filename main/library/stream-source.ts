// A compressed disk while it is unpacked, and what its failures and those of every other source of a disk mean.
import type { Failure } from '../../agent/protocol/failure.ts';
import { UnknownOptions } from './unpack.ts';
import { CorruptInput, TruncatedInput } from './zstd-frames.ts';

/** A compressed disk, from front to back. */
export type StreamSource = {
  /** Fills `into` from its start; less only at the end of the disk. Throws what `sourceFailure` understands. */
  readonly read: (into: Uint8Array) => Promise<number>;
  /** Bytes of the file consumed so far. */
  readonly consumedBytes: () => number;
  readonly close: () => Promise<void>;
};

/** What an error of `read` means to a person; undefined if it is a bug. */
export const sourceFailure = (error: unknown): Failure | undefined => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof TruncatedInput || code === 'Z_BUF_ERROR')
    return { code: 'image.truncated', message: 'The file ends too early: a part of it is missing.', next: 'Copy or download it again.' };
  if (error instanceof CorruptInput || /^(Z_|ZSTD_)/.test(code))
    return {
      code: 'image.corrupt',
      message: 'The file is damaged and does not decompress.',
      next: 'Copy or download it again and compare its checksum.',
    };
  if (error instanceof UnknownOptions)
    return {
      code: 'import.tool-missing',
      message: 'This .xz is packed with options that only the program xz can read, which this computer does not have.',
      next: 'Install xz, or unpack the file first.',
    };
  if (/^E[A-Z]+$/.test(code))
    return {
      code: 'import.no-source',
      message: `The file cannot be read any further (${code}).`,
      next: 'Check the disk that it is on, then try again.',
    };
  return undefined;
};
