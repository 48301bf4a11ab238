// Recipes as they were added, every version; the switch is that of all versions of one id.

export const recipes = {
  number: 10,
  sql: `
CREATE TABLE recipe(
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  recipe_json TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  added_at_ms INTEGER NOT NULL,
  added_by TEXT NOT NULL,
  PRIMARY KEY (id, version)
) STRICT;
`,
} as const;
