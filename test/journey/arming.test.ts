// An armed site with scripted agents on a real database: what it covers, and what asks all the same.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { arm, boot, createAutoRig, ends, recorded, state, windows } from './armed.ts';
import { blankContent, hash, image, policy } from './fixtures.ts';
import { code, value } from './rig.ts';
import type { Rig } from './rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createAutoRig();
});
afterEach(() => rig.close());

describe('covers', () => {
  test('N machines, those that ask already first, and then ends', () => {
    const [first, second] = [boot(rig, 1), boot(rig, 2)];
    second.assess();
    rig.clock.atMs += 1000;
    first.assess();
    value(arm(rig, { machines: 3 }));
    expect([state(rig, first), state(rig, second)]).toEqual(['working', 'working']);
    expect(rig.station.arming.view()).toMatchObject({
      machines: 3,
      used: 2,
      operator: 'Ada',
      images: [{ policy: 'everything', imageName: 'image-a r1' }],
    });
    expect(boot(rig, 3).assess().state).toBe('working');
    expect(rig.station.arming.view()).toBeNull();
    expect(boot(rig, 4).assess().state).toBe('waiting');
    expect(ends(rig)).toEqual(['Site A is no longer armed: its number of machines is used up. Machines used: 3 of 3.']);
  });
  test('of several that ask already the longest waiting', () => {
    const [first, second] = [boot(rig, 1), boot(rig, 2)];
    second.assess();
    rig.clock.atMs += 1000;
    first.assess();
    value(arm(rig, { machines: 1 }));
    expect([state(rig, first), state(rig, second)]).toEqual(['waiting', 'working']);
  });
  test('in the name of who armed, with disk and content as in any consent', () => {
    value(arm(rig));
    rig.station.sites.describe({ operator: 'Bob' });
    const machine = boot(rig, 1);
    machine.assess();
    expect(
      rig.query(
        'SELECT given_by, operator.name, disk_serial, content_hash, osoid, arming.machines FROM consent JOIN operator ON operator.id = consent.operator_id JOIN arming ON arming.id = arming_id',
      ),
    ).toEqual([{ given_by: 'armed', name: 'Ada', disk_serial: 'DISK-1', content_hash: hash('1'), osoid: hash('a'), machines: 3 }]);
    expect(machine.agent.last('deploy')).toMatchObject({ operator: 'Ada', contentHash: hash('1'), disk: { serial: 'DISK-1' } });
    expect(rig.station.jobs.list()).toMatchObject([{ operator: 'Ada', siteName: 'Site A' }]);
    expect(rig.query("SELECT text FROM event WHERE kind = 'consent.given'")).toEqual([
      { text: 'the arming of Site A by Ada agreed to erase disk DISK-1 for "image-a".' },
    ]);
  });
  test('no machine twice in its count, whatever becomes of it', () => {
    value(arm(rig, { machines: 2 }));
    const machine = boot(rig, 1);
    machine.assess();
    const failure = { code: 'disk.content-changed', message: 'It changed.', next: 'Look.' };
    const { jobId } = rig.view(machine.id);
    value(machine.agent.report({ kind: 'failed', jobId: jobId ?? '', failure }));
    const again = boot(rig, 1);
    expect(again.assess().state).toBe('working');
    expect(rig.station.arming.view()).toMatchObject({ used: 1 });
  });
  test('two machines also where their records are merged meanwhile', () => {
    value(arm(rig, { machines: 3 }));
    const [first, second] = [boot(rig, 1), boot(rig, 2)];
    first.assess();
    second.assess();
    rig.exec(`UPDATE consent SET machine_id = '${first.id}'`);
    expect(rig.station.arming.view()).toMatchObject({ used: 2 });
    expect(boot(rig, 3).assess().state).toBe('working');
    expect(boot(rig, 4).assess().state).toBe('waiting');
  });
  test('nothing that a person chose, and nothing where the policy asks', () => {
    const machine = boot(rig, 1);
    value(arm(rig));
    value(rig.station.journey.onDeployRequest(machine.id, { osoid: hash('b'), diskSerial: null, rewrite: false }));
    expect(machine.assess().state).toBe('waiting');
    value(rig.station.policies.add(policy({ consent: 'ask' })));
    expect(boot(rig, 2).assess().state).toBe('waiting');
  });
  test('no disk that holds something, unless the policy replaces, the list said so, and the arming took the list', () => {
    value(rig.station.policies.add(policy({ consent: 'auto', replaceExisting: true })));
    const [first, second] = [boot(rig, 1, windows), boot(rig, 2, recorded)];
    first.assess();
    second.assess();
    value(arm(rig));
    expect([state(rig, first), state(rig, second)]).toEqual(['waiting', 'waiting']);
    rig.station.arming.end('enough');
    value(arm(rig, { replaceExisting: true }));
    expect([state(rig, first), state(rig, second)]).toEqual(['working', 'working']);
    expect(boot(rig, 3, windows).assess().state, 'one that came later was not listed').toBe('waiting');
  });
  test('a listed disk only with what it was listed with', () => {
    value(rig.station.policies.add(policy({ consent: 'auto', replaceExisting: true })));
    boot(rig, 1, windows);
    value(arm(rig, { replaceExisting: true }));
    expect(boot(rig, 1, { content: { ...blankContent('8'), blank: false, recognisedOs: 'Debian' } }).assess().state).toBe('waiting');
    expect(boot(rig, 1, windows).assess().state).toBe('working');
  });
  test('no newer image than the one shown', () => {
    value(rig.station.policies.add(policy({ consent: 'auto', outcome: { kind: 'deploy-newest', labels: { role: 'web' } } })));
    rig.images.push(image('c', { name: 'web', revision: 1, labels: { role: 'web' } }));
    value(arm(rig));
    const before = boot(rig, 1);
    expect(before.assess().state).toBe('working');
    rig.images.push(image('d', { name: 'web', revision: 2, labels: { role: 'web' } }));
    expect(boot(rig, 2).assess()).toMatchObject({ state: 'waiting', osoid: hash('d') });
  });
  test.each<[string, () => void]>([
    [
      'lets it fit more machines',
      () => void value(rig.station.policies.add(policy({ name: 'web', rank: 1, consent: 'auto', when: { all: [] } }))),
    ],
    ['takes the one before it away', () => void value(rig.station.policies.remove('held'))],
    ['switches the one before it off', () => void value(rig.station.policies.enable('held', false))],
    ['adds another', () => void value(rig.station.policies.add(policy({ name: 'new', rank: 0, consent: 'auto' })))],
  ])('no more machines after an edit that %s', (_what, edit) => {
    value(rig.station.policies.add(policy({ name: 'held', rank: 50, outcome: { kind: 'hold', reason: 'not these' } })));
    value(rig.station.policies.add(policy({ name: 'web', rank: 1, consent: 'auto', when: { fact: 'model', equal: 'another' } })));
    value(arm(rig));
    edit();
    const machine = boot(rig, 1);
    expect(machine.assess()).toMatchObject({ state: 'waiting', question: { kind: 'erase' } });
    expect(rig.query("SELECT text FROM event WHERE kind = 'consent.asked'")).toMatchObject([
      { text: expect.stringMatching(/the policies were changed after arming/) },
    ]);
  });
  test('no replacing that an edit allowed later, and no place that an edit added to the limit', () => {
    const listed = boot(rig, 1, windows);
    value(rig.station.policies.add(policy({ consent: 'auto', limit: 2 })));
    value(arm(rig, { replaceExisting: true }));
    value(rig.station.policies.add(policy({ consent: 'auto', limit: 9, replaceExisting: true })));
    expect(listed.assess().state).toBe('waiting');
    expect(boot(rig, 2).assess().state).toBe('working');
    expect(boot(rig, 3).assess()).toMatchObject({ state: 'waiting', question: { kind: 'erase' } });
  });
});

