// What is inside the test image: a small Debian-made Linux with BusyBox as init, an initramfs that finds its root by UUID, and
// the traces of identity a real system carries (machine id, host name, a DHCP lease), so that captures have something to find.
import type { Entry } from './cpio.ts';
import type { ModuleChoice } from './modules.ts';

/** Fixed, so that the image is the same every time: it is a fixture, not a machine. */
export const ROOT_UUID = '5d1c2b0e-6f5a-4a52-9f0b-0d4f5a1e7c11';
export const IMAGE_HOST_NAME = 'debian-small';

/** Disks, file systems and network cards that QEMU offers. */
export const IMAGE_MODULES: ModuleChoice = {
  take: [
    'drivers/ata/ahci',
    'drivers/ata/ata_piix',
    'drivers/block/virtio_blk',
    'drivers/nvme/host/nvme',
    'drivers/scsi/sd_mod',
    'drivers/scsi/virtio_scsi',
    'drivers/usb/host/xhci-pci',
    'drivers/usb/storage/usb-storage',
    'drivers/virtio/virtio_pci',
    'drivers/net/virtio_net',
    'drivers/net/ethernet/intel/e1000/e1000',
    'drivers/net/ethernet/intel/e1000e/e1000e',
    'fs/ext4/ext4',
    'fs/fat/vfat',
    'fs/nls/nls_cp437',
    'fs/nls/nls_ascii',
    'crypto/crc32c_generic',
    'arch/x86/crypto/crc32c-intel',
  ],
  leave: [],
};

const script = (path: string, text: string): Entry => ({ kind: 'file', path, data: Buffer.from(text), executable: true });
const text = (path: string, value: string): Entry => ({ kind: 'file', path, data: Buffer.from(value), executable: false });

const LOAD_DRIVERS = `load_drivers() {
  find /sys/devices -name modalias -exec cat {} + 2>/dev/null | sort -u | xargs modprobe -a -b -q 2>/dev/null
}
`;

/** The initramfs' /init. */
const INITRAMFS_INIT = `#!/usr/bin/busybox sh
# Finds the root file system by its UUID and starts the system in it.
export PATH=/usr/bin:/usr/sbin
/usr/bin/busybox mkdir -p /proc /sys /dev /root
/usr/bin/busybox mount -t proc proc /proc
/usr/bin/busybox mount -t sysfs sysfs /sys
/usr/bin/busybox mount -t devtmpfs devtmpfs /dev
/usr/bin/busybox --install -s /usr/bin
${LOAD_DRIVERS}
word() { sed -n "s/.* $1=\\([^ ]*\\).*/\\1/p" /proc/cmdline; }
uuid=$(sed -n 's/.*root=UUID=\\([^ ]*\\).*/\\1/p' /proc/cmdline)
type=$(word rootfstype)
flags=$(word rootflags)
modprobe -a -q "\${type:-ext4}" crc32c
# What BusyBox lacks is there where the image needs it: a look into volume groups, and signatures of more filesystems.
finder=/usr/sbin/findfs
[ -x $finder ] || finder=findfs
find_root() {
  [ ! -x /usr/sbin/lvm ] || { modprobe -q dm_mod; lvm vgchange -q -ay --noudevsync >/dev/null 2>&1; lvm vgmknodes -q >/dev/null 2>&1; }
  root=$($finder "UUID=$uuid" 2>/dev/null)
}
tries=0
until find_root; do
  load_drivers
  tries=$((tries + 1))
  [ $tries -gt 100 ] && { echo "no disk holds the root file system $uuid"; sleep 20; reboot -f; }
  usleep 200000
done
mount -t "\${type:-ext4}" -o "ro\${flags:+,$flags}" "$root" /root || { echo "$root could not be mounted"; sleep 20; reboot -f; }
for folder in proc sys dev; do mount --move /$folder /root/$folder; done
exec switch_root /root /sbin/init
`;

const START = `#!/bin/sh
# Runs once at start: writable root, drivers, network.
export PATH=/usr/bin:/usr/sbin
mount -o remount,rw /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
hostname -F /etc/hostname
${LOAD_DRIVERS}
load_drivers
ip link set lo up
for card in /sys/class/net/*; do
  [ -e "$card/device" ] || continue
  ip link set "\${card##*/}" up
  udhcpc -b -t 3 -i "\${card##*/}" -s /etc/udhcpc.script >/dev/null 2>&1 &
done
`;

