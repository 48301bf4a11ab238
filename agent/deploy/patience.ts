// The source of an image waits through link trouble for as long as it takes; a cancelled job must not. These wrappers let go of a
// waiting call as soon as the job's signal aborts.
import { orAborted } from '../disk/concurrent.ts';
import type { ImageSource } from './types.ts';

export const endingAtAbort = (source: ImageSource, signal: AbortSignal): ImageSource => ({
  manifest: () => orAborted(source.manifest(), signal),
  signature: () => orAborted(source.signature(), signal),
  chunkTable: () => orAborted(source.chunkTable(), signal),
  chunks: (chunkIds, laneSignal, into) => orAborted(source.chunks(chunkIds, laneSignal, into), laneSignal),
});