test('is told with who, where, how many, how long and which image', () => {
  value(rig.station.policies.add(policy({ consent: 'auto', replaceExisting: true })));
  boot(rig, 1, windows);
  value(arm(rig));
  rig.station.arming.end('enough');
  value(arm(rig, { machines: 1, minutes: 90, replaceExisting: true }));
  expect(rig.query("SELECT level, text FROM event WHERE kind = 'site.armed'")).toEqual([
    {
      level: 'warn',
      text: 'Ada armed Site A for at most 3 machines and 30 min: everything deploys "image-a" r1. Disks with something on them ask.',
    },
    {
      level: 'warn',
      text: 'Ada armed Site A for one machine and 90 min: everything deploys "image-a" r1. Listed disks with something on them that may be replaced: 1.',
    },
  ]);
  expect(
    rig.query("SELECT machines, replace_existing, end_reason, json_array_length(shown_json, '$.machines') AS shown FROM arming"),
  ).toEqual([
    { machines: 3, replace_existing: 0, end_reason: 'enough', shown: 1 },
    { machines: 1, replace_existing: 1, end_reason: null, shown: 1 },
  ]);
});

test.each([
  ['is trusted no more', [image('a', { trust: 'unknown-key' })]],
  ['is gone', []],
])('an image that %s once its agent speaks again is not written', (_what, left) => {
  value(arm(rig));
  const machine = boot(rig, 1);
  rig.clock.atMs += 60_000;
  rig.images.splice(0, 2, ...left);
  rig.station.journey.onRulesChanged();
  expect(machine.assess()).toMatchObject({ state: 'unmatched', question: { kind: 'choose' } });
  expect(rig.query('SELECT id FROM consent')).toEqual([]);
});

test('an arming that cannot be saved is none', () => {
  rig.exec("CREATE TRIGGER full BEFORE INSERT ON arming BEGIN SELECT raise(ABORT, 'disk full'); END");
  expect(() => arm(rig)).toThrow('disk full');
  expect(rig.station.arming.view()).toBeNull();
  expect(rig.query("SELECT kind FROM event WHERE kind LIKE 'site.%'")).toEqual([]);
});

test('a consent that cannot be saved uses nothing up', () => {
  value(arm(rig, { machines: 1 }));
  const machine = boot(rig, 1);
  rig.exec("CREATE TRIGGER full BEFORE INSERT ON job BEGIN SELECT raise(ABORT, 'disk full'); END");
  expect(() => machine.assess()).toThrow('disk full');
  rig.exec('DROP TRIGGER full');
  expect(rig.station.arming.view()).toMatchObject({ used: 0 });
  expect(machine.assess().state).toBe('working');
});

test('nothing to arm: no policy erases by itself, or none has an image', () => {
  value(rig.station.policies.add(policy({ consent: 'auto', outcome: { kind: 'deploy', osoid: hash('9') } })));
  expect(code(arm(rig))).toBe('arming.nothing');
  value(rig.station.policies.add(policy({ consent: 'ask' })));
  expect(code(arm(rig))).toBe('arming.nothing');
});
