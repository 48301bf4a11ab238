// Per-machine settings as they travel to the target: the files of a NoCloud data source, ready to be written (docs/operating.md,
// "Per-machine settings"). They may hold secrets: they are never logged.
import { z } from 'zod';
import { sha256Schema } from './disk.ts';

export const SEED_FILE_NAMES = ['meta-data', 'user-data', 'network-config'] as const;

/** What one machine's settings may take, in characters, all files together. */
export const SEED_MOST_CHARACTERS = 256 * 1024;

export const seedSchema = z.object({
  /** Unique to the deploy: cloud-init runs its once-per-instance parts again when it changes. */
  instanceId: z.string().regex(/^[a-z0-9-]{1,80}$/),
  /** Names the settings without the instance id; goes into the disk's record. */
  settingsSha256: sha256Schema,
  files: z.array(z.object({ name: z.enum(SEED_FILE_NAMES), text: z.string().max(SEED_MOST_CHARACTERS) })).max(SEED_FILE_NAMES.length),
});
export type Seed = Readonly<z.infer<typeof seedSchema>>;
