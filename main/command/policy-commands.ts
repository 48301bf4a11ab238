// `rackside policies list`, `add`, `remove`, `explain`; sets that travel and the switch are in policy-set-commands.ts.
import { success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { PolicyTrace, Trace } from '../../preload/contract/policy.ts';
import type { MachineView, PolicyView } from '../../preload/contract/views.ts';
import type { Command, Invocation } from './command.ts';
import { FROM_CHOICE } from './choice-command.ts';
import { fileCommand } from './file-command.ts';
import { describeTrace, resolutionText } from './trace-text.ts';
import { table } from './output.ts';
import { lackLines, shadowLines } from './policy-lacks.ts';
import { POLICY_SET_COMMANDS } from './policy-set-commands.ts';
import { POLICY_FORMAT, policyFileOf } from './policy-text.ts';
import { machineOf, printed, withStation } from './with-station.ts';

const stateWords = ({ enabled, arrived }: PolicyView): string =>
  arrived === null ? (enabled ? 'on' : 'off') : `${enabled ? 'on' : 'off'}, ${arrived.difference.kind} from ${arrived.source}`;

const policyLine = (view: PolicyView): readonly string[] => [
  String(view.policy.rank),
  view.policy.name,
  view.policy.outcome.kind,
  view.policy.consent,
  stateWords(view),
  view.policy.limit === null ? String(view.used) : `${view.used} of ${view.policy.limit}`,
];

/** Page by page: thousands of policies are more than one frame should carry. */
const wholeTrace = async (station: PipeClient, machineId: string): Promise<Result<Trace>> => {
  const policies: PolicyTrace[] = [];
  for (;;) {
    const page = await station.call('policies.explain', { machineId, from: policies.length });
    if (!page.ok) return page;
    const { resolution, policies: shown, left } = page.value;
    policies.push(...shown);
    if (shown.length === 0 || policies.length >= shown.length + left) return success({ resolution, policies, left: 0 });
  }
};

/** The machine's own state may come from a person's choice, or from before the last change of a policy: it is told beside. */
const explained = ({ name, state, says }: MachineView, trace: Trace): string =>
  `${describeTrace(trace)}\n\n${resolutionText(trace.resolution)}\n${name} is ${state}: ${says}`;

const list = (views: readonly PolicyView[]): string =>
  table(['RANK', 'NAME', 'OUTCOME', 'CONSENT', 'STATE', 'USED'], views.map(policyLine));

/** The list, and what its policies want that is not here. */
const listed = async (invocation: Invocation, station: PipeClient, views: readonly PolicyView[]): Promise<Result<null>> => {
  const images = invocation.json ? success([]) : await station.call('images.list', {});
  if (!images.ok) return images;
  invocation.output.print(views, () =>
    [list(views), ...shadowLines(views.flatMap(({ shadowed }) => shadowed ?? [])), ...lackLines(views, images.value)].join('\n'),
  );
  return success(null);
};

export const POLICY_COMMANDS: readonly Command[] = [
  {
    name: 'policies list',
    arguments: '',
    help: 'list the policies in the order in which they are asked',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const policies = await station.call('policies.list', {});
        if (!policies.ok) return policies;
        if (policies.value.length > 0) return listed(invocation, station, policies.value);
        invocation.output.print(policies.value, 'There is no policy yet: rackside policies add FILE');
        return success(null);
      }),
  },
  fileCommand({
    name: 'policies add',
    help: 'add or replace the policies of a JSON file, all of them or none; - reads standard input',
    details: POLICY_FORMAT,
    read: policyFileOf,
    run: (invocation, file) =>
      withStation(invocation, async (station) => {
        const saved = await station.call('policies.save', file);
        return saved.ok ? listed(invocation, station, saved.value) : saved;
      }),
  }),
  {
    name: 'policies remove',
    arguments: 'NAME [--arrived]',
    help: 'remove a policy',
    options: { arrived: { type: 'boolean', help: 'only what came by import under this name; what is here stays as it is' } },
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const call = invocation.flag('arrived') ? 'policies.discard' : 'policies.remove';
        return printed(invocation, await station.call(call, { name: invocation.positionals[0] ?? '' }), () => 'Removed.');
      }),
  },
  FROM_CHOICE,
  ...POLICY_SET_COMMANDS,
  {
    name: 'policies explain',
    arguments: 'MACHINE',
    help: 'every policy, every test, the value seen, and why it held or not',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const machine = await machineOf(station, invocation.positionals[0]);
        if (!machine.ok) return machine;
        const trace = await wholeTrace(station, machine.value.id);
        if (!trace.ok) return trace;
        invocation.output.print(trace.value, () => explained(machine.value, trace.value));
        return success(null);
      }),
  },
];
