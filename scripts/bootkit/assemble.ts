// The quick half of a build: puts our own scripts and the agent on top of the base, makes the images, writes the manifest.
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Base } from './base.ts';
import { provenance } from './base.ts';
import { completeEntries, writeCpio } from './cpio.ts';
import type { Entry } from './cpio.ts';
import type { AddedFirmware } from './firmware.ts';
import { writeHttpImage, writeStick } from './images.ts';
import { listContents, sha256Of, writeKit } from './kit.ts';
import type { BootKit, KitRole } from './kit.ts';
import type { Lock } from './lock.ts';
import type { Root } from './root.ts';
import { stage1Scripts } from './stage1.ts';
import { agentLayer, packSquashfs } from './stage2.ts';

export type AssembleOptions = {
  readonly root: Root;
  readonly lock: Lock;
  readonly base: Base;
  readonly agentFolder: string;
  readonly agentFiles: readonly Entry[];
  readonly added: AddedFirmware;
  readonly usb: boolean;
  readonly level: number;
  /** Emptied and filled. */
  readonly folder: string;
};

const COPIED: readonly { readonly role: KitRole; readonly path: string; readonly from: string }[] = [
  { role: 'shim', path: 'efi/shimx64.efi', from: 'usr/lib/shim/shimx64.efi.signed' },
  { role: 'grub', path: 'efi/grubx64.efi', from: 'usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed' },
  { role: 'mokmanager', path: 'efi/mmx64.efi', from: 'usr/lib/shim/mmx64.efi.signed' },
  { role: 'ipxe-bios', path: 'bios/undionly.kpxe', from: 'usr/lib/ipxe/undionly.kpxe' },
];

/** Fills `folder` with the kit and returns its manifest. */
export const assembleKit = async (options: AssembleOptions): Promise<BootKit> => {
  const { root, lock, base, agentFolder, folder } = options;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files: { role: KitRole; path: string }[] = [];
  const copied = [...COPIED, { role: 'kernel' as const, path: 'vmlinuz', from: `boot/vmlinuz-${base.kernelVersion}` }];
  for (const { role, path, from } of copied) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(join(root.folder, from), join(folder, path));
    files.push({ role, path });
  }

  // The kernel unpacks several archives after each other: our scripts as they are, then the packed rest.
  const scripts = await stage1Scripts(agentFolder);
  await writeFile(join(folder, 'stage1.img'), Buffer.concat([writeCpio(scripts, base.seconds), await readFile(base.stage1File)]));
  const layer = await agentLayer(agentFolder, options.agentFiles);
  const stage2 = join(folder, 'stage2.squashfs');
  const { seconds } = base;
  await packSquashfs({
    root,
    entries: layer,
    seconds,
    level: options.level,
    file: stage2,
    scratch: `${folder}.layer`,
    onto: base.stage2File,
  });
  files.push({ role: 'stage1', path: 'stage1.img' }, { role: 'stage2', path: 'stage2.squashfs' });

  const httpBoot = await writeHttpImage(root, folder);
  files.push({ role: 'http-boot', path: 'http-boot.img' });
  if (options.usb) {
    await writeStick(root, folder, sha256Of(await readFile(stage2)));
    files.push({ role: 'usb', path: 'usb.img' });
  }

  const from = provenance(root, lock, base.node.version, options.added);
  const contents = {
    format: 1,
    kit: copied.map(({ path, from: source }) => ({ path, from: source, ...from(source) })),
    stage1: [...listContents(completeEntries(scripts), from), ...base.stage1Contents],
    stage2: [...listContents(layer, from), ...base.stage2Contents],
    missingFirmware: base.missingFirmware,
  };
  await writeFile(join(folder, 'contents.json'), `${JSON.stringify(contents, null, 1)}\n`);
  files.push({ role: 'contents', path: 'contents.json' });
  const packages = [
    ...lock.packages.map(({ name, version, sha256 }) => ({ name, version, sha256 })),
    { name: 'node', version: base.node.version, sha256: base.node.sha256 },
  ];
  return writeKit(folder, files, { kernelVersion: base.kernelVersion, packages, httpBoot });
};
