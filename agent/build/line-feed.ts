// A script's output on its way to the screens: once a second, a few lines at a time. A script that talks without end costs neither
// link nor database; what was left out is counted, and the last lines are kept for the failure.

const EVERY_MS = 1000;
const LINE_MOST = 300;
/** A log report takes 2000 letters. */
const BATCH_MOST = 1800;
const LAST_MOST = 5;

export type LineFeed = {
  add(line: string): void;
  /** The end of the output. */
  readonly last: () => readonly string[];
  /** Sends what is left. */
  stop(): void;
};

export const createLineFeed = (send: (text: string) => void): LineFeed => {
  let batch: string[] = [];
  let batchLetters = 0;
  let leftOut = 0;
  let last: string[] = [];
  const flush = (): void => {
    if (batch.length === 0 && leftOut === 0) return;
    const note = leftOut === 0 ? [] : [`(${leftOut} more lines)`];
    send([...batch, ...note].join('\n'));
    batch = [];
    batchLetters = 0;
    leftOut = 0;
  };
  const timer = setInterval(flush, EVERY_MS);
  return {
    add: (raw) => {
      const line = printable(raw);
      if (line === '') return;
      last = [...last, line].slice(-LAST_MOST);
      if (batchLetters + line.length > BATCH_MOST) {
        leftOut += 1;
        return;
      }
      batch.push(line);
      batchLetters += line.length + 1;
    },
    last: () => last,
    stop: () => {
      clearInterval(timer);
      flush();
    },
  };
};

/** Of a progress line that rewrites itself only its last state; no control characters on anybody's screen. */
const printable = (raw: string): string =>
  (raw.split('\r').findLast((part) => part.trim() !== '') ?? '')
    .replaceAll(/\p{Cc}/gu, ' ')
    .trimEnd()
    .slice(0, LINE_MOST);
