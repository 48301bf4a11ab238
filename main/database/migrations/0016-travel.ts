// What this station has said in libraries, under which revision, and what a person has answered to what others said.

export const travel = {
  number: 16,
  sql: `
CREATE TABLE spoken_document(
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  revision INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT;
CREATE TABLE arrival_answer(
  content_hash TEXT PRIMARY KEY,
  answer TEXT NOT NULL,
  answered_by TEXT NOT NULL,
  answered_at_ms INTEGER NOT NULL
) STRICT;
`,
} as const;
