// Memory, disks and network interfaces as facts. PURE.
import type { Disk, DiskExclusion } from '../protocol/disk.ts';
import type { Fact, FactName } from '../protocol/facts.ts';
import type { Inventory } from '../protocol/inventory.ts';
import { fact, never, textList } from './fact-parts.ts';
import { isFiller } from './filler.ts';
import { isWanderingNic } from './wandering-nics.ts';

export const memoryFacts = (memory: Inventory['memory']): readonly Fact[] => {
  if (memory === null) return [];
  const sizes = memory.modules.map((module) => module.sizeBytes);
  return [
    ...fact('memory.size', sizes.length > 0 ? 'smbios:17' : 'meminfo', memory.sizeBytes),
    ...fact('memory.modules', 'smbios:17', sizes.length > 0 ? sizes.length : null),
    ...fact('memory.module-sizes', 'smbios:17', sizes.length > 0 ? sizes : null),
    ...fact('memory.sockets', 'smbios:17', memory.sockets),
  ];
};

/** Media and networked volumes are not the machine's own disks: they come and go, and several machines see the same one. */
const NOT_ITS_OWN: readonly DiskExclusion[] = [
  'removable',
  'boot-media',
  'virtual-media',
  'internal-sd',
  'fibre-channel',
  'iscsi',
  'nvme-over-fabrics',
  'multipath',
];

/** The disks that belong to the machine itself; what disk facts and machine identity are made of. */
export const ownDisks = (disks: readonly Disk[]): readonly Disk[] =>
  disks.filter((disk) => !disk.exclusions.some((exclusion) => NOT_ITS_OWN.includes(exclusion)));

export const diskFacts = (all: readonly Disk[]): readonly Fact[] => {
  const disks = ownDisks(all);
  const sizes = disks.map((disk) => disk.sizeBytes);
  const isFillerSerial = (text: string): boolean => isFiller('serial', text);
  return [
    ...fact('disk.count', 'sysfs:block', disks.length),
    ...fact('disk.sizes', 'sysfs:block', sizes.length > 0 ? sizes : null),
    ...fact(
      'disk.total',
      'sysfs:block',
      sizes.reduce((sum, size) => sum + size, 0),
    ),
    ...textList(
      'disk.models',
      'sysfs:block',
      disks.map((disk) => disk.model),
      never,
    ),
    ...textList(
      'disk.serials',
      'sysfs:block',
      disks.map((disk) => disk.serial),
      isFillerSerial,
    ),
    ...textList(
      'disk.wwns',
      'sysfs:block',
      disks.map((disk) => disk.wwn),
      isFillerSerial,
    ),
    ...textList(
      'disk.kinds',
      'sysfs:block',
      disks.map((disk) => (disk.kind === 'unknown' ? null : disk.kind)),
      never,
    ),
    ...textList(
      'disk.transports',
      'sysfs:block',
      disks.map((disk) => (disk.transport === 'unknown' ? null : disk.transport)),
      never,
    ),
    ...sizesOf('disk.nvme-sizes', disks, 'transport', 'nvme'),
    ...sizesOf('disk.ssd-sizes', disks, 'kind', 'ssd'),
    ...sizesOf('disk.hdd-sizes', disks, 'kind', 'hdd'),
  ];
};

/**
 * Sizes of the disks that are of one sort, an empty list where none is: what is asked of one disk, its sort and its size, cannot be asked of
 * two lists. Not told while the sort of any disk is not known.
 */
const sizesOf = (name: FactName, disks: readonly Disk[], property: 'kind' | 'transport', wanted: string): readonly Fact[] => {
  const isKnown = disks.length > 0 && disks.every((disk) => disk[property] !== 'unknown');
  const sizes = disks.filter((disk) => disk[property] === wanted).map((disk) => disk.sizeBytes);
  return fact(name, 'sysfs:block', isKnown ? sizes : null);
};

export const nicFacts = (nics: Inventory['nics']): readonly Fact[] => {
  const speeds = nics.flatMap((nic) => (nic.speedMbps === null ? [] : [nic.speedMbps]));
  const wandering = new Set(
    nics.filter((nic) => isWanderingNic(nic.driver, nic.permanentMac ?? nic.mac)).map((nic) => nic.permanentMac ?? nic.mac),
  );
  return [
    ...textList(
      'nic.macs',
      'sysfs:net',
      nics.map((nic) => nic.permanentMac ?? nic.mac),
      (mac) => isFiller('mac', mac) || wandering.has(mac),
    ),
    ...textList(
      'nic.drivers',
      'sysfs:net',
      nics.map((nic) => nic.driver),
      never,
    ),
    ...fact('nic.speeds', 'sysfs:net', speeds.length > 0 ? speeds : null),
    ...textList(
      'nic.current-macs',
      'sysfs:net',
      nics.map((nic) => nic.mac),
      (mac) => isFiller('mac', mac),
    ),
    ...textList(
      'nic.pci-ids',
      'sysfs:net',
      nics.map((nic) => nic.pciId),
      never,
    ),
    ...textList(
      'nic.pci-addresses',
      'sysfs:net',
      nics.map((nic) => nic.pciAddress),
      never,
    ),
  ];
};
