// What SMBIOS tells of a machine, as facts. PURE.
import type { Fact, FactName } from '../protocol/facts.ts';
import type { Dmi } from '../protocol/inventory.ts';
import { bladeEnclosure, bladePosition } from './blade.ts';
import type { Named } from './blade.ts';
import { fact, textFact } from './fact-parts.ts';
import { isFillerAssetTag, isFillerSerial } from './filler.ts';
import { machineKind } from './machine-kind.ts';

const namedFact = (name: FactName, value: Named | null | undefined): readonly Fact[] =>
  value === null || value === undefined ? [] : fact(name, value.source, value.name);
export const dmiFacts = (dmi: Dmi): readonly Fact[] => {
  const { manufacturer, product, family, version } = dmi.system;
  const context = { manufacturer, names: [manufacturer, product, family, version, dmi.board.product, dmi.board.manufacturer] };
  const serialFact = (name: FactName, source: string, value: string | null): readonly Fact[] =>
    textFact(name, 'serial', source, value).map((one) => ({ ...one, filler: isFillerSerial(context, value ?? '') }));
  const slot = bladePosition(dmi);
  const enclosure = bladeEnclosure(dmi);
  const assetTags = [
    ...textFact('asset.tag', 'asset-tag', 'smbios:3.asset-tag', dmi.chassis.assetTag),
    ...textFact('asset.tag', 'asset-tag', 'smbios:2.asset-tag', dmi.board.assetTag),
  ].map((tag) => ({ ...tag, filler: isFillerAssetTag(context, String(tag.value)) }));
  const assetTag = assetTags.find((tag) => !tag.filler) ?? assetTags[0];
  return [
    ...textFact('manufacturer', 'name', 'smbios:1.manufacturer', dmi.system.manufacturer),
    ...textFact('model', 'name', 'smbios:1.product', dmi.system.product),
    ...serialFact('system.serial', 'smbios:1.serial', dmi.system.serial),
    ...textFact('system.uuid', 'uuid', 'smbios:1.uuid', dmi.system.uuid?.toLowerCase()),
    ...textFact('system.sku', 'name', 'smbios:1.sku', dmi.system.sku),
    ...textFact('system.family', 'name', 'smbios:1.family', dmi.system.family),
    ...textFact('system.version', 'name', 'smbios:1.version', dmi.system.version),
    ...(assetTag === undefined ? [] : [assetTag]),
    ...textFact('board.manufacturer', 'name', 'smbios:2.manufacturer', dmi.board.manufacturer),
    ...textFact('board.model', 'name', 'smbios:2.product', dmi.board.product),
    ...textFact('board.version', 'name', 'smbios:2.version', dmi.board.version),
    ...serialFact('board.serial', 'smbios:2.serial', dmi.board.serial),
    ...textFact('chassis.type', 'name', 'smbios:3.type', dmi.chassis.type),
    ...textFact('chassis.manufacturer', 'name', 'smbios:3.manufacturer', dmi.chassis.manufacturer),
    ...textFact('chassis.version', 'name', 'smbios:3.version', dmi.chassis.version),
    ...serialFact('chassis.serial', 'smbios:3.serial', dmi.chassis.serial),
    ...namedFact('chassis.enclosure', enclosure?.name),
    ...namedFact('enclosure.serial', enclosure?.serial),
    ...namedFact('enclosure.model', enclosure?.model),
    ...(slot === null ? [] : fact('blade.slot', slot.source, slot.slot)),
    ...(slot === null
      ? textFact('blade.slot-text', 'location', 'smbios:2.location', dmi.board.location).filter((one) => one.filler)
      : fact('blade.slot-text', slot.source, slot.raw)),
    ...fact('machine.kind', 'rules', machineKind(dmi, slot !== null)),
    ...textFact('firmware.vendor', 'name', 'smbios:0.vendor', dmi.bios.vendor),
    ...textFact('firmware.version', 'name', 'smbios:0.version', dmi.bios.version),
    ...textFact('firmware.date', 'name', 'smbios:0.date', dmi.bios.date),
    ...textFact('cpu.id', 'serial', 'smbios:4.id', dmi.processorIds[0]),
  ];
};