const LEASE = `#!/bin/sh
case $1 in
  bound | renew)
    ip addr flush dev "$interface"
    ip addr add "$ip/\${mask:-24}" dev "$interface"
    mkdir -p /var/lib/dhcp
    echo "$interface $ip from $serverid" >/var/lib/dhcp/lease
    ;;
esac
`;

const INITTAB = `::sysinit:/etc/init.d/start
ttyS0::respawn:/usr/bin/getty -L 115200 ttyS0 vt100
tty1::respawn:/usr/bin/getty 38400 tty1 linux
::ctrlaltdel:/usr/bin/reboot
::shutdown:/usr/bin/umount -a -r
`;

/** Folders every Unix root has. */
const FOLDERS = ['proc', 'sys', 'dev', 'run', 'tmp', 'mnt', 'root', 'home', 'var/log', 'var/lib/dhcp', 'boot/efi'];

/** Links for every command of BusyBox, `names` as it lists them. */
const commands = (names: readonly string[]): Entry[] =>
  names.filter((name) => name !== '' && name !== 'busybox').map((name) => ({ kind: 'link', path: `usr/bin/${name}`, target: 'busybox' }));

const MOUNT_TABLE = `UUID=${ROOT_UUID} / ext4 defaults 0 1\n`;

/** The archive entries the initramfs adds to BusyBox and modules. */
export const initramfsEntries = (): Entry[] => [
  script('init', INITRAMFS_INIT),
  { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
  { kind: 'link', path: 'usr/sbin/modprobe', target: '../bin/busybox' },
];

/** The files of the root that no package brings. `grubConfig` is read by both GRUBs. */
export const rootEntries = (grubConfig: string, commandNames: readonly string[], mountTable: string = MOUNT_TABLE): Entry[] => [
  ...commands(commandNames),
  ...FOLDERS.map((path): Entry => ({ kind: 'folder', path })),
  { kind: 'link', path: 'usr/sbin/init', target: '../bin/busybox' },
  { kind: 'link', path: 'usr/sbin/modprobe', target: '../bin/busybox' },
  text(
    'etc/os-release',
    'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION_CODENAME=trixie\nID=debian\n',
  ),
  text('etc/debian_version', '13\n'),
  text('etc/hostname', `${IMAGE_HOST_NAME}\n`),
  text('etc/hosts', `127.0.0.1 localhost ${IMAGE_HOST_NAME}\n`),
  text('etc/machine-id', '8d2f6c1e0b7a4d35a1c9e4f0b6d83a57\n'),
  text('etc/fstab', mountTable),
  text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'),
  text('etc/shadow', 'root::20000:0:99999:7:::\n'),
  text('etc/group', 'root:x:0:\n'),
  text('etc/issue', 'Debian small test image \\l\n'),
  text('etc/inittab', INITTAB),
  script('etc/init.d/start', START),
  script('etc/udhcpc.script', LEASE),
  text('boot/grub/grub.cfg', grubConfig),
];

/** Where the root filesystem is, as kernel and GRUB are told. */
export type RootPlace = {
  readonly uuid: string;
  readonly filesystem: 'ext4' | 'xfs' | 'btrfs';
  /** Folder of the filesystem that becomes the root, such as the subvolume `/@`; else empty. */
  readonly folder: string;
};
const EXT4_ROOT: RootPlace = { uuid: ROOT_UUID, filesystem: 'ext4', folder: '' };

const rootWords = ({ uuid, filesystem, folder }: RootPlace): string =>
  `root=UUID=${uuid} rootfstype=${filesystem}${folder === '' ? '' : ` rootflags=subvol=${folder.slice(1)}`} ro`;

/** The image's own grub.cfg, on its root file system. */
export const imageGrubConfig = (kernelVersion: string, place: RootPlace = EXT4_ROOT): string => `set timeout=0
if [ "$grub_platform" = pc ]; then
  serial --unit=0 --speed=115200
  terminal_output console serial
fi
menuentry 'Debian' {
  echo 'Loading Debian ...'
  linux ${place.folder}/boot/vmlinuz-${kernelVersion} ${rootWords(place)} quiet console=tty0 console=ttyS0,115200
  initrd ${place.folder}/boot/initrd.img-${kernelVersion}
}
`;

/** The grub.cfg of the ESP, as Debian's grub-install writes it: finds the root and goes on there. */
export const espGrubConfig = ({ uuid, folder }: RootPlace = EXT4_ROOT): string => `search.fs_uuid ${uuid} root
set prefix=($root)'${folder}/boot/grub'
configfile $prefix/grub.cfg
`;
