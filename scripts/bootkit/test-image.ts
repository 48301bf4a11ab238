// Builds the disk image the VM lab installs: a small real Linux made of the kit's Debian packages, that boots by BIOS, UEFI and
// UEFI with Secure Boot to a login prompt. Run by itself: node scripts/bootkit/test-image.ts
import { mkdir, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { completeEntries, writeCpio } from './cpio.ts';
import type { Entry } from './cpio.ts';
import { alone } from './exclusive.ts';
import { writeFat } from './fat.ts';
import { fetchPackages } from './fetch.ts';
import type { PackageList } from './fetch.ts';
import { buildBiosLoader, installBiosLoader } from './grub.ts';
import { sha256Of } from './kit.ts';
import { chooseModules, moduleEntries, openModules } from './modules.ts';
import { REPOSITORY } from './options.ts';
import { startPicking } from './pick.ts';
import { openRoot } from './root.ts';
import type { Root } from './root.ts';
import { isBuildStop, run } from './run.ts';
import { MERGED_LINKS } from './stage1.ts';
import { layOut } from './stage2.ts';
import { IMAGE_MODULES, ROOT_UUID, espGrubConfig, imageGrubConfig, initramfsEntries, rootEntries } from './test-image-files.ts';
import type { RootPlace } from './test-image-files.ts';

export type TestImageOptions = {
  /** Default `.cache/test-image/debian-small.raw`. */
  readonly file?: string;
  /** Of the whole disk; the root file system takes all but the last eighth, so that growing it can be tested. Default 1 GiB. */
  readonly sizeBytes?: number;
  readonly mirror?: string;
  readonly say?: (line: string) => void;
};

export type TestImage = { readonly path: string; readonly sizeBytes: number };

export const CACHE = join(REPOSITORY, '.cache/bootkit');
const SECTOR = 512;
const MEBIBYTE = 1024 * 1024;
const CORE_LBA = 2048;
const ESP_LBA = 4096;

/** What is on the ESP; `place` is where GRUB goes on. */
export const loaderFiles = async (root: Root, place?: RootPlace): Promise<{ path: string; data: Uint8Array }[]> => {
  const take = (path: string): Promise<Buffer> => readFile(join(root.folder, path));
  const shim = await take('usr/lib/shim/shimx64.efi.signed');
  const grub = await take('usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed');
  const mok = await take('usr/lib/shim/mmx64.efi.signed');
  const config = Buffer.from(espGrubConfig(place));
  // As on a Debian installed with the removable-media path too: one loader for the boot entry, one for firmware without entries.
  return [
    { path: 'EFI/BOOT/BOOTX64.EFI', data: shim },
    { path: 'EFI/BOOT/grubx64.efi', data: grub },
    { path: 'EFI/BOOT/mmx64.efi', data: mok },
    { path: 'EFI/debian/shimx64.efi', data: shim },
    { path: 'EFI/debian/grubx64.efi', data: grub },
    { path: 'EFI/debian/mmx64.efi', data: mok },
    { path: 'EFI/debian/grub.cfg', data: config },
  ];
};

/** How a root differs from that of the test image. */
export type RootWish = {
  readonly place: RootPlace;
  readonly mountTable: string;
  /** Drivers and programs of the initramfs on top of the test image's own. */
  readonly modules: readonly string[];
  readonly programs: readonly string[];
};

/** Everything of the root file system. */
export const rootFiles = async (
  root: Root,
  cacheFolder: string,
  scratch: string,
  wish?: RootWish,
): Promise<{ entries: Entry[]; seconds: number }> => {
  const tree = await openModules(root, cacheFolder);
  const kernel = join(root.folder, 'boot', `vmlinuz-${tree.kernelVersion}`);
  const seconds = Math.floor((await stat(kernel)).mtimeMs / 1000);
  const choice = { ...IMAGE_MODULES, take: [...IMAGE_MODULES.take, ...(wish?.modules ?? [])] };
  const modules = await moduleEntries(root, tree, chooseModules(tree, choice), scratch);
  const picker = startPicking(root);
  await picker.add('usr/bin/busybox');
  for (const name of wish?.programs ?? []) await picker.addProgram(name);
  const archive = writeCpio([...MERGED_LINKS, ...picker.entries(), ...modules.entries, ...initramfsEntries()], seconds);
  await writeFile(scratch, archive);
  await root.tool('zstd', ['-9', '-q', '-f', scratch, '-o', `${scratch}.zst`]);
  const initramfs = await readFile(`${scratch}.zst`);
  // Some programs a person expects, with their libraries.
  for (const name of ['bash', 'lsblk', 'sfdisk', 'e2fsck', 'resize2fs', 'blkid', 'curl']) await picker.addProgram(name);
  const names = (await run(join(root.folder, 'usr/bin/busybox'), ['--list'])).split('\n').filter((name) => !picker.has(`usr/bin/${name}`));
  const entries: Entry[] = [
    ...MERGED_LINKS,
    ...picker.entries(),
    ...modules.entries,
    ...rootEntries(imageGrubConfig(tree.kernelVersion, wish?.place), names, wish?.mountTable),
    { kind: 'file', path: `boot/vmlinuz-${tree.kernelVersion}`, data: await readFile(kernel), executable: false },
    { kind: 'file', path: `boot/initrd.img-${tree.kernelVersion}`, data: initramfs, executable: false },
  ];
  return { entries: completeEntries(entries), seconds };
};

const imageKey = async (root: Root, sizeBytes: number): Promise<string> => {
  const names = ['test-image.ts', 'test-image-files.ts', 'fat.ts', 'grub.ts', 'cpio.ts', 'modules.ts', 'pick.ts'];
  const texts = await Promise.all(names.map((name) => readFile(join(import.meta.dirname, name), 'utf8')));
  return sha256Of([root.key, String(sizeBytes), ...texts].join('\0'));
};

/** Builds the image, or finds it built from the same packages. Raw, sparse, GPT: BIOS boot, ESP, ext4 root. */
export const buildTestImage = (options: TestImageOptions = {}): Promise<TestImage> => {
  const say = options.say ?? ((): void => undefined);
  return alone(CACHE, say, () => build(options, say));
};

/** The kit's packages, unpacked; hold the cache (`alone`) meanwhile. */
export const openPackages = async (mirror: string | undefined, say: (line: string) => void): Promise<Root> => {
  const list = JSON.parse(await readFile(join(import.meta.dirname, 'packages.json'), 'utf8')) as PackageList;
  const lockFile = join(import.meta.dirname, 'lock.json');
  const fetched = await fetchPackages({ list, lockFile, cacheFolder: CACHE, mirror, updateLock: false, say });
  return openRoot(fetched, CACHE, say);
};

const build = async (options: TestImageOptions, say: (line: string) => void): Promise<TestImage> => {
  const path = options.file ?? join(REPOSITORY, '.cache/test-image/debian-small.raw');
  const sizeBytes = options.sizeBytes ?? 1024 * MEBIBYTE;
  const cacheFolder = CACHE;
  const root = await openPackages(options.mirror, say);
  const key = await imageKey(root, sizeBytes);
  const known = await readFile(`${path}.key`, 'utf8').catch(() => '');
  if (known === key && (await stat(path).catch(() => undefined))?.size === sizeBytes) return { path, sizeBytes };

  say('building the test image');
  await mkdir(dirname(path), { recursive: true });
  const scratch = `${path}.scratch`;
  const disk = `${path}.new`;
  await rm(disk, { force: true });
  await writeFile(disk, '');
  await truncate(disk, sizeBytes);
  const esp = writeFat(await loaderFiles(root), {
    label: 'ESP',
    serial: 0x52534b31,
    bits: 32,
    clusterBytes: SECTOR,
    minimumBytes: 48 * MEBIBYTE,
    hiddenSectors: ESP_LBA,
  });
  const align = MEBIBYTE / SECTOR;
  const espSectors = Math.ceil(esp.image.length / SECTOR / align) * align;
  const rootLba = ESP_LBA + espSectors;
  const rootSectors = Math.floor((sizeBytes * 7) / 8 / SECTOR / align) * align - rootLba;
  const table = `label: gpt
label-id: 52534B54-4553-5400-8000-000000000001
start=${CORE_LBA}, size=${ESP_LBA - CORE_LBA}, type=21686148-6449-6E6F-744E-656564454649, uuid=52534B54-4553-5400-8000-000000000002
start=${ESP_LBA}, size=${espSectors}, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=52534B54-4553-5400-8000-000000000003
start=${rootLba}, size=${rootSectors}, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, uuid=52534B54-4553-5400-8000-000000000004
`;
  await root.tool('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', disk], { input: table });

  const { entries, seconds } = await rootFiles(root, cacheFolder, scratch);
  await layOut(entries, scratch, seconds);
  // GRUB 2.12 and older tools on a deploying computer must read it: without the newest ext4 features.
  const features = [
    '-O',
    '^metadata_csum_seed,^orphan_file',
    '-U',
    ROOT_UUID,
    '-E',
    `offset=${rootLba * SECTOR},hash_seed=${ROOT_UUID},root_owner=0:0`,
  ];
  const env = {
    SOURCE_DATE_EPOCH: String(seconds),
    MKE2FS_CONFIG: join(root.folder, 'etc/mke2fs.conf'),
    E2FSPROGS_FAKE_TIME: String(seconds),
  };
  await root.tool(
    'mke2fs',
    ['-q', '-F', '-t', 'ext4', '-L', 'root', '-m', '1', ...features, '-d', scratch, disk, `${(rootSectors * SECTOR) / 1024}k`],
    { env },
  );

  const modules = [
    'ext2',
    'normal',
    'configfile',
    'linux',
    'echo',
    'test',
    'serial',
    'terminal',
    'search_fs_uuid',
    'reboot',
    'halt',
    'sleep',
  ];
  await installBiosLoader(disk, await buildBiosLoader(root, '(,gpt3)/boot/grub', modules, `${scratch}.core`), CORE_LBA);
  const file = await open(disk, 'r+');
  await file.write(esp.image, 0, esp.image.length, ESP_LBA * SECTOR);
  await file.close();
  for (const left of [scratch, `${scratch}.zst`, `${scratch}.core`]) await rm(left, { recursive: true, force: true });
  await rename(disk, path);
  await writeFile(`${path}.key`, key);
  return { path, sizeBytes };
};

if (import.meta.main) {
  try {
    const { path, sizeBytes } = await buildTestImage({ say: (line) => process.stdout.write(`${line}\n`) });
    process.stdout.write(`${path} (${sizeBytes} bytes)\n`);
  } catch (error) {
    if (!isBuildStop(error)) throw error;
    process.stderr.write(`${error.failure.message}\n${error.failure.next}\n`);
    process.exitCode = 1;
  }
}
