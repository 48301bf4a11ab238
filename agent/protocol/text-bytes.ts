// A file's bytes as text: UTF-8, or UTF-16 in either byte order as spreadsheets ("Unicode text") and PowerShell's `>` write it. PURE.

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

/** Without its byte-order mark; null for bytes that are no such text. */
export const textOfBytes = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
};
