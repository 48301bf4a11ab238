// "Is everything for this site on this disk?" answered from real libraries: what is there, what is missing, and what nobody can know yet.
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import { startChunkPool } from '../../main/library/chunk-pool.ts';
import { imageViewOf } from '../../main/library/image-view.ts';
import { parsePlan } from '../../main/plan/plan.ts';
import { readyFor } from '../../main/ready/ready.ts';
import type { ReadyParts, ReadyWish } from '../../main/ready/ready.ts';
import type { FieldView } from '../../preload/contract/fields.ts';
import type { ImageSet, SetView } from '../../preload/contract/image-set.ts';
import type { Policy } from '../../preload/contract/policy.ts';
import type { ReadyReport } from '../../preload/contract/ready.ts';
import { noise } from '../image/real-disk.ts';
import { codeOf, valueOf } from '../library/small-library.ts';
import { smallStation } from '../travel/two-stations.ts';
import type { SmallStation } from '../travel/two-stations.ts';

let folder: string;
const pool = startChunkPool(1);
let station: SmallStation;
let plan: string;
let kitId: string | null;
let chosen: ReadonlyMap<string, string>;
const sets = new Map<string, SetView>();
let fields: readonly FieldView[] = [];
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-ready-'));
});
beforeEach(async () => {
  station = await smallStation({ folder, name: 'Ada', pool, libraries: [`own-${++count}`] });
  [plan, kitId, chosen] = ['serial,role\nS1,web\n', 'abcdef', new Map()];
  sets.clear();
  fields = [];
});
afterEach(() => station.stop());
afterAll(async () => {
  await pool.stop();
  await rm(folder, { recursive: true });
});

const policy = (name: string, rank: number, outcome: Policy['outcome'], when: Policy['when'] = { all: [] }): Policy => ({
  ...{ name, rank, when, outcome, consent: 'ask', limit: null },
  ...{ whenUnknown: 'ask', replaceExisting: false, note: '' },
});
const add = (...policies: readonly Policy[]): void => policies.forEach((one) => void valueOf(station.policies.add(one)));
const web = (labels: Record<string, string> = { role: 'web' }): Policy['outcome'] => ({ kind: 'deploy-newest', labels });
const addImage = async (name: string, revision = 1): Promise<string> => {
  const sourcePath = join(folder, 'source.raw');
  await writeFile(sourcePath, noise(`${name}${revision}`, 262_144));
  const image = await station.library.importImage({ sourcePath, name, labels: [`role=${name}`], revision, allowNoPartitionTable: true });
  return valueOf(image).osoid;
};
const known: { id: string; name: string; facts: readonly Fact[] }[] = [];
const ask = async (wish: Partial<ReadyWish> = {}): Promise<ReadyReport> => {
  await station.travel.settled();
  const images = valueOf(await station.library.list()).images.map(imageViewOf);
  const parsed = plan === '' ? null : valueOf(parsePlan(plan, 'plan.csv'));
  const parts: ReadyParts = {
    library: station.library,
    reading: { trustedKeys: () => trustedKeysOf([station.key.publicKey]), signingKey: station.key },
    images: () => images,
    policies: station.policies,
    recipes: station.recipes,
    sets: { current: (name) => sets.get(name) ?? null },
    fields: { list: () => fields },
    machines: {
      list: () => known as unknown as ReturnType<ReadyParts['machines']['list']>,
      get: () => ({ ok: true, value: { inventory: {} } }) as unknown as ReturnType<ReadyParts['machines']['get']>,
      realMachines: () => known.map(({ id, facts }) => ({ id, facts, bootMac: null })),
    },
    journey: { chosenImage: (id) => chosen.get(id) ?? null },
    plan: { planAt: () => parsed },
    sites: station.sites,
    events: { sitesOf: () => new Map() },
    kit: () => ({ kitId, problem: null }),
  };
  const signal = new AbortController().signal;
  return valueOf(await readyFor(parts, { site: null, path: null, verify: false, signal, onProgress: () => undefined, ...wish }));
};
const states = ({ items }: ReadyReport, needed = true) =>
  items.filter((one) => one.needed === needed && one.state !== 'here').map(({ kind, state, problem }) => [kind, state, problem?.code]);

afterEach(() => void known.splice(0));

test('all that a planned machine wants is there: yes, and what is missing is named with the next step', async () => {
  add(policy('web', 10, web(), { fact: 'role', equal: 'web' }));
  const none = await ask();
  expect([none.verdict, states(none)]).toEqual(['not-ready', [['policy', 'missing', 'ready.no-answer']]]);
  const osoid = await addImage('web');
  const all = await ask({ verify: true });
  expect(all).toMatchObject({ verdict: 'ready', verified: true, machines: { planned: 1, known: 0, decided: 1 } });
  expect(all.items.map(({ kind, state }) => [kind, state])).toEqual([
    ['image', 'here'],
    ['policies', 'here'],
    ['kit', 'here'],
  ]);
  expect(all.items[0]).toMatchObject({ name: `web r1 (${osoid.slice(0, 12)})`, for: ['s1'] });
  kitId = null;
  expect(states(await ask())).toEqual([['kit', 'missing', 'ready.kit-missing']]);
});

