// What a policy asks, answered at the machine itself: one question by its serial line, the next by its keyboard and video console.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineFacts } from '../../../../preload/contract/views.ts';
import { minutes } from '../accelerator.ts';
import { blankDisk } from '../disk-files.ts';
import { powerOn, seen } from '../journey.ts';
import type { LabStation } from '../lab-station.ts';
import { expectThat } from './journey-case.ts';
import type { Case } from './journey-case.ts';

const ROLE = { name: 'role', label: 'Role', type: 'choice', choices: ['web', 'mail'] };
const UNIT = { name: 'input.unit', label: 'Rack unit', type: 'number', least: 1, most: 48 };
const asking = (rank: number, field: { readonly name: string }) => ({
  name: `ask-${rank}`,
  rank,
  when: { all: [] },
  outcome: { kind: 'ask', facts: [], fields: [field] },
  consent: 'ask',
});
const POLICIES = [
  asking(1, ROLE),
  asking(2, UNIT),
  { name: 'rest', rank: 3, when: { all: [] }, outcome: { kind: 'hold', reason: 'answered' }, consent: 'ask' },
];

const answered = async (station: LabStation): Promise<string> => {
  const policies = join(station.folder, 'policies.json');
  writeFileSync(policies, JSON.stringify(POLICIES));
  await station.rackside('policies', 'add', policies);
  const diskPath = join(station.folder, 'disk.raw');
  blankDisk(diskPath, 1024 ** 3);
  const vm = powerOn(station, { number: 91, firmware: 'bios', disks: [{ path: diskPath, serial: 'DISK' }] });
  const asks = (fact: string) =>
    seen(station, vm, ({ question }) => question?.kind === 'fact' && question.facts.join() === fact, `asking for ${fact}`, minutes(8));
  try {
    await asks('role');
    await vm.line(/Asked for: Role/, minutes(1));
    vm.console.write('a\r');
    await vm.line(/Your name: /, minutes(1));
    vm.console.write('Ada\r');
    await vm.line(/Type its number or its name/, minutes(1));
    // No such choice: it says so, and what was typed stays until Ctrl-U clears the line.
    vm.console.write('9\r');
    await vm.line(/! /, minutes(1));
    vm.console.write('\u00152\r');
    await vm.line(/Send\? /, minutes(1));
    vm.console.write('\r');
    const { id } = await asks('input.unit');
    await vm.line(/Asked for: Rack unit/, minutes(1));
    await vm.press(['a', 'ret']);
    await vm.line(/Question 1 of 1/, minutes(1));
    await vm.press(['4', '2', 'ret']);
    await vm.line(/Rack unit: 42/, minutes(1));
    await vm.screenshot(join(station.folder, 'review.png'));
    await vm.press(['ret']);
    await seen(station, vm, ({ question }) => question?.kind !== 'fact', 'asked nothing more', minutes(2));
    const { facts } = await station.rackside<MachineFacts>('facts', id);
    const said = (name: string): string => {
      const fact = facts.find((one) => one.name === name);
      return `${String(fact?.value)} by ${fact?.source}`;
    };
    expectThat(said('role').startsWith('mail by ') && said('role').includes('Ada'), `role: ${said('role')}`);
    expectThat(said('input.unit').startsWith('42 by ') && said('input.unit').includes('Ada'), `unit: ${said('input.unit')}`);
    return `by its serial line: role ${said('role')}; by its keyboard: unit ${said('input.unit')}`;
  } finally {
    await vm.powerOff();
  }
};

export const CONSOLE_CASES: readonly Case[] = [
  { name: 'console', about: 'what a policy asks is answered at the serial line and at the keyboard', run: answered },
];
