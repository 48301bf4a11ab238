// The boot kit's manifest (`kit.json`) as the station reads it, and the list of what is inside the two stages
// (`contents.json`): every file with the package it came from and its SHA-256.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { completeEntries } from './cpio.ts';
import type { Entry } from './cpio.ts';

export type KitRole = 'shim' | 'grub' | 'mokmanager' | 'ipxe-bios' | 'kernel' | 'stage1' | 'stage2' | 'http-boot' | 'usb' | 'contents';

export type KitFile = {
  readonly role: KitRole;
  /** Relative to the kit's folder. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
};

export type BootKit = {
  readonly format: 1;
  /** SHA-256 over role and hash of every file but `contents` and `usb`: same kit, same id, whoever built it. */
  readonly kitId: string;
  readonly kernelVersion: string;
  readonly files: readonly KitFile[];
  /** Every Debian package the kit was made from, and Node. */
  readonly packages: readonly { readonly name: string; readonly version: string; readonly sha256: string }[];
  /** Where `http-boot.img` holds its grub.cfg: the station puts its own text of exactly this size there while serving. */
  readonly httpBoot: { readonly configOffset: number; readonly configSizeBytes: number };
};

/** One file or link inside a stage. `package` names a Debian package, `node` or `rackside`. */
export type ContentLine = {
  readonly path: string;
  readonly package: string;
  readonly version: string;
  readonly sizeBytes?: number;
  readonly sha256?: string;
  readonly link?: string;
};

export type Provenance = (path: string) => { readonly package: string; readonly version: string };

export const sha256Of = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

/** Lists files and links of a stage with where they came from; folders and devices carry no content. */
export const listContents = (entries: readonly Entry[], from: Provenance): ContentLine[] => {
  const lines: ContentLine[] = [];
  for (const entry of completeEntries(entries)) {
    if (entry.kind === 'file') {
      lines.push({ path: entry.path, ...from(entry.path), sizeBytes: entry.data.length, sha256: sha256Of(entry.data) });
    }
    if (entry.kind === 'link') lines.push({ path: entry.path, ...from(entry.path), link: entry.target });
  }
  return lines;
};

/** Measures the kit's files in `folder` and writes `kit.json` last. */
export const writeKit = async (
  folder: string,
  files: readonly { readonly role: KitRole; readonly path: string }[],
  rest: Pick<BootKit, 'kernelVersion' | 'packages' | 'httpBoot'>,
): Promise<BootKit> => {
  const measured: KitFile[] = [];
  for (const { role, path } of files) {
    const data = await readFile(join(folder, path));
    measured.push({ role, path, sizeBytes: data.length, sha256: sha256Of(data) });
  }
  const named = measured.filter((file) => file.role !== 'contents' && file.role !== 'usb');
  const kitId = sha256Of(named.map((file) => `${file.role} ${file.sha256}\n`).join(''));
  const kit: BootKit = {
    format: 1,
    kitId,
    kernelVersion: rest.kernelVersion,
    files: measured,
    packages: rest.packages,
    httpBoot: rest.httpBoot,
  };
  await writeFile(join(folder, 'kit.json'), `${JSON.stringify(kit, null, 2)}\n`);
  return kit;
};
