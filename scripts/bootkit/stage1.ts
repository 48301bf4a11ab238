// Builds stage 1: the initramfs that brings up the network card and fetches stage 2. Everything in it crosses slow boot
// loaders, so it holds network drivers, their firmware, BusyBox and one script.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { STAGE1_FIRMWARE_LEFT_OUT, STAGE1_INDEXES_LEFT_OUT, STAGE1_MODULES } from './contents.ts';
import { writeCpio } from './cpio.ts';
import type { Entry } from './cpio.ts';
import { addedEntries, addedFor, pickFirmware } from './firmware.ts';
import type { AddedFirmware } from './firmware.ts';
import { chooseModules, moduleEntries } from './modules.ts';
import type { ModuleTree } from './modules.ts';
import { startPicking } from './pick.ts';
import type { Root } from './root.ts';

/** Debian's merged /usr. */
export const MERGED_LINKS: readonly Entry[] = ['bin', 'sbin', 'lib', 'lib64'].map((name) => ({
  kind: 'link',
  path: name,
  target: `usr/${name}`,
}));

/** Everything of stage 1 but our own scripts; `missingFirmware` is what no package holds. */
export type Stage1Base = { readonly entries: readonly Entry[]; readonly missingFirmware: readonly string[] };

/** @param added firmware from a person's folder; stage 1 takes what its network cards ask for. */
export const collectStage1 = async (root: Root, tree: ModuleTree, added: AddedFirmware, scratch: string): Promise<Stage1Base> => {
  const picker = startPicking(root);
  await picker.add('usr/bin/busybox');
  const modules = await moduleEntries(root, tree, chooseModules(tree, STAGE1_MODULES), scratch, STAGE1_INDEXES_LEFT_OUT);
  const wanted = modules.firmware;
  const missingFirmware = await pickFirmware(root, picker, { wanted, leave: STAGE1_FIRMWARE_LEFT_OUT, added });
  const entries: Entry[] = [
    ...MERGED_LINKS,
    { kind: 'folder', path: 'usr/lib64' },
    { kind: 'folder', path: 'etc' },
    // The kernel opens the console before /dev is mounted, and calls this path when it wants a driver itself.
    { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'character-device', path: 'dev/null', major: 1, minor: 3 },
    { kind: 'link', path: 'usr/sbin/modprobe', target: '../bin/busybox' },
    ...picker.entries(),
    ...addedEntries(addedFor(added, wanted)),
    ...modules.entries,
  ];
  return { entries, missingFirmware };
};

/** Our own files of stage 1. `agentFolder` is `agent/` of the source. */
export const stage1Scripts = async (agentFolder: string): Promise<Entry[]> => {
  const script = async (name: string, path: string): Promise<Entry> => ({
    kind: 'file',
    path,
    data: await readFile(join(agentFolder, 'boot', name)),
    executable: true,
  });
  return [await script('stage1-init', 'init'), await script('lease', 'usr/share/rackside/lease')];
};

/** Packs stage 1 as the kernel unpacks it: newc cpio in zstd. */
export const packStage1 = async (root: Root, entries: readonly Entry[], seconds: number, file: string, scratch: string): Promise<void> => {
  await writeFile(scratch, writeCpio(entries, seconds));
  // Level 19 keeps an 8 MiB window, which the kernel's unpacker can afford on a 512 MB machine; --ultra would not.
  await root.tool('zstd', ['-19', '-T0', '-q', '-f', scratch, '-o', file]);
  await rm(scratch);
};
