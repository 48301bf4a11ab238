// A database of before captures: its jobs keep their steps, results and failures through the new table.
import { expect, test } from 'vitest';
import { captures } from '../../main/database/migrations/0005-captures.ts';
import { createJobRows } from '../../main/jobs/job-rows.ts';
import { olderDatabase } from './older-database.ts';

const older = olderDatabase();

test('deploys of before are there with all their steps, and a deploy without consent is still impossible', () => {
  older.leave(
    captures.number,
    `
    INSERT INTO job(id, kind, machine_id, site_id, operator_id, consent_id, policy, osoid, manifest_sha256, image_name, disk_serial,
      disk_size_bytes, content_hash, state, attempt, created_at_ms, ended_at_ms, result_json, failure_json)
      VALUES ('j', 'deploy', 'm', 1, 1, 'c', 'p', 'o', 'x', 'web', 'D', 1000, 'h', 'failed', 2, 5, 9, NULL, '{"code":"a.b"}');
    INSERT INTO job_step(job_id, number, step, started_at_ms, ended_at_ms, note) VALUES ('j', 1, 'check', 5, 6, 'ok'), ('j', 2, 'wipe', 6, NULL, '');
  `,
  );

  const database = older.open();
  const rows = createJobRows(database);
  expect(rows.ofMachine('m')).toMatchObject([
    {
      id: 'j',
      kind: 'deploy',
      consentId: 'c',
      policy: 'p',
      osoid: 'o',
      manifestSha256: 'x',
      imageName: 'web',
      disk: { serial: 'D', wwn: null, sizeBytes: 1000 },
      contentHash: 'h',
      state: 'failed',
      attempt: 2,
      createdAtMs: 5,
      endedAtMs: 9,
      operator: 'Ada',
      siteName: 'Site A',
      failure: { code: 'a.b' },
    },
  ]);
  expect(rows.steps('j')).toEqual([
    { step: 'check', startedAtMs: 5, endedAtMs: 6, note: 'ok' },
    { step: 'wipe', startedAtMs: 6, endedAtMs: null, note: '' },
  ]);
  expect(database.pragma('foreign_key_check')).toEqual([]);
  expect(() => database.exec("UPDATE job SET consent_id = NULL WHERE id = 'j'")).toThrow(/CHECK/);
  database.exec("DELETE FROM job WHERE id = 'j'");
  expect(rows.steps('j')).toEqual([]);
  database.close();
});
