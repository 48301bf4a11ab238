// What a builder prints, on its way into the event log: once a second, a few lines at a time, without control characters. One that talks
// without end costs no database; what was left out is counted.

const EVERY_MS = 1000;
const LINE_MOST = 300;
const BATCH_MOST = 1800;

export type LogLines = { add(line: string): void; stop(): void };

export const createLogLines = (send: (batch: { readonly text: string; readonly last: string }) => void): LogLines => {
  let lines: string[] = [];
  let letters = 0;
  let leftOut = 0;
  let last = '';
  const flush = (): void => {
    if (lines.length === 0) return;
    send({ text: [...lines, ...(leftOut === 0 ? [] : [`(${leftOut} more lines)`])].join('\n'), last });
    lines = [];
    letters = 0;
    leftOut = 0;
  };
  const timer = setInterval(flush, EVERY_MS);
  timer.unref();
  return {
    add: (raw) => {
      // Of a progress line that rewrites itself only its last state.
      const shown = raw.split('\r').findLast((part) => part.trim() !== '') ?? '';
      const line = shown
        .replaceAll(/\p{Cc}/gu, ' ')
        .trimEnd()
        .slice(0, LINE_MOST);
      if (line === '') return;
      last = line;
      if (letters + line.length > BATCH_MOST) leftOut += 1;
      else {
        lines.push(line);
        letters += line.length + 1;
      }
    },
    stop: () => {
      clearInterval(timer);
      flush();
    },
  };
};
