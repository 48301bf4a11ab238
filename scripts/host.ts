// What the host must have beyond npm: Debian packages for the clients, firmware and filesystems that the suites use.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export type HostPackage = { readonly name: string; readonly program: string; readonly why: string };

/** For `npm test`: real clients against our services, real tools against our disks. */
export const TEST_PACKAGES: readonly HostPackage[] = [
  { name: 'iproute2', program: 'ip', why: 'network namespaces' },
  { name: 'iptables', program: 'iptables', why: 'packet loss' },
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
  { name: 'zstd', program: 'zstd', why: 'compressed images, and the reference for figures' },
  { name: 'xz-utils', program: 'xz', why: 'compressed images' },
  { name: 'bzip2', program: 'bzip2', why: 'compressed images' },
  { name: 'openssl', program: 'openssl', why: 'signatures made by others' },
  { name: 'grub-common', program: 'grub-script-check', why: "GRUB's own judgement of our configurations" },
  { name: 'qemu-utils', program: 'qemu-img', why: 'images of virtual machines' },
  { name: 'cpio', program: 'cpio', why: 'an independent reader of stage 1' },
  { name: 'procps', program: 'ps', why: 'processes' },
  { name: 'chromium', program: 'chromium', why: 'the window, in a browser' },
];

const findProgram = (name: string): string | null => {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  for (const folder of folders) if (folder !== '' && existsSync(`${folder}/${name}`)) return `${folder}/${name}`;
  return null;
};

export const hasProgram = (name: string): boolean => findProgram(name) !== null;

export const missingPackages = (wanted: readonly HostPackage[]): readonly HostPackage[] =>
  wanted.filter((entry) => !hasProgram(entry.program));

export const isRoot = (): boolean => process.getuid?.() === 0;

/** True where apt can be asked to install: Debian or a relative of it, as root or with sudo. */
export const canInstall = (): boolean => process.platform === 'linux' && hasProgram('apt-get') && (isRoot() || hasProgram('sudo'));

/** Installs Debian packages through apt; true when it worked. Its own messages go to stderr. */
export const installPackages = (names: readonly string[]): boolean => {
  const command = (args: readonly string[]): readonly string[] => (isRoot() ? args : ['sudo', ...args]);
  const run = (args: readonly string[]): boolean => {
    const [program = '', ...rest] = command(args);
    const result = spawnSync(program, rest, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    return result.status === 0;
  };
  return run(['apt-get', 'update', '-q']) && run(['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...names]);
};
