// Debian's own root filesystem by mmdebstrap(1), from the mirror that this computer's apt uses. Each is made once and kept.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasProgram } from '../../../scripts/host.ts';
import { hostMirrors } from '../../../scripts/bootkit/mirror.ts';
import { REPOSITORY } from '../../../scripts/bootkit/options.ts';

export type RootfsWish = {
  /** Of the file that it is kept in. */
  readonly name: string;
  readonly packages: readonly string[];
  /** Shell commands for `--customize-hook`; `$1` is the root filesystem's folder. */
  readonly hooks?: readonly string[];
};

const SUITE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Path of the tar; throws with a next step where it cannot be made. */
export const debianRootfs = async ({ name, packages, hooks = [] }: RootfsWish): Promise<string> => {
  const wish = createHash('sha256')
    .update(JSON.stringify([SUITE, packages, hooks]))
    .digest('hex');
  const path = join(REPOSITORY, '.cache/test-image', `${name}-${wish.slice(0, 12)}.tar`);
  if (existsSync(path)) return path;
  if (!hasProgram('mmdebstrap')) throw new Error("this case needs Debian's package mmdebstrap: apt-get install mmdebstrap");
  const { main } = await hostMirrors();
  if (main === undefined) throw new Error('no Debian mirror is configured on this computer: name one in /etc/apt/sources.list');
  mkdirSync(dirname(path), { recursive: true });
  const half = path.replace(/\.tar$/, '.new.tar');
  const made = spawnSync(
    'mmdebstrap',
    [
      '--variant=minbase',
      `--include=${packages.join(',')}`,
      '--dpkgopt=path-exclude=/usr/share/doc/*',
      '--dpkgopt=path-exclude=/usr/share/locale/*',
      ...hooks.map((hook) => `--customize-hook=${hook}`),
      SUITE,
      half,
      `deb [signed-by=${KEYRING}] ${main} ${SUITE} main`,
    ],
    { stdio: ['ignore', 'ignore', 2] },
  );
  if (made.status !== 0) throw new Error('mmdebstrap could not build a Debian; its messages are above');
  renameSync(half, path);
  return path;
};
