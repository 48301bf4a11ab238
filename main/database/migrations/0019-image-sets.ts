// Image sets, and how far each machine is with one. The library says which members are there; a run says what was built here, what one yes
// of a person covers, and with what it failed.

export const imageSets = {
  number: 19,
  sql: `
CREATE TABLE image_set(
  name TEXT PRIMARY KEY,
  set_json TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  added_at_ms INTEGER NOT NULL,
  added_by TEXT NOT NULL
) STRICT;
CREATE TABLE set_run(
  id INTEGER PRIMARY KEY,
  machine_id TEXT NOT NULL REFERENCES machine(id) ON DELETE CASCADE,
  site_id INTEGER NOT NULL REFERENCES site(id),
  set_name TEXT NOT NULL,
  set_json TEXT NOT NULL,
  final TEXT NOT NULL,
  -- Of the member that it is at, from 1.
  number INTEGER NOT NULL,
  -- All members are there; what is left is to end on the final one.
  is_final INTEGER NOT NULL DEFAULT 0,
  built_json TEXT NOT NULL DEFAULT '[]',
  covered_json TEXT,
  failure_json TEXT,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'ended')),
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX set_run_open ON set_run(machine_id) WHERE state = 'running';
CREATE INDEX set_run_by_machine ON set_run(machine_id, id);
`,
} as const;
