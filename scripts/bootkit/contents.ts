// What goes into the two stages of the boot kit: drivers, firmware and programs, as choices a reader can argue with.
import type { ModuleChoice } from './modules.ts';

/** Network kinds no machine in a rack boots from. */
const NOT_FOR_RACKS = [
  'drivers/net/wireless/',
  'drivers/net/wwan/',
  'drivers/net/can/',
  'drivers/net/hamradio/',
  'drivers/net/ieee802154/',
  'drivers/net/arcnet/',
  'drivers/net/ppp/',
  'drivers/net/slip/',
  'drivers/net/plip/',
  'drivers/net/wan/',
  'drivers/net/fddi/',
  'drivers/net/hippi/',
  'drivers/net/wireguard/',
  'drivers/net/vxlan/',
  'drivers/net/bonding/',
  'drivers/net/team/',
  'drivers/net/thunderbolt/',
  'drivers/net/ipvlan/',
  'drivers/net/macvlan',
  'drivers/net/macvtap',
  'drivers/net/netconsole',
  'drivers/net/gtp',
  'drivers/net/geneve',
  'drivers/net/nlmon',
  'drivers/net/vsockmon',
  'drivers/net/mhi_net',
  'drivers/net/wireguard',
  'drivers/net/macsec',
  'drivers/net/vrf',
  'drivers/net/xen-netback/',
  // PC Cards, and a switch's own ASIC.
  'drivers/net/ethernet/3com/3c574_cs',
  'drivers/net/ethernet/3com/3c589_cs',
  'drivers/net/ethernet/8390/axnet_cs',
  'drivers/net/ethernet/8390/pcnet_cs',
  'drivers/net/ethernet/amd/nmclan_cs',
  'drivers/net/ethernet/fujitsu/',
  'drivers/net/ethernet/smsc/smc91c92_cs',
  'drivers/net/ethernet/xircom/',
  'drivers/net/ethernet/mellanox/mlxsw/',
  // Phones and modems on USB.
  'drivers/net/usb/hso',
  'drivers/net/usb/cdc-phonet',
  'drivers/net/usb/cdc_mbim',
  'drivers/net/usb/qmi_wwan',
  'drivers/net/usb/huawei_cdc_ncm',
  'drivers/net/usb/sierra_net',
  'drivers/net/usb/ipheth',
  'drivers/net/usb/lg-vl600',
  'drivers/net/usb/kalmia',
] as const;

/** What stage 1 has no use for among network drivers: software interfaces, and help for disks on the network. */
const NO_CARDS = [
  'drivers/net/dummy',
  'drivers/net/eql',
  'drivers/net/ifb',
  'drivers/net/tap',
  'drivers/net/tun',
  'drivers/net/veth',
  'drivers/net/ethernet/broadcom/cnic',
  // A bus between the partitions of one maker's mainframe-like servers.
  'drivers/net/fjes/',
] as const;

/** Stage 1: any network card, the boot stick, and what mounts stage 2. Its size is what slow loaders must move. */
export const STAGE1_MODULES: ModuleChoice = {
  take: [
    'drivers/net/',
    'drivers/hv/hv_vmbus',
    'drivers/virtio/virtio_pci',
    'drivers/virtio/virtio_mmio',
    'drivers/pci/controller/vmd',
    'net/packet/af_packet',
    'drivers/block/loop',
    'fs/squashfs/squashfs',
    'fs/overlayfs/overlay',
    'drivers/usb/host/xhci-pci',
    'drivers/usb/host/ehci-pci',
    'drivers/usb/host/ohci-pci',
    'drivers/usb/host/uhci-hcd',
    'drivers/usb/storage/usb-storage',
    'drivers/usb/storage/uas',
    'drivers/scsi/sd_mod',
    'fs/fat/vfat',
    'fs/nls/nls_cp437',
    'fs/nls/nls_ascii',
    'fs/nls/nls_iso8859-1',
    'fs/nls/nls_utf8',
    'crypto/crc32c_generic',
    'arch/x86/crypto/crc32c-intel',
  ],
  leave: [...NOT_FOR_RACKS, ...NO_CARDS],
};

/** Indexes of depmod that BusyBox's modprobe does not read; half a megabyte. */
export const STAGE1_INDEXES_LEFT_OUT = /^modules\.(.*\.bin|order|builtin\.modinfo)$/;

