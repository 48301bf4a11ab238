// The station's own fields: how people are asked for facts.

export const fields = {
  number: 13,
  sql: `
CREATE TABLE field(
  name TEXT PRIMARY KEY,
  field_json TEXT NOT NULL,
  added_at_ms INTEGER NOT NULL,
  added_by TEXT NOT NULL
) STRICT;
`,
} as const;
