// What a program prints, as lines of a length that is bounded: one that never ends its line must not take the memory of whoever listens.
// PURE.

/** More of a line is left out. */
const LINE_MOST = 4096;

export type OutputLines = {
  /** The next piece of its output, cut anywhere. */
  add(text: string): void;
  /** It prints nothing more. */
  end(): void;
};

/** A line ends at LF, CR LF or CR: programs that draw their progress use the latter. */
export const createOutputLines = (onLine: (line: string) => void): OutputLines => {
  let line = '';
  let isAfterReturn = false;
  return {
    add: (text) => {
      if (text === '') return;
      const pieces = (isAfterReturn && text.startsWith('\n') ? text.slice(1) : text).split(/\r\n|[\r\n]/);
      isAfterReturn = text.endsWith('\r');
      for (const [index, piece] of pieces.entries()) {
        if (index > 0) {
          onLine(line);
          line = '';
        }
        if (line.length < LINE_MOST) line += piece.slice(0, LINE_MOST - line.length);
      }
    },
    end: () => {
      if (line !== '') onLine(line);
      line = '';
    },
  };
};
