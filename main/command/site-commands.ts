// `rackside site import`, `show`, `clear`: the plan of a site, and what of it is there.
import { basename, resolve } from 'node:path';
import type { FactValue } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { PlanDifference, SitePlanView } from '../../preload/contract/plan-views.ts';
import { encodingNote } from '../../preload/contract/encoding-words.ts';
import { fitsFrame } from '../../preload/contract/pipe.ts';
import { readPlan } from '../plan/read-plan.ts';
import type { Command } from './command.ts';
import { inWords } from './fact-text.ts';
import { table } from './output.ts';
import { printed, withStation } from './with-station.ts';

/** With its unit; `name` is a fact's, or that of a key column. */
const words = (name: string, value: FactValue | null): string => (value === null ? '-' : inWords(name, value));

const describeDifference = ({ added, removed, changed }: PlanDifference): string =>
  [
    ...added.map((name) => `  + ${name}`),
    ...removed.map((name) => `  - ${name}`),
    ...changed.map(
      ({ machine, column, before, after }) => `  ~ ${machine}  ${column}: ${words(column, before)} -> ${words(column, after)}`,
    ),
  ].join('\n') || '  nothing differs';

const keyWords = ({ serial, mac, slot, enclosure }: SitePlanView['rows'][number]['keys']): string =>
  [serial, mac, slot === undefined ? undefined : `slot ${slot}`, enclosure].filter((part) => part !== undefined).join(' ');

const describePlan = (plan: SitePlanView): string => {
  const { expected, seen, missing, conflicts, unexpected } = plan.counts;
  const says = (row: SitePlanView['rows'][number]): string =>
    row.conflict ??
    row.differences
      .map(({ fact, expected: wanted, seen: found }) => `${fact}: ${words(fact, found)}, planned ${words(fact, wanted)}`)
      .join('; ');
  return [
    `${plan.siteName}: ${plan.name}, imported ${new Date(plan.importedAtMs).toISOString()} by ${plan.operator}`,
    `${expected} expected, ${seen} seen, ${missing} missing, ${conflicts} in conflict, ${unexpected} not in the plan`,
    table(
      ['LINE', 'MACHINE', 'STATE', 'IS', 'PLANNED', 'DIFFERS'],
      plan.rows.map((row) => [
        String(row.line),
        keyWords(row.keys),
        row.machine === null ? row.state : `${row.state} (${row.machine.state})`,
        row.machine?.name ?? '-',
        row.facts.map(({ name, value }) => `${name.replace(/^input\./, '')}=${words(name, value)}`).join(' ') || '-',
        says(row) || '-',
      ]),
    ),
    ...plan.unexpected.map(({ id, name }) => `not in the plan: ${name} (${id})`),
  ].join('\n');
};

const PLAN_FORMAT = `  A table with one machine a row, as spreadsheets save it: CSV with commas, semicolons or tabs, in UTF-8, UTF-16 or Windows-1252.
    serial,mac,slot,enclosure,hostname,role,rack-position,image,memory.size
    CZ3340AAAA,,,,web1,web,R1 U4,debian-web,64 GiB
    ,52:54:00:ab:cd:ef,,,web2,web,R1 U5,debian-web,
    ,,5,OA-1,db1,db,,debian-db,
  serial, mac, slot with enclosure: which machine the row is about; one of them is in every row.
  Any fact (rackside facts --help): what the machine shall be; where the inventory reads otherwise, "site show" says so.
  Any other name in a-z, 0-9 and -: the fact input.NAME, such as input.hostname, which names the machine, and input.image, which a
    policy may test. What people type goes before the plan, what the inventory reads before both.`;

export const SITE_COMMANDS: readonly Command[] = [
  {
    name: 'site import',
    arguments: 'PLAN.csv [--replace]',
    help: 'take a table of planned machines (serial, mac or slot, and what each shall be); shows what changes before it replaces a plan',
    details: PLAN_FORMAT,
    options: { replace: { type: 'boolean', help: 'replace the plan that is there' } },
    positionals: { least: 1, most: 1 },
    run: async (invocation) => {
      const path = invocation.positionals[0] ?? '';
      const read = await readPlan(path);
      if (!read.ok) return invocation.output.fail(read.failure);
      const { text, guessed } = read.value;
      return withStation(invocation, async (station) => {
        const wish = { name: basename(path).slice(-120), replace: invocation.flag('replace') };
        const whole = { ...wish, text };
        const answer = await station.call('plan.import', fitsFrame(whole) ? whole : { ...wish, path: resolve(path) });
        if (!answer.ok) return answer;
        const { applied, difference, plan } = answer.value;
        const note = encodingNote(basename(path), read.value);
        if (note !== null) invocation.output.note(note);
        const told = guessed === null ? answer.value : { ...answer.value, encoding: 'windows-1252', guessed };
        if (!applied) {
          invocation.output.print(
            told,
            `This would change the plan "${plan?.name ?? ''}":\n${describeDifference(difference)}\n\nNothing was changed.`,
          );
          return failed('plan.replace-wanted', 'Another plan is there.', 'Replace it with: --replace');
        }
        const isNew = difference.added.length + difference.removed.length + difference.changed.length === 0;
        invocation.output.print(told, () =>
          [...(isNew ? [] : [describeDifference(difference)]), plan === null ? '' : describePlan(plan)].join('\n'),
        );
        return success(null);
      });
    },
  },
  {
    name: 'site show',
    arguments: '',
    help: 'the plan of this site: who is expected, seen, missing, in conflict, and who is there unplanned',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const plan = await station.call('plan.get', {});
        return printed(invocation, plan, (value) =>
          value === null ? 'This site has no plan: rackside site import PLAN.csv' : describePlan(value),
        );
      }),
  },
  {
    name: 'site clear',
    arguments: '',
    help: 'remove the plan of this site; what people typed and machines told stays',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const done = await station.call('plan.clear', {});
        return printed(invocation, done, () => 'The plan was removed.');
      }),
  },
];
