// A Debian as everybody has it, with systemd, OpenSSH and D-Bus, for journeys in which the small image's BusyBox says too little: the
// small image's disk, loaders and kernel with a root file system that mmdebstrap(1) made. Linux, root, and a Debian mirror once.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT_UUID } from '../../../scripts/bootkit/test-image-files.ts';
import { debianRootfs } from './debian-rootfs.ts';
import { copySparse } from './disk-files.ts';

const PACKAGES = ['systemd-sysv', 'udev', 'openssh-server', 'dbus', 'iproute2', 'isc-dhcp-client', 'ifupdown', 'kmod', 'e2fsprogs'];
const SECTOR_BYTES = 512;

/** What a person reads on the console, one fact a line, each time the system has started. */
const TELL = `#!/bin/sh
tell() { echo "TOLD $1 $2" >/dev/ttyS0; }
tell machine-id "$(cat /etc/machine-id)"
tell host "$(hostname)"
for key in /etc/ssh/ssh_host_*_key; do [ -e "$key" ] && tell "\${key##*/}" "$(ssh-keygen -lf "$key" | cut -d' ' -f2)"; done
tell sshd "$(systemctl is-active ssh.service)"
tell failed "$(systemctl list-units --failed --plain --no-legend | tr '\\n' ' ')"
tell done yes
exit 0
`;
const UNIT = `[Unit]
After=ssh.service network.target
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/tell
[Install]
WantedBy=multi-user.target
`;

const run = (program: string, args: readonly string[]): string => execFileSync(program, args, { encoding: 'utf8' });

const rootPlace = (disk: string): { readonly offset: number; readonly size: number } => {
  const [, start = '', end = ''] = /^\s+3\s+(\d+)\s+(\d+)\s/m.exec(run('sgdisk', ['-p', disk])) ?? [];
  return { offset: Number(start) * SECTOR_BYTES, size: (Number(end) - Number(start) + 1) * SECTOR_BYTES };
};

/** Mounts the root file system of such a disk for as long as `work` takes. */
const inRoot = (disk: string, work: (folder: string) => void): void => {
  const { offset, size } = rootPlace(disk);
  const loop = run('losetup', ['--find', '--show', '--offset', `${offset}`, '--sizelimit', `${size}`, disk]).trim();
  const folder = `${disk}.mount`;
  try {
    mkdirSync(folder, { recursive: true });
    run('mount', ['-t', 'ext4', loop, folder]);
    try {
      work(folder);
    } finally {
      run('umount', [folder]);
    }
  } finally {
    run('losetup', ['--detach', loop]);
    rmSync(folder, { recursive: true });
  }
};

export type DebianDisk = {
  /** Where it is written. */
  readonly path: string;
  /** The test image's disk, whose loaders and kernel it keeps. */
  readonly smallImage: string;
  /** Put into its root last. */
  readonly files: Readonly<Record<string, string>>;
  /** Packages beyond those that every such disk has. */
  readonly packages?: readonly string[];
};

/** Writes such a disk. Resolves with the prints of its SSH host keys. */
export const makeDebianDisk = async ({ path, smallImage, files, packages = [] }: DebianDisk): Promise<readonly string[]> => {
  const tar = await debianRootfs({ name: 'debian', packages: [...PACKAGES, ...packages] });
  let prints: readonly string[] = [];
  copySparse(smallImage, path);
  inRoot(path, (root) => {
    const modules = `${path}.modules`;
    run('cp', ['-a', join(root, 'usr/lib/modules'), modules]);
    const old = run('ls', ['-A', root])
      .split('\n')
      .filter((name) => name !== '' && name !== 'boot' && name !== 'lost+found');
    for (const name of old) rmSync(join(root, name), { recursive: true });
    run('tar', ['-xf', tar, '-C', root, '--exclude=./dev/*', '--exclude=./usr/share/doc/*', '--exclude=./usr/share/locale/*']);
    run('cp', ['-a', modules, join(root, 'usr/lib/modules')]);
    rmSync(modules, { recursive: true });
    const all: Readonly<Record<string, string>> = {
      'etc/fstab': `UUID=${ROOT_UUID} / ext4 defaults 0 1\n`,
      'etc/network/interfaces': 'auto lo\niface lo inet loopback\nallow-hotplug enp0s2\niface enp0s2 inet dhcp\n',
      // Where a processor is emulated, the console's device takes minutes to appear.
      'etc/systemd/system.conf.d/patience.conf': '[Manager]\nDefaultDeviceTimeoutSec=900s\nDefaultTimeoutStartSec=900s\n',
      'usr/local/sbin/tell': TELL,
      'etc/systemd/system/tell.service': UNIT,
      ...files,
    };
    for (const [name, text] of Object.entries(all)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    run('chmod', ['755', join(root, 'usr/local/sbin/tell')]);
    run('ln', ['-s', '/etc/systemd/system/tell.service', join(root, 'etc/systemd/system/multi-user.target.wants/tell.service')]);
    run('chroot', [root, 'passwd', '-d', 'root']);
    const listed = run('sh', ['-c', `for key in ${root}/etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done`]);
    prints = [...listed.matchAll(/SHA256:\S+/g)].map(([print]) => print);
  });
  return prints;
};
