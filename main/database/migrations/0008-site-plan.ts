// What a site is planned to be, one plan a site, as its file said; and facts that come from it, beside the inventory's and a person's.
// SQLite cannot loosen a check, so the table of facts is made anew.

export const sitePlan = {
  number: 8,
  sql: `
CREATE TABLE site_plan(
  site_id INTEGER PRIMARY KEY REFERENCES site(id),
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  imported_at_ms INTEGER NOT NULL,
  operator_id INTEGER NOT NULL REFERENCES operator(id)
) STRICT;

CREATE TABLE new_fact(
  machine_id TEXT NOT NULL REFERENCES machine(id) ON DELETE CASCADE,
  origin TEXT NOT NULL CHECK (origin IN ('inventory', 'person', 'plan')),
  name TEXT NOT NULL,
  value_json TEXT NOT NULL,
  source TEXT NOT NULL,
  filler INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (machine_id, origin, name)
) STRICT;
INSERT INTO new_fact SELECT machine_id, origin, name, value_json, source, filler, since_ms FROM fact ORDER BY rowid;
DROP TABLE fact;
ALTER TABLE new_fact RENAME TO fact;
`,
} as const;
