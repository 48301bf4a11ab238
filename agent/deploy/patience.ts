// The source of an image waits through link trouble for as long as it takes; a cancelled job must not. These wrappers let go of a
// waiting call as soon as the job's signal aborts.
import { orAborted } from '../disk/concurrent.ts';
import type { DeployOptions } from './types.ts';

/** The same options, with every call to the station ending at the signal. */
export const endingAtAbort = (options: DeployOptions): DeployOptions => {
  const { signal, source } = options;
  return {
    ...options,
    source: {
      manifest: () => orAborted(source.manifest(), signal),
      signature: () => orAborted(source.signature(), signal),
      chunkTable: () => orAborted(source.chunkTable(), signal),
      chunks: (chunkIds, laneSignal) => orAborted(source.chunks(chunkIds, laneSignal), laneSignal),
    },
    requestRecord: (disk) => orAborted(options.requestRecord(disk), signal),
  };
};
