// Inventory → facts: named, typed, cleaned values with their source. PURE: the same inventory gives the same facts anywhere.
import type { Disk, DiskExclusion } from '../protocol/disk.ts';
import type { Fact, FactName, FactValue } from '../protocol/facts.ts';
import type { Inventory } from '../protocol/inventory.ts';
import { bladeEnclosure, bladePosition } from './blade.ts';
import type { FillerField } from './filler.ts';
import { isFiller, isWanderingNic } from './filler.ts';

const tidy = (text: string): string => text.trim().replace(/\s+/g, ' ');

/** No fact for what is blank or unknown; filler becomes a fact that is marked as such. */
const textFact = (name: FactName, field: FillerField, source: string, value: string | null | undefined): readonly Fact[] => {
  const text = tidy(value ?? '');
  return text === '' ? [] : [{ name, value: text, source, filler: isFiller(field, text) }];
};

const fact = (name: FactName, source: string, value: FactValue | null | undefined): readonly Fact[] =>
  value === null || value === undefined ? [] : [{ name, value, source, filler: false }];

/** A list holds only its real members; a list of nothing but filler is shown as filler. */
const textList = (
  name: FactName,
  source: string,
  values: readonly (string | null)[],
  filler: (value: string) => boolean,
): readonly Fact[] => {
  const texts = [...new Set(values.map((value) => tidy(value ?? '')).filter((value) => value !== ''))];
  const real = texts.filter((text) => !filler(text));
  if (texts.length === 0) return [];
  return [{ name, value: real.length > 0 ? real : texts, source, filler: real.length === 0 }];
};

const never = (): boolean => false;

const dmiFacts = (dmi: NonNullable<Inventory['dmi']>): readonly Fact[] => {
  const slot = bladePosition(dmi);
  const enclosure = bladeEnclosure(dmi);
  const assetTags = [
    ...textFact('asset.tag', 'asset-tag', 'smbios:3.asset-tag', dmi.chassis.assetTag),
    ...textFact('asset.tag', 'asset-tag', 'smbios:2.asset-tag', dmi.board.assetTag),
  ];
  const assetTag = assetTags.find((tag) => !tag.filler) ?? assetTags[0];
  return [
    ...textFact('manufacturer', 'name', 'smbios:1.manufacturer', dmi.system.manufacturer),
    ...textFact('model', 'name', 'smbios:1.product', dmi.system.product),
    ...textFact('system.serial', 'serial', 'smbios:1.serial', dmi.system.serial),
    ...textFact('system.uuid', 'uuid', 'smbios:1.uuid', dmi.system.uuid?.toLowerCase()),
    ...textFact('system.sku', 'name', 'smbios:1.sku', dmi.system.sku),
    ...textFact('system.family', 'name', 'smbios:1.family', dmi.system.family),
    ...textFact('system.version', 'name', 'smbios:1.version', dmi.system.version),
    ...(assetTag === undefined ? [] : [assetTag]),
    ...textFact('board.manufacturer', 'name', 'smbios:2.manufacturer', dmi.board.manufacturer),
    ...textFact('board.model', 'name', 'smbios:2.product', dmi.board.product),
    ...textFact('board.serial', 'serial', 'smbios:2.serial', dmi.board.serial),
    ...fact('chassis.type', 'smbios:3.type', dmi.chassis.type),
    ...textFact('chassis.manufacturer', 'name', 'smbios:3.manufacturer', dmi.chassis.manufacturer),
    ...textFact('chassis.serial', 'serial', 'smbios:3.serial', dmi.chassis.serial),
    ...(enclosure === null ? [] : fact('chassis.enclosure', enclosure.source, enclosure.name)),
    ...(slot === null ? [] : fact('blade.slot', slot.source, slot.slot)),
    ...textFact('firmware.vendor', 'name', 'smbios:0.vendor', dmi.bios.vendor),
    ...textFact('firmware.version', 'name', 'smbios:0.version', dmi.bios.version),
    ...textFact('firmware.date', 'name', 'smbios:0.date', dmi.bios.date),
    ...textFact('cpu.id', 'serial', 'smbios:4.id', dmi.processorIds[0]),
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

const diskFacts = (all: readonly Disk[]): readonly Fact[] => {
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
  ];
};

const nicFacts = (nics: Inventory['nics']): readonly Fact[] => {
  const speeds = nics.flatMap((nic) => (nic.speedMbps === null ? [] : [nic.speedMbps]));
  const wandering = new Set(nics.filter((nic) => isWanderingNic(nic.driver)).map((nic) => nic.permanentMac ?? nic.mac));
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
  ];
};

