// Jobs of a fourth kind: a deep check has an image as a deploy has, and no consent. SQLite cannot loosen a check, so both tables are made
// anew; the steps go first, or dropping the old jobs would take them along.

export const deepChecks = {
  number: 20,
  sql: `
CREATE TABLE new_job(
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('deploy', 'capture', 'build', 'verify')),
  machine_id TEXT NOT NULL REFERENCES machine(id),
  site_id INTEGER NOT NULL REFERENCES site(id),
  operator_id INTEGER NOT NULL REFERENCES operator(id),
  consent_id TEXT REFERENCES consent(id),
  policy TEXT,
  osoid TEXT,
  manifest_sha256 TEXT,
  image_name TEXT NOT NULL,
  disk_serial TEXT,
  disk_wwn TEXT,
  disk_size_bytes INTEGER NOT NULL,
  content_hash TEXT,
  -- Of a capture: labels, notes, and where the machine was before. Of a build: labels and recipe. Of a deep check: where the machine was.
  wish_json TEXT,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  result_json TEXT,
  failure_json TEXT,
  options_json TEXT NOT NULL DEFAULT '{}',
  CHECK (CASE kind
    WHEN 'deploy' THEN consent_id IS NOT NULL AND osoid IS NOT NULL AND manifest_sha256 IS NOT NULL AND content_hash IS NOT NULL
    WHEN 'build' THEN consent_id IS NOT NULL AND wish_json IS NOT NULL AND content_hash IS NOT NULL
    WHEN 'verify' THEN osoid IS NOT NULL AND manifest_sha256 IS NOT NULL AND wish_json IS NOT NULL
    ELSE wish_json IS NOT NULL END)
) STRICT;
INSERT INTO new_job SELECT id, kind, machine_id, site_id, operator_id, consent_id, policy, osoid, manifest_sha256, image_name,
  disk_serial, disk_wwn, disk_size_bytes, content_hash, wish_json, state, attempt, cancel_requested, created_at_ms, ended_at_ms,
  result_json, failure_json, options_json FROM job;
CREATE TABLE new_job_step(
  job_id TEXT NOT NULL REFERENCES new_job(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  step TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  note TEXT NOT NULL,
  PRIMARY KEY (job_id, number)
) STRICT;
INSERT INTO new_job_step SELECT job_id, number, step, started_at_ms, ended_at_ms, note FROM job_step;
DROP TABLE job_step;
DROP TABLE job;
ALTER TABLE new_job RENAME TO job;
ALTER TABLE new_job_step RENAME TO job_step;
CREATE INDEX job_by_machine ON job(machine_id, created_at_ms);
`,
} as const;
