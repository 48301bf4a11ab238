// Sites, events, local boots, keys and policies on a database in memory, with a clock of our own.
import { beforeEach, describe, expect, test } from 'vitest';
import { createEvents } from '../../main/database/events.ts';
import { createLocalBoots, LOCAL_BOOT_LIFE_MS, REPEAT_MS } from '../../main/database/local-boots.ts';
import { openDatabase } from '../../main/database/open.ts';
import type { Database } from '../../main/database/open.ts';
import { createPolicies } from '../../main/database/policies.ts';
import { createSites } from '../../main/database/sites.ts';
import { createTrustedKeys } from '../../main/database/trusted-keys.ts';
import type { EventView, PolicyView } from '../../preload/contract/views.ts';

let database: Database;
let atMs = 0;
const now = (): number => atMs;
beforeEach(() => {
  const opened = openDatabase(':memory:');
  database = opened.ok ? opened.value : expect.fail(opened.failure.message);
  atMs = 1_000_000;
  return () => database.close();
});
const defaults = { siteName: 'Somewhere', operator: 'somebody' };
const sites = () => createSites({ database, now, defaults });

test('site and operator are remembered by name', () => {
  const first = sites();
  expect(first.current()).toMatchObject(defaults);
  const berlin = first.describe({ siteName: ' Berlin 2 ', operator: 'Ada' });
  expect(first.describe({ siteName: 'Hamburg' })).toMatchObject({ siteName: 'Hamburg', operator: 'Ada' });
  expect(sites().current()).toMatchObject({ siteName: 'Hamburg', operator: 'Ada' });
  expect(first.describe({ siteName: 'Berlin 2' })).toEqual(berlin);
});

test('events come back in order, by machine, and carry site and operator', () => {
  const heard: EventView[] = [];
  const events = createEvents({ database, now, sites: sites(), onEvent: (event) => heard.push(event) });
  const a = events.log({ kind: 'machine.seen', text: 'one', machineId: 'm1' });
  events.log({ kind: 'machine.seen', text: 'two', machineId: 'm2' });
  const c = events.log({ kind: 'job.failed', text: 'three', machineId: 'm1', jobId: 'j', level: 'error' });
  expect(heard).toHaveLength(3);
  expect(events.list({ afterId: a.id, beforeId: null, limit: 10, machineId: null }).map((event) => event.text)).toEqual(['two', 'three']);
  expect(events.list({ afterId: 0, beforeId: null, limit: 10, machineId: 'm1' })).toEqual([a, c]);
  expect(events.lastOf('m1', 1)).toEqual([c]);
  expect(
    database.prepare('SELECT count(*) FROM event JOIN site ON site.id = site_id JOIN operator ON operator.id = operator_id').pluck().get(),
  ).toBe(3);
});

test('events are paged both ways, and the pages meet without a gap or a double', () => {
  const events = createEvents({ database, now, sites: sites(), onEvent: () => undefined });
  const ids = Array.from({ length: 10 }, (_, index) => events.log({ kind: 'a.b', text: '', machineId: index % 2 === 0 ? 'm1' : null }).id);
  const page = (afterId: number, beforeId: number | null, machineId: string | null = null): readonly number[] =>
    events.list({ afterId, beforeId, limit: 4, machineId }).map(({ id }) => id);
  expect([...page(0, null), ...page(ids[3] ?? 0, null), ...page(ids[7] ?? 0, null)]).toEqual(ids);
  const latest = page(0, Number.MAX_SAFE_INTEGER);
  expect(latest).toEqual(ids.slice(6));
  const older = page(0, latest[0] ?? 0);
  expect([...page(0, older[0] ?? 0), ...older, ...latest]).toEqual(ids);
  expect(page(0, ids[0] ?? 0)).toEqual([]);
  expect(page(ids[2] ?? 0, ids[5] ?? 0)).toEqual(ids.slice(3, 5));
  expect(page(0, ids[8] ?? 0, 'm1')).toEqual([ids[0], ids[2], ids[4], ids[6]]);
  expect(page(ids[2] ?? 0, null, 'm1')).toEqual([ids[4], ids[6], ids[8]]);
});

