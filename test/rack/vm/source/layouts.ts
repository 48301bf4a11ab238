// The systems that the lab captures: how their disks are divided, and which filesystems hold what. Each is laid out in the kit's Linux
// by the tools of Debian that an installer would use, from one root filesystem made of Debian's packages.
import type { RootPlace } from '../../../../scripts/bootkit/test-image-files.ts';

export type Layout = {
  readonly name: string;
  /** One line for the lab's list. */
  readonly about: string;
  readonly firmware: 'bios' | 'uefi';
  readonly sizeBytes: number;
  readonly root: RootPlace;
  readonly mountTable: string;
  /** What its initramfs needs beyond the test image's. */
  readonly modules: readonly string[];
  readonly programs: readonly string[];
  /** Of the BIOS loader: GRUB's folder as it names it, and the modules that read it. Null: the disk starts by UEFI. */
  readonly bios: { readonly prefix: string; readonly modules: readonly string[]; readonly coreLba: number } | null;
  /** POSIX sh: makes everything on $disk. `fill FOLDER` puts files of all kinds there, `root FOLDER` the system, `loader FOLDER` the ESP's files. */
  readonly make: string;
};

const MIB = 1024 * 1024;
const uuid = (last: number): string => `7a1c0d52-9e34-4b6f-8a21-0000000000${last.toString(16).padStart(2, '0')}`;

const ESP_TYPE = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';
const DATA_TYPE = 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7';

/** ext4 as Debian's installer leaves it, and beside it the volumes that other systems use. */
const EXT4: Layout = {
  name: 'ext4',
  about: 'capture and redeploy: ext4, NTFS, FAT and exFAT on GPT, UEFI',
  firmware: 'uefi',
  sizeBytes: 1536 * MIB,
  root: { uuid: uuid(1), filesystem: 'ext4', folder: '' },
  mountTable: `UUID=${uuid(1)} / ext4 errors=remount-ro 0 1\n`,
  modules: [],
  programs: [],
  bios: null,
  make: `
sfdisk --quiet $disk <<TABLE
label: gpt
start=1MiB, size=64MiB, type=${ESP_TYPE}
size=640MiB, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709
size=64MiB, type=swap
size=192MiB, type=${DATA_TYPE}, name=ntfs
size=192MiB, type=${DATA_TYPE}, name=fat
size=192MiB, type=${DATA_TYPE}, name=exfat
TABLE
settle
mkfs.vfat -F 32 -n ESP \${disk}1 >/dev/null
mkfs.ext4 -q -U ${uuid(1)} -O ^metadata_csum_seed,^orphan_file \${disk}2
mkswap -q -U ${uuid(2)} \${disk}3
mkntfs --quick --quiet --label DATA \${disk}4
mkfs.vfat -F 32 -n DATA \${disk}5 >/dev/null
mkfs.exfat -q -L DATA \${disk}6
with \${disk}2 root ext4
with \${disk}1 loader vfat
with \${disk}4 plain ntfs3
with \${disk}5 plain vfat
with \${disk}6 plain exfat
`,
};

/** As the big server distributions do it: one physical volume, root and swap in it. */
const XFS_LVM: Layout = {
  name: 'xfs-lvm',
  about: 'capture and redeploy: root on XFS in a volume group, UEFI',
  firmware: 'uefi',
  sizeBytes: 1536 * MIB,
  root: { uuid: uuid(3), filesystem: 'xfs', folder: '' },
  mountTable: `UUID=${uuid(3)} / xfs defaults 0 0\n`,
  modules: ['fs/xfs/xfs', 'drivers/md/dm-mod'],
  programs: ['lvm', 'findfs'],
  bios: null,
  make: `
sfdisk --quiet $disk <<TABLE
label: gpt
start=1MiB, size=64MiB, type=${ESP_TYPE}
type=lvm
TABLE
settle
mkfs.vfat -F 32 -n ESP \${disk}1 >/dev/null
lvm pvcreate -q \${disk}2
lvm vgcreate -q system \${disk}2
# Pieces on both sides of another volume: linear, and not in one.
lvm lvcreate -q -an -Zn -n root -L 320m system
lvm lvcreate -q -an -Zn -n swap -L 64m system
lvm lvextend -q -L 768m system/root
lvm vgchange -q -ay system
lvm vgmknodes -q
mkswap -q -U ${uuid(4)} /dev/mapper/system-swap
mkfs.xfs -q -m uuid=${uuid(3)} /dev/mapper/system-root
with /dev/mapper/system-root root xfs
lvm vgchange -q -an system
with \${disk}1 loader vfat
`,
};

const BTRFS: Layout = {
  name: 'btrfs',
  about: 'capture and redeploy: root in a subvolume of Btrfs, UEFI',
  firmware: 'uefi',
  sizeBytes: 1536 * MIB,
  root: { uuid: uuid(5), filesystem: 'btrfs', folder: '/@' },
  mountTable: `UUID=${uuid(5)} / btrfs subvol=@ 0 0\n`,
  modules: ['fs/btrfs/btrfs'],
  programs: ['findfs'],
  bios: null,
  make: `
sfdisk --quiet $disk <<TABLE
label: gpt
start=1MiB, size=64MiB, type=${ESP_TYPE}
type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709
TABLE
settle
mkfs.vfat -F 32 -n ESP \${disk}1 >/dev/null
mkfs.btrfs -q -U ${uuid(5)} \${disk}2
modprobe btrfs
mkdir top
mount -t btrfs -o compress=zstd \${disk}2 top
btrfs -q subvolume create top/@
btrfs -q subvolume create top/@home
root top/@
fill top/@home
btrfs -q subvolume snapshot -r top/@home top/@home/before
rm top/@home/holes
umount top
with \${disk}1 loader vfat
`,
};

/** An old BIOS machine's disk: the root is the first logical partition, behind another system's primary one. */
export const MBR_LOGICAL: Layout = {
  name: 'mbr-logical',
  about: 'capture and redeploy: root on a logical partition of an MBR, BIOS',
  firmware: 'bios',
  sizeBytes: 1024 * MIB,
  root: { uuid: uuid(6), filesystem: 'ext4', folder: '' },
  mountTable: `UUID=${uuid(6)} / ext4 errors=remount-ro 0 1\n`,
  modules: [],
  programs: [],
  bios: { prefix: '(,msdos5)/boot/grub', modules: ['part_msdos', 'ext2'], coreLba: 1 },
  make: `
sfdisk --quiet $disk <<TABLE
label: dos
label-id: 0x52534b31
\${disk}1 : start=1MiB, size=64MiB, type=c
\${disk}2 : size=896MiB, type=5
\${disk}5 : size=640MiB, type=83, bootable
\${disk}6 : size=64MiB, type=82
TABLE
settle
mkfs.vfat -F 16 -n DOS \${disk}1 >/dev/null
mkfs.ext4 -q -U ${uuid(6)} -O ^metadata_csum_seed,^orphan_file \${disk}5
mkswap -q -U ${uuid(7)} \${disk}6
with \${disk}5 root ext4
with \${disk}1 plain vfat
`,
};

export const LAYOUTS: readonly Layout[] = [EXT4, XFS_LVM, BTRFS, MBR_LOGICAL];
