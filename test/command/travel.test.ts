// Policies and recipes on a carried disk, from the command line: what arrived, taking it, and whether everything for the site is there.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { openLibrary } from '../../main/library/library.ts';
import type { ArrivalView } from '../../preload/contract/arrivals.ts';
import type { LibraryView } from '../../preload/contract/library-views.ts';
import type { ReadyReport } from '../../preload/contract/ready.ts';
import { noise } from '../image/real-disk.ts';
import { valueOf } from '../library/small-library.ts';
import { createCommandLab } from './station.ts';
import type { CommandLab } from './station.ts';

const stranger = generateSigningKey();
let lab: CommandLab;
let theirs: string;
const at = (name: string): string => join(lab.folder, name);

beforeAll(async () => {
  lab = await createCommandLab();
  theirs = at('theirs');
  const keys = trustedKeysOf([stranger.publicKey]);
  const library = valueOf(await openLibrary({ folder: theirs, signingKey: stranger, trustedKeys: () => keys, workers: 1 }));
  const policy = { name: 'from-ben', rank: 5, when: { all: [] }, outcome: { kind: 'boot-local' }, consent: 'ask' };
  const said = { station: 'Bench of Ben', by: 'Ben', at: '2026-11-29T12:00:00.000Z' };
  const body = { policies: [policy], wasAuto: ['from-ben'] };
  valueOf(await library.publishDocument({ kind: 'policies', name: '', body, ...said }, 1));
  await library.close();
  await mkdir(at('recipe'));
  const recipe = { id: 'web', version: 1, name: 'Web', matchOn: [], script: 'install.sh', payloads: ['root.tar'], image: { name: 'web' } };
  await writeFile(at('recipe/recipe.json'), JSON.stringify(recipe));
  await writeFile(at('recipe/install.sh'), 'true\n');
  await writeFile(at('recipe/root.tar'), noise('root', 100_000));
  await writeFile(at('web.raw'), noise('web', 600_064));
  await writeFile(at('plan.csv'), 'serial,role\nS1,web\nS2,kiosk\n');
  const policies = [
    { name: 'web', rank: 10, when: { fact: 'role', equal: 'web' }, outcome: { kind: 'build', recipe: 'web' }, consent: 'ask' },
    { name: 'kiosk', rank: 10, when: { fact: 'role', equal: 'kiosk' }, outcome: { kind: 'boot-local' }, consent: 'ask' },
  ];
  await writeFile(at('policies.json'), JSON.stringify(policies));
  await lab.serve();
}, 120_000);
afterAll(() => lab.stop());

const json = async <T>(...words: readonly string[]): Promise<T> => {
  const { code, stdout, stderr } = await lab.rackside(...words, '--json');
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
  return JSON.parse(stdout) as T;
};
const ready = async (code: number, ...words: readonly string[]): Promise<ReadyReport> => {
  const ended = await lab.rackside('library', 'ready', ...words, '--json');
  expect({ words, code: ended.code, stderr: ended.stderr }).toEqual({ words, code, stderr: '' });
  return JSON.parse(ended.stdout) as ReadyReport;
};

