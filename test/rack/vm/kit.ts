// Builds the boot kit as `npm run bootkit` does, in a process of its own; seconds when nothing changed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const BUILD = join(import.meta.dirname, '../../../scripts/bootkit/build.ts');

/** Throws when the build fails; its own messages are on stderr. */
export const runBootkit = (args: readonly string[] = []): void => {
  const result = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', BUILD, ...args], { stdio: ['ignore', 2, 2] });
  if (result.status !== 0) throw new Error('the boot kit could not be built; its messages are above');
};
