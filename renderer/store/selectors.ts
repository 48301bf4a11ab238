// Derived values: counts for the header, the next machine that asks, names for ids. Pure over the store's state.
import { toneOf } from '../words/machine.ts';
import type { JobView, MachineView } from '../../preload/contract/views.ts';
import type { StationState } from './station-store.ts';
import type { Tone } from '../words/machine.ts';

export type Counts = Readonly<Record<Tone, number>>;

const countsByMachines = new WeakMap<StationState['machines'], Counts>();

/** How many ask, work, are done, failed, worked out once for each state of the machines. */
export const countTones = (machines: StationState['machines']): Counts => {
  const known = countsByMachines.get(machines);
  if (known !== undefined) return known;
  const counts = { ask: 0, work: 0, ok: 0, fail: 0, idle: 0 };
  for (const machine of machines.values()) counts[toneOf(machine)] += 1;
  countsByMachines.set(machines, counts);
  return counts;
};

/** The machine that asks next after `selected` in the order shown, going round; null when none asks. */
export const nextAsking = (ids: readonly string[], machines: ReadonlyMap<string, MachineView>, selected: string | null): string | null => {
  const start = selected === null ? -1 : ids.indexOf(selected);
  for (let step = 1; step <= ids.length; step += 1) {
    const id = ids[(start + step + ids.length) % ids.length];
    const machine = id === undefined ? undefined : machines.get(id);
    if (id !== undefined && machine !== undefined && toneOf(machine) === 'ask') return id;
  }
  return null;
};

const latestByJobs = new WeakMap<StationState['jobs'], ReadonlyMap<string, JobView>>();

/** The newest job of each machine, worked out once for each state of the jobs. */
export const latestJobs = (jobs: StationState['jobs']): ReadonlyMap<string, JobView> => {
  const known = latestByJobs.get(jobs);
  if (known !== undefined) return known;
  const latest = new Map<string, JobView>();
  for (const job of jobs.values()) {
    const other = latest.get(job.machineId);
    if (other === undefined || job.createdAtMs >= other.createdAtMs) latest.set(job.machineId, job);
  }
  latestByJobs.set(jobs, latest);
  return latest;
};

export const imageNameOf =
  (images: StationState['images']) =>
  (osoid: string): string | null => {
    const image = images.get(osoid);
    return image === undefined ? null : `${image.name} r${image.revision}`;
  };
