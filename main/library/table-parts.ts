// A chunk table that arrives in parts, in order; a part whose answer was lost comes again and takes its own place.
import { CAPTURE_TABLE_MOST_BYTES } from '../../agent/protocol/capture.ts';

export type TableParts = {
  /** False if parts before this one are missing, or the whole becomes larger than any table. */
  add(part: Uint8Array, atBytes: number): boolean;
  whole(): Uint8Array;
};

export const createTableParts = (): TableParts => {
  let parts: readonly { readonly at: number; readonly bytes: Uint8Array }[] = [];
  return {
    add: (part, atBytes) => {
      const before = parts.filter(({ at }) => at < atBytes);
      const last = before.at(-1);
      const end = last === undefined ? 0 : last.at + last.bytes.length;
      if (end !== atBytes || atBytes + part.length > CAPTURE_TABLE_MOST_BYTES) return false;
      parts = [...before, { at: atBytes, bytes: part }];
      return true;
    },
    whole: () => Buffer.concat(parts.map(({ bytes }) => bytes)),
  };
};
