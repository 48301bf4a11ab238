// Names a person types: a machine by id, name, serial or MAC; an image by OSOID, its beginning, or its name; a job by the beginning of its id.
import type { ImageView, JobView, MachineView } from '../../preload/contract/views.ts';
import { normaliseMac } from '../boot/paths.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

const only = <T>(found: readonly T[], what: string, typed: string, describe: (item: T) => string, list: string): Result<T> => {
  const [first] = found;
  if (first !== undefined && found.length === 1) return success(first);
  if (first === undefined) return failed(`${what}.not-found`, `No ${what} is called "${typed}".`, `See them with: ${list}`);
  return failed(
    `${what}.several-match`,
    `"${typed}" fits ${found.length}: ${found.slice(0, 5).map(describe).join(', ')}.`,
    'Type more of it.',
  );
};

export const findMachine = (machines: readonly MachineView[], typed: string): Result<MachineView> => {
  const word = typed.toLowerCase();
  const mac = normaliseMac(typed) ?? '';
  const exact = machines.filter((machine) => machine.id === typed);
  const found =
    exact.length > 0
      ? exact
      : machines.filter(
          (machine) =>
            machine.name.toLowerCase() === word ||
            machine.serial?.toLowerCase() === word ||
            machine.macs.includes(mac) ||
            (word.length >= 4 && machine.id.startsWith(word)),
        );
  return only(found, 'machine', typed, (machine) => `${machine.id} (${machine.name})`, 'rackside machines');
};

export const findImage = (images: readonly ImageView[], typed: string): Result<ImageView> => {
  const byId = images.filter((image) => image.osoid === typed || (typed.length >= 6 && image.osoid.startsWith(typed.toLowerCase())));
  const byName = images.filter((image) => image.name === typed);
  const newest = byName.toSorted((left, right) => right.revision - left.revision);
  const [first, second] = newest;
  if (byId.length === 0 && first !== undefined && (second === undefined || first.revision > second.revision)) return success(first);
  return only(
    byId.length > 0 ? byId : byName,
    'image',
    typed,
    (image) => `${image.osoid.slice(0, 12)} (${image.name} r${image.revision})`,
    'rackside images list',
  );
};

export const findJob = (jobs: readonly JobView[], typed: string): Result<JobView> =>
  only(
    jobs.filter(({ id }) => id === typed || (typed.length >= 4 && id.startsWith(typed.toLowerCase()))),
    'job',
    typed,
    ({ id, machineName }) => `${id} (${machineName})`,
    'rackside jobs',
  );
