// A person's choice turned into a policy: which criteria, which rank, what it would change, and when it cannot be done.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChoiceWish } from '../../preload/contract/choice.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { hash, image, inventory, policy } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { Rig } from './rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const machine = (number: number, change: Parameters<typeof inventory>[0] = {}): MachineView => {
  const mac = `52:54:00:00:00:0${number}`;
  return rig.agent(mac).inventory(inventory({ mac, serial: `SERIAL-${number}`, ...change }));
};
const choose = (one: MachineView, letter: string, more: object = {}) =>
  value(rig.station.journey.onDeployRequest(one.id, { osoid: hash(letter), diskSerial: null, rewrite: false, ...more }));
const propose = (one: MachineView, wish: Partial<ChoiceWish> = {}) =>
  rig.station.journey.onChoice({ machineId: one.id, facts: [], newest: false, save: null, ...wish });

describe('the policy', () => {
  test('is for machines of this make and model, comes just before what speaks now, and shows what it changes', () => {
    const [first, second] = [machine(1), machine(2)];
    choose(first, 'b');
    const { policy: proposed, preview, says } = value(propose(first));
    expect(proposed).toMatchObject({
      name: 'dell-inc-poweredge-r740',
      rank: 99,
      when: {
        all: [
          { fact: 'manufacturer', equal: 'Dell Inc.' },
          { fact: 'model', equal: 'PowerEdge R740' },
        ],
      },
      outcome: { kind: 'deploy', osoid: hash('b') },
      consent: 'ask',
    });
    expect(proposed.note).toContain('Ada chose "image-b" r1 for SERIAL-1');
    expect(says).toEqual([]);
    // The first has what was chosen for it; the second is like it.
    expect(preview.changes.map(({ machineId }) => machineId)).toEqual([second.id]);
    expect(rig.station.policies.list()).toHaveLength(1);
    value(rig.station.policies.add(proposed));
    rig.station.journey.onRulesChanged();
    expect(rig.view(second.id).osoid).toBe(hash('b'));
  });
  test('ends an ambiguity for machines like the one that was chosen for', () => {
    value(rig.station.policies.add(policy({ name: 'other', outcome: { kind: 'boot-local' } })));
    const one = machine(1);
    expect(one.state).toBe('ambiguous');
    choose(one, 'a');
    value(rig.station.policies.add(value(propose(one)).policy));
    expect(machine(2).osoid).toBe(hash('a'));
  });
  test('takes facts that are chosen, also lists, and its own name and rank', () => {
    const one = machine(1);
    choose(one, 'b');
    const { policy: proposed, says } = value(propose(one, { facts: ['memory.size', 'nic.macs'], name: 'mine', rank: 500 }));
    expect(proposed).toMatchObject({
      name: 'mine',
      rank: 500,
      when: { all: [{ fact: 'memory.size' }, { fact: 'nic.macs', equal: '52:54:00:00:00:01' }] },
    });
    expect(says).toEqual([expect.stringMatching(/would not decide for this machine/)]);
  });
  test('may take what is newest, where that is what was chosen', () => {
    rig.images.push(image('c', { name: 'web', labels: { role: 'web' } }));
    const one = machine(1);
    choose(one, 'c');
    expect(value(propose(one, { newest: true })).policy.outcome).toEqual({ kind: 'deploy-newest', labels: { role: 'web' } });
    rig.images.push(image('d', { name: 'web', revision: 2, labels: { role: 'web' } }));
    expect(code(propose(one, { newest: true }))).toBe('choice.not-newest');
  });
  test('gets a name of its own beside others, and a rank where nothing speaks', () => {
    value(rig.station.policies.remove('everything'));
    const one = machine(1);
    choose(one, 'a');
    const first = value(propose(one)).policy;
    expect(first.rank).toBe(100);
    value(rig.station.policies.add(first, { enabled: false }));
    expect(value(propose(one)).policy).toMatchObject({ name: `${first.name}-2`, rank: 100 });
  });
});

describe('it cannot be done', () => {
  test('where nothing was chosen, or what was is gone or not trusted', () => {
    value(rig.station.policies.remove('everything'));
    const one = machine(1);
    expect(code(propose(one))).toBe('choice.none');
    rig.images.push(image('c', { trust: 'unknown-key' }));
    choose(one, 'c', { acceptUntrusted: true });
    expect(code(propose(one))).toBe('choice.untrusted');
    rig.images.length = 0;
    expect(code(propose(one))).toBe('choice.none');
  });
  test('by facts that nobody knows, a name that is taken or none, or before rank 0', () => {
    const one = machine(1);
    choose(one, 'a');
    expect(code(propose(one, { facts: ['role'] }))).toBe('choice.fact-unknown');
    expect(code(propose(one, { name: 'everything' }))).toBe('choice.name-taken');
    expect(code(propose(one, { name: 'My Policy' }))).toBe('choice.name-invalid');
    value(rig.station.policies.add(policy({ rank: 0 })));
    expect(code(propose(one))).toBe('choice.no-rank');
  });
  test('where only filler names the machine', () => {
    const filler = 'To be filled by O.E.M.';
    const read = inventory();
    const dmi = read.dmi ?? expect.fail('no dmi');
    const one = machine(1, { dmi: { ...dmi, system: { ...dmi.system, manufacturer: filler, product: filler } } } as never);
    choose(one, 'a');
    expect(code(propose(one))).toBe('choice.no-criteria');
  });
});
