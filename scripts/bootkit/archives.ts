// Opens the Debian archives a kit is made from: the suite, and its security updates where a mirror of them can be reached.
import { join } from 'node:path';

import { openApt } from './apt.ts';
import type { Apt, Archive } from './apt.ts';
import { hostMirrors } from './mirror.ts';
import { isBuildStop, stopBuild } from './run.ts';

export type ArchiveOptions = {
  readonly suite: string;
  readonly components: readonly string[];
  readonly architecture: string;
  readonly cacheFolder: string;
  /** Override the computer's own mirrors. */
  readonly mirror: string | undefined;
  readonly securityMirror: string | undefined;
  readonly say: (line: string) => void;
};

export type OpenedArchives = { readonly apt: Apt; /** Whether the security updates are among them. */ readonly security: boolean };

/** Reads the lists of the suite and of its security updates; goes on without the latter, by name, where they cannot be reached. */
export const openArchives = async (options: ArchiveOptions): Promise<OpenedArchives> => {
  const { suite, components, architecture, cacheFolder, say } = options;
  const host = await hostMirrors();
  const mirror =
    options.mirror ??
    host.main ??
    stopBuild('bootkit.no-mirror', 'No Debian mirror is configured on this computer.', 'Name one: npm run bootkit -- --mirror URL');
  const securityMirror = options.securityMirror ?? host.security;
  const folder = join(cacheFolder, 'apt');
  const main: Archive = { mirror, suite };
  if (securityMirror === undefined) {
    say(`this computer's apt names no mirror of security updates; going on without ${suite}-security. To name one: --security-mirror URL`);
  } else {
    say(`reading the package lists of ${suite} and ${suite}-security`);
    const apt = await openApt({
      folder,
      archives: [main, { mirror: securityMirror, suite: `${suite}-security` }],
      components,
      architecture,
    });
    const reached = await apt.update().then(
      () => true,
      (error: unknown) => {
        // A wrong signature is no missing mirror: it ends the build.
        if (!isBuildStop(error) || error.failure.code !== 'bootkit.tool-failed') throw error;
        say(`not both could be read: ${error.failure.message.split('\n').slice(1, 3).join(' ')}`);
        return false;
      },
    );
    if (reached) return { apt, security: true };
  }
  say(`reading the package lists of ${suite} alone`);
  const apt = await openApt({ folder, archives: [main], components, architecture });
  await apt.update();
  return { apt, security: false };
};
