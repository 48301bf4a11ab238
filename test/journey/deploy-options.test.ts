// What a deploy does beside writing an image: the wish of a person or a policy, filled in for one machine, kept for its job, and told of
// where a disk has other settings.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { disk, hash, image, inventory, jobResult, policy } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { Rig } from './rig.ts';
import { identity, localBoot, ready, steps } from './walk.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const root = { number: 2, name: 'root', filesystem: 'ext', startLba: 4096, sectors: 8192 };
const esp = { number: 1, name: 'EFI', filesystem: 'vfat', startLba: 2048, sectors: 2048 };
const wish = (more: object) => ({ osoid: hash('a'), diskSerial: null, rewrite: false, ...more });
const eventTexts = (): string => JSON.stringify(rig.query('SELECT kind, text FROM event'));

test("a person's settings and growth go with the job, survive a restart of the station, and are forgotten when it ends", () => {
  rig.images[0] = image('a', { partitions: [esp, root] });
  const agent = rig.agent();
  const machine = agent.inventory();
  const settings = { hostname: 'web-${system.serial}', userData: '#cloud-config\nsecret: hunter2\n' };
  value(rig.station.journey.onDeployRequest(machine.id, wish({ grow: 'root', settings })));
  const job = value(rig.approve(agent.assess(ready())));
  const order = agent.last('deploy');
  expect(order).toMatchObject({ grow: 'root', seed: { files: [{ name: 'meta-data' }, { name: 'user-data' }] } });
  expect(order.seed?.files[0]?.text).toBe(`{"instance-id":"${order.seed?.instanceId}","local-hostname":"web-SERIAL-1"}\n`);
  steps(agent, job.id, 'check', 'fetch-write');
  rig.restart();
  const again = rig.agent();
  again.inventory();
  again.assess(ready());
  expect(again.last('deploy').seed).toEqual(order.seed);
  steps(again, job.id, 'check', 'read-back');
  const request = { jobId: job.id, osoid: hash('a'), manifestSha256: hash('e'), disk: identity() };
  expect(value(rig.station.journey.onProvenanceAsked(again.sessionId, request)).settingsSha256).toBe(order.seed?.settingsSha256);
  value(again.report({ kind: 'finished', jobId: job.id, result: jobResult(hash('a')) }));
  expect(JSON.stringify(rig.query('SELECT options_json FROM job'))).toContain(order.seed?.settingsSha256);
  expect(JSON.stringify(rig.query('SELECT options_json FROM job'))).not.toContain('hunter2');
  expect(eventTexts()).not.toContain('hunter2');
});

test('what cannot be is refused at once, by name, and nothing is chosen', () => {
  rig.images[0] = image('a', { partitions: [esp, root] });
  const agent = rig.agent();
  const machine = agent.inventory();
  for (const [more, failure] of [
    [{ grow: 'home' }, 'deploy.grow-unknown'],
    [{ grow: 'EFI' }, 'deploy.grow-unsupported'],
    [{ settings: { hostname: '${input.hostname}' } }, 'settings.missing-fact'],
    [{ settings: { hostname: '${hostnam}' } }, 'settings.unknown-fact'],
    [{ settings: { hostname: 'a b' } }, 'settings.invalid'],
    [{ settings: 'text' }, 'settings.invalid'],
  ] as const)
    expect(code(rig.station.journey.onDeployRequest(machine.id, wish(more)))).toBe(failure);
  expect(rig.query('SELECT 1 FROM override')).toEqual([]);
});

test('a policy asks for the facts that its settings want, and goes on when they are said', () => {
  const outcome = { kind: 'deploy' as const, osoid: hash('a'), settings: { hostname: '${input.hostname}', users: [], network: [] } };
  value(rig.station.policies.add(policy({ outcome })));
  const agent = rig.agent();
  const machine = agent.inventory();
  expect(machine).toMatchObject({ state: 'waiting', question: { kind: 'fact', facts: ['input.hostname'] } });
  value(rig.station.journey.onFact(machine.id, 'input.hostname', 'web7'));
  value(rig.approve(agent.assess(ready())));
  expect(agent.last('deploy').seed?.files[0]?.text).toContain('web7');
  const refused = rig.station.policies.add(policy({ outcome: { ...outcome, settings: { ...outcome.settings, hostname: '${hunter2}' } } }));
  expect(refused).toMatchObject({ ok: false, failure: { code: 'policy.invalid', message: expect.stringContaining('outcome.settings') } });
});

test('a disk that has the image with other settings boots, and that is told', () => {
  const outcome = { kind: 'deploy' as const, osoid: hash('a'), settings: { hostname: 'web7', users: [], network: [] } };
  value(rig.station.policies.add(policy({ outcome })));
  const provenance = { ...disk().provenance, verdict: 'trusted' as const, osoid: hash('a'), settingsSha256: hash('9') };
  const agent = rig.agent();
  const machine = agent.inventory(inventory({ disks: [disk({ provenance })] }));
  expect(agent.assess({ kind: 'already-installed', osoid: hash('a'), disk: identity(), localBoot })).toMatchObject({
    state: 'provisioned',
  });
  expect(eventTexts()).toContain('machine.settings-differ');
  expect(rig.view(machine.id).state).toBe('provisioned');
});