test('a local boot is given once, repeats for a slow loader, and ends', () => {
  const boots = createLocalBoots({ database, now });
  const mac = '52:54:00:00:00:01';
  expect(boots.take(mac)).toBeNull();
  boots.put(mac, { kind: 'bios' });
  expect(boots.peek(mac)).toEqual({ kind: 'bios' });
  expect(boots.take(mac)).toEqual({ kind: 'bios' });
  atMs += REPEAT_MS - 1;
  expect(boots.take(mac)).toEqual({ kind: 'bios' });
  atMs += 1;
  expect(boots.take(mac)).toBeNull();
  boots.put(mac, { kind: 'uefi', espUuid: 'AAAA-BBBB', loaderPath: null });
  atMs += LOCAL_BOOT_LIFE_MS;
  expect(boots.take(mac)).toBeNull();
  boots.put(mac, { kind: 'bios' });
  boots.drop(mac);
  expect(boots.peek(mac)).toBeNull();
});

test('trusted keys are added once and removed', () => {
  const keys = createTrustedKeys({ database, now });
  keys.add({ keyId: 'k', publicKey: 'p', name: 'mine' });
  keys.add({ keyId: 'k', publicKey: 'other', name: 'renamed' });
  expect(keys.list()).toEqual([{ keyId: 'k', publicKey: 'p', name: 'renamed' }]);
  keys.remove('k');
  expect(keys.list()).toEqual([]);
});

describe('policies', () => {
  const policy = (name: string, rank: number) => ({
    name,
    rank,
    when: { all: [] },
    outcome: { kind: 'boot-local' },
    consent: 'ask',
    limit: 2,
  });
  const create = (changes: (readonly PolicyView[])[] = []) =>
    createPolicies({ database, now, sites: sites(), recipes: () => [], onChange: (list) => changes.push(list) });

  test('are kept in rank order, replaced under their name, switched and removed', () => {
    const changes: (readonly PolicyView[])[] = [];
    const policies = create(changes);
    expect(policies.add(policy('late', 20))).toMatchObject({ ok: true, value: { enabled: true, used: 0 } });
    policies.add(policy('early', 10), { enabled: false });
    policies.enable('late', false);
    policies.add(policy('late', 5));
    expect(
      create()
        .list()
        .map((view) => [view.policy.name, view.enabled]),
    ).toEqual([
      ['late', false],
      ['early', false],
    ]);
    expect(policies.remove('late')).toMatchObject({ ok: true, value: [{ policy: { name: 'early' } }] });
    expect(changes).toHaveLength(5);
  });
  test('what is not sound is not saved, and what is not there is named', () => {
    const policies = create();
    expect(policies.add({ ...policy('bad', 1), when: { fact: 'nope', equal: 1 } })).toMatchObject({
      ok: false,
      failure: { code: 'policy.invalid' },
    });
    expect(policies.list()).toEqual([]);
    expect(policies.remove('x')).toMatchObject({ failure: { code: 'policy.unknown' } });
    expect(policies.enable('x', true)).toMatchObject({ failure: { code: 'policy.unknown' } });
  });
  test('places under a limit are counted by site, one for a machine', () => {
    const place = sites();
    const policies = createPolicies({ database, now, sites: place, recipes: () => [], onChange: () => undefined });
    policies.add(policy('p', 1));
    policies.add(policy('q', 2));
    for (const id of ['m1', 'm2']) {
      database
        .prepare(
          "INSERT INTO machine(id, provisional, state, state_at_ms, says, first_seen_at_ms, last_seen_at_ms) VALUES (?, 0, 'seen', 0, '', 0, 0)",
        )
        .run(id);
      policies.reserve('p', id);
    }
    expect(policies.used('p', 'm1')).toBe(1);
    expect(policies.list()[0]?.used).toBe(2);
    policies.reserve('q', 'm1');
    expect([policies.used('p', ''), policies.used('q', '')]).toEqual([1, 1]);
    place.describe({ siteName: 'elsewhere' });
    expect(policies.used('p', '')).toBe(0);
    policies.release('m2');
    place.describe({ siteName: 'Somewhere' });
    expect(policies.used('p', '')).toBe(1);
    policies.release('m2');
    expect(policies.used('p', '')).toBe(0);
  });
});
