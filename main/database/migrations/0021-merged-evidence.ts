// What a merge by hand brought together stays, whichever of the two boots next: a reading replaces only what was read before.

export const mergedEvidence = {
  number: 21,
  sql: `
ALTER TABLE evidence ADD COLUMN merged INTEGER NOT NULL DEFAULT 0;
`,
} as const;
