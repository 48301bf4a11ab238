// Machines that are being installed by a vendor's own installer: what their next boot gets, and how far they are. The row ends with its job.

export const installerBoots = {
  number: 18,
  sql: `
CREATE TABLE installer_boot(
  job_id TEXT PRIMARY KEY REFERENCES job(id) ON DELETE CASCADE,
  token TEXT NOT NULL UNIQUE,
  mac TEXT NOT NULL,
  recipe_sha256 TEXT NOT NULL,
  disk_path TEXT NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('preparing', 'ready', 'installing', 'collecting')),
  phase_at_ms INTEGER NOT NULL,
  finished_at_ms INTEGER
) STRICT;
CREATE INDEX installer_boot_by_mac ON installer_boot(mac);
`,
} as const;
