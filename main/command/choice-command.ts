// `rackside policies from-choice`: what a person chose for one machine, for all like it.
import { failed } from '../../agent/protocol/failure.ts';
import type { ChoiceProposal } from '../../preload/contract/choice.ts';
import type { Command } from './command.ts';
import { describePreview } from './policy-set-commands.ts';
import { machineOf, printed, withStation } from './with-station.ts';

const describe = ({ policy, says, preview, saved }: ChoiceProposal): string =>
  [
    JSON.stringify(policy, null, 2),
    ...says,
    '',
    'If it is on:',
    describePreview(preview),
    '',
    saved === null
      ? 'Nothing was saved. Save it and switch it on with --save, or keep it switched off with --save --off.'
      : `Policy ${saved.policy.name} is saved and ${saved.enabled ? 'on' : 'off; switch it on with: rackside policies enable ' + saved.policy.name}.`,
  ].join('\n');

export const FROM_CHOICE: Command = {
  name: 'policies from-choice',
  arguments: 'MACHINE',
  help: 'turn the image that was chosen for a machine into a policy for all like it; shows what it would change, saves with --save',
  options: {
    fact: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      help: 'by which facts machines are like it; manufacturer and model unless given',
    },
    newest: { type: 'boolean', help: 'the newest image with the same labels, instead of exactly this one' },
    name: { type: 'string', value: 'NAME', help: 'of the policy' },
    rank: { type: 'string', value: 'RANK', help: 'just before every policy that speaks for this machine unless given' },
    save: { type: 'boolean', help: 'save it and switch it on' },
    off: { type: 'boolean', help: 'with --save: keep it switched off' },
  },
  positionals: { least: 1, most: 1 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const rank = invocation.text('rank');
      if (rank !== undefined && !/^\d{1,7}$/.test(rank))
        return failed('command.option', `--rank takes a whole number, not ${rank}.`, 'See: rackside policies from-choice --help');
      const machine = await machineOf(station, invocation.positionals[0]);
      if (!machine.ok) return machine;
      const name = invocation.text('name');
      const answer = await station.call('policies.fromChoice', {
        machineId: machine.value.id,
        facts: [...invocation.list('fact')],
        newest: invocation.flag('newest'),
        ...(name === undefined ? {} : { name }),
        ...(rank === undefined ? {} : { rank: Number(rank) }),
        save: invocation.flag('save') ? (invocation.flag('off') ? 'off' : 'on') : null,
      });
      return printed(invocation, answer, describe);
    }),
};
