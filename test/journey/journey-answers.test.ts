// What people are asked, and answer at the machine or at the station: who is first, what is wrong, and what follows from it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Field } from '../../agent/protocol/fields.ts';
import { hash, policy } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { FakeAgent, Rig } from './rig.ts';

const ROLE: Field = { name: 'role', label: 'Role', type: 'choice', choices: ['web', 'mail'], required: true };
const FLOOR: Field = { name: 'input.floor', type: 'number', required: false };

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const askFirst = (fields: readonly Field[] = [ROLE, FLOOR]): void =>
  void value(rig.station.policies.add(policy({ name: 'who', rank: 5, outcome: { kind: 'ask', facts: [], fields: [...fields] } })));
const atMachine = (agent: FakeAgent, values: Record<string, string>, person = 'Ada') =>
  value(agent.report({ kind: 'answers', answers: { person, values } }));
const factsOf = (machineId: string) => value(rig.station.machines.allFacts(machineId)).facts.filter(({ origin }) => origin === 'person');
const heard = (kind: string): readonly string[] =>
  rig.station.events
    .list({ afterId: 0, beforeId: null, limit: 1000, machineId: null })
    .filter((event) => event.kind === kind)
    .map(({ text }) => text);

describe('a policy that asks', () => {
  test('holds the machine, says for what on both screens, and is passed over once it is answered at the machine', () => {
    askFirst();
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(machine).toMatchObject({ state: 'waiting', question: { kind: 'fact', facts: ['role', 'input.floor'], fields: [ROLE, FLOOR] } });
    const { decision } = agent.last('assess');
    expect(decision).toMatchObject({ kind: 'hold', form: { fields: [ROLE, FLOOR], problems: [] } });
    expect(decision.kind === 'hold' ? decision.trace : []).toEqual([
      'who (rank 5) decides',
      'everything (rank 100) holds, and comes later',
    ]);
    atMachine(agent, { role: 'web', 'input.floor': '' });
    expect(rig.view(machine.id)).toMatchObject({ state: 'matched', question: null, osoid: hash('a') });
    expect(agent.last('assess').decision.kind).toBe('deploy');
    expect(factsOf(machine.id)).toMatchObject([
      { name: 'role', value: 'web', source: 'person:Ada (at the machine)', sinceMs: rig.clock.atMs },
      { name: 'input.floor', value: '', filler: true },
    ]);
    expect(heard('fact.answered')).toEqual(['Ada answered at the machine: role = web, input.floor = (left empty).']);
    expect(value(rig.station.journey.explain(machine.id, { from: 0, most: 9 })).policies[0]?.verdict).toBe('answered');
  });
  test('asks what only is missing, and not what is known from elsewhere', () => {
    askFirst([ROLE, { name: 'model', type: 'text', required: true }]);
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(machine.question).toMatchObject({ facts: ['role'] });
    value(rig.station.journey.onAnswer(machine.id, { role: 'mail' }));
    expect(rig.view(machine.id).state).toBe('matched');
  });
  test('in part: what is left is asked on', () => {
    askFirst([ROLE, { ...FLOOR, required: true }]);
    const machine = rig.agent().inventory();
    value(rig.station.journey.onAnswer(machine.id, { 'input.floor': '3' }));
    expect(rig.view(machine.id)).toMatchObject({ state: 'waiting', question: { facts: ['role'] } });
  });
  test('a fact that would decide is asked for as the station says, and the answer decides', () => {
    rig.station.fields.save([{ ...ROLE, everyMachine: false }], 'Ada');
    value(
      rig.station.policies.add(
        policy({ rank: 5, name: 'web', when: { fact: 'role', equal: 'web' }, outcome: { kind: 'deploy', osoid: hash('b') } }),
      ),
    );
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(machine).toMatchObject({ state: 'ambiguous', question: { fields: [ROLE] } });
    expect(agent.last('assess').decision).toMatchObject({
      trace: ['web (rank 5) cannot be judged: role is not known', expect.any(String)],
    });
    atMachine(agent, { role: '1' });
    expect(rig.view(machine.id)).toMatchObject({ osoid: hash('b') });
  });
  test('what is asked of every machine comes before every policy', () => {
    rig.station.fields.save(
      [
        { ...ROLE, everyMachine: true },
        { ...FLOOR, everyMachine: true },
      ],
      'Ada',
    );
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(machine).toMatchObject({ state: 'waiting', question: { facts: ['role', 'input.floor'] } });
    value(rig.station.journey.onAnswer(machine.id, { role: 'web', 'input.floor': '' }));
    expect(rig.view(machine.id).state).toBe('matched');
  });
});

