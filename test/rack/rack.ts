// The software rack: many software targets of different makes beside one station on loopback, on any system, without rights.
import { randomFillSync } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tools } from '../../agent/disk/tools.ts';
import type { DiskAttributes } from '../../agent/inventory/block/device.ts';
import type { Wire } from './firmware/boot-chain.ts';
import type { FirmwareKind } from './firmware/dhcp-client.ts';
import { HARDWARE_KINDS, makeHardware } from './hardware.ts';
import type { HardwareKind } from './hardware.ts';
import { createSoftwareTarget, makeDisk } from './software-target.ts';
import type { SoftwareDisk, SoftwareTarget } from './software-target.ts';

export type RackOptions = {
  readonly folder: string;
  readonly wire: Wire;
  readonly count: number;
  readonly diskBytes: number;
  /** What the disks hold before: nothing, old labels, or random bytes everywhere with old labels in them. */
  readonly disks?: 'blank' | 'labelled' | 'used';
  readonly tools?: Tools;
  readonly kinds?: readonly HardwareKind[];
  readonly onConsole?: (target: number, line: string) => void;
};

export type RackTarget = { readonly number: number; readonly target: SoftwareTarget; readonly disk: SoftwareDisk };

const firmwareOf = (firmware: 'bios' | 'uefi', index: number): FirmwareKind =>
  firmware === 'bios' ? 'bios' : index % 3 === 2 ? 'uefi-http' : 'uefi';

/** Old life of a disk: random bytes everywhere, an old GPT backup header and an ext superblock. (RAID and LVM members are no candidates at all.) */
const makeUsed = async (disk: SoftwareDisk, noisy: boolean): Promise<void> => {
  const { sizeBytes } = disk.attributes;
  const file = await open(disk.path, 'r+');
  try {
    const noise = Buffer.alloc(4 * 1024 * 1024);
    for (let at = 0; noisy && at < sizeBytes; at += noise.length) {
      randomFillSync(noise);
      await file.write(noise, 0, Math.min(noise.length, sizeBytes - at), at);
    }
    const put = (text: string | Uint8Array, at: number) => file.write(Buffer.from(text), 0, text.length, at);
    await put('EFI PART', sizeBytes - 512);
    await put(Uint8Array.of(0x53, 0xef), 1024 * 1024 + 1024 + 56);
  } finally {
    await file.close();
  }
};

/** Builds the targets; nothing is powered on yet. */
export const buildRack = async (options: RackOptions): Promise<readonly RackTarget[]> => {
  await mkdir(options.folder, { recursive: true });
  const kinds = options.kinds ?? HARDWARE_KINDS;
  const targets: RackTarget[] = [];
  for (let number = 1; number <= options.count; number += 1) {
    const kind = kinds[(number - 1) % kinds.length];
    if (kind === undefined) throw new Error('a rack needs at least one make');
    const hardware = makeHardware(kind, number, { secureBoot: false, address: `10.99.0.${number % 250}/16` });
    const attributes: Pick<DiskAttributes, 'transport' | 'model'> =
      number % 2 === 0 ? { transport: 'nvme', model: 'Software NVMe 1000' } : { transport: 'sata', model: 'Software SSD 860' };
    const disk = await makeDisk(join(options.folder, `disk-${number}.raw`), {
      sizeBytes: options.diskBytes,
      serial: `SW${String(number).padStart(4, '0')}${kind.replaceAll('-', '').slice(0, 3).toUpperCase()}`,
      ...attributes,
    });
    if (options.disks === 'used' || options.disks === 'labelled') await makeUsed(disk, options.disks === 'used');
    const target = createSoftwareTarget({
      hardware,
      firmware: firmwareOf(hardware.firmware, number),
      disks: [disk],
      wire: options.wire,
      ...(options.tools === undefined ? {} : { tools: options.tools }),
      onConsole: (line) => options.onConsole?.(number, line),
    });
    targets.push({ number, target, disk });
  }
  return targets;
};
