// How far an import is, in bytes of the file: a compressed one is unpacked in the first half of them and read in the second.
export type ImportProgress = {
  /** Bytes of the file dealt with, of `totalBytes`. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  readonly sequence: number;
};

export type ProgressReporter = {
  readonly onUnpack: (state: { readonly doneBytes: number; readonly fileBytes: number }) => void;
  readonly onDisk: (doneBytes: number, diskBytes: number) => void;
};

/** Reports at most 4 times a second, and once at the end. */
export const createProgress = (
  { onProgress }: { readonly onProgress?: (progress: ImportProgress) => void },
  now: () => number,
): ProgressReporter => {
  const startedAt = now();
  let lastAt = startedAt - 250;
  let sequence = 0;
  let unpackedFileBytes = 0;
  const report = (doneBytes: number, totalBytes: number): void => {
    const at = now();
    if (onProgress === undefined || (at - lastAt < 250 && doneBytes < totalBytes)) return;
    lastAt = at;
    const seconds = Math.max(1, at - startedAt) / 1000;
    onProgress({ doneBytes, totalBytes, bytesPerSecond: Math.round(doneBytes / seconds), sequence: ++sequence });
  };
  return {
    onUnpack: ({ doneBytes, fileBytes }) => {
      unpackedFileBytes = fileBytes;
      report(Math.floor(doneBytes / 2), fileBytes);
    },
    onDisk: (doneBytes, diskBytes) => {
      if (unpackedFileBytes === 0) report(doneBytes, diskBytes);
      else report(Math.ceil((unpackedFileBytes / 2) * (1 + doneBytes / diskBytes)), unpackedFileBytes);
    },
  };
};
