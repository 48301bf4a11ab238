// What somebody still has to see to when the site is handed over: machines that wait, failed or never came, work under way, a site that is
// still armed. PURE.
import type { SetRun } from '../../preload/contract/image-set.ts';
import type { ReportMachine, ReportOpen, ReportPlanRow, ReportWork, SiteReport } from '../../preload/contract/report.ts';

export type OpenParts = Pick<SiteReport, 'siteName' | 'machines' | 'work' | 'plan' | 'constructions' | 'armings'> & {
  readonly setRuns: readonly SetRun[];
  /** Construction by id whose failure a person has answered already. */
  readonly answered: ReadonlySet<string>;
};

const machineOpen = (machine: ReportMachine): ReportOpen | null => {
  const about = { kind: 'machine' as const, name: machine.name, machineId: machine.id };
  if (machine.failure !== null) return { ...about, text: machine.failure.message, next: machine.failure.next };
  switch (machine.state) {
    case 'provisioned':
      return null;
    case 'seen':
      return { ...about, text: machine.says, next: 'Start it from the network, or from its own disk if it is complete.' };
    case 'booting':
    case 'inventoried':
    case 'matched':
    case 'working':
      return { ...about, text: machine.says, next: 'It was under way when this was written: wait for its end.' };
    case 'unmatched':
    case 'ambiguous':
    case 'waiting':
    case 'failed':
      return { ...about, text: machine.says, next: 'Answer what it asks, at the station or at its own console.' };
  }
};

const rowOpen = ({ line, state, conflict, facts, keys }: ReportPlanRow): ReportOpen | null => {
  const host = facts.find(({ name }) => name === 'input.hostname')?.value;
  const key = keys.serial ?? keys.mac ?? (keys.slot === undefined ? undefined : `slot ${keys.slot}`);
  const name = typeof host === 'string' ? host : (key ?? `line ${line} of the plan`);
  const about = { kind: 'plan' as const, name, machineId: null };
  if (state === 'missing')
    return { ...about, text: 'It is planned, and was never heard.', next: 'Look for it in the rack, or take it out of the plan.' };
  if (state === 'conflict')
    return { ...about, text: conflict ?? 'Its row of the plan is in conflict.', next: 'Correct the plan, or the place of the machine.' };
  return null;
};

const jobOpen = ({ state, kind, machineName, machineId, imageName }: ReportWork): ReportOpen | null =>
  state === 'queued' || state === 'running'
    ? {
        ...{ kind: 'job', name: machineName, machineId },
        text: `The ${kind} of "${imageName}" has not ended.`,
        next: 'Wait for its end, or cancel it.',
      }
    : null;

/** The last check of a machine found a difference, and nothing was deployed since. */
const driftsOpen = (work: readonly ReportWork[]): readonly ReportOpen[] => {
  const last = new Map(work.filter(({ kind, state }) => state === 'done' && kind !== 'capture').map((one) => [one.machineId, one]));
  return [...last.values()]
    .filter(({ drifted }) => drifted === true)
    .map(({ machineName, machineId, imageName }) => ({
      ...{ kind: 'machine', name: machineName, machineId },
      text: `A check found its disk to differ from "${imageName}".`,
      next: 'See where on its screen; deploy the image again if that is not meant.',
    }));
};

const present = <T>(list: readonly (T | null)[]): readonly T[] => list.filter((one) => one !== null);

export const leftOpen = (parts: OpenParts): readonly ReportOpen[] => {
  const { machines, work, plan, constructions, armings, setRuns, siteName } = parts;
  // Who went on elsewhere is no longer this site's; who was only heard is whose plan says so.
  const own = machines.filter(
    ({ later, identified, plan: planned }) =>
      (later === null || later.siteName === siteName) && (identified || (planned ?? 'unplanned') !== 'unplanned'),
  );
  const atWork = new Set(work.filter(({ state }) => state === 'running' || state === 'queued').map(({ machineId }) => machineId));
  return [
    ...armings
      .filter(({ endedAtMs }) => endedAtMs === null)
      .map(({ operator }): ReportOpen => ({
        ...{ kind: 'arming', name: siteName, machineId: null },
        text: `The site is still armed by ${operator}: machines may be erased without a question.`,
        next: 'Disarm it: rackside disarm',
      })),
    ...present(own.filter(({ id }) => !atWork.has(id)).map(machineOpen)),
    ...driftsOpen(work),
    ...present(work.map(jobOpen)),
    ...present((plan?.rows ?? []).map(rowOpen)),
    ...constructions
      .filter(({ id, state }) => state === 'running' || (state === 'failed' && !parts.answered.has(id)))
      .map(({ imageName, state, failure }): ReportOpen => ({
        ...{ kind: 'construction', name: imageName, machineId: null },
        text: failure?.message ?? (state === 'running' ? 'It is still being made on the station.' : 'It was not made.'),
        next: failure?.next ?? 'Wait for its end.',
      })),
    ...setRuns
      .filter(({ state }) => state === 'running' || state === 'failed')
      .map(({ set, machineId, machineName, place, failure }): ReportOpen => ({
        ...{ kind: 'set', name: machineName, machineId },
        text: failure?.message ?? `It is at member ${place.number} of ${place.of} of image set "${set}".`,
        next: failure?.next ?? 'Start it from the network again; it goes on by itself.',
      })),
  ];
};
