// `rackside events` over a history that is longer than one answer of the station, and `rackside` against the station that has it.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEvents } from '../../main/database/events.ts';
import { openDatabase } from '../../main/database/open.ts';
import { createSites } from '../../main/database/sites.ts';
import { lockDataFolder } from '../../main/data-folder.ts';
import type { EventView } from '../../preload/contract/views.ts';
import { createCommandLab } from './station.ts';
import type { CommandLab } from './station.ts';

const HISTORY = 2345;
let lab: CommandLab;
/** Ids of the whole history, the station's own start included. */
let all: readonly number[];

const events = async (...words: readonly string[]): Promise<readonly EventView[]> => {
  const { code, stdout, stderr } = await lab.rackside('events', ...words, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout === ''
    ? []
    : stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as EventView);
};
const ids = async (...words: readonly string[]): Promise<readonly number[]> => (await events(...words)).map(({ id }) => id);

beforeAll(async () => {
  lab = await createCommandLab();
  // The folder is made and locked as a station would, for as long as it is filled.
  const locked = lockDataFolder(lab.dataFolder);
  if (!locked.ok) throw new Error(locked.failure.message);
  const database = openDatabase(join(lab.dataFolder, 'station.db'));
  if (!database.ok) throw new Error(database.failure.message);
  const shared = { database: database.value, now: () => 1_000_000 };
  const sites = createSites({ ...shared, defaults: { siteName: 'Site', operator: 'Ada' } });
  const rows = createEvents({ ...shared, sites, onEvent: () => undefined });
  database.value.transaction(() => {
    for (let number = 1; number <= HISTORY; number += 1)
      rows.log({ kind: 'test.happened', text: `number ${number}`, machineId: number % 100 === 0 ? 'm' : null });
  })();
  database.value.close();
  locked.value.release();
  await lab.serve();
  all = await ids('--after', '0');
});
afterAll(() => lab.stop());

test('after an event: everything that followed it, however much', () => {
  expect(all.length).toBeGreaterThan(HISTORY);
  expect(all).toEqual(all.toSorted((a, b) => a - b));
  expect(new Set(all).size).toBe(all.length);
});

test('without a word: the last thousand', async () => {
  expect(await ids()).toEqual(all.slice(-1000));
});

test('before an event: the ones just before it, page after page back to the first', async () => {
  let found: readonly number[] = await ids('--limit', '700');
  for (;;) {
    const page = await ids('--before', String(found[0]), '--limit', '700');
    if (page.length === 0) break;
    found = [...page, ...found];
  }
  expect(found).toEqual(all);
  expect(await ids('--before', '2000', '--limit', '1500')).toEqual(all.slice(499, 1999));
});

test('between two, of one machine, and the first few after one', async () => {
  expect(await ids('--after', '10', '--before', '14')).toEqual([11, 12, 13]);
  expect((await events('--machine', 'm', '--limit', '3')).map(({ text }) => text)).toEqual(['number 2100', 'number 2200', 'number 2300']);
  expect(await ids('--after', '1100', '--limit', '1200')).toEqual(all.slice(1100, 2300));
  expect((await lab.rackside('events', '--before', '3')).stdout).toBe(
    [
      '     1  1970-01-01T00:16:40.000Z  info  test.happened            number 1',
      '     2  1970-01-01T00:16:40.000Z  info  test.happened            number 2',
      '',
    ].join('\n'),
  );
});

test.each([
  [['--before', 'x'], 'command.number'],
  [['--before', '0'], 'command.number'],
  [['--limit', '0'], 'command.number'],
  [['--after', '-1'], 'command.option'],
  [['--after', '1.5'], 'command.number'],
  [['--before', '5', '--follow'], 'command.arguments'],
] as const)('%j is refused with %s', async (words, code) => {
  expect(await lab.rackside('events', ...words)).toMatchObject({ stdout: '', stderr: expect.stringContaining(`(${code})`) });
});
