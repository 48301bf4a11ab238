// A build in the journey: what is decided, what is asked and bound to, one build of a key at a time, and every end of it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CaptureResult } from '../../agent/protocol/capture.ts';
import type { ScriptRecipe } from '../../preload/contract/recipe.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { hash, image, inventory, policy } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { FakeAgent, Rig } from './rig.ts';
import { failure, identity, localBoot } from './walk.ts';

const recipe = (change: Partial<ScriptRecipe> = {}): ScriptRecipe => ({
  id: 'web',
  version: 1,
  name: 'Web',
  kind: 'script',
  matchOn: ['model'],
  timeLimitMinutes: 5,
  image: { name: 'web', labels: { role: 'web' } },
  note: '',
  script: 'true',
  payloads: [{ name: 'data', sha256: hash('d'), sizeBytes: 1000 }],
  ...change,
});
const result = (letter: string): CaptureResult => ({
  osoid: hash(letter),
  name: 'web',
  revision: 1,
  alreadyPresent: false,
  diskBytes: 480e9,
  dataBytes: 2e9,
  chunksSent: 8000,
  bytesSent: 1e9,
  seconds: 20,
});
const MACS = ['52:54:00:00:00:01', '52:54:00:00:00:02'] as const;

let rig: Rig;
let sha256: string;
beforeEach(() => {
  rig = createRig();
  sha256 = value(rig.station.recipes.add(recipe(), 'Ada')).sha256;
  value(rig.station.policies.add(policy({ outcome: { kind: 'build', recipe: 'web' } })));
});
afterEach(() => rig.close());

const ready = (agent: FakeAgent): MachineView =>
  agent.assess({ kind: 'ready-to-build', recipeSha256: sha256, disk: identity(), contentHash: hash('1') });
const asking = (mac: string = MACS[0]) => {
  const agent = rig.agent(mac);
  agent.inventory(inventory({ mac, serial: `SERIAL-${mac}` }));
  expect(agent.last('assess').decision).toMatchObject({ kind: 'build', recipe: { id: 'web', version: 1, sha256 } });
  return { agent, machine: ready(agent) };
};
const building = (mac?: string) => {
  const { agent, machine } = asking(mac);
  return { agent, machine, jobId: value(rig.approve(machine)).id };
};
/** The image as the library lists it once it is published. */
const publish = (jobId: string, letter: string): void => {
  const job = value(rig.station.jobs.get(jobId));
  rig.images.push(image(letter, job.kind === 'build' ? { recipe: job.wish.key } : {}));
  rig.station.journey.onRulesChanged();
  rig.station.journey.onCaptured(jobId, result(letter));
};
const record = (agent: FakeAgent, jobId: string, letter: string, manifest = 'e') =>
  rig.station.journey.onProvenanceAsked(agent.sessionId, { jobId, osoid: hash(letter), manifestSha256: hash(manifest), disk: identity() });

