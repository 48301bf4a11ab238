// When each pack of a library was last read whole by a scrub.

export const packChecks = {
  number: 7,
  sql: `
CREATE TABLE pack_check(
  library_id TEXT NOT NULL,
  pack_id TEXT NOT NULL,
  verified_at_ms INTEGER NOT NULL,
  bad_chunks INTEGER NOT NULL,
  PRIMARY KEY (library_id, pack_id)
) STRICT;
`,
} as const;
