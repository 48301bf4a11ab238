// Who armed which site, for how many machines, what was shown, and how it ended: kept for ever, as the consents that came of it are.

export const arming = {
  number: 4,
  sql: `
CREATE TABLE arming(
  id TEXT PRIMARY KEY,
  site_id INTEGER NOT NULL REFERENCES site(id),
  operator_id INTEGER NOT NULL REFERENCES operator(id),
  at_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  machines INTEGER NOT NULL,
  -- The preview as it was on the screen, an ArmingPreview, and whether its "replace" lines were meant too.
  shown_json TEXT NOT NULL,
  replace_existing INTEGER NOT NULL,
  ended_at_ms INTEGER,
  end_reason TEXT
) STRICT;
ALTER TABLE consent ADD COLUMN arming_id TEXT REFERENCES arming(id);
CREATE INDEX consent_by_arming ON consent(arming_id);
`,
} as const;
