// A person's choice of an image whose volumes are sealed to the machine that it was made on.

export const acceptsBound = {
  number: 15,
  sql: `
ALTER TABLE override ADD COLUMN accepts_bound INTEGER NOT NULL DEFAULT 0;
`,
} as const;
