// What a station sets up is on its disk, and at the next station it is seen, off, and switched on by a person who saw the difference.
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Policy } from '../../preload/contract/policy.ts';
import { startChunkPool } from '../../main/library/chunk-pool.ts';
import { codeOf, filesOf, valueOf } from '../library/small-library.ts';
import { CONTEXT, addRecipeTo, smallStation } from './two-stations.ts';
import type { SmallStation, StationPlan } from './two-stations.ts';

let folder: string;
const pool = startChunkPool(1);
let stations: SmallStation[] = [];
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-travel-'));
});
afterEach(async () => {
  for (const station of stations) await station.stop();
  stations = [];
});
afterAll(async () => {
  await pool.stop();
  await rm(folder, { recursive: true });
});

const station = async (name: string, libraries: readonly [string, ...string[]], more: Partial<StationPlan> = {}) => {
  const one = await smallStation({ folder, name, pool, libraries, ...more });
  stations.push(one);
  return one;
};
const fresh = (name: string): string => `${name}-${count++}`;
const stop = async (one: SmallStation): Promise<void> => {
  stations = stations.filter((other) => other !== one);
  await one.stop();
};
const policy = (name: string, change: Partial<Policy> = {}): Policy => ({
  ...{ name, rank: 10, when: { all: [] }, outcome: { kind: 'boot-local' }, consent: 'ask', limit: null },
  ...{ whenUnknown: 'ask', replaceExisting: false, note: '' },
  ...change,
});
const addRecipe = (at: SmallStation, version: number, payload: string): Promise<void> => addRecipeTo(at, { folder, version, payload });
const words = async (at: SmallStation) =>
  (await at.arrived()).map(({ kind, name, change, trust, dropped }) => [kind, name, change, trust, dropped]);
const enable = async (at: SmallStation, name: string, more: { acceptUntrusted?: boolean; seen?: string } = {}) => {
  const one = (await at.arrived()).find((arrival) => arrival.name === name) ?? expect.fail(`no ${name}`);
  const wish = { documentId: one.documentId, name, seen: one.hash, acceptUntrusted: false, ...more };
  return at.call['arrivals.enable'](wish, CONTEXT);
};

test('what is set up is on the disk, arrives off, and is switched on by a person who saw it; `auto` stays at home', async () => {
  const [stick, own] = [fresh('stick'), fresh('own')];
  const ada = await station('Ada', [stick]);
  await addRecipe(ada, 1, 'a payload of two parts. '.repeat(300));
  valueOf(ada.policies.add(policy('web', { outcome: { kind: 'build', recipe: 'web' } })));
  valueOf(ada.policies.add(policy('db', { consent: 'auto', rank: 20 })));
  expect(await ada.travel.settled()).toBeNull();
  expect(await ada.arrived()).toEqual([]);
  await stop(ada);

  const ben = await station('Ben', [own, stick]);
  await ben.travel.settled();
  expect(await words(ben)).toEqual([
    ['policy', 'db', 'new', 'unknown-key', false],
    ['policy', 'web', 'new', 'unknown-key', false],
    ['recipe', 'web', 'new', 'unknown-key', false],
  ]);
  expect(ben.log()).toContainEqual(expect.stringMatching(/^arrival.came: 2 policies and 1 recipes of Ada/));
  expect(ben.travel.signed()).toContainEqual(expect.objectContaining({ keyId: ada.key.keyId, trust: 'unknown-key' }));
  expect([ben.policies.entries(), ben.recipes.list()]).toEqual([[], []]);

  expect(codeOf(await enable(ben, 'db'))).toBe('arrival.untrusted');
  ben.trust(ada.key);
  expect(codeOf(await enable(ben, 'db', { seen: 'x' }))).toBe('arrival.not-seen');
  valueOf(await enable(ben, 'db'));
  expect(ben.policies.list()).toMatchObject([{ policy: { name: 'db', consent: 'ask' }, enabled: true }]);
  // A policy that builds wants its recipe first.
  expect(codeOf(await enable(ben, 'web'))).toBe('policy.invalid');
  const recipe = (await ben.arrived()).find(({ kind }) => kind === 'recipe') ?? expect.fail('no recipe');
  valueOf(
    await ben.call['arrivals.enable']({ documentId: recipe.documentId, name: 'web', seen: recipe.hash, acceptUntrusted: false }, CONTEXT),
  );
  valueOf(await enable(ben, 'web'));
  expect(await ben.arrived()).toEqual([]);
  expect(ben.log()).toContainEqual('arrival.enabled: Ben\'s Ada switched on policy "web" of Ada.');
  await ben.travel.settled();
  // The stick goes home; what Ben took is his now, payload file and all, and a third station hears it from him.
  const payload = ben.recipes.list()[0]?.recipe.payloads[0] ?? expect.fail('no payload');
  await stop(ben);
  await rename(join(folder, stick), join(folder, `${stick}-gone`));
  const eve = await station('Eve', [own]);
  expect(valueOf(await eve.library.payloadSize(payload.sha256))).toBe(payload.sizeBytes);
  expect((await eve.arrived()).map(({ station: from }) => from)).toEqual(['Ben', 'Ben', 'Ben']);
  expect(valueOf(await eve.library.verify()).problems).toEqual([]);
});

