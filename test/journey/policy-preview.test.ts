// What an edited set of policies would change is said for every machine ever read, and nothing is.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkPolicy } from '../../main/matching/check-policy.ts';
import type { Policy, PolicyPreview } from '../../preload/contract/policy.ts';
import { boot } from './armed.ts';
import { hash, inventory, policy } from './fixtures.ts';
import { createRig, value } from './rig.ts';
import type { Rig } from './rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const checked = (change: object): Policy => value(checkPolicy(policy(change)));
const preview = (edited: readonly Policy[], switchOn = false): PolicyPreview => rig.station.journey.previewPolicies(edited, switchOn);
const rows = (shown: PolicyPreview): unknown[] => shown.changes.map(({ name, before, after }) => [name, before.text, after.text]);
const a = `deploy "image-a" r1 (${hash('a').slice(0, 12)})`;
const b = `deploy "image-b" r1 (${hash('b').slice(0, 12)})`;

test('before and after of each machine, with the tests that decide, and the counts of all', () => {
  boot(rig, 1);
  boot(rig, 2);
  const edited = checked({
    name: 'second',
    rank: 1,
    when: { fact: 'system.serial', equal: 'serial-2' },
    outcome: { kind: 'deploy', osoid: hash('b') },
  });
  const shown = preview([edited]);
  expect(shown.counts).toEqual({ machines: 2, changed: 1, otherPolicy: 0, same: 1, elsewhere: 0 });
  expect(shown.changes).toEqual([
    expect.objectContaining({
      name: 'SERIAL-2',
      site: null,
      before: { policy: 'everything', text: `${a}, asks first` },
      after: { policy: 'second', text: `${b}, asks first` },
      why: ['second (rank 1) holds: system.serial = "serial-2" (seen: SERIAL-2)', 'everything (rank 100) holds'],
    }),
  ]);
  expect(rig.station.policies.list()).toHaveLength(1);
  expect(preview([checked({})]).counts).toEqual({ machines: 2, changed: 0, otherPolicy: 0, same: 2, elsewhere: 0 });
});

test('which disk is said in words, and where the machine told of none such', () => {
  const { id } = boot(rig, 1);
  const sizes = { name: 'disk.sizes', value: [5e11, 2e12], source: 'plan:plan.csv:2', filler: false };
  rig.station.machines.setPlanFacts(id, [sizes]);
  const on = (hint: object): unknown =>
    preview([checked({ outcome: { kind: 'deploy', osoid: hash('a'), disk: hint } })]).changes[0]?.after.text;
  expect(on({ serial: 'S1', minSizeBytes: 4e12 })).toBe(`${a} on the disk with serial S1, at least 4 TB, asks first`);
  expect(on({ minSizeBytes: 4e11, maxSizeBytes: 1e12 })).toBe(`${a} on the disk with at least 400 GB, at most 1 TB, asks first`);
  expect(on({ minSizeBytes: 4e12 })).toBe(`${a} on the disk with at least 4 TB, which it has not, asks first`);
});

test('an edit that only renames, one that frees consent, one that is off, and one that asks for a fact', () => {
  boot(rig, 1);
  const early = checked({ name: 'early', rank: 1 });
  expect(preview([early]).counts).toMatchObject({ changed: 0, otherPolicy: 1 });
  expect(rows(preview([checked({ consent: 'auto' })]))).toEqual([['SERIAL-1', `${a}, asks first`, `${a}, by itself where armed`]]);
  value(rig.station.policies.add({ ...early, when: { fact: 'role', equal: 'web' } }));
  value(rig.station.policies.enable('early', false));
  const asking = checked({ name: 'early', rank: 1, when: { fact: 'role', equal: 'web' } });
  expect(preview([asking]).changes).toEqual([]);
  expect(preview([asking], true).changes).toMatchObject([
    {
      after: { policy: 'early', text: expect.stringContaining('Facts wanted: role') },
      why: [expect.stringContaining('cannot be judged: role = "web", and role is not known'), expect.anything()],
    },
  ]);
});

test('limits count, and what is foreseen is what then happens', () => {
  const ids = [1, 2, 3].map((number) => boot(rig, number).id);
  const edited = checked({ limit: 2 });
  const shown = preview([edited]);
  expect(shown.counts).toMatchObject({ changed: 1, same: 2 });
  expect(rows(shown)).toEqual([['SERIAL-1', `${a}, asks first`, expect.stringContaining('hold: Policy "everything" is for 2 machines')]]);
  value(rig.station.policies.add(edited));
  rig.station.journey.onRulesChanged();
  expect(ids.map((id) => rig.view(id).state)).toEqual(['waiting', 'matched', 'matched']);
  expect(preview([edited]).changes).toEqual([]);
});

test('a machine of another site is in the list, and marked', () => {
  boot(rig, 1);
  rig.station.sites.describe({ siteName: 'Site B' });
  boot(rig, 2);
  const shown = preview([checked({ outcome: { kind: 'boot-local' } })]);
  expect(shown.changes.map(({ name, site }) => [name, site])).toEqual([
    ['SERIAL-2', null],
    ['SERIAL-1', 'Site A'],
  ]);
  expect(shown.counts.elsewhere).toBe(1);
});

test('a person’s own choice stands, and an image that is not there is said', () => {
  const { id } = boot(rig, 1);
  expect(rows(preview([checked({ outcome: { kind: 'deploy', osoid: hash('9') } })]))).toEqual([
    ['SERIAL-1', `${a}, asks first`, expect.stringContaining('is not in the library')],
  ]);
  value(rig.station.journey.onDeployRequest(id, { osoid: hash('b'), diskSerial: null, rewrite: false }));
  expect(preview([checked({ outcome: { kind: 'boot-local' } })]).counts).toMatchObject({ changed: 0 });
});

test('five hundred machines and a thousand policies are no trouble', () => {
  for (let number = 0; number < 500; number += 1) {
    const mac = `52:54:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`;
    rig.agent(mac).inventory(inventory({ mac, serial: `S-${number}` }));
  }
  const edited = Array.from({ length: 1000 }, (_, at) =>
    checked({
      name: `p-${at}`,
      rank: at % 100,
      when: {
        all: [
          { fact: 'memory.size', atLeast: '32 GiB' },
          { fact: 'system.serial', glob: `S-${at}` },
        ],
      },
      outcome: { kind: 'boot-local' },
    }),
  );
  expect(preview(edited).counts).toEqual({ machines: 500, changed: 500, otherPolicy: 0, same: 0, elsewhere: 0 });
}, 60_000);
