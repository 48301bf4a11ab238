// The station's log: one JSON line each (pino) in the data folder, a named child for each module. Lines say who (machine, MAC, job)
// and what; tokens and keys never appear.
import { join } from 'node:path';
import { destination, pino } from 'pino';
import type { Logger } from 'pino';
import type { EventView } from '../preload/contract/views.ts';

export type StationLog = {
  /** A child for one module. */
  of(module: string): Logger;
  /** What happened, as windows see it. */
  event(event: EventView): void;
  /** A bug: what was thrown, and where. */
  bug(where: string, error: unknown): void;
  close(): Promise<void>;
};

/** Names of what must not be written, in a line's own values and in those of one object in it. */
const SECRETS = ['token', 'key', 'sessionKey'].flatMap((name) => [name, `*.${name}`]);

/** Appends to `station.log`; a disk that is full loses lines, never the station. */
export const openLog = (dataFolder: string): StationLog => {
  const sink = destination({ dest: join(dataFolder, 'station.log'), mkdir: true, sync: false });
  let isOpen = false;
  let isLost = false;
  sink.once('ready', () => (isOpen = true));
  sink.on('error', () => (isLost ||= !isOpen));
  const root = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: SECRETS }, sink);
  const events = root.child({ module: 'events' });
  return {
    of: (module) => root.child({ module }),
    event: ({ level, kind, text, machineId, jobId, id }) => events[level]({ kind, event: id, machine: machineId, job: jobId }, text),
    bug: (where, error) => root.error({ err: error }, `bug in ${where}`),
    // Not by flush, which does not wait for a file that is just being opened: the reason of a start that failed would be lost.
    close: () =>
      new Promise((resolve) => {
        if (isLost) return resolve();
        sink.once('close', resolve);
        sink.once('error', () => resolve());
        sink.end();
      }),
  };
};
