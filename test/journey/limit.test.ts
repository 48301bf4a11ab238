// A policy's limit: a place is taken at decision, given back on every kind of failure, counted at one site, and none left means hold.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MachineView } from '../../preload/contract/views.ts';
import { disk, hash, inventory, jobResult, policy } from './fixtures.ts';
import { createRig, value } from './rig.ts';
import type { FakeAgent, Rig } from './rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig({ ownDiskAfterMs: 60_000 });
  value(rig.station.policies.add(policy({ limit: 1 })));
  value(rig.station.policies.add(policy({ name: 'next', rank: 200, outcome: { kind: 'deploy', osoid: hash('b') } })));
});
afterEach(() => rig.close());

type Booted = { readonly agent: FakeAgent; readonly machine: MachineView };
const boot = (number: number): Booted => {
  const mac = `52:54:00:00:00:0${number}`;
  const agent = rig.agent(mac);
  const machine = agent.inventory(inventory({ mac, serial: `SERIAL-${number}`, disks: [disk({ serial: `DISK-${number}`, wwn: null })] }));
  return { agent, machine };
};
const ready = ({ agent }: Booted, number: number): MachineView =>
  agent.assess({
    kind: 'ready',
    osoid: hash('a'),
    disk: { serial: `DISK-${number}`, wwn: null, sizeBytes: 480e9 },
    contentHash: hash('1'),
  });
const used = (): number => rig.station.policies.list().find(({ policy: { name } }) => name === 'everything')?.used ?? -1;
const failure = { code: 'disk.write-failed', message: 'The disk gave an error.', next: 'Change it.' };
const toJob = (booted: Booted): string => {
  ready(booted, 1);
  return value(rig.approve(booted.machine)).id;
};

test('is taken at decision, before anybody consented, and kept by who is done', () => {
  const first = boot(1);
  expect([first.machine.state, used()]).toEqual(['matched', 1]);
  const jobId = toJob(first);
  value(first.agent.report({ kind: 'finished', jobId, result: jobResult(hash('a')) }));
  expect(used()).toBe(1);
  expect(boot(1).machine.state, 'its own place is no obstacle').toBe('matched');
});

test('that is used up holds, and never falls through to the next policy', () => {
  boot(1);
  const second = boot(2);
  expect(second.machine).toMatchObject({
    state: 'waiting',
    osoid: null,
    question: { kind: 'choose', reason: expect.stringContaining('is for 1 machines') },
  });
  expect(second.agent.last('assess').decision.kind).toBe('hold');
  rig.station.journey.tick();
  expect(rig.view(second.machine.id).state).toBe('waiting');
});

test('belongs to the site', () => {
  boot(1);
  rig.station.sites.describe({ siteName: 'Site B' });
  expect(used()).toBe(0);
  expect(boot(2).machine.state).toBe('matched');
  rig.station.sites.describe({ siteName: 'Site A' });
  expect(used()).toBe(1);
});

test.each<[string, (first: Booted) => void]>([
  ['its agent refuses the image', ({ agent }) => void agent.assess({ kind: 'refused', failures: [failure] })],
  [
    'two attempts failed',
    (first) => {
      const jobId = toJob(first);
      value(first.agent.report({ kind: 'failed', jobId, failure }));
      expect(used(), 'not after the first').toBe(1);
      ready(first, 1);
      value(first.agent.report({ kind: 'failed', jobId, failure }));
    },
  ],
  [
    'its job was cancelled',
    (first) => {
      const jobId = toJob(first);
      value(rig.station.journey.onCancel(jobId));
      value(first.agent.report({ kind: 'failed', jobId, failure: { ...failure, code: 'job.stopped' } }));
    },
  ],
  ['a person holds it', ({ machine }) => void value(rig.station.journey.onHold(machine.id))],
  [
    'a person chose another image',
    ({ machine }) => void value(rig.station.journey.onDeployRequest(machine.id, { osoid: hash('b'), diskSerial: null, rewrite: false })),
  ],
  ['a person sent it to its own disk', ({ machine }) => void value(rig.station.journey.onBootLocal(machine.id))],
  [
    'nobody answered its question in time',
    (first) => {
      ready(first, 1);
      rig.clock.atMs += 60_000;
      rig.station.journey.onContact(first.agent.sessionId);
      rig.station.journey.tick();
    },
  ],
  [
    'the image of its unfinished job is gone',
    (first) => {
      toJob(first);
      rig.images.shift();
      boot(1);
    },
  ],
])('is given back when %s, and whoever was held for it is decided anew', (_what, fail) => {
  const first = boot(1);
  const second = boot(2);
  expect([used(), second.machine.state]).toEqual([1, 'waiting']);
  fail(first);
  expect(used()).toBe(0);
  rig.station.journey.onContact(second.agent.sessionId);
  rig.station.journey.tick();
  const image = rig.images.some(({ osoid }) => osoid === hash('a'));
  expect([rig.view(second.machine.id).state, used()]).toEqual(image ? ['matched', 1] : ['unmatched', 0]);
});

test('that is raised lets the next one in', () => {
  boot(1);
  const second = boot(2);
  value(rig.station.policies.add(policy({ limit: 2 })));
  rig.station.journey.onRulesChanged();
  expect([rig.view(second.machine.id).state, used()]).toEqual(['matched', 2]);
});

test('whose place comes free in the last moment is for one who waits: nobody is sent away and called back', () => {
  const first = boot(1);
  ready(first, 1);
  const second = boot(2);
  rig.clock.atMs += 60_000;
  for (const { agent } of [first, second]) rig.station.journey.onContact(agent.sessionId);
  rig.station.journey.tick();
  expect([rig.view(first.machine.id).state, rig.view(second.machine.id).state, used()]).toEqual(['provisioned', 'matched', 1]);
  expect(second.agent.orders()).not.toContain('boot-local');
  expect(rig.station.localBoots.peek(second.agent.bootMac)).toBeNull();
});

test('of a policy that comes to decide what is asked already is counted as well', () => {
  const [first, second] = [boot(1), boot(2)];
  value(rig.station.policies.add(policy({ limit: null })));
  rig.station.journey.onRulesChanged();
  ready(first, 1);
  ready(second, 2);
  const questions = [first, second].map(({ machine }) => rig.view(machine.id).question?.kind);
  expect(questions).toEqual(['erase', 'erase']);
  value(rig.station.policies.add(policy({ name: 'first', rank: 1, limit: 1 })));
  rig.station.journey.onRulesChanged();
  expect([rig.view(first.machine.id).question?.kind, rig.view(second.machine.id).question?.kind]).toEqual(['erase', 'choose']);
  expect(rig.station.policies.list().map(({ policy: { name }, used: places }) => [name, places])).toContainEqual(['first', 1]);
});
