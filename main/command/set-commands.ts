// `rackside sets …`: several images wanted together for one kind of machine, and how far machines are with them.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { SetMember, SetRun, SetView } from '../../preload/contract/image-set.ts';
import type { Command, Invocation } from './command.ts';
import { exportCommand, fileCommand } from './file-command.ts';
import { table } from './output.ts';
import { shortFileOf } from './policy-text.ts';
import { printed, withStation } from './with-station.ts';

const memberWords = (member: SetMember): string => {
  if ('osoid' in member) return `image ${member.osoid.slice(0, 12)}`;
  if ('recipe' in member) return `recipe ${member.recipe}`;
  const labels = Object.entries(member.labels).map(([key, value]) => `${key}=${value}`);
  return `newest with ${labels.join(' ')}`;
};

const finalOf = ({ set }: SetView): string => set.final ?? set.members.at(-1)?.name ?? '';

const describeSets = (views: readonly SetView[]): string =>
  views.length === 0
    ? 'There are no image sets. Add one with: rackside sets add FILE'
    : table(
        ['NAME', 'SWITCH', 'MEMBERS', 'ENDS ON'],
        views.map((view) => [
          view.set.name,
          view.enabled ? 'on' : 'off',
          view.set.members.map(({ name }) => name).join(', '),
          finalOf(view),
        ]),
      );

const runLine = (run: SetRun): string =>
  [
    `${run.machineName}: ${run.state}, member ${run.place.number} of ${run.place.of}, ends on "${run.final}"${run.covered ? ', one yes covers the rest' : ''}`,
    ...run.members.map(({ name, state, osoid }) => `    ${name}: ${state}${osoid === null ? '' : ` ${osoid.slice(0, 12)}`}`),
    ...(run.failure === null ? [] : [`    ${run.failure.message} ${run.failure.next} (${run.failure.code})`]),
  ].join('\n');

const describeSet = (view: SetView, runs: readonly SetRun[]): string =>
  [
    `${view.set.name}, ${view.enabled ? 'on' : 'OFF'}; added by ${view.addedBy} at ${new Date(view.addedAtMs).toISOString()}`,
    ...view.set.members.map((member, index) => `  ${index + 1}. ${member.name}: ${memberWords(member)}`),
    `  machines end on "${finalOf(view)}" unless their policy names another member`,
    ...(view.set.note === '' ? [] : [`  ${view.set.note}`]),
    ...(runs.length === 0 ? [] : ['', ...runs.map(runLine)]),
  ].join('\n');

const SET_FORMAT = `  One set, a list of them, or what "sets export" writes:
    {
      "name": "lab",                                  small letters, digits, hyphens
      "members": [                                    constructed in this order where no library has them
        { "name": "rescue", "osoid": "…" },           exactly this image
        { "name": "base", "labels": {"os": "debian"} },   the newest trusted image with these labels
        { "name": "web", "recipe": "web" }            what this recipe built for a machine that is alike
      ],
      "final": "base"                                 the member that machines end on; the last unless given
    }
  A policy names it: "outcome": { "kind": "set", "set": "lab" }, or with "member": "web" to end on that one.`;

const named = (name: string, help: string, run: (invocation: Invocation, set: string) => Promise<number>): Command => ({
  name,
  arguments: 'NAME',
  help,
  options: {},
  positionals: { least: 1, most: 1 },
  run: (invocation) => run(invocation, invocation.positionals[0] ?? ''),
});

const switchSet = (enabled: boolean) => (invocation: Invocation, name: string) =>
  withStation(invocation, async (station) =>
    printed(invocation, await station.call('sets.enable', { name, enabled }), () => `Image set ${name} is ${enabled ? 'on' : 'off'}.`),
  );

export const SET_COMMANDS: readonly Command[] = [
  {
    name: 'sets list',
    arguments: '',
    help: 'list the image sets: several images wanted together for one kind of machine',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) => withStation(invocation, async (station) => printed(invocation, await station.call('sets.list', {}), describeSets)),
  },
  fileCommand({
    name: 'sets add',
    help: 'add image sets; - reads standard input',
    details: SET_FORMAT,
    read: shortFileOf,
    run: (invocation, file) =>
      withStation(invocation, async (station) => printed(invocation, await station.call('sets.save', file), describeSets)),
  }),
  named('sets show', 'show a set, its members, and how far machines are with it', (invocation, name) =>
    withStation(invocation, async (station) => {
      const sets = await station.call('sets.list', {});
      if (!sets.ok) return sets;
      const view = sets.value.find(({ set }) => set.name === name);
      if (view === undefined) return failed('set.unknown', `There is no image set "${name}".`, 'See: rackside sets list');
      const runs = await station.call('sets.runs', { machineId: null });
      if (!runs.ok) return runs;
      const own = runs.value.filter(({ set }) => set === name);
      invocation.output.print({ ...view, runs: own }, () => describeSet(view, own));
      return success(null);
    }),
  ),
  named('sets enable', 'switch a set on, such as one that came by import', switchSet(true)),
  named('sets disable', 'switch a set off; machines that want it are held', switchSet(false)),
  named('sets remove', 'remove a set; its images stay', (invocation, name) =>
    withStation(invocation, async (station) => printed(invocation, await station.call('sets.remove', { name }), describeSets)),
  ),
  fileCommand({
    name: 'sets import',
    help: 'take sets from elsewhere: new ones arrive switched off, those that are here stay',
    details: SET_FORMAT,
    read: shortFileOf,
    run: (invocation, file) =>
      withStation(invocation, async (station) =>
        printed(invocation, await station.call('sets.import', file), ({ arrived, same, different }) =>
          [
            `Arrived, switched off: ${arrived.join(', ') || 'none'}`,
            ...(same.length === 0 ? [] : [`Here already, the same: ${same.join(', ')}`]),
            ...(different.length === 0
              ? []
              : [`Here already, different, and left as they are: ${different.join(', ')}. Take the file's with: rackside sets add`]),
          ].join('\n'),
        ),
      ),
  }),
  exportCommand({
    name: 'sets export',
    area: 'set',
    help: 'write all sets into one readable JSON file; - writes standard output',
    ask: (station) => station.call('sets.export', {}),
    says: (path, { sets }) => `${sets} image sets are in ${path}.`,
  }),
];
