// Images on their way on the station itself, and how they ended; a failure is kept until a person lets it try again.

export const constructions = {
  number: 17,
  sql: `
CREATE TABLE construction(
  id TEXT PRIMARY KEY,
  recipe_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('compose', 'command')),
  image_name TEXT NOT NULL,
  key_json TEXT NOT NULL,
  machine_id TEXT,
  machine_name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  osoid TEXT,
  failure_json TEXT,
  last_line TEXT NOT NULL DEFAULT '',
  forgotten INTEGER NOT NULL DEFAULT 0
) STRICT;
`,
} as const;
