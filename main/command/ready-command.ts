// `rackside library ready`: is everything for this site on this disk?
import { resolve } from 'node:path';
import type { ReadyItem, ReadyReport } from '../../preload/contract/ready.ts';
import type { Command } from './command.ts';
import { printed } from './with-station.ts';

const VERDICTS: Readonly<Record<ReadyReport['verdict'], string>> = {
  ready: 'READY: everything is there.',
  'not-ready': 'NOT READY: something is missing.',
  'cannot-say': 'CANNOT SAY: nothing is missing that is known to be needed, and not everything is known.',
};
const STATES: Readonly<Record<ReadyItem['state'], string>> = {
  here: 'ok',
  missing: 'MISSING',
  damaged: 'DAMAGED',
  untrusted: 'UNTRUSTED',
  unknown: 'UNKNOWN',
  problem: 'PROBLEM',
};
const EXIT: Readonly<Record<ReadyReport['verdict'], number>> = { ready: 0, 'not-ready': 1, 'cannot-say': 3 };

const describeItem = ({ kind, name, state, says, problem, for: who }: ReadyItem): readonly string[] => [
  `  ${STATES[state].padEnd(10)} ${kind} ${name}${who.length === 0 ? '' : `  for ${who.join(', ')}`}`,
  ...(state === 'here' ? [] : [`             ${says}`]),
  ...(problem === null ? [] : [`             ${problem.next} (${problem.code})`]),
];

const describeReady = ({ verdict, siteName, library, verified, machines, items }: ReadyReport): string => {
  const others = items.filter(({ needed, state }) => !needed && state !== 'here');
  return [
    `${siteName}, in ${library}: ${machines.planned} machines planned, ${machines.known} read, ${machines.decided} decided.`,
    ...items.filter(({ needed }) => needed).flatMap(describeItem),
    ...(others.length === 0 ? [] : ['Wanted by no machine that is known for this site:', ...others.flatMap(describeItem)]),
    verified ? 'Every byte was read and is right, but for what is said above.' : 'Only presence was looked at; --verify reads every byte.',
    VERDICTS[verdict],
  ].join('\n');
};

export const READY_COMMANDS: readonly Command[] = [
  {
    name: 'library ready',
    arguments: '[PATH]',
    help: 'is everything for this site on this disk? Images, recipes, payload files, policies, keys, boot kit; exit code 0 yes, 1 no, 3 not to be known yet',
    options: {
      site: { type: 'string', value: 'NAME', help: 'another site than the one the station is at' },
      verify: { type: 'boolean', help: 'read every byte too' },
    },
    positionals: { least: 0, most: 1 },
    run: async (invocation) => {
      const [path] = invocation.positionals;
      const station = await invocation.station();
      if (!station.ok) return invocation.output.fail(station.failure);
      try {
        const wish = {
          site: invocation.text('site') ?? null,
          path: path === undefined ? null : resolve(path),
          verify: invocation.flag('verify'),
        };
        const answer = await station.value.call('library.ready', wish, { signal: invocation.signal });
        const done = printed(invocation, answer, describeReady);
        if (!done.ok) return invocation.output.fail(done.failure);
        return answer.ok ? EXIT[answer.value.verdict] : 1;
      } finally {
        station.value.close();
      }
    },
  },
];
