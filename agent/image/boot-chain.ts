// How an image boots: the loaders on its EFI system partitions, the boot code in sector 0, and what firmware kind and architecture
// follow from them. The rules are part of OSOID's definition (docs/FORMAT.md "Firmware and architecture"): changing one changes ids.
import type { Architecture, FirmwareKind } from './content.ts';
import type { FatEntry, FatVolume } from './fat.ts';
import { openFat } from './fat.ts';
import type { BootLoader } from './manifest.ts';
import type { PartitionTable, ReadAt } from './partition-table.ts';
import { BIOS_BOOT_TYPE, isEsp, partitionOffsetBytes } from './partition-table.ts';
import { readBootCode } from './boot-code.ts';
import { cachedReads } from './read-cache.ts';
import { PE_HEAD_BYTES, parsePortableExecutable, signersOf } from './portable-executable.ts';

export type BootFindings = {
  readonly firmware: FirmwareKind;
  readonly architecture: Architecture;
  readonly bootChain: readonly BootLoader[];
};

const MAX_LOADERS = 64;
const MAX_CERTIFICATES_BYTES = 64 * 1024;
const FAT_TYPES: readonly string[] = ['0x01', '0x04', '0x06', '0x0b', '0x0c', '0x0e'];

/** Looks at a whole disk or image; reads a few hundred KiB at most. */
export const findBootChain = async (source: ReadAt, table: PartitionTable): Promise<BootFindings> => {
  const read = cachedReads(source);
  const loaders: BootLoader[] = [];
  for (const partition of espCandidates(table)) {
    const volume = await openFat(read, partitionOffsetBytes(table, partition));
    if (volume !== undefined) loaders.push(...(await loadersOn(volume, MAX_LOADERS - loaders.length)));
  }
  const hasUefi = loaders.some((loader) => loader.architecture !== 'unknown');
  const biosCode = await biosBootCode(read, table);
  const firmware = hasUefi ? (biosCode ? 'both' : 'uefi') : biosCode ? 'bios' : 'unknown';
  const bootChain = biosCode ? [...loaders, { ...mbrLoader, bootCode: await readBootCode(read, table) }] : loaders;
  return { firmware, architecture: architectureOf(loaders, biosCode), bootChain };
};

const mbrLoader: BootLoader = { path: 'sector 0', kind: 'bios-boot-code', architecture: 'x86', signedBy: [] };

/** ESPs by type; on MBR disks without one, any FAT partition (removable-media layout, UEFI 2.10 §13.3.1). */
const espCandidates = (table: PartitionTable): PartitionTable['partitions'] => {
  const esps = table.partitions.filter(isEsp);
  return (esps.length > 0 || table.kind !== 'mbr' ? esps : table.partitions.filter((one) => FAT_TYPES.includes(one.type))).slice(0, 4);
};

const loadersOn = async (volume: FatVolume, limit: number): Promise<readonly BootLoader[]> => {
  const loaders: BootLoader[] = [];
  const vendors = (await volume.list('EFI')).filter((entry) => entry.isDirectory).slice(0, 32);
  for (const vendor of vendors) {
    const folders = vendor.name.toLowerCase() === 'microsoft' ? [`EFI/${vendor.name}/Boot`] : [`EFI/${vendor.name}`];
    for (const folder of folders) {
      const programs = (await volume.list(folder)).filter((entry) => !entry.isDirectory && /\.efi$/i.test(entry.name));
      for (const program of programs) {
        if (loaders.length >= limit) return loaders;
        const loader = await loaderOf(volume, `${folder}/${program.name}`, program);
        if (loader !== undefined) loaders.push(loader);
      }
    }
  }
  return loaders;
};

/** What a file on a FAT volume is as a loader; undefined if it is none. */
export const loaderOf = async (volume: FatVolume, path: string, entry: FatEntry): Promise<BootLoader | undefined> => {
  const program = parsePortableExecutable(await volume.readPart(entry, 0, PE_HEAD_BYTES));
  if (program === undefined) return undefined;
  const { certificates, architecture } = program;
  const table =
    certificates === null
      ? null
      : await volume.readPart(entry, certificates.offsetBytes, Math.min(certificates.sizeBytes, MAX_CERTIFICATES_BYTES));
  return {
    path: path.toWellFormed().slice(0, 260),
    kind: kindOf(path),
    architecture,
    signedBy: table === null ? [] : [...signersOf(table)],
  };
};

const kindOf = (path: string): BootLoader['kind'] => {
  const name = path.toLowerCase();
  if (/^efi\/boot\/boot[a-z0-9]+\.efi$/.test(name)) return 'removable';
  if (/\/shim[a-z0-9]*\.efi$/.test(name)) return 'shim';
  if (/\/grub[a-z0-9]*\.efi$/.test(name)) return 'grub';
  if (/\/systemd-boot[a-z0-9]*\.efi$/.test(name)) return 'systemd-boot';
  if (name.endsWith('/bootmgfw.efi')) return 'windows';
  return name.startsWith('efi/linux/') ? 'kernel' : 'other';
};

/**
 * Boot code in sector 0 counts if something can follow it: on GPT a BIOS boot partition or a partition with the legacy-boot bit
 * (attribute 2); on MBR an active partition or a loader that needs none (GRUB, LILO).
 */
const biosBootCode = async (read: ReadAt, table: PartitionTable): Promise<boolean> => {
  if (table.kind === 'none') return false;
  const code = Buffer.from(await read(0, 440));
  if (code.every((byte) => byte === 0)) return false;
  if (table.kind === 'gpt')
    return table.partitions.some((one) => one.type === BIOS_BOOT_TYPE || (BigInt(`0x${one.attributes}`) & 4n) !== 0n);
  const isActive = table.partitions.some((one) => one.attributes.endsWith('1'));
  return isActive || code.includes('GRUB') || code.includes('LILO');
};

/** The removable-media loaders decide, else all loaders; 64-bit wins where both widths are there. */
const architectureOf = (loaders: readonly BootLoader[], biosCode: boolean): Architecture => {
  const removable = loaders.filter((loader) => loader.kind === 'removable');
  const found = new Set((removable.length > 0 ? removable : loaders).map((loader) => loader.architecture));
  const order: readonly Architecture[] = ['x86_64', 'aarch64', 'riscv64', 'loongarch64', 'arm', 'i386'];
  return order.find((architecture) => found.has(architecture)) ?? (biosCode ? 'x86' : 'unknown');
};

/** Issuers whose signatures a stock Secure Boot machine accepts (Microsoft's UEFI CAs of 2011 and 2023, and Windows' own). */
const STOCK_ISSUER = /^Microsoft (Corporation )?(UEFI CA|Windows Production PCA|Root Certificate Authority)|^Windows UEFI CA 2023/;

/** True of a loader that such a machine starts. */
export const isStockSigned = ({ signedBy }: BootLoader): boolean => signedBy.some((issuer) => STOCK_ISSUER.test(issuer));

/** True when firmware that trusts only the stock keys starts this disk: the removable-media loader or a shim must be signed so. */
export const isSecureBootTrusted = (chain: readonly BootLoader[]): boolean =>
  chain.some((loader) => ['removable', 'shim', 'windows'].includes(loader.kind) && isStockSigned(loader));