describe('the question', () => {
  test('names the recipe and what is erased; the order has what the consent was given for', () => {
    const { agent, machine } = asking();
    expect(machine).toMatchObject({
      state: 'waiting',
      osoid: null,
      question: { kind: 'erase', osoid: sha256, recipe: { id: 'web', version: 1 }, disk: { serial: 'DISK-1' }, fetchBytes: 1000 },
    });
    expect(machine.says).toMatch(/erase disk DISK-1 and build "web \(.*\)" by recipe "web" version 1/);
    const job = value(rig.approve(machine));
    expect(job).toMatchObject({ kind: 'build', state: 'queued', osoid: null, operator: 'Ada' });
    expect(agent.last('build')).toMatchObject({
      jobId: job.id,
      script: 'true',
      payloads: recipe().payloads,
      contentHash: hash('1'),
      eraseCeilingBytes: 480e9,
      recipe: { sha256 },
    });
    expect(rig.query('SELECT osoid FROM consent')).toEqual([{ osoid: sha256 }]);
  });
  test('is asked anew when the recipe has a new version, and the old one can no longer be approved', () => {
    const { agent, machine } = asking();
    const old = machine.question?.kind === 'erase' ? machine.question.consentHash : '';
    sha256 = value(rig.station.recipes.add(recipe({ version: 2 }), 'Ada')).sha256;
    rig.station.journey.onRulesChanged();
    expect(code(rig.station.journey.onApprove(machine.id, { eraseSerial: 'DISK-1', consentHash: old }))).toBe('consent.not-asked');
    expect(ready(agent)).toMatchObject({ state: 'waiting', question: { recipe: { version: 2 } } });
  });
  test('stands while nothing about it changes', () => {
    const { agent, machine } = asking();
    const orders = agent.orders().length;
    rig.station.journey.onRulesChanged();
    expect(rig.view(machine.id).question).toEqual(machine.question);
    expect(agent.orders()).toHaveLength(orders);
  });
  test('is about a missing fact first', () => {
    sha256 = value(rig.station.recipes.add(recipe({ version: 2, matchOn: ['role'] }), 'Ada')).sha256;
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(machine).toMatchObject({ state: 'waiting', question: { kind: 'fact', facts: ['role'] } });
    value(rig.station.journey.onFact(machine.id, 'role', 'web'));
    expect(ready(agent)).toMatchObject({ question: { kind: 'erase', recipe: { version: 2 } } });
  });
  test('is none where the recipe is off or gone', () => {
    value(rig.station.recipes.enable('web', false));
    expect(rig.agent().inventory()).toMatchObject({ state: 'waiting', question: { kind: 'choose' } });
    value(rig.station.recipes.remove('web'));
    rig.station.journey.onRulesChanged();
    expect(rig.station.machines.list()).toMatchObject([{ state: 'unmatched', question: { kind: 'choose' } }]);
  });
});

