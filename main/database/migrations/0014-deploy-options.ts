// What a deploy does beside writing its image: what grows, and the machine's own settings. A person's choice keeps them as they were
// said; a job keeps them filled in, until it ends.

export const deployOptions = {
  number: 14,
  sql: `
ALTER TABLE override ADD COLUMN options_json TEXT NOT NULL DEFAULT '{}';
ALTER TABLE job ADD COLUMN options_json TEXT NOT NULL DEFAULT '{}';
`,
} as const;
