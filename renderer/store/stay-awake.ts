// While a job runs, the laptop shall not fall asleep; only the desktop window can ask for that.
import { bridge } from './bridge.ts';
import { useStation } from './station-store.ts';
import type { StationState } from './station-store.ts';

export const isWorking = ({ jobs, imports }: Pick<StationState, 'jobs' | 'imports'>): boolean =>
  [...jobs.values()].some((job) => job.state === 'running') ||
  [...imports.values()].some((one) => one.bytesTotal === null || one.bytesDone < one.bytesTotal);

/** Follows the station for the life of the window. */
export const startStayingAwake = (): void => {
  const desktop = bridge();
  if (desktop === null) return;
  let awake = false;
  useStation.subscribe((state) => {
    const wanted = isWorking(state);
    if (wanted === awake) return;
    awake = wanted;
    void desktop.stayAwake(wanted);
  });
};
