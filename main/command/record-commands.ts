// `rackside machines merge`, `split`, `undo`, `changes`: records that a person joins and parts.
import { failed } from '../../agent/protocol/failure.ts';
import type { RecordChangeView } from '../../preload/contract/views.ts';
import type { Command } from './command.ts';
import { table } from './output.ts';
import { machineOf, printed, withStation } from './with-station.ts';

const inWords = ({ id, kind, keptId, keptName, otherId, otherName, undoneAtMs }: RecordChangeView): string => {
  if (undoneAtMs !== null) return `Change ${id} was taken back.`;
  const back = `Take it back with: rackside machines undo ${id}`;
  if (kind === 'merge') return `${otherName} is part of ${keptName} now.\n${back}`;
  return keptId === otherId
    ? `${keptName} is a machine of its own now.\n${back}`
    : `${otherName} (${otherId}) was parted from ${keptName}.\n${back}`;
};

export const RECORD_COMMANDS: readonly Command[] = [
  {
    name: 'machines merge',
    arguments: 'MACHINE OTHER',
    help: 'two records are one machine: OTHER becomes part of MACHINE, with its whole history',
    options: {},
    positionals: { least: 2, most: 2 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const kept = await machineOf(station, invocation.positionals[0]);
        if (!kept.ok) return kept;
        const other = await machineOf(station, invocation.positionals[1]);
        if (!other.ok) return other;
        const change = await station.call('machines.merge', { machineId: kept.value.id, otherId: other.value.id });
        return printed(invocation, change, inWords);
      }),
  },
  {
    name: 'machines split',
    arguments: 'MACHINE [VALUE ...]',
    help: 'these serials, MACs, UUIDs or disks are another machine; without any, a look-alike is a machine of its own',
    options: {},
    positionals: { least: 1, most: 64 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const [typed, ...values] = invocation.positionals;
        const machine = await machineOf(station, typed);
        if (!machine.ok) return machine;
        const change = await station.call('machines.split', { machineId: machine.value.id, values });
        return printed(invocation, change, inWords);
      }),
  },
  {
    name: 'machines undo',
    arguments: 'CHANGE',
    help: 'take a merge or a split back; nothing of either history is lost',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const typed = invocation.positionals[0] ?? '';
        if (!/^\d{1,9}$/.test(typed))
          return failed('command.arguments', `"${typed}" is no number of a change.`, 'See them with: rackside machines changes');
        const change = await station.call('machines.undo', { changeId: Number(typed) });
        return printed(invocation, change, inWords);
      }),
  },
  {
    name: 'machines changes',
    arguments: '',
    help: 'list the merges and splits: who, when, and whether they were taken back',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const changes = await station.call('machines.changes', {});
        return printed(invocation, changes, (list) =>
          list.length === 0
            ? 'No records were merged or split.'
            : table(
                ['CHANGE', 'WHAT', 'RECORD', 'OTHER', 'WHEN', 'OPERATOR', 'STATE'],
                list.map((change) => [
                  String(change.id),
                  change.kind,
                  change.keptName,
                  change.otherName,
                  new Date(change.atMs).toISOString(),
                  change.operator,
                  change.undoneAtMs === null ? 'stands' : 'taken back',
                ]),
              ),
        );
      }),
  },
];
