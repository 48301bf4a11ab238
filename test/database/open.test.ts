import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIGRATIONS } from '../../main/database/migrations/all.ts';
import { openDatabase } from '../../main/database/open.ts';
import type { Database } from '../../main/database/open.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-database-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (path: string): Database => {
  const opened = openDatabase(path);
  return opened.ok ? opened.value : expect.fail(opened.failure.message);
};

test('a new file gets every migration, WAL and foreign keys, and opens again', () => {
  const path = join(folder, 'station.db');
  const database = open(path);
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(database.pragma('foreign_keys', { simple: true })).toBe(1);
  expect(database.pragma('user_version', { simple: true })).toBe(MIGRATIONS.at(-1)?.number);
  database.prepare("INSERT INTO setting(key, value) VALUES ('a', 'b')").run();
  database.close();
  const again = open(path);
  expect(again.prepare('SELECT value FROM setting').pluck().get()).toBe('b');
  again.close();
});

test('every table is STRICT', () => {
  const database = open(':memory:');
  const loose = database
    .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all();
  expect(loose).toEqual([]);
  database.close();
});

test('migrations are numbered without a gap, and only missing ones run', () => {
  expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  const path = join(folder, 'station.db');
  open(path).close();
  const next = { number: MIGRATIONS.length + 1, sql: 'CREATE TABLE added(x INTEGER) STRICT;' };
  const opened = openDatabase(path, [...MIGRATIONS, next]);
  expect(opened.ok && opened.value.prepare('SELECT count(*) FROM added').pluck().get()).toBe(0);
  if (opened.ok) opened.value.close();
});

test('a migration that fails leaves the database as it was', () => {
  const path = join(folder, 'station.db');
  open(path).close();
  const broken = { number: MIGRATIONS.length + 1, sql: 'CREATE TABLE added(x INTEGER) STRICT; CREATE TABLE added(x INTEGER) STRICT;' };
  expect(() => openDatabase(path, [...MIGRATIONS, broken])).toThrow(/already exists/);
  const database = open(path);
  expect(database.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'added'").pluck().get()).toBe(0);
  database.close();
});

test('a newer database is refused and not touched', () => {
  const path = join(folder, 'station.db');
  const database = open(path);
  database.pragma('user_version = 900');
  database.close();
  const before = readFileSync(path);
  expect(openDatabase(path)).toMatchObject({ ok: false, failure: { code: 'database.newer' } });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a file that is no database, or is damaged, is refused', () => {
  const path = join(folder, 'station.db');
  writeFileSync(path, 'this is not a database, it is a diary'.repeat(300));
  expect(openDatabase(path)).toMatchObject({ ok: false, failure: { code: 'database.corrupt' } });
  const cut = join(folder, 'cut.db');
  const database = open(cut);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  truncateSync(cut, 8192);
  expect(openDatabase(cut)).toMatchObject({ ok: false, failure: { code: 'database.corrupt' } });
});

test('a path that cannot be opened is refused', () => {
  expect(openDatabase(join(folder, 'missing', 'station.db'))).toMatchObject({ ok: false, failure: { code: 'database.unreachable' } });
});
