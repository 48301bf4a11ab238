// Tokens prove themselves and are remembered only once used; sessions remember when they were last heard, so that old ones can go.

export const tokensAndSessions = {
  number: 3,
  sql: `
DROP TABLE boot_token;
CREATE TABLE used_token(token_hash TEXT PRIMARY KEY, nonce TEXT NOT NULL, issued_at_ms INTEGER NOT NULL) STRICT;
CREATE INDEX used_token_by_time ON used_token(issued_at_ms);

ALTER TABLE session ADD COLUMN heard_at_ms INTEGER NOT NULL DEFAULT 0;
UPDATE session SET heard_at_ms = started_at_ms;
CREATE INDEX machine_only_seen ON machine(provisional, state, last_seen_at_ms);
`,
} as const;
