// Resolves and fetches Debian packages in a private apt root: its own lists, cache and empty status, so the computer's own
// packages are neither read nor changed. apt itself checks InRelease's signature and every package's hash (apt-secure(8)).
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { LockedPackage } from './lock.ts';
import { run, stopBuild } from './run.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export type AptOptions = {
  /** Folder that holds the private root; made when missing. */
  readonly folder: string;
  readonly mirror: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly architecture: string;
};

export type Apt = {
  /** Fetches and verifies the suite's package lists. */
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

/** Opens (and makes) the private root. Nothing is fetched yet. */
export const openApt = async (options: AptOptions): Promise<Apt> => {
  const { folder, mirror, suite, components, architecture } = options;
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'etc/empty', 'download']) {
    await mkdir(join(folder, part), { recursive: true });
  }
  await writeFile(join(folder, 'status'), '');
  const line = `deb [arch=${architecture} signed-by=${KEYRING}] ${mirror} ${suite} ${components.join(' ')}\n`;
  await writeFile(join(folder, 'etc/sources.list'), line);
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
  const known = new Map<string, LockedPackage>();
  const show = async (wanted: readonly string[]): Promise<LockedPackage[]> => {
    const shown = wanted.length === 0 ? [] : parseShown(await run('apt-cache', [...flags, 'show', '--no-all-versions', ...wanted]));
    for (const one of shown) known.set(`${one.name}=${one.version}`, one);
    return shown;
  };

  return {
    async update() {
      await run('apt-get', [...flags, '-qq', '--error-on=any', 'update']);
    },
    async resolve(names) {
      const plan = await run('apt-get', [...flags, '-qq', '-s', '--no-install-recommends', 'install', ...names]);
      const wanted = [...plan.matchAll(/^Inst (\S+) \((\S+) /gm)].map((match) => `${match[1] ?? ''}=${match[2] ?? ''}`);
      if (wanted.length === 0)
        stopBuild('bootkit.apt-empty', 'apt planned no package.', 'Check the suite and the mirror in scripts/bootkit/packages.json.');
      const shown = await show(wanted);
      // The same package can be listed twice when a mirror repeats a component.
      const unique = new Map(shown.map((one) => [one.name, one]));
      return [...unique.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    async offered(locked) {
      const listed = await run('apt-cache', [...flags, 'dumpavail']);
      const hashes = new Set(parseShown(listed).map((one) => one.sha256));
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
