// Machine records that a person joined or parted, with all that is needed to take it back; and which MACs and disks have been seen on
// more than one machine, so that they never tell one again.

export const recordChanges = {
  number: 6,
  sql: `
CREATE TABLE record_change(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('merge', 'split')),
  -- Records come and go, so these are no references: merge removed the other one, split made it.
  kept_id TEXT NOT NULL,
  kept_name TEXT NOT NULL,
  other_id TEXT NOT NULL,
  other_name TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  site_id INTEGER NOT NULL REFERENCES site(id),
  operator_id INTEGER NOT NULL REFERENCES operator(id),
  before_json TEXT NOT NULL,
  undone_at_ms INTEGER
) STRICT;

CREATE TABLE evidence_carrier(
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  machine_id TEXT NOT NULL REFERENCES machine(id) ON DELETE CASCADE,
  PRIMARY KEY (kind, value, machine_id)
) STRICT;
INSERT INTO evidence_carrier(kind, value, machine_id)
  SELECT kind, value, machine_id FROM evidence JOIN machine ON machine.id = machine_id WHERE kind IN ('mac', 'disk') AND provisional = 0;
`,
} as const;
