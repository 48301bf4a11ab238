#!/bin/sh
# Makes $PARTS/esp and $PARTS/root of the root filesystem in $1. Each machine makes its own machine-id.
set -eu
root=$1
uuid=$(cat /proc/sys/kernel/random/uuid)
echo "UUID=$uuid / ext4 defaults 0 1" > "$root/etc/fstab"
: > "$root/etc/machine-id"
rm -f "$root"/var/cache/apt/archives/*.deb

shim=$(find "$root/usr/lib/shim" -name 'shim*64.efi.signed' | head -n 1)
grub=$(find "$root/usr/lib/grub" -name 'grub*64.efi.signed' ! -name 'gcd*' ! -name 'grubnet*' | head -n 1)
cpu=$(basename "$grub" .efi.signed)
cpu=${cpu#grub}
cat > "$PARTS/grub.cfg" <<CFG
search --no-floppy --fs-uuid --set=root $uuid
linux /vmlinuz root=UUID=$uuid ro console=tty0 console=ttyS0,115200
initrd /initrd.img
boot
CFG
truncate -s 64M "$PARTS/esp"
mkfs.fat -n ESP "$PARTS/esp" > /dev/null
mmd -i "$PARTS/esp" ::/EFI ::/EFI/BOOT ::/EFI/debian
mcopy -i "$PARTS/esp" "$shim" "::/EFI/BOOT/BOOT$(echo "$cpu" | tr a-z A-Z).EFI"
mcopy -i "$PARTS/esp" "$grub" "::/EFI/BOOT/grub$cpu.efi"
mcopy -i "$PARTS/esp" "$PARTS/grub.cfg" ::/EFI/debian/grub.cfg

# Without /proc and /sys, which are mounted there just now.
mkdir "$PARTS/tree"
tar -C "$root" --one-file-system -cf - . | tar -C "$PARTS/tree" -xpf -
truncate -s 2175M "$PARTS/root"
mke2fs -q -t ext4 -L root -U "$uuid" -d "$PARTS/tree" "$PARTS/root"
rm -rf "$PARTS/tree"
echo "the root filesystem is $uuid"
