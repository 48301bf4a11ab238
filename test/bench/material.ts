// Four related systems for the figures of the library: a minimal server, the same built again from nothing, the first with more packages
// and then upgraded in place, and that package set built from nothing. Their disks have 64 GiB, most of it free, as servers' have: on a small
// one an upgrade overwrites what it has just freed. Made by mmdebstrap and apt from this computer's own Debian archives and kept under .cache,
// for it takes minutes; another list of packages is another folder.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startProgram } from '../wire/program.ts';
import type { RunContext } from './figure.ts';

const SUITE = 'bookworm';
const BASE =
  'systemd-sysv,udev,dbus,openssh-server,iproute2,ifupdown,isc-dhcp-client,ca-certificates,linux-image-cloud-amd64,python3,less,nano,rsync';
const ROLE = 'nginx,git,build-essential';
const SCRIPT = join(import.meta.dirname, 'material.sh');

export const MATERIAL_TOOLS = ['mmdebstrap', 'mke2fs', 'sgdisk', 'unshare', 'mount', 'chroot', 'dumpe2fs', 'cp'];

/** Paths of raw disks. `again` is `base` built a second time; `upgraded` is `server` after an upgrade; `alike` has its packages. */
export type Material = Readonly<Record<'base' | 'again' | 'server' | 'upgraded' | 'alike', string>>;

type Archives = { readonly released: readonly string[]; readonly updated: readonly string[] };

/** apt's own lines, so that a mirror or a proxy of this computer is used. Empty where it knows no such archive. */
export const archives = (): Archives => {
  const listed = execFileSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI) $(CODENAME) $(COMPONENT)', 'Created-By: Packages', 'Architecture: amd64'],
    { encoding: 'utf8' },
  );
  const lines = [...new Set(listed.split('\n'))].flatMap((line) => {
    const [uri = '', codename = '', component = ''] = line.split(' ');
    return component === 'main' ? [{ codename, line: `deb ${uri} ${codename} main` }] : [];
  });
  const of = (...codenames: readonly string[]) => lines.filter(({ codename }) => codenames.includes(codename)).map(({ line }) => line);
  return { released: of(SUITE), updated: of(SUITE, `${SUITE}-security`, `${SUITE}-updates`) };
};

/** Rejects where the archives cannot be reached. What is made once is taken again. */
export const makeMaterial = async (context: RunContext): Promise<Material> => {
  const { released, updated } = archives();
  const key = createHash('sha256')
    .update(JSON.stringify([SUITE, BASE, ROLE, readFileSync(SCRIPT, 'utf8')]))
    .digest('hex');
  const folder = resolve(import.meta.dirname, '../../.cache/bench-material', key.slice(0, 12));
  mkdirSync(folder, { recursive: true });
  const make = async (name: keyof Material, action: string, from: string | null, packages: string, sources: readonly string[]) => {
    const path = join(folder, `${name}.raw`);
    if (existsSync(path)) return path;
    context.say(`making ${name} with apt, which takes some minutes once`);
    const part = `${path}.part`;
    rmSync(part, { force: true });
    if (from !== null) execFileSync('cp', ['--sparse=always', from, part]);
    const argv = ['bash', SCRIPT, action, part, packages, ...sources];
    const { code, stdout, stderr } = await startProgram(argv, { env: { ...process.env, CODENAME: SUITE } }).ended;
    if (code !== 0) throw new Error(`${name} could not be made: ${`${stdout}\n${stderr}`.trim().slice(-1500)}`);
    renameSync(part, path);
    return path;
  };
  const base = await make('base', 'install', null, BASE, released);
  const again = await make('again', 'install', null, BASE, released);
  const server = await make('server', 'upgrade', base, ROLE, released);
  const upgraded = await make('upgraded', 'upgrade', server, '', updated);
  const alike = await make('alike', 'install', null, `${BASE},${ROLE}`, updated);
  return { base, again, server, upgraded, alike };
};
