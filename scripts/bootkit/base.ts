// The slow half of a build, kept on disk under a key of everything it depends on: stage 1 without our scripts and stage 2
// without the agent.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { addedEntries } from './firmware.ts';
import type { AddedFirmware } from './firmware.ts';
import { listContents, sha256Of } from './kit.ts';
import type { ContentLine, Provenance } from './kit.ts';
import { openModules } from './modules.ts';
import type { Lock } from './lock.ts';
import type { Root } from './root.ts';
import { collectStage1, packStage1 } from './stage1.ts';
import { collectStage2, packSquashfs } from './stage2.ts';

export type Base = {
  readonly kernelVersion: string;
  /** zstd-packed cpio. */
  readonly stage1File: string;
  readonly stage2File: string;
  readonly stage1Contents: readonly ContentLine[];
  readonly stage2Contents: readonly ContentLine[];
  /** Firmware that drivers ask for and no package holds. */
  readonly missingFirmware: readonly string[];
  /** Time stamp of everything in the kit, seconds since 1970: when its kernel was packaged. */
  readonly seconds: number;
  /** Of the Node program, as npm brought it. */
  readonly node: { readonly version: string; readonly sha256: string };
  readonly key: string;
};

type Summary = Omit<Base, 'stage1File' | 'stage2File'>;

export type BaseOptions = {
  readonly root: Root;
  readonly lock: Lock;
  readonly cacheFolder: string;
  /** npm's package that holds Node for x64 Linux. */
  readonly nodePackage: string;
  readonly level: number;
  readonly added: AddedFirmware;
  readonly say: (line: string) => void;
};

/** Says which package a path of a stage came from. */
export const provenance = (root: Root, lock: Lock, nodeVersion: string, added: AddedFirmware): Provenance => {
  const addedPaths = new Set(addedEntries(added).map((entry) => entry.path));
  const versions = new Map(lock.packages.map((one) => [one.name, one.version]));
  const kernel = lock.packages.find((one) => one.name.startsWith('linux-image-6') || /^linux-image-\d/.test(one.name));
  return (path) => {
    if (addedPaths.has(path)) return { package: 'firmware-add-on', version: '' };
    // Modules are unpacked from .xz, their indexes made by depmod: both are the kernel package's.
    const owner =
      root.owners.get(path) ?? root.owners.get(`${path}.xz`) ?? (path.startsWith('usr/lib/modules/') ? kernel?.name : undefined);
    if (owner !== undefined) return { package: owner, version: versions.get(owner) ?? '' };
    if (path === 'usr/lib/rackside/node') return { package: 'node', version: nodeVersion };
    return { package: 'rackside', version: '' };
  };
};

const sourcesKey = async (): Promise<string> => {
  const names = (await readdir(import.meta.dirname)).filter((name) =>
    /^(base|contents|cpio|elf|firmware|kit|modules|pick|stage1|stage2)\.ts$/.test(name),
  );
  const texts = await Promise.all(names.toSorted().map((name) => readFile(join(import.meta.dirname, name), 'utf8')));
  return sha256Of(texts.join('\0'));
};

/** Changes when a person's firmware changes. */
export const digestOf = (added: AddedFirmware): string =>
  sha256Of([...added].map(([name, data]) => `${name} ${sha256Of(data)}\n`).join(''));

/** Builds the base, or finds it built. */
export const openBase = async (options: BaseOptions): Promise<Base> => {
  const { root, lock, cacheFolder, nodePackage, level, added, say } = options;
  const nodeFile = join(nodePackage, 'bin/node');
  const nodeVersion = (JSON.parse(await readFile(join(nodePackage, 'package.json'), 'utf8')) as { version: string }).version;
  const nodeSha256 = sha256Of(await readFile(nodeFile));
  const key = createHash('sha256')
    .update([root.key, nodeSha256, String(level), digestOf(added), await sourcesKey()].join('\n'))
    .digest('hex')
    .slice(0, 16);
  const folder = join(cacheFolder, `base-${key}`);
  const summary = join(folder, 'base.json');
  // Not kept in the summary: a checkout may be moved with its cache.
  const files = { stage1File: join(folder, 'stage1.zst'), stage2File: join(folder, 'stage2-base.squashfs') };
  const text = await readFile(summary, 'utf8').catch(() => undefined);
  if (text !== undefined) return { ...(JSON.parse(text) as Summary), ...files };
  await mkdir(folder, { recursive: true });
  say('unpacking kernel modules');
  const tree = await openModules(root, cacheFolder);
  const kernelFile = join(root.folder, 'boot', `vmlinuz-${tree.kernelVersion}`);
  const seconds = Math.floor((await stat(kernelFile)).mtimeMs / 1000);
  const from = provenance(root, lock, nodeVersion, added);
  const scratch = join(folder, 'scratch');
  say('packing stage 1 (network drivers and firmware)');
  const stage1 = await collectStage1(root, tree, added, scratch);
  await packStage1(root, stage1.entries, seconds, files.stage1File, scratch);
  say('packing the base of stage 2 (all drivers, tools, Node): a minute or two');
  const stage2 = await collectStage2(root, tree, { nodeFile, added }, scratch);
  await packSquashfs({ root, entries: stage2.entries, seconds, level, file: files.stage2File, scratch });
  const kept: Summary = {
    kernelVersion: tree.kernelVersion,
    stage1Contents: listContents(stage1.entries, from),
    stage2Contents: listContents(stage2.entries, from),
    missingFirmware: [...new Set([...stage1.missingFirmware, ...stage2.missingFirmware])].toSorted(),
    seconds,
    node: { version: nodeVersion, sha256: nodeSha256 },
    key,
  };
  await writeFile(`${summary}.new`, JSON.stringify(kept));
  await rename(`${summary}.new`, summary);
  return { ...kept, ...files };
};
