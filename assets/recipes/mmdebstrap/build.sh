#!/bin/sh
# Builds a disk with an EFI system partition and an ext4 root: mmdebstrap makes the root filesystem and, while it is still there,
# image.sh makes the partitions of it; sfdisk writes the table. As root, or as an ordinary user with fakechroot and fakeroot installed.
# Needs: mmdebstrap, e2fsprogs, fdisk, dosfstools, mtools. It boots by UEFI with Secure Boot on: shim and GRUB are Debian's.
set -eu
# Where an ordinary user does not look.
PATH=$PATH:/usr/sbin:/sbin
export PATH
case $RACKSIDE_FACT_ARCHITECTURE in
  x86_64) architecture=amd64 ;;
  aarch64) architecture=arm64 ;;
  *) echo "no Debian for $RACKSIDE_FACT_ARCHITECTURE" >&2; exit 2 ;;
esac
mode=fakechroot
[ "$(id -u)" = 0 ] && mode=root
PARTS=$(mktemp -d)
export PARTS

# The mirrors that this computer's apt uses, where it is a Debian; mmdebstrap's own otherwise.
mirror() { apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' "Label: $1" 'Created-By: Packages' 2> /dev/null | head -n 1; }
main=$(mirror Debian)
security=$(mirror Debian-Security)
set --
if [ -n "$main" ]; then set -- "deb $main stable main"; fi
if [ -n "$main" ] && [ -n "$security" ]; then set -- "$@" "deb $security stable-security main"; fi

echo "installing Debian for $architecture"
mmdebstrap --mode="$mode" --variant=apt --architectures="$architecture" --format=null \
  --include="linux-image-$architecture,systemd-sysv,grub-efi-$architecture-signed,shim-signed,e2fsprogs,dhcpcd-base" \
  --customize-hook='/bin/sh "$RACKSIDE_RECIPE/image.sh" "$1"' stable - "$@"

echo "making the disk"
truncate -s 2241M "$PARTS/disk"
sfdisk --quiet "$PARTS/disk" <<TABLE
label: gpt
start=1MiB, size=64MiB, type=U, name=ESP
start=65MiB, size=2175MiB, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root
TABLE
dd if="$PARTS/esp" of="$PARTS/disk" bs=1M seek=1 conv=notrunc status=none
dd if="$PARTS/root" of="$PARTS/disk" bs=1M seek=65 conv=notrunc,sparse status=none
mv "$PARTS/disk" "$RACKSIDE_OUTPUT"
