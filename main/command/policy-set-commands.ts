// `rackside policies export`, `import`, `enable`, `disable`: a set of policies that travels, and the switch that a person puts on after
// seeing what came.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { PolicyDifference, PolicyImport, PolicyPreview } from '../../preload/contract/policy.ts';
import type { PolicyView } from '../../preload/contract/views.ts';
import type { Command, Invocation } from './command.ts';
import { exportCommand, fileCommand } from './file-command.ts';
import { POLICY_CHECK } from './policy-check-command.ts';
import { shadowLines } from './policy-lacks.ts';
import { POLICY_FILE, policyFileOf } from './policy-text.ts';
import { printed, withStation } from './with-station.ts';

const SIGNS = { new: '+', changed: '~', same: '=' } as const;

const describeDifference = ({ name, kind, fields, says }: PolicyDifference): string =>
  [
    `  ${SIGNS[kind]} ${name}  ${kind}`,
    ...fields.map(({ field, here, arriving }) => `      ${field}: ${here} -> ${arriving}`),
    ...(says === null ? [] : [`      ${says}`]),
  ].join('\n');

const describeImport = ({ source, differences, onlyHere, shadowed }: PolicyImport): string => {
  const count = (kind: PolicyDifference['kind']): number => differences.filter((one) => one.kind === kind).length;
  return [
    `${source}: ${count('new')} new, ${count('changed')} changed, ${count('same')} the same, ${onlyHere.length} only here`,
    ...differences.map(describeDifference),
    ...onlyHere.map((name) => `  - ${name}  only here, and stays`),
    ...shadowLines(shadowed),
    ...(differences.every(({ kind }) => kind === 'same')
      ? ['Nothing changes.']
      : ['Nothing of it is on yet. Look at each and switch it on with: rackside policies enable NAME']),
  ].join('\n');
};

export const describePreview = ({ counts, changes, shadowed }: PolicyPreview): string =>
  [
    `${counts.machines} machines: ${counts.changed} would change, ${counts.otherPolicy} get the same by another policy, ${counts.same} stay as they are`,
    ...(counts.elsewhere === 0 ? [] : [`${counts.elsewhere} of these were last heard at another site`]),
    ...shadowLines(shadowed),
    ...changes.flatMap(({ name, position, state, site, before, after, why }) => [
      '',
      `${[name, ...(position === null ? [] : [position]), state].join('  ')}${site === null ? '' : `  (at ${site})`}`,
      `  ${sideWords(before)}`,
      `  -> ${sideWords(after)}`,
      ...why.map((reason) => `     ${reason}`),
    ]),
  ].join('\n');
const sideWords = ({ policy, text }: PolicyPreview['changes'][number]['before']): string => (policy === null ? text : `${policy}: ${text}`);

const describeArrived = ({ policy, arrived }: PolicyView): string =>
  arrived === null
    ? ''
    : [
        `"${policy.name}" came with ${arrived.source}:`,
        describeDifference(arrived.difference),
        ...(arrived.difference.kind === 'new' ? [`      ${JSON.stringify(arrived.policy)}`] : []),
      ].join('\n');

/** The hash of what was shown, once somebody said yes to it. */
const seen = async (invocation: Invocation, view: PolicyView): Promise<Result<string | null>> => {
  if (view.arrived === null) return success(null);
  // On stderr when JSON is wanted, so that JSON on stdout stays JSON.
  if (invocation.json) process.stderr.write(`${describeArrived(view)}\n`);
  else invocation.output.print(view, describeArrived(view));
  const typed = invocation.flag('yes') ? 'yes' : await invocation.ask(`Switch it on like this? Type yes: `);
  return typed?.trim().toLowerCase() === 'yes'
    ? success(view.arrived.difference.hash)
    : failed(
        'policy.not-seen',
        `Policy "${view.policy.name}" was not switched on.`,
        'Say yes with --yes once you have read this, or drop it with: rackside policies remove NAME --arrived',
      );
};

const enable: Command = {
  name: 'policies enable',
  arguments: 'NAME',
  help: 'switch a policy on; one that came by import shows first what it changes here',
  options: { yes: { type: 'boolean', help: 'switch on what is shown without asking' } },
  positionals: { least: 1, most: 1 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const name = invocation.positionals[0] ?? '';
      const policies = await station.call('policies.list', {});
      if (!policies.ok) return policies;
      const view = policies.value.find(({ policy }) => policy.name === name);
      const hash = view === undefined ? success(null) : await seen(invocation, view);
      if (!hash.ok) return hash;
      const answer = await station.call('policies.enable', { name, enabled: true, seen: hash.value });
      return printed(invocation, answer, ({ policy, shadowed }) =>
        [`${policy.name} is on.`, ...shadowLines(shadowed === null ? [] : [shadowed])].join('\n'),
      );
    }),
};

const disable: Command = {
  name: 'policies disable',
  arguments: 'NAME',
  help: 'switch a policy off',
  options: {},
  positionals: { least: 1, most: 1 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const answer = await station.call('policies.enable', { name: invocation.positionals[0] ?? '', enabled: false });
      return printed(invocation, answer, (value) => `${value.policy.name} is off.`);
    }),
};

export const POLICY_SET_COMMANDS: readonly Command[] = [
  enable,
  disable,
  POLICY_CHECK,
  fileCommand({
    name: 'policies preview',
    help: 'what adding the policies of a file would change for every machine ever seen, and why; changes nothing',
    details: POLICY_FILE,
    options: { on: { type: 'boolean', help: 'as if all policies of the file were on, also those that are off here' } },
    read: policyFileOf,
    run: (invocation, file) =>
      withStation(invocation, async (station) =>
        printed(invocation, await station.call('policies.preview', { file, switchOn: invocation.flag('on') }), describePreview),
      ),
  }),
  exportCommand({
    name: 'policies export',
    area: 'policy',
    help: 'write all policies into one readable JSON file, always in the same order; - writes standard output',
    ask: (station) => station.call('policies.export', {}),
    says: (path, { policies }) => `${policies} policies are in ${path}.`,
  }),
  fileCommand({
    name: 'policies import',
    help: 'take the policies of a file from elsewhere, all or none: they arrive switched off, and say what they would change here',
    details: POLICY_FILE,
    read: policyFileOf,
    run: (invocation, file) =>
      withStation(invocation, async (station) => printed(invocation, await station.call('policies.import', file), describeImport)),
  }),
];