/** Stage 2: every disk, file system, keyboard and management interface an agent or an install script may meet. */
export const STAGE2_MODULES: ModuleChoice = {
  take: [
    ...STAGE1_MODULES.take,
    'arch/x86/crypto/',
    'arch/x86/platform/intel/',
    'block/',
    'crypto/',
    'drivers/acpi/',
    'drivers/ata/',
    'drivers/block/',
    'drivers/cdrom/',
    'drivers/char/ipmi/',
    'drivers/char/hw_random/',
    'drivers/char/tpm/',
    'drivers/char/nvram',
    'drivers/dma/ioat/',
    'drivers/edac/',
    'drivers/firmware/',
    'drivers/hid/hid',
    'drivers/hid/hid-generic',
    'drivers/hid/hid-hyperv',
    'drivers/hid/usbhid/',
    'drivers/hv/',
    'drivers/hwmon/coretemp',
    'drivers/hwmon/k10temp',
    'drivers/hwmon/drivetemp',
    'drivers/i2c/busses/i2c-i801',
    'drivers/i2c/busses/i2c-piix4',
    'drivers/input/keyboard/',
    'drivers/input/serio/',
    'drivers/input/evdev',
    'drivers/md/',
    'drivers/message/',
    'drivers/misc/mei/mei',
    'drivers/misc/mei/mei-me',
    'drivers/mmc/',
    'drivers/net/bonding/',
    'drivers/nvme/host/nvme',
    'drivers/nvmem/',
    'drivers/pci/',
    'drivers/scsi/',
    'drivers/ufs/',
    'drivers/usb/core/',
    'drivers/usb/host/',
    'drivers/usb/storage/',
    'drivers/usb/serial/usbserial',
    'drivers/virtio/',
    'drivers/xen/',
    'fs/',
    'lib/',
    'net/8021q/',
    'net/llc/',
    'net/packet/',
    'net/vmw_vsock/',
  ],
  leave: [
    ...NOT_FOR_RACKS.filter((path) => path !== 'drivers/net/bonding/'),
    // Network block devices and clusters: nothing here may reach for disks that are not in the machine.
    'drivers/block/drbd/',
    'drivers/block/rbd',
    'drivers/block/nbd',
    'drivers/block/rnbd/',
    'drivers/block/aoe/',
    'drivers/scsi/iscsi_tcp',
    'drivers/scsi/fcoe/',
    'fs/ocfs2/',
    'fs/gfs2/',
    'fs/dlm/',
    'fs/ceph/',
    'fs/afs/',
    'fs/coda/',
    'fs/orangefs/',
    'fs/bcachefs/',
    'drivers/acpi/acpi_pad',
    'drivers/nvme/host/nvme-tcp',
    'drivers/pci/pcie/aer_inject',
    'lib/test_bpf',
  ],
};

/** Firmware that costs more than stage 1 can give for cards hardly any rack boots from; stage 2 has all but the first. */
export const STAGE1_FIRMWARE_LEFT_OUT: readonly RegExp[] = [
  /^netronome\//,
  /^liquidio\//,
  /^myri10ge/,
  /^phanfw/,
  /^ct2?fw-/,
  /^cis\//,
  /^ositech\//,
  /^microchip\//,
  /^cxgb4\/t4fw/,
  // The driver asks for the newer release first and takes it when it is there.
  /^bnx2x\/.*7\.13\.15\./,
];

/** 141 MB for one maker's SmartNICs. */
export const STAGE2_FIRMWARE_LEFT_OUT: readonly RegExp[] = [/^netronome\//, /^qat_/, /^intel\/(?!ice\/)/];

/** Programs of stage 2, by name; each brings its libraries. BusyBox stands in for every common command not named here. */
export const STAGE2_PROGRAMS: readonly string[] = [
  'busybox bash',
  // coreutils and friends, because recipes are written against GNU options.
  'cat chmod chown cp cut date dd df du env grep gzip head ln ls md5sum mkdir mktemp mv nproc od readlink rm sed sha256sum',
  'shred sleep sort stat sync tail tar tee timeout touch tr truncate uname wc xz zstd curl',
  'kmod depmod insmod lsmod modinfo modprobe rmmod',
  // setpriv and unshare for what a recipe's script mounts or leaves running: BusyBox's own do not end what they began.
  'findmnt lsblk lscpu lsmem mount umount setpriv unshare dmesg',
  'blkdiscard blkid blockdev losetup mkswap partx sfdisk wipefs fstrim swaplabel',
  'sgdisk parted partprobe mdadm lvm dmsetup cryptsetup',
  'lvs vgs pvs lvchange vgchange pvresize lvextend',
  'e2fsck resize2fs dumpe2fs tune2fs mke2fs debugfs e2label fsck.ext4 mkfs.ext4 mkfs.ext3 mkfs.ext2',
  'xfs_growfs xfs_db xfs_repair xfs_admin mkfs.xfs',
  'btrfs mkfs.btrfs btrfstune',
  'fsck.fat mkfs.fat mkfs.vfat fatlabel fsck.exfat mkfs.exfat mkfs.f2fs fsck.f2fs',
  'ntfsresize mkntfs mkfs.ntfs ntfsclone ntfslabel ntfs-3g ntfsinfo ntfscluster ntfsfix ntfscat',
  'partclone.btrfs partclone.exfat partclone.extfs partclone.ext2 partclone.ext3 partclone.ext4 partclone.f2fs',
  'partclone.fat partclone.fat12 partclone.fat16 partclone.fat32 partclone.vfat partclone.hfsplus partclone.hfsp',
  'partclone.apfs partclone.minix partclone.ntfs partclone.xfs partclone.imager partclone.dd',
  'dmidecode smartctl nvme hdparm ethtool lshw lspci sg_inq sg_vpd',
  'tcpdump ipmitool ip efibootmgr kexec',
].flatMap((line) => line.split(' '));

/** Data files and libraries that programs open by themselves. */
export const STAGE2_DATA: readonly string[] = [
  'usr/share/misc/pci.ids',
  'etc/mke2fs.conf',
  'usr/share/smartmontools/drivedb.h',
  'usr/lib/x86_64-linux-gnu/libnss_files.so.2',
  'usr/lib/x86_64-linux-gnu/libnss_dns.so.2',
  // For agent/disk/zstd.ts; Debian's own zstd has it built in.
  'usr/lib/x86_64-linux-gnu/libzstd.so.1',
];
