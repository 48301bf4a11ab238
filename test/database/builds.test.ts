// A database of before builds: its captures keep their wish and steps through the new table, and a build without consent is impossible.
import { expect, test } from 'vitest';
import { builds } from '../../main/database/migrations/0011-builds.ts';
import { createJobRows } from '../../main/jobs/job-rows.ts';
import { olderDatabase } from './older-database.ts';

const older = olderDatabase();

test('captures of before are there, and builds are kept whole', () => {
  older.leave(
    builds.number,
    `
    INSERT INTO job(id, kind, machine_id, site_id, operator_id, image_name, disk_serial, disk_size_bytes, wish_json, state, attempt, created_at_ms)
      VALUES ('j', 'capture', 'm', 1, 1, 'golden', 'D', 1000, '{"notes":"n"}', 'running', 1, 5);
    INSERT INTO job_step(job_id, number, step, started_at_ms, ended_at_ms, note) VALUES ('j', 1, 'survey', 5, NULL, '');
  `,
  );

  const database = older.open();
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
