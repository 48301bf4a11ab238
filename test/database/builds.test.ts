// A database of before builds: its captures keep their wish and steps through the new table, and a build without consent is impossible.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { MIGRATIONS } from '../../main/database/migrations/all.ts';
import { builds } from '../../main/database/migrations/0011-builds.ts';
import { openDatabase } from '../../main/database/open.ts';
import type { Database } from '../../main/database/open.ts';
import { createJobRows } from '../../main/jobs/job-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'rackside-builds-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (migrations = MIGRATIONS): Database => {
  const opened = openDatabase(join(folder, 'station.db'), migrations);
  return opened.ok ? opened.value : expect.fail(opened.failure.message);
};

test('captures of before are there, and builds are kept whole', () => {
  const old = open(MIGRATIONS.filter(({ number }) => number < builds.number));
  old.exec(`
    INSERT INTO site(id, name, created_at_ms) VALUES (1, 'Site A', 1);
    INSERT INTO operator(id, name, created_at_ms) VALUES (1, 'Ada', 1);
    INSERT INTO machine(id, provisional, state, state_at_ms, says, first_seen_at_ms, last_seen_at_ms) VALUES ('m', 0, 'seen', 1, '', 1, 1);
    INSERT INTO consent(id, at_ms, site_id, operator_id, machine_id, session_id, disk_serial, disk_size_bytes, content_hash, osoid, given_by)
      VALUES ('c', 1, 1, 1, 'm', 's', 'D', 1000, 'h', 'o', 'person');
    INSERT INTO job(id, kind, machine_id, site_id, operator_id, image_name, disk_serial, disk_size_bytes, wish_json, state, attempt, created_at_ms)
      VALUES ('j', 'capture', 'm', 1, 1, 'golden', 'D', 1000, '{"notes":"n"}', 'running', 1, 5);
    INSERT INTO job_step(job_id, number, step, started_at_ms, ended_at_ms, note) VALUES ('j', 1, 'survey', 5, NULL, '');
  `);
  old.close();

  const database = open();
  const rows = createJobRows(database);
  expect(rows.get('j')).toMatchObject({ kind: 'capture', imageName: 'golden', wish: { notes: 'n' }, state: 'running', result: null });
  expect(rows.steps('j')).toHaveLength(1);
  const key = { id: 'web', version: '1', matchOn: { model: 'R650' } };
  const wish = { labels: { role: 'web' }, notes: '', sha256: 'a'.repeat(64), key };
  const basis = { machineId: 'm', imageName: 'web', disk: { serial: 'D', wwn: null, sizeBytes: 1000 }, wish } as const;
  const place = { siteId: 1, operatorId: 1 };
  rows.insert({ ...basis, id: 'b', kind: 'build', consentId: 'c', policy: 'p', contentHash: 'h' }, place, 7);
  const job = rows.get('b');
  expect(job).toMatchObject({ kind: 'build', consentId: 'c', policy: 'p', contentHash: 'h', wish, state: 'queued', result: null });
  expect(rows.builtImages()).toEqual([]);
  database.exec(`UPDATE job SET result_json = '{"osoid":"x"}' WHERE id = 'b'`);
  expect(rows.builtImages()).toEqual([{ key, osoid: 'x' }]);
  for (const column of ['consent_id', 'wish_json', 'content_hash'])
    expect(() => database.exec(`UPDATE job SET ${column} = NULL WHERE id = 'b'`)).toThrow(/CHECK/);
  expect(database.pragma('foreign_key_check')).toEqual([]);
  database.close();
});
