// The GRUB side of the images: configuration of a fixed size, and the BIOS loader for GPT disks, installed as grub-bios-setup
// would (GRUB 2.12: grub-core/boot/i386/pc/boot.S, diskboot.S, util/setup.c), without needing a device.
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Root } from './root.ts';

/** Size of the grub.cfg inside http-boot.img. */
export const CONFIG_SIZE_BYTES = 4096;

/** Fills a configuration with line ends up to the fixed size. */
export const padConfig = (text: string): Buffer => {
  const data = Buffer.alloc(CONFIG_SIZE_BYTES, '\n');
  if (Buffer.byteLength(text) > CONFIG_SIZE_BYTES) throw new Error('this GRUB configuration is longer than its place');
  data.write(text);
  return data;
};

/** What http-boot.img says when nobody put a machine's own configuration into it. */
export const PLACEHOLDER_CONFIG = `# The station replaces this file, machine by machine, while it serves the image.
echo 'rackside: this image was not served by a Rackside station, so it does not know what to start.'
echo 'rackside: restarting in 60 seconds.'
sleep 60
reboot
`;

/** The boot stick's configuration: no station and no token; stage 1 asks for them by DHCP. */
export const stickConfig = (stage2Sha256: string): string => `set default=0
set timeout=3
menuentry 'Rackside agent' {
  linux /vmlinuz rackside.medium=stick rackside.stage2=${stage2Sha256} console=tty0 console=ttyS0,115200 panic=30
  initrd /stage1.img
}
menuentry 'Restart' {
  reboot
}
`;

export type BiosLoader = { readonly boot: Buffer; readonly core: Buffer };

/** Builds GRUB's BIOS boot sector and core image, which reads `prefix`/grub.cfg from a partition of its own disk. */
export const buildBiosLoader = async (root: Root, prefix: string, modules: readonly string[], scratch: string): Promise<BiosLoader> => {
  const folder = join(root.folder, 'usr/lib/grub/i386-pc');
  await root.tool('grub-mkimage', ['-O', 'i386-pc', '-d', folder, '-p', prefix, '-o', scratch, 'biosdisk', 'part_gpt', ...modules]);
  return { boot: await readFile(join(folder, 'boot.img')), core: await readFile(scratch) };
};

const SECTOR = 512;
/** boot.S: where the core image begins (LBA, 8 bytes), and the jump that trusts only floppy-like drive numbers. */
const KERNEL_SECTOR_AT = 0x5c;
const DRIVE_CHECK_AT = 0x66;
/** diskboot.S: the last block list entry of its sector: LBA (8), sectors (2), segment (2). */
const BLOCK_LIST_AT = SECTOR - 12;
const CODE_BYTES = 440;

/** Writes the loader to a raw GPT disk: boot code into sector 0, the core image at `coreLba` (a BIOS boot partition). */
export const installBiosLoader = async (disk: string, loader: BiosLoader, coreLba: number): Promise<void> => {
  const boot = Buffer.from(loader.boot.subarray(0, CODE_BYTES));
  boot.writeBigUInt64LE(BigInt(coreLba), KERNEL_SECTOR_AT);
  // Two no-operations: a hard disk's BIOS number is taken as given.
  boot.set([0x90, 0x90], DRIVE_CHECK_AT);
  const sectors = Math.ceil(loader.core.length / SECTOR);
  const core = Buffer.alloc(sectors * SECTOR);
  loader.core.copy(core);
  core.writeBigUInt64LE(BigInt(coreLba + 1), BLOCK_LIST_AT);
  core.writeUInt16LE(sectors - 1, BLOCK_LIST_AT + 8);
  const file = await open(disk, 'r+');
  try {
    await file.write(boot, 0, CODE_BYTES, 0);
    await file.write(core, 0, core.length, coreLba * SECTOR);
  } finally {
    await file.close();
  }
};