describe('a build', () => {
  test('ends with the image, its record and the boot', () => {
    const { agent, machine, jobId } = building();
    value(agent.report({ kind: 'step', jobId, step: 'check', state: 'started', note: '' }));
    expect(code(record(agent, jobId, 'c'))).toBe('provenance.not-yours');
    expect(rig.station.jobs.unfinishedImaging().map(({ id }) => id)).toEqual([jobId]);
    publish(jobId, 'c');
    expect(rig.view(machine.id)).toMatchObject({ state: 'working' });
    expect(value(record(agent, jobId, 'c'))).toEqual({ osoid: hash('c'), manifestSha256: hash('e'), siteName: 'Site A' });
    expect([code(record(agent, jobId, 'a')), code(record(agent, jobId, 'c', 'f'))]).toEqual([
      'provenance.not-yours',
      'provenance.not-yours',
    ]);
    value(agent.report({ kind: 'built', jobId, localBoot, recorded: true }));
    expect(rig.view(machine.id)).toMatchObject({ state: 'provisioned', osoid: hash('c'), jobId: null });
    expect(agent.last('boot-local')).toMatchObject({ osoid: hash('c') });
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'done', osoid: hash('c'), captured: { name: 'web' }, result: null });
    expect(code(record(agent, jobId, 'c'))).toBe('provenance.not-yours');
  });
  test('that claims an end without an image has failed', () => {
    const { agent, machine, jobId } = building();
    value(agent.report({ kind: 'built', jobId, localBoot, recorded: true }));
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'failed', failure: { code: 'build.no-image' } });
    expect(rig.view(machine.id).state).toBe('inventoried');
  });
  test('gives its payloads to its own machine, and only while it runs', () => {
    const { agent, jobId } = building();
    const other = rig.agent(MACS[1]);
    other.inventory(inventory({ mac: MACS[1], serial: 'OTHER' }));
    const asked = (session: string, hashed: string) => code(rig.station.journey.onPayloadAsked(session, jobId, hashed));
    expect(asked(agent.sessionId, hash('d'))).toBeNull();
    expect(asked(agent.sessionId, hash('c'))).toBe('recipe.payload-missing');
    expect(asked(other.sessionId, hash('d'))).toBe('build.not-yours');
    value(agent.report({ kind: 'failed', jobId, failure }));
    expect(asked(agent.sessionId, hash('d'))).toBe('build.not-yours');
  });
  test('that fails is asked about again, and holds the machine the second time', () => {
    const { agent, machine, jobId } = building();
    value(agent.report({ kind: 'failed', jobId, failure }));
    expect(agent.last('rescan')).toBeDefined();
    agent.inventory(inventory({ mac: MACS[0], serial: `SERIAL-${MACS[0]}` }));
    ready(agent);
    const again = value(rig.approve(machine));
    expect(again.id).not.toBe(jobId);
    value(agent.report({ kind: 'failed', jobId: again.id, failure }));
    expect(rig.view(machine.id)).toMatchObject({ state: 'failed', question: { kind: 'refused', failures: [failure] } });
  });
  test('whose disk is another than agreed costs no attempt', () => {
    const { agent, machine, jobId } = building();
    for (let n = 0, id = jobId; n < 3; n++) {
      value(agent.report({ kind: 'failed', jobId: id, failure: { ...failure, code: 'disk.content-changed' } }));
      expect(rig.view(machine.id).state).toBe('inventoried');
      agent.inventory(inventory({ mac: MACS[0], serial: `SERIAL-${MACS[0]}` }));
      ready(agent);
      id = value(rig.approve(machine)).id;
    }
  });
  test('that a reboot cut short is over, and its machine asks anew', () => {
    const { machine, jobId } = building();
    const { machine: again } = asking();
    expect(again.id).toBe(machine.id);
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'failed', failure: { code: 'build.interrupted' } });
    expect(again).toMatchObject({ state: 'waiting', question: { kind: 'erase' }, jobId: null });
  });
  test('outlives the station, and its order is sent again if nothing had begun', () => {
    const { agent, machine, jobId } = building();
    rig.restart();
    rig.station.journey.onContact(agent.sessionId);
    expect(agent.last('build').jobId).toBe(jobId);
    expect(rig.view(machine.id).state).toBe('working');
  });
  test('whose recipe was removed before its order was sent is over, and nothing was run', () => {
    const { agent, machine, jobId } = building();
    value(rig.station.recipes.remove('web'));
    rig.restart();
    rig.station.journey.onContact(agent.sessionId);
    expect(value(rig.station.jobs.view(jobId))).toMatchObject({ state: 'failed', failure: { code: 'recipe.gone' } });
    expect(rig.view(machine.id)).toMatchObject({ state: 'inventoried', jobId: null });
  });
  test('is stopped by a person, with the agent or without', () => {
    const { agent, machine, jobId } = building();
    value(rig.station.journey.onCancel(jobId));
    expect(agent.last('cancel').jobId).toBe(jobId);
    value(agent.report({ kind: 'failed', jobId, failure: { ...failure, code: 'build.cancelled' } }));
    expect(value(rig.station.jobs.view(jobId)).state).toBe('cancelled');
    expect(rig.view(machine.id)).toMatchObject({ state: 'failed', failure: { code: 'job.cancelled' } });
  });
});

describe('like machines', () => {
  test('wait for the one that builds, and are deployed what it built', () => {
    const first = asking(MACS[0]);
    const second = asking(MACS[1]);
    const jobId = value(rig.approve(first.machine)).id;
    const waiting = rig.view(second.machine.id);
    expect(waiting).toMatchObject({ state: 'waiting', question: { kind: 'choose' } });
    expect(waiting.says).toMatch(/is alike, and its image is being built by recipe "web"/);
    rig.station.journey.tick();
    expect(rig.view(second.machine.id)).toEqual(waiting);
    publish(jobId, 'c');
    expect(second.agent.last('assess').decision).toMatchObject({ kind: 'deploy', osoid: hash('c') });
  });
  test('build themselves once that build has failed', () => {
    const first = building(MACS[0]);
    const other = rig.agent(MACS[1]);
    expect(other.inventory(inventory({ mac: MACS[1], serial: 'OTHER' })).question?.kind).toBe('choose');
    value(first.agent.report({ kind: 'failed', jobId: first.jobId, failure }));
    rig.station.journey.tick();
    expect(ready(other)).toMatchObject({ state: 'waiting', question: { kind: 'erase', recipe: { id: 'web' } } });
  });
});
