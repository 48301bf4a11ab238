// Which operating system seems to live on a disk: enough to warn a person before it is erased, never a reason to write. PURE.
import type { PartitionTable } from '../../image/partition-table.ts';
import type { Signature } from './volume.ts';

/** Folder below `/EFI` on an EFI system partition → who put it there. `boot` and `tools` belong to everybody. */
const EFI_FOLDERS: Readonly<Record<string, string>> = {
  microsoft: 'Windows',
  debian: 'Linux (Debian)',
  ubuntu: 'Linux (Ubuntu)',
  redhat: 'Linux (Red Hat)',
  centos: 'Linux (CentOS)',
  rocky: 'Linux (Rocky)',
  almalinux: 'Linux (AlmaLinux)',
  fedora: 'Linux (Fedora)',
  oracle: 'Linux (Oracle)',
  opensuse: 'Linux (openSUSE)',
  sles: 'Linux (SUSE)',
  sled: 'Linux (SUSE)',
  arch: 'Linux (Arch)',
  gentoo: 'Linux (Gentoo)',
  'nixos-boot': 'Linux (NixOS)',
  proxmox: 'Linux (Proxmox)',
  systemd: 'Linux',
  linux: 'Linux',
  grub: 'Linux',
  vmware: 'VMware ESXi',
  freebsd: 'FreeBSD',
  openbsd: 'OpenBSD',
  apple: 'macOS',
};

/** GPT types that only an installed system (or its data) uses. */
const PARTITION_TYPES: Readonly<Record<string, string>> = {
  '9d275380-40ad-11db-bf97-000c2911d1b8': 'VMware ESXi',
  'aa31e02a-400f-11db-9590-000c2911d1b8': 'VMware ESXi',
  '4f68bce3-e8cd-4db1-96e7-fbcaf984b709': 'Linux',
  'b921b045-1df0-41c3-af44-4c6f280d3fae': 'Linux',
  '44479540-f297-41b2-9af7-d131d5f0458a': 'Linux',
  '83bd6b9d-7f41-11dc-be0b-001560b84f0f': 'FreeBSD',
  '516e7cba-6ecf-11d6-8ff8-00022d09712b': 'FreeBSD',
  '516e7cb6-6ecf-11d6-8ff8-00022d09712b': 'FreeBSD',
  '7c3457ef-0000-11aa-aa11-00306543ecac': 'macOS',
  'de94bba4-06d1-4d40-a16a-bfd50179d6ac': 'Windows',
};

export type OsEvidence = {
  readonly table: PartitionTable | null;
  /** Names below `/EFI` of every EFI system partition. */
  readonly efiFolders: readonly string[];
  readonly signatures: readonly Signature[];
  /** Where each ext filesystem was last mounted (`s_last_mounted`). */
  readonly lastMounted: readonly string[];
  /** The first 440 bytes of the disk. */
  readonly bootCode: Buffer;
};

/** Root as an installer, an initramfs or the system itself mounts it. */
const ROOT_MOUNTS = ['/', '/root', '/sysroot', '/target', '/mnt/sysimage', '/mnt/sysroot'];

const bootCodeOs = (evidence: OsEvidence): string | null => {
  const { bootCode, table } = evidence;
  if (bootCode.every((byte) => byte === 0)) return null;
  if (bootCode.includes('GRUB') || bootCode.includes('LILO')) return 'Linux';
  const active = table?.kind === 'mbr' && table.partitions.some((partition) => partition.attributes.endsWith('1'));
  if (!active) return null;
  return evidence.signatures.some((signature) => signature.kind === 'ntfs' || signature.kind === 'bitlocker')
    ? 'Windows'
    : 'Unknown (BIOS boot code)';
};

/** A name such as `Windows` or `Linux (Debian)`, several joined by ` + `, or null when nothing points to a system. */
export const recogniseOs = (evidence: OsEvidence): string | null => {
  const folders = evidence.efiFolders.map((name) => name.toLowerCase());
  const found = new Set<string>();
  for (const folder of folders) if (EFI_FOLDERS[folder] !== undefined) found.add(EFI_FOLDERS[folder]);
  for (const partition of evidence.table?.partitions ?? []) {
    const os = PARTITION_TYPES[partition.type];
    if (os !== undefined) found.add(os);
  }
  if (evidence.lastMounted.some((path) => ROOT_MOUNTS.includes(path))) found.add('Linux');
  const byBootCode = bootCodeOs(evidence);
  if (byBootCode !== null && (found.size === 0 || !byBootCode.startsWith('Unknown'))) found.add(byBootCode);
  // A name with its distribution says more than the bare one.
  if ([...found].some((name) => name.startsWith('Linux ('))) found.delete('Linux');
  if (found.size === 0 && folders.length > 0) found.add('Unknown (UEFI boot loader)');
  return found.size === 0 ? null : [...found].toSorted().join(' + ');
};
