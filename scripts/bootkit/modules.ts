// Chooses kernel modules by folder and driver, with the modules they depend on, and the firmware files they name.
// Modules are unpacked from .xz but never stripped: the signature at their end is what Secure Boot's lockdown checks.
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Entry } from './cpio.ts';
import type { Root } from './root.ts';
import { run } from './run.ts';

export type ModuleChoice = {
  /** Prefixes below `kernel/`; a trailing `/` takes a folder, otherwise one module's path without `.ko.xz`. */
  readonly take: readonly string[];
  /** Prefixes below `kernel/` that are left out of what `take` names; a dependency may still bring them. */
  readonly leave: readonly string[];
};

/** The unpacked module tree of one kernel, and what is known of its modules. Names are paths such as `kernel/fs/fat/fat.ko`. */
export type ModuleTree = {
  readonly kernelVersion: string;
  readonly folder: string;
  readonly needs: ReadonlyMap<string, readonly string[]>;
  readonly all: readonly string[];
};

const moduleBase = (path: string): string => (path.split('/').at(-1) ?? '').replace(/\.ko(\.xz)?$/, '').replaceAll('-', '_');

/** Parses modules.dep: `path: dependency dependency`. */
export const parseDependencies = (text: string): Map<string, string[]> => {
  const needs = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [path, rest] = line.split(':');
    if (path !== undefined && rest !== undefined)
      needs.set(
        path,
        rest.split(' ').filter((word) => word !== ''),
      );
  }
  return needs;
};

/** Unpacks all modules of the root's kernel once per root and reads their dependencies, soft ones included. */
export const openModules = async (root: Root, cacheFolder: string): Promise<ModuleTree> => {
  const source = join(root.folder, 'usr/lib/modules');
  const kernelVersion = (await readdir(source)).find((name) => !name.includes('cloud')) ?? '';
  const folder = join(cacheFolder, `modules-${root.key}`);
  const home = join(folder, 'lib/modules', kernelVersion);
  if ((await readFile(join(folder, 'complete'), 'utf8').catch(() => '')) !== 'yes') {
    await rm(folder, { recursive: true, force: true });
    await mkdir(dirname(home), { recursive: true });
    await run('cp', ['-a', join(source, kernelVersion), home]);
    const packed = (await readdir(home, { recursive: true })).filter((path) => path.endsWith('.ko.xz'));
    const half = Math.ceil(packed.length / 2);
    const unpack = (paths: readonly string[]): Promise<string> =>
      root.tool('xz', ['-d', '-q', '--files0'], { cwd: home, input: paths.map((path) => `${path}\0`).join('') });
    await Promise.all([unpack(packed.slice(0, half)), unpack(packed.slice(half))]);
    await root.tool('depmod', ['-b', folder, kernelVersion]);
    await writeFile(join(folder, 'complete'), 'yes');
  }
  const needs = parseDependencies(await readFile(join(home, 'modules.dep'), 'utf8'));
  const byName = new Map([...needs.keys()].map((path) => [moduleBase(path), path]));
  for (const line of (await readFile(join(home, 'modules.softdep'), 'utf8')).split('\n')) {
    const [, name = '', rest = ''] = /^softdep (\S+) (.*)$/.exec(line) ?? [];
    const path = byName.get(name.replaceAll('-', '_'));
    if (path === undefined) continue;
    const soft = rest.split(/\s+/).map((word) => byName.get(word.replaceAll('-', '_')));
    needs.set(path, [...(needs.get(path) ?? []), ...soft.filter((one) => one !== undefined)]);
  }
  return { kernelVersion, folder: home, needs, all: [...needs.keys()].toSorted() };
};

/** The modules a choice takes, dependencies included, in path order. */
export const chooseModules = (tree: ModuleTree, choice: ModuleChoice): string[] => {
  const under = (path: string, prefixes: readonly string[]): boolean =>
    prefixes.some((prefix) => (prefix.endsWith('/') ? path.startsWith(`kernel/${prefix}`) : path === `kernel/${prefix}.ko`));
  const chosen = new Set<string>();
  const take = (path: string): void => {
    if (chosen.has(path)) return;
    chosen.add(path);
    for (const need of tree.needs.get(path) ?? []) take(need);
  };
  for (const path of tree.all) if (under(path, choice.take) && !under(path, choice.leave)) take(path);
  return [...chosen].toSorted();
};

/** Firmware names a module asks for (`firmware=` in its .modinfo section); they may hold `*`. */
export const firmwareOf = (module: Buffer): string[] =>
  [...module.toString('latin1').matchAll(/\0firmware=([^\0]+)/g)].map((match) => match[1] ?? '');

/**
 * Archive entries for the chosen modules plus the indexes depmod makes for exactly them (but those that `leaveIndexes` matches),
 * and the firmware names they ask for.
 */
export const moduleEntries = async (
  root: Root,
  tree: ModuleTree,
  chosen: readonly string[],
  scratch: string,
  leaveIndexes?: RegExp,
): Promise<{ readonly entries: Entry[]; readonly firmware: string[] }> => {
  const home = `lib/modules/${tree.kernelVersion}`;
  const entries: Entry[] = [];
  const firmware = new Set<string>();
  await rm(scratch, { recursive: true, force: true });
  for (const path of chosen) {
    const data = await readFile(join(tree.folder, path));
    for (const name of firmwareOf(data)) firmware.add(name);
    entries.push({ kind: 'file', path: `usr/${home}/${path}`, data, executable: false });
    await mkdir(dirname(join(scratch, home, path)), { recursive: true });
    await writeFile(join(scratch, home, path), data);
  }
  for (const name of ['modules.order', 'modules.builtin', 'modules.builtin.modinfo']) {
    await writeFile(join(scratch, home, name), await readFile(join(tree.folder, name)));
  }
  await root.tool('depmod', ['-b', scratch, tree.kernelVersion]);
  const indexes = (await readdir(join(scratch, home))).filter((one) => one.startsWith('modules.') && leaveIndexes?.test(one) !== true);
  for (const name of indexes.toSorted()) {
    entries.push({ kind: 'file', path: `usr/${home}/${name}`, data: await readFile(join(scratch, home, name)), executable: false });
  }
  await rm(scratch, { recursive: true, force: true });
  return { entries, firmware: [...firmware].toSorted() };
};
