// `rackside arm`, `disarm`: lets `auto` policies erase without asking, for a number of machines and a time, after saying what.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ArmedView, ArmingPreview, Foreseen } from '../../preload/contract/arming.ts';
import type { Command, Invocation } from './command.ts';
import { diskLine } from './machine-commands.ts';
import { duration } from './output.ts';
import { withStation } from './with-station.ts';

export const describeArmed = (armed: ArmedView | null): string =>
  armed === null
    ? 'no'
    : `ARMED by ${armed.operator}: machines used ${armed.used} of ${armed.machines}, ${duration(armed.untilMs - Date.now())} left`;

const machineLines = ({ machineName, position, online, policy, imageName, disk, untouched, why, fate }: Foreseen): readonly string[] => [
  `  ${machineName}${position === null ? '' : ` (${position})`}${online ? '' : ', off now'}: "${imageName}" by ${policy}; ${why}`,
  ...(disk === null
    ? []
    : [`    ${fate === 'erase' ? 'WILL BE ERASED' : fate === 'replace' ? 'REPLACED' : 'asks about'}: ${diskLine(disk)}`]),
  ...untouched.map((other) => `    stays untouched: ${diskLine(other)}`),
];

const GROUPS = [
  ['erase', 'Erased without a question:'],
  ['replace', 'Erased with what is on them, only with --replace-existing-shown (else they ask):'],
  ['ask', 'These ask all the same:'],
] as const;

/** What arming would do, before anything is asked. */
export const describePreview = (preview: ArmingPreview): string =>
  [
    `Arming ${preview.siteName} as ${preview.operator}`,
    ...(preview.policies.length === 0 ? ['  No policy that is on has consent "auto".'] : []),
    ...preview.policies.map(
      ({ name, image, problem, limit, used }) =>
        `  policy ${name} deploys ${image === null ? `nothing: ${problem ?? '-'}` : `"${image.name}" r${image.revision} (${image.osoid.slice(0, 12)})`}${limit === null ? '' : `, ${used} of ${limit} used here`}`,
    ),
    ...GROUPS.flatMap(([fate, title]) => {
      const machines = preview.machines.filter((machine) => machine.fate === fate);
      return machines.length === 0 ? [] : ['', title, ...machines.flatMap(machineLines)];
    }),
    '',
    'A machine that comes later is erased without a question if one of these policies wins for it and its disk is empty.',
  ].join('\n');

const machinesOf = (text: string | undefined): Result<number> => {
  const machines = Number(text);
  if (text === undefined)
    return failed('command.option-missing', 'How many machines may be erased is not said.', 'Add e.g. --machines 3 --for 30m.');
  return Number.isInteger(machines) && machines >= 1 && machines <= 1000
    ? success(machines)
    : failed('command.machines', `"${text}" is no number of machines from 1 to 1000.`, 'Write e.g. --machines 3.');
};

const UNIT_MINUTES = { s: 1 / 60, m: 1, h: 60 } as const;
const LONGEST_MINUTES = 12 * 60;

/** `30m`, `2h`, `90s`. */
const minutesOf = (text: string | undefined): Result<number> => {
  if (text === undefined) return failed('command.option-missing', 'For how long is not said.', 'Add e.g. --for 30m.');
  const [, figure, unit] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text.trim()) ?? [];
  const minutes = Number(figure) * UNIT_MINUTES[unit as keyof typeof UNIT_MINUTES];
  return minutes > 0 && minutes <= LONGEST_MINUTES
    ? success(minutes)
    : failed('command.time', `"${text}" is no time of at most 12 hours.`, 'Write e.g. --for 30m, or 2h, or 90s.');
};

/** The number that a person repeats: by option, else at the terminal. */
const confirmed = async (invocation: Invocation, machines: number): Promise<Result<null>> => {
  const typed =
    invocation.text('yes-erase') ??
    (await invocation.ask(`Machines that may be erased without a question: ${machines}. Type that number to arm the site: `));
  if (typed === null)
    return failed('arming.number-wanted', 'Nothing was armed.', `Repeat how many machines may be erased: --yes-erase ${machines}`);
  return typed.trim() === String(machines)
    ? success(null)
    : failed(
        'arming.number-wrong',
        `The number of machines is ${machines}, not "${typed.trim()}". Nothing was armed.`,
        'Type that number.',
      );
};

const arm: Command = {
  name: 'arm',
  arguments: '--machines N --for 30m',
  help: 'say what arming would erase; with --yes-erase N, let auto policies erase that without asking',
  options: {
    machines: { type: 'string', value: 'N', help: 'at most so many machines' },
    for: { type: 'string', value: 'TIME', help: 'for so long: 30m, 2h, 90s; at most 12h' },
    'replace-existing-shown': {
      type: 'boolean',
      help: 'also the listed disks with something on them, where the policy says replaceExisting',
    },
    'yes-erase': { type: 'string', value: 'N', help: 'repeat the number of machines instead of typing it when asked' },
  },
  positionals: { least: 0, most: 0 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const machines = machinesOf(invocation.text('machines'));
      if (!machines.ok) return machines;
      const minutes = minutesOf(invocation.text('for'));
      if (!minutes.ok) return minutes;
      const preview = await station.call('arming.preview', {});
      if (!preview.ok) return preview;
      const isScripted = invocation.json && invocation.text('yes-erase') !== undefined;
      if (!isScripted) invocation.output.print(preview.value, () => describePreview(preview.value));
      const yes = await confirmed(invocation, machines.value);
      if (!yes.ok) return yes;
      const armed = await station.call('arming.arm', {
        machines: machines.value,
        minutes: minutes.value,
        replaceExisting: invocation.flag('replace-existing-shown'),
        previewHash: preview.value.hash,
      });
      if (!armed.ok) return armed;
      const state = describeArmed(armed.value.armed);
      invocation.output.print(armed.value, `${armed.value.siteName}: ${state === 'no' ? 'all machines are used up already' : state}.`);
      return success(null);
    }),
};

const disarm: Command = {
  name: 'disarm',
  arguments: '',
  help: 'end the arming: every disk is asked about again',
  options: {},
  positionals: { least: 0, most: 0 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const before = await station.call('station.get', {});
      if (!before.ok) return before;
      const view = await station.call('arming.disarm', {});
      if (!view.ok) return view;
      const { armed } = before.value;
      const text =
        armed === null
          ? `${view.value.siteName} was not armed.`
          : `${view.value.siteName} is disarmed. Machines used: ${armed.used} of ${armed.machines}.`;
      invocation.output.print(view.value, text);
      return success(null);
    }),
};

export const ARMING_COMMANDS: readonly Command[] = [arm, disarm];
