// What the host must have beyond npm: Debian packages for the clients, firmware and filesystems that the suites use.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export type HostPackage = { readonly name: string; readonly program: string; readonly why: string };

/** For `npm test`: real clients against our services, real tools against our disks. */
export const TEST_PACKAGES: readonly HostPackage[] = [
  { name: 'iproute2', program: 'ip', why: 'network namespaces' },
  { name: 'iptables', program: 'iptables', why: 'packet loss' },
  { name: 'tcpdump', program: 'tcpdump', why: 'what is on a wire, told by somebody else' },
  { name: 'busybox', program: 'busybox', why: 'udhcpc' },
  { name: 'udhcpc', program: 'udhcpc', why: 'DHCP client' },
  { name: 'isc-dhcp-client', program: 'dhclient', why: 'DHCP client' },
  { name: 'dhcpcd5', program: 'dhcpcd', why: 'DHCP client' },
  { name: 'kea-admin', program: 'perfdhcp', why: 'DHCP load' },
  { name: 'dnsmasq-base', program: 'dnsmasq', why: 'a foreign DHCP server, and the reference for figures' },
  { name: 'curl', program: 'curl', why: 'TFTP and HTTP client' },
  { name: 'atftp', program: 'atftp', why: 'TFTP client with windows' },
  { name: 'tftp-hpa', program: 'tftp', why: 'TFTP client' },
  { name: 'gdisk', program: 'sgdisk', why: 'an independent judge of partition tables' },
  { name: 'fdisk', program: 'sfdisk', why: 'an independent judge of partition tables' },
  { name: 'e2fsprogs', program: 'e2fsck', why: 'an independent judge of ext4' },
  { name: 'dosfstools', program: 'mkfs.vfat', why: 'FAT volumes' },
  { name: 'mtools', program: 'mcopy', why: 'FAT volumes' },
  { name: 'xfsprogs', program: 'mkfs.xfs', why: 'XFS volumes' },
  { name: 'btrfs-progs', program: 'mkfs.btrfs', why: 'Btrfs volumes' },
  { name: 'ntfs-3g', program: 'ntfs-3g', why: 'NTFS volumes' },
  { name: 'exfatprogs', program: 'mkfs.exfat', why: 'exFAT volumes' },
  { name: 'exfat-fuse', program: 'mount.exfat-fuse', why: 'exFAT volumes' },
  { name: 'fusefat', program: 'fusefat', why: 'FAT32 volumes, mounted' },
  { name: 'xorriso', program: 'xorriso', why: 'ISO images' },
  { name: 'psmisc', program: 'fuser', why: 'whether a device is still open' },
  { name: 'lvm2', program: 'lvcreate', why: 'physical volumes' },
  { name: 'cryptsetup-bin', program: 'cryptsetup', why: 'encrypted volumes' },
  { name: 'mmdebstrap', program: 'mmdebstrap', why: 'the systems that figures are measured on' },
  { name: 'partclone', program: 'partclone.ext4', why: 'an independent judge of used blocks' },
  { name: 'zstd', program: 'zstd', why: 'compressed images, and the reference for figures' },
  { name: 'xz-utils', program: 'xz', why: 'compressed images' },
  { name: 'bzip2', program: 'bzip2', why: 'compressed images' },
  { name: 'openssl', program: 'openssl', why: 'signatures made by others' },
  { name: 'grub-common', program: 'grub-script-check', why: "GRUB's own judgement of our configurations" },
  { name: 'qemu-utils', program: 'qemu-img', why: 'images of virtual machines' },
  { name: 'cpio', program: 'cpio', why: 'an independent reader of stage 1' },
  { name: 'libhivex-bin', program: 'hivexsh', why: 'an independent maker and reader of Windows registry hives' },
  { name: 'dmidecode', program: 'dmidecode', why: 'an independent reader of SMBIOS tables' },
  { name: 'procps', program: 'ps', why: 'processes' },
  { name: 'chromium-headless-shell', program: 'chromium-headless-shell', why: 'the window, in a browser' },
];

const findProgram = (name: string): string | null => {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  for (const folder of folders) if (folder !== '' && existsSync(`${folder}/${name}`)) return `${folder}/${name}`;
  return null;
};

export const hasProgram = (name: string): boolean => findProgram(name) !== null;

/** Best first: the one without a display and its own window costs little more than half. */
const BROWSERS = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'] as const;

/** Path of a Chromium: `RACKSIDE_CHROMIUM`, else one that is installed; null where there is none. */
export const findBrowser = (): string | null =>
  process.env['RACKSIDE_CHROMIUM'] ?? BROWSERS.map(findProgram).find((path) => path !== null) ?? null;

export const missingPackages = (wanted: readonly HostPackage[]): readonly HostPackage[] =>
  wanted.filter((entry) => !hasProgram(entry.program));

export const isRoot = (): boolean => process.getuid?.() === 0;

/** True where apt can be asked to install: Debian or a relative of it, as root or with sudo. */
export const canInstall = (): boolean => process.platform === 'linux' && hasProgram('apt-get') && (isRoot() || hasProgram('sudo'));

/** Installs Debian packages through apt, those that it has; true when it has them all. Its own messages go to stderr. */
export const installPackages = (names: readonly string[]): boolean => {
  const command = (args: readonly string[]): readonly string[] => (isRoot() ? args : ['sudo', ...args]);
  const run = (args: readonly string[]): boolean => {
    const [program = '', ...rest] = command(args);
    const result = spawnSync(program, rest, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    return result.status === 0;
  };
  const install = (packages: readonly string[]): boolean => run(['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages]);
  if (!run(['apt-get', 'update', '-q'])) return false;
  // One that this release does not have must not keep the others away.
  return install(names) || names.map((name) => install([name])).every(Boolean);
};
