#!/bin/sh
# Writes a ready-made disk image, compressed with gzip, to the machine's disk. Needs gzip and dd, which the boot kit has, and
# disk.raw.gz beside recipe.json: a whole disk, with partition table and boot loader, no larger than the disk of the machine.
set -eu

image="$RACKSIDE_PAYLOADS/disk.raw.gz"
gzip -t "$image"
echo "writing $(basename "$image") to $RACKSIDE_DISK ($RACKSIDE_FIRMWARE)"
gzip -dc "$image" | dd of="$RACKSIDE_DISK" bs=1M conv=notrunc,fsync 2>&1
