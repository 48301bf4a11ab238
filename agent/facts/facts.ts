// Inventory → facts: named, typed, cleaned values with their source. PURE: the same inventory gives the same facts anywhere.
import type { Fact } from '../protocol/facts.ts';
import type { Inventory } from '../protocol/inventory.ts';
import { diskFacts, memoryFacts, nicFacts } from './device-facts.ts';
import { dmiFacts } from './dmi-facts.ts';
import { fact, never, textFact, textList } from './fact-parts.ts';
import type { FillerField } from './filler.ts';
import { isFiller } from './filler.ts';

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
    ...(firmware?.tpmVersion === undefined
      ? textFact('tpm.version', 'name', 'smbios:43', dmi?.tpmVersion)
      : fact('tpm.version', 'sysfs:tpm', firmware.tpmVersion)),
    ...textFact('architecture', 'name', 'kernel', inventory.architecture),
    ...textFact('cpu.vendor', 'name', 'cpuinfo', cpu?.vendor),
    ...textFact('cpu.model', 'name', 'cpuinfo', cpu?.model),
    // Zero: an old table, or a recording, that does not count them.
    ...fact('cpu.count', 'cpuinfo', cpu?.sockets || null),
    ...fact('cpu.cores', 'cpuinfo', cpu?.cores || null),
    ...fact('cpu.threads', 'cpuinfo', cpu?.threads || null),
    ...memoryFacts(memory),
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
    ...textList(
      'usb.ids',
      'sysfs:usb',
      (inventory.usb ?? []).map((device) => device.id),
      never,
    ),
    ...textList(
      'usb.addresses',
      'sysfs:usb',
      (inventory.usb ?? []).map((device) => device.address),
      never,
    ),
    ...networkFacts(inventory),
    ...(ipmi === null ? [] : ipmiFacts(ipmi.fru)),
  ];
};
