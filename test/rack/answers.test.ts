// A machine that a policy asks about, over the real wire: it waits, says on its own screen for what, is answered there or at the station,
// and is deployed. Keys are bytes on its keyboard, as a technician would type them.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LinkMemory } from '../../agent/link/station-link.ts';
import { startLab } from './faults/lab.ts';
import type { Lab, LabMachine } from './faults/lab.ts';
import { need } from './rehearsal.ts';

const ASK = {
  name: 'who-are-you',
  rank: 1,
  when: { all: [] },
  outcome: {
    kind: 'ask' as const,
    facts: [],
    fields: [
      { name: 'role', label: 'Role', type: 'choice' as const, choices: ['test', 'spare'], required: true },
      { name: 'input.floor', label: 'Floor', type: 'number' as const, required: false },
    ],
  },
  consent: 'ask' as const,
};
const BY_ROLE = {
  name: 'by-role',
  rank: 5,
  when: { fact: 'role', equal: 'test' },
  outcome: { kind: 'deploy-newest' as const, labels: { role: 'test' } },
  consent: 'ask' as const,
};

let lab: Lab;
beforeEach(async () => {
  lab = await startLab();
  await lab.image();
  for (const policy of [ASK, BY_ROLE]) await need(lab.rehearsal.call('policies.add', { policy }));
});
afterEach(() => lab.stop());

/** A machine with a keyboard. */
const withKeyboard = async (): Promise<LabMachine & { type(text: string): void }> => {
  const listeners = new Set<(bytes: Uint8Array, console: string) => void>();
  let kept: string | null = null;
  const drafts: LinkMemory = { load: () => kept, save: (text) => void (kept = text) };
  const machine = await lab.machine({
    wrapEnvironment: (environment) => ({
      ...environment,
      drafts,
      keyboard: {
        listen: (onBytes) => {
          listeners.add(onBytes);
          return () => void listeners.delete(onBytes);
        },
      },
    }),
  });
  return { ...machine, view: machine.view, type: (text) => listeners.forEach((hear) => hear(Buffer.from(text), 'keyboard')) };
};
const asks = (machine: LabMachine, ...facts: readonly string[]) =>
  machine.is(`asking for ${facts.join(', ')}`, ({ question }) => question?.kind === 'fact' && question.facts.join() === facts.join());
/** The screen hears of it a moment after the station's windows: any event of the station lets the test look again. */
const shown = async (machine: LabMachine, what: RegExp): Promise<void> => {
  for (let round = 0; round < 300 && !what.test(machine.console.join('\n')); round += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(machine.console.join('\n')).toMatch(what);
};

describe('a machine that is asked about', () => {
  test('is answered at its own console, and deployed', async () => {
    const machine = await withKeyboard();
    machine.powerOn();
    await asks(machine, 'role', 'input.floor');
    await shown(machine, /waiting for: Role, Floor[^]*who-are-you \(rank 1\) decides[^]*type A and press Enter/);
    machine.type('a\rGrace Hopper\r1\r3\r\r');
    const asking = await machine.asks();
    expect(asking.imageName).toBe('test');
    const { facts } = await need(lab.rehearsal.call('machines.facts', { machineId: asking.id }));
    expect(facts.filter(({ origin }) => origin === 'person')).toMatchObject([
      { name: 'role', value: 'test', source: 'person:Grace Hopper (at the machine)' },
      { name: 'input.floor', value: '3' },
    ]);
    await need(lab.rehearsal.approve(asking));
    expect(await machine.ended()).toMatchObject({ endedBy: 'local-disk' });
  });
  test('is answered at the station while somebody types: the form there closes, and says so', async () => {
    const machine = await withKeyboard();
    machine.powerOn();
    const asking = await asks(machine, 'role', 'input.floor');
    await shown(machine, /type A and press Enter/);
    machine.type('a\rGrace\rspare\r');
    await need(lab.rehearsal.call('machines.answer', { machineId: asking.id, values: { role: 'test', 'input.floor': '' } }));
    await machine.asks();
    await shown(machine, /not asked here any more/);
    machine.type('7\r\r');
    expect((await need(lab.rehearsal.call('machines.get', { machineId: asking.id }))).facts).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'role', value: 'test', source: 'person:rehearsal' })]),
    );
  });
  test.each([
    ['at once', /type A and press Enter/],
    ['once the machine was read again', /link to the station is back[^]*The station knows this machine/],
  ])('a restart of the station in the middle of typing loses nothing, typed on %s', async (_when, whatIsShown) => {
    const machine = await withKeyboard();
    machine.powerOn();
    await asks(machine, 'role', 'input.floor');
    await shown(machine, /type A and press Enter/);
    machine.type('a\rGrace\r1\r');
    await lab.rehearsal.restart();
    await asks(machine, 'role', 'input.floor');
    await shown(machine, whatIsShown);
    machine.type('4\r\r');
    expect((await machine.asks()).imageName).toBe('test');
    expect(machine.console.join('\n')).not.toMatch(/not asked here any more/);
  });
  test('an agent that was ended in the middle: the form comes again with what was typed', async () => {
    const machine = await withKeyboard();
    machine.powerOn();
    await asks(machine, 'role', 'input.floor');
    await shown(machine, /type A and press Enter/);
    machine.type('a\rGrace\r1\r');
    await machine.powerOff();
    machine.console.length = 0;
    machine.powerOn();
    await machine.is('booting again', ({ state }) => state === 'booting' || state === 'seen');
    await asks(machine, 'role', 'input.floor');
    await shown(machine, /type A and press Enter/);
    machine.type('a\r\r4\r\r');
    expect((await machine.asks()).imageName).toBe('test');
  });
});
