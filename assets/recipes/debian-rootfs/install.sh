#!/bin/sh
# Makes a bootable system for BIOS and UEFI from a root filesystem: GPT with a BIOS boot partition, an EFI system partition and an ext4
# root, GRUB in both. Needs rootfs.tar beside recipe.json with a kernel and its initramfs in /boot and, from Debian, grub2-common,
# grub-pc-bin and grub-efi-amd64-bin; the rest (sfdisk, mkfs, tar, mount) is in the boot kit. With shim-signed and grub-efi-amd64-signed
# in the root filesystem the result starts with Secure Boot on too; without them such a machine refuses it.
set -eu

disk=$RACKSIDE_DISK
case $disk in
  *[0-9]) part=${disk}p ;;
  *) part=$disk ;;
esac
esp=${part}2
root=${part}3

# Until the partition's node is there; the kernel may take a moment.
waitfor() {
  tries=0
  until [ -b "$1" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || { echo "$1 did not appear" >&2; exit 1; }
    sleep 0.1
  done
}

echo "partitioning $disk"
sfdisk --quiet --wipe always --wipe-partitions always "$disk" <<TABLE
label: gpt
start=1MiB, size=1MiB, type=21686148-6449-6E6F-744E-656564454649, name=bios
size=256MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=ESP
type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root
TABLE
partx --update "$disk" 2>/dev/null || true
waitfor "$esp"
waitfor "$root"
mkfs.vfat -F 32 -n ESP "$esp" >/dev/null
mkfs.ext4 -q -F -L root "$root"

mkdir target
mount -t ext4 "$root" target
echo "unpacking the root filesystem"
tar -xpf "$RACKSIDE_PAYLOADS/rootfs.tar" -C target --numeric-owner
mkdir -p target/boot/efi
mount -t vfat "$esp" target/boot/efi
mount --bind /dev target/dev
mount -t proc proc target/proc
mount -t sysfs sysfs target/sys

root_uuid=$(blkid -s UUID -o value "$root")
cat > target/etc/fstab <<TABLE
UUID=$root_uuid / ext4 defaults 0 1
UUID=$(blkid -s UUID -o value "$esp") /boot/efi vfat umask=0077 0 2
TABLE
# Each machine that is made from this image makes its own.
: > target/etc/machine-id

echo "installing GRUB for BIOS and UEFI"
chroot target grub-install --target=i386-pc "$disk"
# Debian's grub-install takes the signed loaders where they are installed; those look for their menu in EFI/debian alone, so the path for
# firmware without boot entries comes on top.
chroot target grub-install --target=x86_64-efi --efi-directory=/boot/efi --bootloader-id=debian --no-nvram --force-extra-removable
# Without this link, which udev makes elsewhere, grub-mkconfig would name the root by a device that is another one on other machines.
mkdir -p /dev/disk/by-uuid
ln -sf "$root" "/dev/disk/by-uuid/$root_uuid"
chroot target grub-mkconfig -o /boot/grub/grub.cfg
rm "/dev/disk/by-uuid/$root_uuid"
grep -q "root=UUID=$root_uuid" target/boot/grub/grub.cfg || { echo "GRUB's menu does not name the root by its UUID" >&2; exit 1; }

umount target/sys target/proc target/dev target/boot/efi target
sync
