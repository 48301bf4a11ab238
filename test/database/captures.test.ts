// A database of before captures: its jobs keep their steps, results and failures through the new table.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { MIGRATIONS } from '../../main/database/migrations/all.ts';
import { captures } from '../../main/database/migrations/0005-captures.ts';
import { openDatabase } from '../../main/database/open.ts';
import type { Database } from '../../main/database/open.ts';
import { createJobRows } from '../../main/jobs/job-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'rackside-captures-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (migrations = MIGRATIONS): Database => {
  const opened = openDatabase(join(folder, 'station.db'), migrations);
  return opened.ok ? opened.value : expect.fail(opened.failure.message);
};

test('deploys of before are there with all their steps, and a deploy without consent is still impossible', () => {
  const old = open(MIGRATIONS.filter(({ number }) => number < captures.number));
  old.exec(`
    INSERT INTO site(id, name, created_at_ms) VALUES (1, 'Site A', 1);
    INSERT INTO operator(id, name, created_at_ms) VALUES (1, 'Ada', 1);
    INSERT INTO machine(id, provisional, state, state_at_ms, says, first_seen_at_ms, last_seen_at_ms) VALUES ('m', 0, 'seen', 1, '', 1, 1);
    INSERT INTO consent(id, at_ms, site_id, operator_id, machine_id, session_id, disk_serial, disk_size_bytes, content_hash, osoid, given_by)
      VALUES ('c', 1, 1, 1, 'm', 's', 'D', 1000, 'h', 'o', 'person');
    INSERT INTO job(id, kind, machine_id, site_id, operator_id, consent_id, policy, osoid, manifest_sha256, image_name, disk_serial,
      disk_size_bytes, content_hash, state, attempt, created_at_ms, ended_at_ms, result_json, failure_json)
      VALUES ('j', 'deploy', 'm', 1, 1, 'c', 'p', 'o', 'x', 'web', 'D', 1000, 'h', 'failed', 2, 5, 9, NULL, '{"code":"a.b"}');
    INSERT INTO job_step(job_id, number, step, started_at_ms, ended_at_ms, note) VALUES ('j', 1, 'check', 5, 6, 'ok'), ('j', 2, 'wipe', 6, NULL, '');
  `);
  old.close();

  const database = open();
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