test('a change is shown field by field, the policy here goes on, and a “no” lasts until the next word', async () => {
  const stick = fresh('stick');
  const ada = await station('Ada', [stick]);
  const ben = await station('Ben', [fresh('own'), stick]);
  ben.trust(ada.key);
  valueOf(ben.policies.add(policy('web', { consent: 'auto' })));
  valueOf(ada.policies.add(policy('web')));
  await ada.travel.settled();
  expect(await words(ben), 'Here it may erase by itself, and it is the same').toEqual([]);
  valueOf(ada.policies.add(policy('web', { rank: 5 })));
  await ada.travel.settled();
  const [arrival] = await ben.arrived();
  expect(arrival).toMatchObject({ change: 'changed', fields: [{ field: 'rank', here: '10', arriving: '5' }, { field: 'consent' }] });
  expect(ben.policies.entries()).toMatchObject([{ policy: { rank: 10, consent: 'auto' }, enabled: true }]);
  valueOf(await ben.call['arrivals.drop']({ documentId: arrival?.documentId ?? '', name: 'web' }, CONTEXT));
  expect(await words(ben)).toEqual([['policy', 'web', 'changed', 'trusted', true]]);
  valueOf(ada.policies.add(policy('other')));
  await ada.travel.settled();
  expect(await words(ben)).toEqual([
    ['policy', 'other', 'new', 'trusted', false],
    ['policy', 'web', 'changed', 'trusted', true],
  ]);
  valueOf(ada.policies.add(policy('web', { rank: 6 })));
  await ada.travel.settled();
  expect((await words(ben)).at(-1)).toEqual(['policy', 'web', 'changed', 'trusted', false]);
  // Taken back by its station, it is not there any more.
  valueOf(ada.policies.remove('web'));
  valueOf(ada.policies.remove('other'));
  await ada.travel.settled();
  expect(await words(ben)).toEqual([]);
  // What was shown before something changed here is not what is switched on.
  valueOf(ada.policies.add(policy('web', { rank: 7 })));
  await ada.travel.settled();
  const shown = (await ben.arrived())[0]?.hash ?? '';
  valueOf(ben.policies.add(policy('web', { rank: 8 })));
  expect(codeOf(await enable(ben, 'web', { seen: shown }))).toBe('arrival.not-seen');
});