test('what a merged disk says arrives off, and is taken by somebody who read it', async () => {
  const merged = await lab.rackside('library', 'merge', theirs);
  expect(merged).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/policies {2}of Bench of Ben {2}NOT TRUSTED[\s\S]*rackside policies arrived/),
  });
  expect(await json<ArrivalView[]>('policies', 'arrived')).toMatchObject([{ name: 'from-ben', change: 'new', trust: 'unknown-key' }]);
  expect(await json('policies', 'list')).toEqual([]);
  const shown = await lab.rackside('policies', 'arrived', 'from-ben');
  expect(shown.stdout).toMatch(
    /from-ben {2}new, of Bench of Ben \(Ben, 2026-11-29\) {2}NOT TRUSTED[\s\S]*"boot-local"[\s\S]*erase without asking/,
  );
  lab.typed = 'no';
  expect(await lab.rackside('policies', 'take', 'from-ben')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('(arrival.not-seen)'),
  });
  lab.typed = 'yes';
  expect(await lab.rackside('policies', 'take', 'from-ben')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('(arrival.untrusted)'),
  });
  await json('trust', 'add', stranger.keyId, '--name', 'Ben');
  expect(await lab.rackside('policies', 'take', 'from-ben')).toMatchObject({ code: 0, stdout: expect.stringContaining('from-ben is on.') });
  expect(await json('policies', 'list')).toMatchObject([{ policy: { name: 'from-ben' }, enabled: true }]);
  expect((await lab.rackside('policies', 'arrived')).stdout).toBe('Nothing has arrived that is not here.\n');
  expect(await lab.rackside('recipes', 'take', 'nobody')).toMatchObject({ code: 1, stderr: expect.stringContaining('(arrival.unknown)') });
  await json('policies', 'remove', 'from-ben');
  // Taken off here, it is again something that another station says.
  await json('policies', 'drop', 'from-ben');
  expect(await json('policies', 'arrived')).toEqual([]);
});

test('“is everything for this site on this disk?” has an answer before one leaves', async () => {
  await json('recipes', 'add', at('recipe'));
  await json('policies', 'add', at('policies.json'));
  expect((await ready(3)).verdict).toBe('cannot-say');
  await json('site', 'import', at('plan.csv'));
  const all = await ready(0);
  expect(all).toMatchObject({ verdict: 'ready', machines: { planned: 2, known: 0, decided: 2 } });
  expect(all.items.map(({ kind, state }) => [kind, state])).toEqual([
    ['recipe', 'here'],
    ['payload', 'here'],
    ['policies', 'here'],
    ['kit', 'here'],
  ]);
  const words = await lab.rackside('library', 'ready', '--verify');
  expect(words).toMatchObject({ code: 0, stdout: expect.stringMatching(/ok +recipe web version 1 {2}for s1[\s\S]*READY/) });
  expect(await lab.rackside('library', 'ready', '--site', 'Nowhere')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('(ready.no-site)'),
  });
  expect(await lab.rackside('library', 'ready', at('nothing'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('(library.missing)'),
  });

  await json('library', 'export', '--policies', '--to', at('stick'));
  expect((await ready(0, at('stick'), '--verify')).verified).toBe(true);
  expect(await json<LibraryView[]>('library', 'list')).toMatchObject([{ policies: 3, recipes: 1 }]);
  const [payload = ''] = await readdir(at('stick/payloads'));
  await rm(at(`stick/payloads/${payload}`));
  const lacking = await ready(1, at('stick'));
  expect(lacking.items.filter(({ state }) => state !== 'here')).toMatchObject([
    {
      kind: 'payload',
      state: 'missing',
      problem: { code: 'ready.payload-missing', next: `rackside library export --all --to ${at('stick')}` },
    },
  ]);
  await json('library', 'export', '--policies', '--to', at('stick'));
  await ready(0, at('stick'), '--verify');
  // Policies that changed since are not on the stick.
  await json('policies', 'remove', 'kiosk');
  const stale = await ready(1, at('stick'));
  expect(stale.items.filter(({ state }) => state !== 'here').map(({ kind, problem }) => [kind, problem?.code])).toEqual([
    ['machine', 'ready.machine-undecided'],
    ['policies', 'ready.policies-missing'],
  ]);
});

test('a collection keeps what recipes here name', async () => {
  await json('recipes', 'remove', 'web').catch(() => undefined);
  expect(await json('library', 'gc')).toMatchObject({ removedPayloads: 0 });
  await json('policies', 'remove', 'web');
  await json('recipes', 'remove', 'web');
  expect(await lab.rackside('events')).toMatchObject({ code: 0 });
  await expect.poll(async () => (await json<LibraryView[]>('library', 'list'))[0]?.recipes).toBe(0);
  expect(await json('library', 'gc')).toMatchObject({ removedPayloads: 1 });
});
