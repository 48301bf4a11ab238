#!/bin/bash
# Makes or changes one disk of the bench's material (material.ts), as root, in a mount and PID namespace of its own, so that mounts,
# loop devices and daemons of packages end with it however it ends.
#   material.sh install DISK PACKAGE,… SOURCE…      a new disk with a Debian on it, from the first source lines of apt
#   material.sh upgrade DISK PACKAGE,… SOURCE…      the same Debian with more packages, upgraded, from other sources
set -euo pipefail
[ "${1:-}" = inside ] || exec unshare --mount --pid --fork --kill-child "$BASH" "$0" inside "$@"
action=$2 disk=$3 packages=$4
shift 4
PATH=$PATH:/usr/sbin:/sbin
export PATH DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

root=$(mktemp -d)
trap 'umount --recursive "$root" 2>/dev/null || true; rmdir "$root"' EXIT
start=$((1024 * 1024))
size_kib=$(((64 * 1024 - 2) * 1024))

if [ "$action" = install ]; then
  truncate --size=64G "$disk"
  sgdisk --new=1:2048:0 --typecode=1:8300 "$disk" > /dev/null
  mke2fs -q -t ext4 -E "offset=$start,lazy_itable_init=0,lazy_journal_init=0,nodiscard" -L root "$disk" "${size_kib}k"
fi
mount -o "loop,offset=$start,sizelimit=$((size_kib * 1024))" "$disk" "$root"

if [ "$action" = install ]; then
  mmdebstrap --quiet --mode=root --format=directory --variant=apt --include="$packages" \
    --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io "$CODENAME" "$root" "$@"
else
  printf '%s\n' "$@" > "$root/etc/apt/sources.list"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # Packages must not start their services here.
  printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  mount --bind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys"
  chroot "$root" apt-get -q update
  [ -z "$packages" ] || chroot "$root" apt-get -q -y --no-install-recommends install ${packages//,/ }
  chroot "$root" apt-get -q -y --no-install-recommends dist-upgrade
  chroot "$root" apt-get -q clean
  rm "$root/usr/sbin/policy-rc.d"
fi
sync --file-system "$root"
