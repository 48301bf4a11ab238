// What the newer screens derive from the station's answers: rows of a plan, images of a recipe, the mark in the search.
import { expect, test } from 'vitest';
import { jobsFor, NO_FILTER } from '../../renderer/screens/jobs/job-filter.ts';
import { evidenceOf, expectationsOf } from '../../renderer/screens/machine/record-values.ts';
import { builtBy, policiesOf } from '../../renderer/screens/recipes/recipe-rows.ts';
import { rowsFor, toneOfRow } from '../../renderer/screens/site/plan-rows.ts';
import { planText } from '../../renderer/screens/site/read-plan-file.ts';
import { markedAt } from '../../renderer/store/search.ts';
import { lastOf } from '../../renderer/store/use-last-event.ts';
import { makeScene } from './scene.ts';
import { IMAGES, image } from './scene-parts.ts';
import type { PlanRow } from '../../renderer/screens/site/plan-rows.ts';
import type { Found } from '../../renderer/store/search.ts';

const row = (line: number, part: Partial<PlanRow>): PlanRow => ({
  line,
  keys: {},
  facts: [],
  state: 'seen',
  machine: null,
  conflict: null,
  differences: [],
  ...part,
});
const PLAN = [
  row(2, {}),
  row(3, { state: 'missing' }),
  row(4, { state: 'conflict', conflict: 'Two machines fit this row.' }),
  row(5, { differences: [{ fact: 'model', expected: 'R640', seen: 'R740' }] }),
];

test('rows of a plan by what is asked for', () => {
  const lines = (filter: Parameters<typeof rowsFor>[1]) => rowsFor(PLAN, filter).map(({ line }) => line);
  expect(lines('all')).toEqual([2, 3, 4, 5]);
  expect(lines('missing')).toEqual([3]);
  expect(lines('conflict')).toEqual([4]);
  expect(lines('differs')).toEqual([5]);
  expect(lines('seen')).toEqual([2, 5]);
  expect(PLAN.map(toneOfRow)).toEqual(['ok', 'ask', 'fail', 'ask']);
});

test('a plan file: UTF-8, UTF-16 and Windows-1252 as spreadsheets save it, no text, too long', () => {
  const utf8 = new TextEncoder().encode('serial\nÄ1\n');
  const sure = { ok: true, value: { text: 'serial\nÄ1\n', note: null } };
  expect(planText('a.csv', utf8)).toEqual(sure);
  const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('serial\nÄ1\n', 'utf16le')]);
  expect(planText('a.txt', wide)).toEqual(sure);
  const turned = Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from('serial\nÄ1\n', 'utf16le').swap16()]);
  expect(planText('a.txt', turned)).toEqual(sure);
  expect(planText('a.txt', Buffer.from('serial\nÄ1\n', 'utf16le'))).toEqual(sure);
  expect(planText('a.csv', Uint8Array.of(0x73, 0xe4, 0x0a))).toEqual({
    ok: true,
    value: { text: 'sä\n', note: expect.stringContaining('was read as Windows-1252: line 1 sä.') },
  });
  expect(planText('a.csv', Uint8Array.of(0x73, 0x0a, 0x81, 0x0a))).toMatchObject({
    ok: false,
    failure: { code: 'plan.not-text', message: expect.stringContaining('line 2') },
  });
  expect(planText('a.csv', new Uint8Array(900_001).fill(0x61))).toMatchObject({ ok: false, failure: { code: 'plan.too-long' } });
});

test('what a recipe built, the newest version first, and who builds by it', () => {
  const built = (name: string, id: string, version: string) => ({ ...image(name, 1, {}), recipe: { id, version, matchOn: {} } });
  const images = [...IMAGES, built('b', 'db', '2'), built('a', 'db', '10'), built('a', 'web', '3')];
  expect(builtBy('db', images).map(({ recipe }) => recipe?.version)).toEqual(['10', '2']);
  expect(builtBy('nothing', images)).toEqual([]);
  const policy = (name: string, outcome: object) => ({ policy: { name, outcome } }) as never;
  expect(policiesOf('db', [policy('p', { kind: 'build', recipe: 'db' }), policy('q', { kind: 'build', recipe: 'web' })])).toEqual(['p']);
});

test('the mark of the search stays on what it marked while the list changes under it', () => {
  const found = (id: string): Found => ({ kind: 'machine', id, title: id, detail: '' });
  const mark = { key: 'machine b', at: 1 };
  expect(markedAt([found('a'), found('b')], mark)).toBe(1);
  expect(markedAt([found('new'), found('a'), found('b')], mark)).toBe(2);
  expect(markedAt([found('a'), found('c'), found('d')], mark)).toBe(1);
  expect(markedAt([found('a')], mark)).toBe(0);
  expect(markedAt([found('x'), found('a')], { key: null, at: 0 })).toBe(0);
});

test('the last event of an area', () => {
  const events = ['plan.imported', 'recipe.added', 'machine.seen'].map((kind, id) => ({ kind, id: id + 1 }));
  expect([lastOf(events, ['recipe.']), lastOf(events, ['plan.', 'recipe.']), lastOf(events, ['job.'])]).toEqual([2, 2, 0]);
});

test('jobs by state, kind and any name in them', () => {
  const { jobs } = makeScene(0);
  expect(jobsFor(jobs, NO_FILTER)).toEqual(jobs);
  const failed = jobsFor(jobs, { ...NO_FILTER, state: 'failed' });
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.every(({ state }) => state === 'failed')).toBe(true);
  expect(jobsFor(jobs, { ...NO_FILTER, kind: 'build' }).every(({ kind }) => kind === 'build')).toBe(true);
  const [first] = jobs;
  expect(jobsFor(jobs, { ...NO_FILTER, text: `${first?.machineName.toUpperCase()} ${first?.operator}` })).toContain(first);
  expect(jobsFor(jobs, { ...NO_FILTER, text: 'nobody has this' })).toEqual([]);
});

test('what can be told apart by hand: evidence without filler, serials before MACs', () => {
  const fact = (name: string, value: string | string[], filler = false) => ({ name, value, filler });
  const facts = [
    fact('nic.macs', ['aa', 'bb']),
    fact('system.serial', 'S1'),
    fact('board.serial', 'Default string', true),
    fact('role', 'web'),
  ];
  expect(evidenceOf(facts)).toEqual([
    { fact: 'system.serial', value: 'S1' },
    { fact: 'nic.macs', value: 'aa' },
    { fact: 'nic.macs', value: 'bb' },
  ]);
});

test('what the plan expects: as it is, or what stands instead', () => {
  const fact = (name: string, value: string, origin: 'plan' | 'inventory' | 'person', counts: boolean) =>
    ({ name, value, origin, counts, source: origin, filler: false, sinceMs: 0 }) as const;
  const facts = [
    fact('model', 'R740', 'plan', false),
    fact('model', 'R640', 'inventory', true),
    fact('role', 'web', 'plan', true),
    fact('user', 'ada', 'plan', false),
    fact('user', 'ada', 'person', true),
  ];
  expect(expectationsOf(facts).map(({ planned, seen }) => [planned.name, seen?.value ?? null])).toEqual([
    ['model', 'R640'],
    ['role', null],
    ['user', null],
  ]);
});