describe('the first answer counts', () => {
  test('at the station: the console is told otherwise, and its own answer comes too late', () => {
    askFirst();
    const agent = rig.agent();
    const machine = agent.inventory();
    value(rig.station.journey.onAnswer(machine.id, { role: 'web', 'input.floor': '' }));
    expect(agent.last('assess').decision.kind).toBe('deploy');
    atMachine(agent, { role: 'mail' }, 'Bob');
    expect(factsOf(machine.id)[0]).toMatchObject({ value: 'web', source: 'person:Ada' });
    expect(heard('answer.late')).toHaveLength(1);
  });
  test('at the machine: the station hears who said what already', () => {
    askFirst();
    const agent = rig.agent();
    const machine = agent.inventory();
    atMachine(agent, { role: 'mail' }, 'Bob');
    expect(rig.station.journey.onAnswer(machine.id, { role: 'web' })).toMatchObject({
      failure: { code: 'answer.taken', message: expect.stringMatching(/role is mail already \(person:Bob/) },
    });
    expect(code(rig.station.journey.onAnswer(machine.id, { role: 'mail' }))).toBeNull();
  });
  test('a name that is nearly one that is asked for is a slip of the pen; any other own name is an answer ahead of time', () => {
    askFirst();
    const machine = rig.agent().inventory();
    expect(rig.station.journey.onAnswer(machine.id, { role: 'web', 'input.flor': '3' })).toMatchObject({
      failure: { code: 'answer.invalid', message: expect.stringContaining('did you mean "input.floor"?') },
    });
    expect(factsOf(machine.id)).toEqual([]);
    value(rig.station.journey.onAnswer(machine.id, { 'input.shelf': '3' }));
    expect(rig.view(machine.id).state).toBe('waiting');
  });
  test('an answer that the cable repeated is no second one', () => {
    askFirst([ROLE]);
    const agent = rig.agent();
    agent.inventory();
    atMachine(agent, { role: 'web' });
    atMachine(agent, { role: 'web' });
    expect(heard('answer.late')).toEqual([]);
  });
});

describe('whatever the wire says', () => {
  test('an answer that does not fit is asked for again at the machine, and nothing is saved', () => {
    askFirst();
    const agent = rig.agent();
    const machine = agent.inventory();
    atMachine(agent, { role: 'root; rm -rf /', 'input.floor': '2' });
    expect(factsOf(machine.id)).toEqual([]);
    expect(agent.last('assess').decision).toMatchObject({
      form: { fields: [ROLE, FLOOR], problems: [{ name: 'role', message: expect.stringMatching(/none of the choices/) }] },
    });
    atMachine(agent, { role: 'web', 'input.floor': '2' }, '\u001b[2J\n');
    expect(factsOf(machine.id)[0]?.source ?? '').not.toContain('\u001b');
  });
  test('only what is asked is taken', () => {
    askFirst([ROLE]);
    const agent = rig.agent();
    const machine = agent.inventory();
    atMachine(agent, { role: 'web', 'rack.position': 'mine', model: 'other' });
    expect(factsOf(machine.id).map(({ name }) => name)).toEqual(['role']);
    atMachine(agent, { user: 'root' });
    expect(factsOf(machine.id)).toHaveLength(1);
  });
  test('without a name there is no answer', () => {
    askFirst([ROLE]);
    const agent = rig.agent();
    const machine = agent.inventory();
    atMachine(agent, { role: 'web' }, ' \u0000 ');
    expect(factsOf(machine.id)).toEqual([]);
    expect(agent.last('assess').decision).toMatchObject({ form: { problems: [{ message: expect.stringMatching(/name is missing/) }] } });
  });
  test('at the station too: all or nothing, with every reason', () => {
    askFirst();
    const machine = rig.agent().inventory();
    expect(rig.station.journey.onAnswer(machine.id, { role: 'web', 'input.floor': 'ten', 'no such': '1' })).toMatchObject({
      failure: { code: 'answer.invalid', message: expect.stringMatching(/no such.*no fact[^]*input.floor: .*not a number/) },
    });
    expect(factsOf(machine.id)).toEqual([]);
    expect(code(rig.station.journey.onAnswer(machine.id, {}))).toBe('answer.nothing');
  });
});

test('a restart of the station in the middle: what was answered stands, what was not is asked again', () => {
  askFirst([ROLE, { ...FLOOR, required: true }]);
  const agent = rig.agent();
  const machine = agent.inventory();
  value(rig.station.journey.onAnswer(machine.id, { role: 'web' }));
  rig.restart();
  expect(rig.view(machine.id).question).toMatchObject({ facts: ['input.floor'] });
  const again = rig.agent();
  expect(again.inventory()).toMatchObject({ question: { facts: ['input.floor'] } });
  atMachine(again, { 'input.floor': '4' });
  expect(rig.view(machine.id).state).toBe('matched');
});