test('what cannot be known is said to be unknown, and all that it might be is looked for', async () => {
  await addImage('web');
  add(policy('web', 10, web(), { fact: 'memory.size', atLeast: '64 GiB' }), policy('rest', 20, { kind: 'boot-local' }));
  const unknown = await ask();
  expect(unknown.verdict).toBe('cannot-say');
  expect(states(unknown)).toEqual([['machine', 'unknown', 'ready.machine-unknown']]);
  expect(unknown.items[0]?.says).toContain('memory.size');
  expect(unknown.items).toContainEqual(expect.objectContaining({ kind: 'image', state: 'here', for: ['s1 (perhaps)'] }));
  // One that is skipped while unknown may be true once the inventory is read.
  station.policies.remove('web');
  add({ ...policy('big', 10, web({ role: 'db' }), { fact: 'memory.size', atLeast: '64 GiB' }), whenUnknown: 'skip' });
  const missing = await ask();
  expect([missing.verdict, states(missing)]).toEqual([
    'not-ready',
    [
      ['machine', 'unknown', 'ready.machine-unknown'],
      ['policy', 'missing', 'ready.no-answer'],
    ],
  ]);
  // Read, it is decided: it has not enough memory, and boots its own disk.
  const told = (name: Fact['name'], value: Fact['value']): Fact => ({ name, value, source: 'inventory', filler: false, atMs: 0 }) as Fact;
  known.push({ id: 'm1', name: 'one', facts: [told('system.serial', 'S1'), told('memory.size', 2 ** 30)] });
  const decided = await ask();
  expect([decided.verdict, decided.machines.decided]).toEqual(['ready', 1]);
  // What nobody here wants is told of, and is no reason to say no.
  expect(states(decided, false)).toEqual([['policy', 'missing', 'ready.no-answer']]);
});

test('a person’s choice, ties, machines that nothing fits and an empty site are told of', async () => {
  const osoid = await addImage('web');
  add(policy('a', 10, { kind: 'deploy', osoid }), policy('b', 10, { kind: 'deploy', osoid: 'f'.repeat(64) }));
  const tied = await ask();
  expect(states(tied)).toEqual([
    ['machine', 'problem', 'ready.machine-undecided'],
    ['image', 'missing', 'ready.image-missing'],
  ]);
  station.policies.remove('a');
  station.policies.remove('b');
  expect(states(await ask())).toEqual([['machine', 'problem', 'ready.machine-undecided']]);
  known.push({ id: 'm1', name: 'one', facts: [{ name: 'system.serial', value: 'S1', source: 'dmi', filler: false, atMs: 0 } as Fact] });
  chosen = new Map([['m1', 'e'.repeat(64)]]);
  expect(states(await ask())).toEqual([['image', 'missing', 'ready.image-missing']]);
  known.splice(0);
  plan = '';
  expect((await ask()).verdict).toBe('cannot-say');
});

test('a recipe counts with its payload files, to the byte, and on the very disk that is asked about', async () => {
  const payload = join(folder, 'payload');
  await writeFile(payload, noise('payload', 10_000));
  const kept = valueOf(await station.library.keepPayload(payload, new AbortController().signal));
  const shared = { id: 'web', version: 1, name: 'Web', kind: 'script' as const, matchOn: [], timeLimitMinutes: 30, note: '' };
  const recipe = { ...shared, image: { name: 'web', labels: {} }, script: 'true', payloads: [{ name: 'root.tar', ...kept }] };
  valueOf(station.recipes.add(recipe, 'Ada'));
  add(policy('web', 10, { kind: 'build', recipe: 'web' }));
  expect((await ask()).verdict).toBe('ready');
  const disk = join(folder, `disk-${count}`);
  valueOf(await station.library.exportTo(disk, { osoids: [], documents: 'named' }));
  expect(states(await ask({ path: disk }))).toEqual([
    ['recipe', 'missing', 'ready.recipe-missing'],
    ['payload', 'missing', 'ready.payload-missing'],
    ['policies', 'missing', 'ready.policies-missing'],
  ]);
  valueOf(await station.library.exportTo(disk, { osoids: [], documents: 'all' }));
  expect(await ask({ path: disk, verify: true })).toMatchObject({ verdict: 'ready', library: disk });
  const tar = `${disk}.tar`;
  valueOf(await station.library.exportTo(tar, { osoids: [], documents: 'all' }));
  expect((await ask({ path: tar, verify: true })).verdict).toBe('ready');
  // One byte of one part: presence does not see it, a scrub does.
  const [part = ''] = (await readdir(join(disk, 'payloads'))).filter((name) => name.endsWith('.0001'));
  const bytes = await readFile(join(disk, 'payloads', part));
  bytes[5] = (bytes[5] ?? 0) ^ 1;
  await writeFile(join(disk, 'payloads', part), bytes);
  expect((await ask({ path: disk })).verdict).toBe('ready');
  expect(states(await ask({ path: disk, verify: true }))).toEqual([['payload', 'damaged', 'ready.payload-damaged']]);
  station.recipes.enable('web', false);
  expect(states(await ask())).toEqual([['policy', 'missing', 'ready.no-answer']]);
});

