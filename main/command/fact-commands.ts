// `rackside facts`: what is known of a machine and who said so, or what recordings of one (dmidecode, SMBIOS, lshw, lsblk) tell.
import type { RecordedMachine } from '../../agent/facts/dump/recorded-facts.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { MachineFacts } from '../../preload/contract/views.ts';
import type { Command, Invocation } from './command.ts';
import { FROM_OPTION, readRecorded } from './recordings.ts';
import { FACT_LIST, inWords } from './fact-text.ts';
import { table } from './output.ts';
import { machineOf, printed, withStation } from './with-station.ts';

/** A fact's value in words, marked where it is filler. */
export const marked = (fact: Pick<Fact, 'name' | 'value' | 'filler'>): string =>
  `${inWords(fact.name, fact.value)}${fact.filler ? '  (filler)' : ''}`;

const describeRecorded = ({ facts, notes }: RecordedMachine): string =>
  [
    table(
      ['FACT', 'VALUE', 'SOURCE'],
      facts.map((fact) => [fact.name, marked(fact), fact.source]),
    ),
    ...notes.map((note) => `NOTE ${note}`),
  ].join('\n');

const time = (atMs: number): string => new Date(atMs).toISOString();

const describeKnown = (known: MachineFacts, withHistory: boolean): string =>
  [
    `${known.name}  (${known.machineId})`,
    table(
      ['FACT', 'VALUE', 'SOURCE', 'SINCE'],
      known.facts.map((fact) => [fact.name, `${marked(fact)}${fact.counts ? '' : '  (does not count)'}`, fact.source, time(fact.sinceMs)]),
    ),
    ...(withHistory
      ? [
          '',
          'History',
          table(
            ['WHEN', 'FACT', 'VALUE', 'SOURCE'],
            known.history.map((change) => [time(change.atMs), change.name, inWords(change.name, change.value), change.source]),
          ),
        ]
      : []),
  ].join('\n');

const printRecorded = async (invocation: Invocation, paths: readonly string[]): Promise<number> => {
  const recorded = await readRecorded(paths);
  if (!recorded.ok) return invocation.output.fail(recorded.failure);
  invocation.output.print(recorded.value, () => describeRecorded(recorded.value));
  return 0;
};

export const FACT_COMMANDS: readonly Command[] = [
  {
    name: 'facts',
    arguments: 'MACHINE | --from FILE [FILE ...]',
    help: 'the facts of a machine with who said them and since when; or those that recordings of one machine give; --help lists all there are',
    details: FACT_LIST,
    options: {
      from: FROM_OPTION,
      history: { type: 'boolean', help: 'every change of every fact' },
    },
    positionals: { least: 0, most: 16 },
    run: async (invocation) => {
      const from = invocation.list('from');
      if (from.length > 0) return printRecorded(invocation, [...from, ...invocation.positionals]);
      const [typed, ...more] = invocation.positionals;
      if (typed === undefined || more.length > 0) {
        const asked = failed('command.arguments', 'rackside facts takes one MACHINE, or files after --from.', 'See: rackside facts --help');
        return invocation.output.fail(asked.failure);
      }
      return withStation(invocation, async (station) => {
        const machine = await machineOf(station, typed);
        if (!machine.ok) return machine;
        const known = await station.call('machines.facts', { machineId: machine.value.id });
        const withHistory = invocation.flag('history');
        const shown = known.ok && !withHistory ? success({ ...known.value, history: [] }) : known;
        return printed(invocation, shown, (value) => describeKnown(value, withHistory));
      });
    },
  },
];