/** The neighbour at the interface that it booted from; when that is not known, the only neighbour there is. */
const neighbourOf = (inventory: Inventory): Inventory['lldp'][number] | null => {
  const bootNic = inventory.nics.find((nic) => nic.mac === inventory.bootMac || nic.permanentMac === inventory.bootMac);
  if (bootNic !== undefined) return inventory.lldp.find((neighbour) => neighbour.nic === bootNic.name) ?? null;
  return inventory.lldp.length === 1 ? (inventory.lldp[0] ?? null) : null;
};

const networkFacts = (inventory: Inventory): readonly Fact[] => {
  const neighbour = neighbourOf(inventory);
  return [
    ...textFact('network.boot-mac', 'mac', 'boot', inventory.bootMac),
    ...fact('network.address', 'dhcp', inventory.address),
    ...fact('network.subnet', 'dhcp', inventory.subnet),
    ...textFact('network.switch', 'name', 'lldp', neighbour?.systemName ?? neighbour?.chassisId),
    ...textFact('network.port', 'location', 'lldp', neighbour?.portId ?? neighbour?.portDescription),
    ...fact('network.vlan', 'lldp', neighbour?.vlan),
  ];
};

const FRU_ASSET = ['Product Asset Tag', 'Product Asset Tag (or Asset Tag)', 'Asset Tag'];
const FRU_SERIAL = ['Product Serial', 'Chassis Serial', 'Board Serial'];

const ipmiFacts = (fru: Readonly<Record<string, string>>): readonly Fact[] => {
  const firstReal = (names: readonly string[], field: FillerField): string | undefined => {
    const values = names.flatMap((name) => (Object.hasOwn(fru, name) ? [fru[name] ?? ''] : []));
    return values.find((value) => !isFiller(field, value)) ?? values[0];
  };
  return [
    ...textFact('ipmi.asset', 'asset-tag', 'ipmi:fru', firstReal(FRU_ASSET, 'asset-tag')),
    ...textFact('ipmi.serial', 'serial', 'ipmi:fru', firstReal(FRU_SERIAL, 'serial')),
  ];
};

/**
 * Every fact that the inventory yields, each name at most once, in the order of the catalogue's sections. What could not be
 * read yields no fact, so that a policy sees it as unknown.
 */
export const factsFrom = (inventory: Inventory): readonly Fact[] => {
  const { dmi, cpu, memory, firmware, pci, ipmi } = inventory;
  return [
    ...(dmi === null ? [] : dmiFacts(dmi)),
    ...fact('firmware.kind', 'efi', firmware?.kind),
    ...fact('secure-boot', 'efi', firmware?.secureBoot),
    ...textFact('architecture', 'name', 'kernel', inventory.architecture),
    ...textFact('cpu.vendor', 'name', 'cpuinfo', cpu?.vendor),
    ...textFact('cpu.model', 'name', 'cpuinfo', cpu?.model),
    ...fact('cpu.count', 'cpuinfo', cpu?.sockets),
    ...fact('cpu.cores', 'cpuinfo', cpu?.cores),
    ...fact('cpu.threads', 'cpuinfo', cpu?.threads),
    ...fact('memory.size', memory !== null && memory.modules.length > 0 ? 'smbios:17' : 'meminfo', memory?.sizeBytes),
    ...fact('memory.modules', 'smbios:17', memory === null || memory.modules.length === 0 ? null : memory.modules.length),
    ...diskFacts(inventory.disks),
    ...nicFacts(inventory.nics),
    ...textList(
      'pci.ids',
      'sysfs:pci',
      pci.map((device) => device.id),
      never,
    ),
    ...textList(
      'pci.addresses',
      'sysfs:pci',
      pci.map((device) => device.address),
      never,
    ),
    ...networkFacts(inventory),
    ...(ipmi === null ? [] : ipmiFacts(ipmi.fru)),
  ];
};