test('recipes: a higher version changes, an older one is nothing, the same version with other content cannot come', async () => {
  const stick = fresh('stick');
  const ada = await station('Ada', [stick]);
  const ben = await station('Ben', [fresh('own'), stick]);
  ben.trust(ada.key);
  await addRecipe(ada, 1, 'one');
  await addRecipe(ben, 1, 'another');
  await ada.travel.settled();
  expect(await ben.arrived()).toMatchObject([{ kind: 'recipe', change: 'changed', problem: { code: 'recipe.version-taken' } }]);
  expect(codeOf(await enable(ben, 'web'))).toBe('recipe.version-taken');
  await addRecipe(ada, 3, 'three');
  await ada.travel.settled();
  expect(await ben.arrived()).toMatchObject([{ problem: null }]);
  valueOf(await enable(ben, 'web'));
  expect(ben.recipes.current('web')).toMatchObject({ recipe: { version: 3 }, enabled: true });
  await addRecipe(ben, 4, 'four');
  expect(await ben.arrived()).toEqual([]);
  valueOf(ada.recipes.remove('web'));
  await ada.travel.settled();
  expect(valueOf(await ada.library.documents()).documents).toMatchObject([{ kind: 'recipe', isWithdrawn: true }]);
});

test('an altered word is shown, and let in only by an override that goes on record', async () => {
  const stick = fresh('stick');
  const ada = await station('Ada', [stick]);
  valueOf(ada.policies.add(policy('web', { note: 'plain' })));
  await ada.travel.settled();
  await stop(ada);
  const [name = ''] = (await filesOf(join(folder, stick, 'documents'))).filter((one) => one.endsWith('.json'));
  const path = join(folder, stick, 'documents', name);
  const text = (await readFile(path, 'utf8')).replace('plain', 'plane');
  const { createHash } = await import('node:crypto');
  await rm(path);
  await writeFile(join(folder, stick, 'documents', `${createHash('sha256').update(text).digest('hex')}.json`), text);
  const ben = await station('Ben', [fresh('own'), stick]);
  ben.trust(ada.key);
  expect(await words(ben)).toEqual([['policy', 'web', 'new', 'broken', false]]);
  expect(codeOf(await enable(ben, 'web'))).toBe('arrival.untrusted');
  valueOf(await enable(ben, 'web', { acceptUntrusted: true }));
  expect(ben.log()).toContainEqual(expect.stringMatching(/^arrival.enabled: .*whose signature is wrong \(key [0-9a-f]{16}\)/));
  expect(ben.policies.entries()).toMatchObject([{ policy: { note: 'plane' }, enabled: true }]);
});

test('an older copy of the library, or an empty one, gets this station’s present word', async () => {
  const [name, old] = [fresh('own'), fresh('old')];
  const database = `${fresh('station')}.db`;
  const first = await station('Ada', [name], { database });
  valueOf(first.policies.add(policy('web')));
  await first.travel.settled();
  await stop(first);
  await cp(join(folder, name), join(folder, old), { recursive: true });
  const second = await station('Ada', [name], { database, key: first.key });
  valueOf(second.policies.add(policy('web', { rank: 5 })));
  valueOf(second.policies.add(policy('web', { rank: 6 })));
  await second.travel.settled();
  await stop(second);
  for (const library of [old, fresh('empty')]) {
    const again = await station('Ada', [library], { database, key: first.key });
    expect(await again.travel.settled()).toBeNull();
    const { documents } = valueOf(await again.library.documents());
    expect(documents).toMatchObject([{ kind: 'policies', trust: 'trusted', items: [{ name: 'web' }] }]);
    expect(valueOf(await again.library.document(documents[0]?.id ?? '')).body).toMatchObject({ policies: [{ rank: 6 }] });
    expect(await again.arrived()).toEqual([]);
    await stop(again);
  }
  // A laptop that lost its database, and kept its key, finds its own word as something that arrived.
  const lost = await station('Ada', [name], { key: first.key });
  expect(await words(lost)).toEqual([['policy', 'web', 'new', 'trusted', false]]);
});
