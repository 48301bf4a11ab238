// The two images made from the kit's files: the FAT image for UEFI HTTP boot and the boot stick for machines whose firmware
// does not boot from the network.
import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { writeFat } from './fat.ts';
import type { FatFile } from './fat.ts';
import { CONFIG_SIZE_BYTES, PLACEHOLDER_CONFIG, buildBiosLoader, installBiosLoader, padConfig, stickConfig } from './grub.ts';
import type { BootKit } from './kit.ts';
import type { Root } from './root.ts';

const SIGNED_GRUB = 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed';
const CONFIG_PATH = 'EFI/debian/grub.cfg';
const SECTOR = 512;

/** Firmware starts shim, shim starts GRUB beside it, GRUB reads EFI/debian/grub.cfg: with Secure Boot on. */
const loaderFiles = async (root: Root, kitFolder: string, config: Uint8Array): Promise<FatFile[]> => {
  const kit = (name: string): Promise<Buffer> => readFile(join(kitFolder, name));
  return [
    { path: 'EFI/BOOT/BOOTX64.EFI', data: await kit('efi/shimx64.efi') },
    // The network build of GRUB cannot find its configuration on a disk; this is Debian's other signed build.
    { path: 'EFI/BOOT/grubx64.efi', data: await readFile(join(root.folder, SIGNED_GRUB)) },
    { path: 'EFI/BOOT/mmx64.efi', data: await kit('efi/mmx64.efi') },
    { path: CONFIG_PATH, data: config },
    { path: 'vmlinuz', data: await kit('vmlinuz') },
    { path: 'stage1.img', data: await kit('stage1.img') },
  ];
};

/** Writes http-boot.img and returns where its configuration lies. */
export const writeHttpImage = async (root: Root, kitFolder: string): Promise<BootKit['httpBoot']> => {
  const files = await loaderFiles(root, kitFolder, padConfig(PLACEHOLDER_CONFIG));
  // Firmware keeps the image in memory, lost to the system for good: FAT16 has no least size to fill up.
  const options = { label: 'RACKSIDE', serial: 0x5241434b, bits: 16, clusterBytes: 4096, minimumBytes: 0, hiddenSectors: 0 } as const;
  const { image, offsets } = writeFat(files, options);
  await writeFile(join(kitFolder, 'http-boot.img'), image);
  return { configOffset: offsets.get(CONFIG_PATH) ?? 0, configSizeBytes: CONFIG_SIZE_BYTES };
};

const BIOS_START_LBA = 2048;
const FAT_START_LBA = 4096;
/** The name stage 1 finds the stick's partition by. */
const STICK_PARTITION = 'RACKSIDE-KIT';

/** Writes usb.img: a GPT disk that BIOS and UEFI (Secure Boot too) start, with stage 2 on it. */
export const writeStick = async (root: Root, kitFolder: string, stage2Sha256: string): Promise<void> => {
  const files = await loaderFiles(root, kitFolder, Buffer.from(stickConfig(stage2Sha256)));
  files.push({ path: 'stage2.sqs', data: await readFile(join(kitFolder, 'stage2.squashfs')) });
  const { image } = writeFat(files, {
    label: 'RACKSIDE',
    serial: 0x5241434c,
    bits: 32,
    clusterBytes: 2048,
    minimumBytes: 0,
    hiddenSectors: FAT_START_LBA,
  });
  const disk = join(kitFolder, 'usb.img');
  const fatSectors = image.length / SECTOR;
  await writeFile(disk, '');
  await truncate(disk, (FAT_START_LBA + fatSectors + 2048) * SECTOR);
  const table = `label: gpt
label-id: 52414342-5349-4445-8000-000000000001
start=${BIOS_START_LBA}, size=${FAT_START_LBA - BIOS_START_LBA}, type=21686148-6449-6E6F-744E-656564454649, uuid=52414342-5349-4445-8000-000000000002
start=${FAT_START_LBA}, size=${fatSectors}, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=52414342-5349-4445-8000-000000000003, name="${STICK_PARTITION}"
`;
  await root.tool('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', disk], { input: table });
  const modules = ['fat', 'normal', 'configfile', 'linux', 'echo', 'sleep', 'reboot', 'test', 'terminal', 'serial', 'all_video', 'gfxterm'];
  await installBiosLoader(disk, await buildBiosLoader(root, '(,gpt2)/EFI/debian', modules, `${disk}.core`), BIOS_START_LBA);
  await rm(`${disk}.core`);
  const file = await open(disk, 'r+');
  await file.write(image, 0, image.length, FAT_START_LBA * SECTOR);
  await file.close();
};
