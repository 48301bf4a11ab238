// A person's choice of an image whose signature this station does not trust: what was accepted, beside who and when.

export const acceptedSignature = {
  number: 2,
  sql: `
-- {"verdict","keyId","manifestSha256"} of the very manifest that was accepted; null for trusted images.
ALTER TABLE override ADD COLUMN accepted_json TEXT;
`,
} as const;
