// Which of Debian's installers a mirror can serve: one whose index of components fits the release that names it, and whose components are
// all there. Mirrors that are kept in part, or are just being updated, have indexes of which much is lacking.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

/** Debian's releases whose installer the lab knows, the one of the sample recipe first. */
const RELEASES = [
  { number: 13, suite: 'trixie' },
  { number: 12, suite: 'bookworm' },
] as const;
export type InstallerRelease = (typeof RELEASES)[number];

/** The installer loads its components by this index, and checks it against the release's own word. */
const INDEX = 'main/debian-installer/binary-amd64/Packages.xz';
const ASKED_AT_ONCE = 8;

type Component = {
  readonly names: readonly string[];
  readonly path: string;
  /** Kernel modules fit one kernel. */
  readonly kernel: string | null;
  readonly isStandard: boolean;
  readonly depends: readonly string[];
};

/** `a (>= 1), b | c` → a, b: alternatives are met by the first. */
const namesIn = (list: string): readonly string[] => list.split(',').flatMap((word) => /^\s*([^\s(|]+)/.exec(word)?.[1] ?? []);

const componentsIn = (index: string): readonly Component[] =>
  index.split('\n\n').flatMap((stanza) => {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
    const path = field('Filename');
    if (path === '') return [];
    const kernel = field('Kernel-Version');
    return {
      names: [field('Package'), ...namesIn(field('Provides'))],
      path,
      kernel: kernel === '' ? null : kernel,
      isStandard: /^(required|important|standard)$/.test(field('Priority')),
      depends: namesIn(field('Depends')),
    };
  });

/** Paths of what every installation loads, with the modules of the newest kernel, which the installer itself runs. */
export const neededComponents = (index: string): readonly string[] => {
  const all = componentsIn(index);
  const kernels = new Set(all.flatMap(({ kernel }) => kernel ?? []));
  const newest = [...kernels].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  const fitting = all.filter(({ kernel }) => kernel === null || kernel === newest);
  const byName = new Map<string, Component>();
  for (const one of fitting) for (const name of one.names) if (!byName.has(name)) byName.set(name, one);
  const needed = new Set<string>();
  const need = ({ path, depends }: Component): void => {
    if (needed.has(path)) return;
    needed.add(path);
    for (const name of depends) {
      const other = byName.get(name);
      if (other !== undefined) need(other);
    }
  };
  for (const one of fitting) if (one.isStandard) need(one);
  return [...needed];
};

const lackingOf = async (mirror: string, paths: readonly string[]): Promise<readonly string[]> => {
  const lacking: string[] = [];
  for (let at = 0; at < paths.length; at += ASKED_AT_ONCE) {
    const some = paths.slice(at, at + ASKED_AT_ONCE);
    const answers = await Promise.all(some.map((path) => fetch(`${mirror}/${path}`, { method: 'HEAD' })));
    lacking.push(...some.filter((_, index) => answers[index]?.ok !== true));
  }
  return lacking;
};

/** Why nothing can be installed from this mirror, or null. */
const trouble = async (mirror: string, suite: string): Promise<string | null> => {
  const [release, index] = await Promise.all(['InRelease', INDEX].map((name) => fetch(`${mirror}/dists/${suite}/${name}`)));
  if (release?.ok !== true || index?.ok !== true) return `has no installer components of ${suite}`;
  const bytes = Buffer.from(await index.arrayBuffer());
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (!(await release.text()).includes(`\n ${sha256} `)) return `has installer components that do not fit its ${suite}`;
  const needed = neededComponents(execFileSync('xz', ['-dc'], { input: bytes, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 }));
  const lacking = await lackingOf(mirror, needed);
  return lacking.length === 0
    ? null
    : `lacks ${lacking.length} of the ${needed.length} components of ${suite}'s installer, among them ${lacking[0] ?? ''}`;
};

/** The newest release whose installer this mirror serves whole; throws where there is none. */
export const usableRelease = async (mirror: string): Promise<InstallerRelease> => {
  for (const release of RELEASES) {
    const why = await trouble(mirror, release.suite);
    if (why === null) return release;
    console.log(`lab: the mirror ${why}`);
  }
  throw new Error('the Debian mirror of this computer has no installer that could work: name another in /etc/apt/sources.list');
};
