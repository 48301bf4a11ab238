// Opens the station's one SQLite database, brings it up to this station's shape, and refuses what it must not touch: a
// database of a newer station, or a file that is damaged or no database at all.
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { MIGRATIONS } from './migrations/all.ts';
import type { Migration } from './migrations/all.ts';

export type { Database } from 'better-sqlite3';

/**
 * `path` is a file or `:memory:`; the caller closes what it gets, and has locked the folder.
 * Failures: `database.newer`, `database.corrupt`, `database.unreachable`.
 */
export const openDatabase = (path: string, migrations: readonly Migration[] = MIGRATIONS): Result<Database> => {
  let database: Database | null = null;
  try {
    database = new Sqlite(path);
    const opened = prepare(database, path, migrations);
    if (!opened.ok) database.close();
    return opened;
  } catch (error) {
    database?.close();
    const code = sqliteCode(error);
    if (code === 'SQLITE_NOTADB' || code?.startsWith('SQLITE_CORRUPT') === true) return corrupt(path, String(error));
    if (code?.startsWith('SQLITE_CANTOPEN') === true || code?.startsWith('SQLITE_READONLY') === true || error instanceof TypeError) {
      return failed(
        'database.unreachable',
        `The database ${path} cannot be opened for writing.`,
        'Check that its folder exists, is yours, and has room.',
      );
    }
    throw error;
  }
};

/** Runs `work`; when it returns, what it committed survives a power cut: a consent must, before the order that rests on it leaves. */
export const durably = <T>(database: Database, work: () => T): T => {
  database.pragma('synchronous = FULL');
  try {
    return work();
  } finally {
    database.pragma('synchronous = NORMAL');
  }
};

const prepare = (database: Database, path: string, migrations: readonly Migration[]): Result<Database> => {
  const version = Number(database.pragma('user_version', { simple: true }));
  const newest = migrations.at(-1)?.number ?? 0;
  if (version > newest) {
    return failed(
      'database.newer',
      `The database ${path} has shape ${version}; this station knows shapes up to ${newest}.`,
      'Use the newer station that wrote it, or give this one another data folder. Nothing was changed.',
    );
  }
  const damage = String(database.pragma('quick_check(1)', { simple: true }));
  if (damage !== 'ok') return corrupt(path, damage);
  database.pragma('journal_mode = WAL');
  // A power cut may undo the last moments, never damage the file; what must not be undone is written by `durably`.
  database.pragma('synchronous = NORMAL');
  database.pragma('foreign_keys = ON');
  database.pragma('busy_timeout = 2000');
  for (const migration of migrations.filter(({ number }) => number > version)) apply(database, migration);
  return success(database);
};

const apply = (database: Database, migration: Migration): void => {
  database.transaction(() => {
    database.exec(migration.sql);
    database.pragma(`user_version = ${migration.number}`);
  })();
};

const sqliteCode = (error: unknown): string | null => (error instanceof Sqlite.SqliteError ? error.code : null);

const corrupt = (path: string, why: string): Result<Database> =>
  failed(
    'database.corrupt',
    `The database ${path} is damaged (${why.slice(0, 200)}).`,
    'Put it aside and start again, or restore a copy; images in the library are not affected.',
  );
