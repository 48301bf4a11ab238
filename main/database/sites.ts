// Where the station is and who uses it: every event, consent and job carries both (docs/operating.md, "Site and operator").
import type { Database } from './open.ts';

export type Place = { readonly siteId: number; readonly siteName: string; readonly operatorId: number; readonly operator: string };

export type Sites = {
  current(): Place;
  /** A site that the station was at, or has a plan for, by its exact name. */
  find(name: string): Pick<Place, 'siteId' | 'siteName'> | null;
  /** Names not given stay. A name seen before is the same site or person again. */
  describe(names: { readonly siteName?: string | undefined; readonly operator?: string | undefined }): Place;
};

export type SitesOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly defaults: { readonly siteName: string; readonly operator: string };
};

/** The site and operator of the last run, else the defaults. */
export const createSites = ({ database, now, defaults }: SitesOptions): Sites => {
  const read = database.prepare<[string], { value: string }>('SELECT value FROM setting WHERE key = ?');
  const write = database.prepare('INSERT INTO setting(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value');
  const putSite = database.prepare<[string, number], { id: number }>(
    'INSERT INTO site(name, created_at_ms) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET name = name RETURNING id',
  );
  const putOperator = database.prepare<[string, number], { id: number }>(
    'INSERT INTO operator(name, created_at_ms) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET name = name RETURNING id',
  );
  const byName = database.prepare<[string], { siteId: number; siteName: string }>(
    'SELECT id AS siteId, name AS siteName FROM site WHERE name = ?',
  );
  const nameOf = (key: string, given: string | undefined, fallback: string): string => {
    const name = given?.trim() ?? '';
    return name === '' ? (read.get(key)?.value ?? fallback) : name;
  };
  const idOf = (row: { id: number } | undefined): number => {
    if (row === undefined) throw new Error('an upsert returned no row');
    return row.id;
  };
  const describe = database.transaction((names: Parameters<Sites['describe']>[0]): Place => {
    const siteName = nameOf('site', names.siteName, defaults.siteName);
    const operator = nameOf('operator', names.operator, defaults.operator);
    write.run('site', siteName);
    write.run('operator', operator);
    return { siteName, operator, siteId: idOf(putSite.get(siteName, now())), operatorId: idOf(putOperator.get(operator, now())) };
  });
  let place = describe({});
  return {
    current: () => place,
    find: (name) => byName.get(name) ?? null,
    describe: (names) => (place = describe(names)),
  };
};
