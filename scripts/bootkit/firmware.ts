// Finds the firmware files that chosen modules ask for: among the unpacked firmware packages, and in a folder that a person adds.
// Names may hold `*`; makers ship one blob under many names, as links.
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Entry } from './cpio.ts';
import type { Picker } from './pick.ts';
import type { Root } from './root.ts';
import { stopBuild } from './run.ts';

const FOLDER = 'usr/lib/firmware';

/** Firmware from a person's folder: by the name a driver asks for, such as `netronome/nic_AMDA0096-0001_2x10.nffw`. */
export type AddedFirmware = ReadonlyMap<string, Buffer>;

const pattern = (name: string): RegExp => new RegExp(`^${name.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`);

/** The kernel also takes packed files: it looks for NAME.zst and NAME.xz (CONFIG_FW_LOADER_COMPRESS). */
const askedName = (path: string): string => path.replace(/\.(xz|zst)$/, '');

/** Reads a folder laid out as /lib/firmware. Stops with `bootkit.no-firmware-folder` when it is none or is empty, with `bootkit.firmware-unreadable` at a broken link. */
export const readAddedFirmware = async (folder: string | undefined): Promise<AddedFirmware> => {
  const added = new Map<string, Buffer>();
  if (folder === undefined) return added;
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  for (const name of names.toSorted()) {
    const path = join(folder, name);
    const found = await stat(path).catch(() =>
      stopBuild(
        'bootkit.firmware-unreadable',
        `${path} cannot be read; it may be a link to a file that is not here.`,
        'Copy the firmware again with the files behind its links (cp -rL), or delete the link.',
      ),
    );
    if (found.isFile()) added.set(name, await readFile(path));
  }
  if (added.size === 0) {
    stopBuild(
      'bootkit.no-firmware-folder',
      `There are no firmware files in ${folder}.`,
      'Name a folder laid out as /lib/firmware, with the files under the names that drivers ask for.',
    );
  }
  return added;
};

/** Those of `added` that one of the names in `wanted` asks for. */
export const addedFor = (added: AddedFirmware, wanted: readonly string[]): AddedFirmware => {
  const patterns = wanted.map(pattern);
  return new Map([...added].filter(([name]) => patterns.some((one) => one.test(askedName(name)))));
};

export const addedEntries = (added: AddedFirmware): Entry[] =>
  [...added].map(([name, data]) => ({ kind: 'file', path: `${FOLDER}/${name}`, data, executable: false }));

export type FirmwareChoice = {
  /** Names that modules ask for. */
  readonly wanted: readonly string[];
  /** What is left out of the packages' firmware; a person's own files are never. */
  readonly leave: readonly RegExp[];
  readonly added: AddedFirmware;
};

/**
 * Adds the firmware named by `wanted` to `picker`, except what `leave` matches.
 * Returns the names that neither a package nor a person's folder holds: cards that need them are named on the target's screen.
 */
export const pickFirmware = async (root: Root, picker: Picker, { wanted, leave, added }: FirmwareChoice): Promise<string[]> => {
  const held = (await readdir(join(root.folder, FOLDER), { recursive: true })).toSorted();
  const exact = new Set(held);
  const missing: string[] = [];
  for (const name of wanted) {
    if (addedFor(added, [name]).size > 0 || leave.some((one) => one.test(name))) continue;
    const matches = name.includes('*') ? held.filter((path) => pattern(name).test(path)) : exact.has(name) ? [name] : [];
    if (matches.length === 0) missing.push(name);
    for (const match of matches) await picker.add(`${FOLDER}/${match}`);
  }
  return missing;
};
