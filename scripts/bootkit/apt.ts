// Resolves and fetches Debian packages in a private apt root: its own lists, cache and empty status, so the computer's own
// packages are neither read nor changed. apt itself checks InRelease's signature and every package's hash (apt-secure(8)).
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { LockedPackage } from './lock.ts';
import { isBuildStop, run, stopBuild } from './run.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** One suite of one mirror; Debian's key must have signed it. */
export type Archive = { readonly mirror: string; readonly suite: string };

export type AptOptions = {
  /** Folder that holds the private root; made when missing. */
  readonly folder: string;
  readonly archives: readonly Archive[];
  readonly components: readonly string[];
  readonly architecture: string;
};

export type Apt = {
  /** Fetches and verifies the archives' package lists: all of them, or the build stops (`bootkit.bad-signature`, `bootkit.tool-failed`). */
  update(): Promise<void>;
  /** The packages named and everything they depend on, without recommendations, in name order. */
  resolve(names: readonly string[]): Promise<LockedPackage[]>;
  /** Those of `locked` that the fetched lists still offer with the same hash. */
  offered(locked: readonly LockedPackage[]): Promise<LockedPackage[]>;
  /** Downloads packages into `folder` as `<sha256>.deb`. */
  download(packages: readonly LockedPackage[], folder: string): Promise<void>;
};

/** Parses `apt-cache show` stanzas. */
export const parseShown = (text: string): LockedPackage[] => {
  const found: LockedPackage[] = [];
  for (const stanza of text.split(/\n\n+/)) {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
    const [name, version, path, sha256] = [field('Package'), field('Version'), field('Filename'), field('SHA256')];
    if (name === '' || path === '' || sha256 === '') continue;
    found.push({ name, version, architecture: field('Architecture'), path, sizeBytes: Number(field('Size')), sha256 });
  }
  return found;
};

/** What apt says when a list is not signed by the key it must be signed by; all else is a mirror that cannot be reached. */
const SIGNATURE_TROUBLE = /not signed|NO_PUBKEY|BADSIG|EXPKEYSIG|GPG error|signature/i;

/** Opens (and makes) the private root. Nothing is fetched yet. */
export const openApt = async (options: AptOptions): Promise<Apt> => {
  const { folder, archives, components, architecture } = options;
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'etc/empty', 'download']) {
    await mkdir(join(folder, part), { recursive: true });
  }
  await writeFile(join(folder, 'status'), '');
  const lines = archives.map(
    ({ mirror, suite }) => `deb [arch=${architecture} signed-by=${KEYRING}] ${mirror} ${suite} ${components.join(' ')}\n`,
  );
  await writeFile(join(folder, 'etc/sources.list'), lines.join(''));
  // Options of the command line win over the computer's apt.conf, whose proxy settings stay in force.
  const settings: Readonly<Record<string, string>> = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::lists': join(folder, 'state/lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Cache::archives': join(folder, 'cache/archives'),
    'Dir::Etc::sourcelist': join(folder, 'etc/sources.list'),
    'Dir::Etc::sourceparts': join(folder, 'etc/empty'),
    'Dir::Etc::preferences': join(folder, 'etc/none'),
    'Dir::Etc::preferencesparts': join(folder, 'etc/empty'),
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Default-Release': '',
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
    'APT::Update::Post-Invoke-Success::': '',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const show = async (wanted: readonly string[], versions: 'all' | 'named'): Promise<LockedPackage[]> => {
    if (wanted.length === 0) return [];
    return parseShown(await run('apt-cache', [...flags, 'show', versions === 'all' ? '--all-versions' : '--no-all-versions', ...wanted]));
  };

  return {
    async update() {
      try {
        await run('apt-get', [...flags, '-qq', '--error-on=any', 'update']);
      } catch (error) {
        if (!isBuildStop(error) || !SIGNATURE_TROUBLE.test(error.failure.message)) throw error;
        stopBuild(
          'bootkit.bad-signature',
          `A package list is not signed by Debian's archive:\n${error.failure.message}`,
          'Use another mirror, or update the package debian-archive-keyring; the build never goes on without the signature.',
        );
      }
    },
    async resolve(names) {
      const plan = await run('apt-get', [...flags, '-qq', '-s', '--no-install-recommends', 'install', ...names]);
      const wanted = [...plan.matchAll(/^Inst (\S+) \((\S+) /gm)].map((match) => `${match[1] ?? ''}=${match[2] ?? ''}`);
      if (wanted.length === 0)
        stopBuild('bootkit.apt-empty', 'apt planned no package.', 'Check the suite in scripts/bootkit/packages.json and the mirror.');
      const shown = await show(wanted, 'named');
      // The same package can be listed twice when a mirror repeats a component.
      const unique = new Map(shown.map((one) => [one.name, one]));
      return [...unique.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    async offered(locked) {
      const names = new Set((await run('apt-cache', [...flags, 'pkgnames'])).split('\n'));
      // All versions: a locked one stays good beside a newer one in the security suite.
      const listed = await show(
        locked.map((one) => one.name).filter((name) => names.has(name)),
        'all',
      );
      const hashes = new Set(listed.map((one) => one.sha256));
      return locked.filter((one) => hashes.has(one.sha256));
    },
    async download(packages, target) {
      await mkdir(target, { recursive: true });
      const cwd = join(folder, 'download');
      await run('apt-get', [...flags, '-qq', 'download', ...packages.map((one) => `${one.name}=${one.version}`)], { cwd });
      for (const one of packages) {
        // apt writes an epoch's colon as %3a.
        const file = `${one.name}_${one.version.replaceAll(':', '%3a')}_${one.architecture}.deb`;
        await rename(join(cwd, file), join(target, `${one.sha256}.deb`));
      }
    },
  };
};