test('“newest” is judged by all that is known: an older image on the disk is not the one', async () => {
  await addImage('web', 1);
  const disk = join(folder, `disk-${count}`);
  const old = valueOf(await station.library.list()).images.map(({ osoid }) => osoid);
  add(policy('web', 10, web()));
  await station.travel.settled();
  valueOf(await station.library.exportTo(disk, { osoids: old, documents: 'all' }));
  expect((await ask({ path: disk })).verdict).toBe('ready');
  await addImage('web', 2);
  const newer = await ask({ path: disk });
  expect(states(newer)).toEqual([['image', 'missing', 'ready.image-missing']]);
  expect(newer.items[0]?.says).toContain('web r2');
  expect((await ask()).verdict).toBe('ready');
  // Whole packs gone, and a key that is not trusted.
  await rm(join(disk, 'packs'), { recursive: true });
  station.policies.remove('web');
  add(policy('web', 10, { kind: 'deploy', osoid: old[0] ?? '' }));
  expect(states(await ask({ path: disk }))).toContainEqual(['image', 'damaged', 'ready.image-damaged']);
});

test('an image by a key that is not trusted is there, and not ready', async () => {
  const other = await smallStation({ folder, name: 'Ben', pool, libraries: [`other-${count}`], key: generateSigningKey() });
  const sourcePath = join(folder, 'theirs.raw');
  await writeFile(sourcePath, noise('theirs', 262_144));
  const image = valueOf(await other.library.importImage({ sourcePath, name: 'theirs', allowNoPartitionTable: true }));
  await other.stop();
  valueOf(await station.library.merge(join(folder, `other-${count}`)));
  add(policy('web', 10, { kind: 'deploy', osoid: image.osoid }));
  expect(states(await ask())).toEqual([['image', 'untrusted', 'ready.image-untrusted']]);
  expect(codeOf(await readyForNoSite())).toBe('ready.no-site');
});

const readyForNoSite = () =>
  readyFor({ sites: station.sites } as unknown as ReadyParts, {
    ...{ site: 'Nowhere', path: null, verify: false },
    ...{ signal: new AbortController().signal, onProgress: () => undefined },
  });

test('every member of an image set is looked for: what is there, what a recipe would build, and what nobody can make', async () => {
  const osoid = await addImage('web');
  const put = (set: ImageSet, enabled = true): void => void sets.set(set.name, { set, enabled, addedAtMs: 0, addedBy: 'Ada' });
  put({ name: 'lab', members: [{ name: 'base', labels: { role: 'web' } }], note: '' });
  // Where there are no sets yet, policies may not name one; it was removed since.
  vi.spyOn(station.policies, 'entries').mockReturnValue([{ enabled: true, policy: policy('lab', 10, { kind: 'set', set: 'lab' }) }]);
  const all = await ask();
  expect(all.items).toContainEqual(expect.objectContaining({ kind: 'image', state: 'here', for: ['s1'] }));
  expect(states(all)).toEqual([]);
  put({
    name: 'lab',
    members: [
      { name: 'base', osoid },
      { name: 'rescue', labels: { role: 'rescue' } },
      { name: 'db', recipe: 'db' },
    ],
    note: '',
  });
  const lacking = await ask();
  expect(lacking.verdict).toBe('not-ready');
  const said = lacking.items.filter(({ state }) => state === 'missing').map(({ says }) => says);
  expect(said).toEqual([
    'Member "rescue" of image set "lab": There is no trusted image with role=rescue; there is role=web.',
    'Member "db" of image set "lab": Recipe "db" is not here.',
  ]);
  put({ name: 'lab', members: [{ name: 'base', osoid }], note: '' }, false);
  expect((await ask()).items).toContainEqual(expect.objectContaining({ state: 'missing', says: 'Image set "lab" is off.' }));
  sets.clear();
  expect((await ask()).items).toContainEqual(expect.objectContaining({ state: 'missing', says: 'Image set "lab" is not here.' }));
});

test('a planned answer that its field declares a number decides as one', async () => {
  await addImage('web');
  plan = 'serial,input.vlan\nS1,120\n';
  const many = policy('web', 10, web(), { fact: 'input.vlan', atLeast: 99 });
  vi.spyOn(station.policies, 'entries').mockReturnValue([{ enabled: true, policy: many }]);
  expect(states(await ask())).toContainEqual(['machine', 'unknown', 'ready.machine-unknown']);
  fields = [{ field: { name: 'input.vlan', type: 'number', required: true, everyMachine: false }, addedAtMs: 0, addedBy: 'Ada' }];
  expect(states(await ask())).toEqual([]);
});
