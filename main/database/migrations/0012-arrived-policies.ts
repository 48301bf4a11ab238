// Policies that came with an imported file and that nobody has switched on here yet. The policy of that name that is here goes on as it
// is until then; one that is new stands in `policy` too, switched off.

export const arrivedPolicies = {
  number: 12,
  sql: `
CREATE TABLE arrived_policy(
  name TEXT PRIMARY KEY REFERENCES policy(name) ON DELETE CASCADE,
  policy_json TEXT NOT NULL,
  source TEXT NOT NULL,
  arrived_at_ms INTEGER NOT NULL,
  was_auto INTEGER NOT NULL,
  is_new INTEGER NOT NULL
) STRICT;
`,
} as const;
