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

/** Appends to `station.log`; a disk that is full loses lines, never the station. */
export const openLog = (dataFolder: string): StationLog => {
  const sink = destination({ dest: join(dataFolder, 'station.log'), mkdir: true, sync: false });
  sink.on('error', () => undefined);
  const root = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: ['token', 'key', 'sessionKey'] }, sink);
  const events = root.child({ module: 'events' });
  return {
    of: (module) => root.child({ module }),
    event: ({ level, kind, text, machineId, jobId, id }) => events[level]({ kind, event: id, machine: machineId, job: jobId }, text),
    bug: (where, error) => root.error({ err: error }, `bug in ${where}`),
    close: () => new Promise((resolve) => sink.flush(() => (sink.end(), resolve()))),
  };
};
