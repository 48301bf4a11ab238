// apt's own judgement: lists that Debian's archive has not signed end the build, for every archive named.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { openApt } from '../../scripts/bootkit/apt.ts';
import { openArchives } from '../../scripts/bootkit/archives.ts';
import { isBuildStop } from '../../scripts/bootkit/run.ts';

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const canJudge = has('apt-get') && has('gpg');

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'rackside-apt-'))));
afterEach(() => rm(folder, { recursive: true }));

const RELEASE =
  'Origin: Debian\nSuite: trixie\nCodename: trixie\nArchitectures: amd64\nComponents: main\nDate: Sat, 28 Nov 2026 02:00:00 UTC\n';

/** A mirror of one empty suite; `signed`: by a key that is not Debian's. */
const mirrorOf = async (suite: string, signed: boolean): Promise<string> => {
  const mirror = join(folder, `mirror-${suite}`);
  const home = join(mirror, 'dists', suite);
  await mkdir(join(home, 'main/binary-amd64'), { recursive: true });
  await writeFile(join(home, 'main/binary-amd64/Packages'), '');
  await writeFile(join(home, 'Release'), RELEASE);
  if (signed) {
    const keys = join(folder, `keys-${suite}`);
    await mkdir(keys, { mode: 0o700, recursive: true });
    const gpg = (...args: readonly string[]): void => {
      const { status, stderr } = spawnSync('gpg', ['--homedir', keys, '--batch', '--passphrase', '', ...args]);
      if (status !== 0) throw new Error(stderr.toString());
    };
    gpg('--quick-generate-key', 'stranger@example.net', 'ed25519', 'sign', 'never');
    gpg('--clearsign', '--output', join(home, 'InRelease'), join(home, 'Release'));
    spawnSync('gpgconf', ['--homedir', keys, '--kill', 'all']);
  }
  return `file:${mirror}`;
};

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isBuildStop(error) ? error.failure.code : `no failure: ${String(error)}`;
};

test.skipIf(!canJudge).each([
  ['unsigned', false],
  ["signed by somebody else's key", true],
])('a suite that is %s is refused', async (_, signed) => {
  const archives = [{ mirror: await mirrorOf('trixie', signed), suite: 'trixie' }];
  const apt = await openApt({ folder: join(folder, 'root'), archives, components: ['main'], architecture: 'amd64' });
  expect(await codeOf(apt.update())).toBe('bootkit.bad-signature');
});

test.skipIf(!canJudge)('security updates signed by somebody else end the build; they are not left out', async () => {
  const said: string[] = [];
  const opened = openArchives({
    suite: 'trixie',
    components: ['main'],
    architecture: 'amd64',
    cacheFolder: join(folder, 'cache'),
    mirror: await mirrorOf('trixie', true),
    securityMirror: await mirrorOf('trixie-security', true),
    say: (line) => void said.push(line),
  });
  expect(await codeOf(opened)).toBe('bootkit.bad-signature');
  expect(said).toEqual(['reading the package lists of trixie and trixie-security']);
});
