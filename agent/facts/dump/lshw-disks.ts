// Disks as lshw lists them. PURE.
import type { Disk } from '../../protocol/disk.ts';
import type { Tree } from './json.ts';
import { numberAt, textAt } from './json.ts';
import { capabilitiesOf, isCalled, nameOf, settingsOf } from './lshw-tree.ts';
import { recordedDisk, transportByName } from './lsblk.ts';

const BUSES: Readonly<Record<string, Disk['transport']>> = { nvme: 'nvme', usb: 'usb', virtio: 'virtio', mmc: 'mmc' };

/** What a disk's controller speaks, by its driver. */
const DRIVERS: Readonly<Record<string, Disk['transport']>> = {
  ahci: 'sata',
  ata_piix: 'sata',
  mpt2sas: 'sas',
  mpt3sas: 'sas',
  mptspi: 'scsi',
  'usb-storage': 'usb',
  uas: 'usb',
};

/** The nearest of the node and those above it that tells; a stick's own bus is but an emulated SCSI. */
const transportOf = (line: readonly Tree[]): Disk['transport'] => {
  for (const node of line) {
    const bus = BUSES[textAt(node, 'businfo')?.split('@')[0] ?? ''] ?? DRIVERS[textAt(settingsOf(node), 'driver') ?? ''];
    if (bus !== undefined) return bus;
  }
  return transportByName(nameOf(line[0] ?? {}).replace(/^\/dev\//, ''));
};

const kindOf = (node: Tree, transport: Disk['transport']): Disk['kind'] => {
  if (transport === 'nvme' || transport === 'mmc') return 'ssd';
  return capabilitiesOf(node).some((name) => /^\d+rpm$/.test(name)) ? 'hdd' : 'unknown';
};

/** No disk: what lies in a drive (its disk is told as well), and optical or floppy drives. */
const isOther = (node: Tree): boolean =>
  ['medium', 'cdrom', 'floppy'].some((name) => isCalled(node, name)) || /^\/dev\/(sr|scd|cdrom|dvd|fd)/.test(nameOf(node));

export const diskOf = (node: Tree, parents: ReadonlyMap<Tree, Tree>): readonly Disk[] => {
  const sizeBytes = numberAt(node, 'size');
  if (textAt(node, 'class') !== 'disk' || sizeBytes === null || sizeBytes === 0 || isOther(node)) return [];
  const line = [node];
  for (let above = parents.get(node); above !== undefined && line.length < 64; above = parents.get(above)) line.push(above);
  const transport = transportOf(line);
  const settings = settingsOf(node);
  // Maker, model and serial of an NVMe disk are its controller's.
  const told = (name: string): string | null => textAt(node, name) ?? (transport === 'nvme' ? textAt(line[1] ?? {}, name) : null);
  const wwid = textAt(settings, 'wwid');
  return [
    recordedDisk({
      sizeBytes,
      path: nameOf(node),
      model: told('product')?.replace(/\s+/g, ' ') ?? null,
      vendor: told('vendor'),
      serial: told('serial'),
      wwn: wwid !== null && /^(eui|naa|nvme|uuid)\./i.test(wwid) ? wwid.toLowerCase() : null,
      transport,
      kind: kindOf(node, transport),
      logicalSectorBytes: numberAt(settings, 'logicalsectorsize') || 512,
      physicalSectorBytes: numberAt(settings, 'sectorsize') || 512,
      exclusions: transport === 'usb' || capabilitiesOf(node).includes('removable') ? ['removable'] : [],
    }),
  ];
};
