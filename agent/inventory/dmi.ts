// The machine's own description: SMBIOS structures 0 to 4, 11 and bay-naming vendor records (DSP0134 §7) as `Dmi`,
// from the raw table, or from /sys/class/dmi/id where the kernel gives no table.
import type { Dmi } from '../protocol/inventory.ts';
import type { HardwareSource } from './source.ts';
import type { SmbiosStructure, SmbiosVersion } from './smbios.ts';
import { byteAt, parseEntryPoint, parseStructures, stringAt, uuidAt } from './smbios.ts';

/** DSP0134 §7.4.1, by number. */
const CHASSIS_TYPES = (
  '|Other|Unknown|Desktop|Low Profile Desktop|Pizza Box|Mini Tower|Tower|Portable|Laptop|Notebook|Hand Held|' +
  'Docking Station|All In One|Sub Notebook|Space-saving|Lunch Box|Main Server Chassis|Expansion Chassis|Sub Chassis|' +
  'Bus Expansion Chassis|Peripheral Chassis|RAID Chassis|Rack Mount Chassis|Sealed-case PC|Multi-system|CompactPCI|' +
  'AdvancedTCA|Blade|Blade Enclosing|Tablet|Convertible|Detachable|IoT Gateway|Embedded PC|Mini PC|Stick PC'
).split('|');

const EMPTY: SmbiosStructure = { type: -1, handle: 0, data: new Uint8Array(), strings: [] };

/** HPE record 204, "System/Rack Locator": fields of its formatted area, named as HPE names them. */
const HPE_LOCATOR = [
  ['Rack Name', 0x04],
  ['Enclosure Name', 0x05],
  ['Enclosure Model', 0x06],
  ['Server Bay', 0x07],
  ['Enclosure Serial', 0x0a],
] as const;

const BOARD_TYPES_THAT_HOST = [0x03, 0x0a]; // server blade, motherboard

/** A machine may list risers and interconnects as boards; the one that hosts the processors speaks for it. */
const mainBoard = (boards: readonly SmbiosStructure[]): SmbiosStructure =>
  boards.find((board) => BOARD_TYPES_THAT_HOST.includes(byteAt(board, 0x0d) ?? 0)) ??
  boards.find((board) => ((byteAt(board, 0x09) ?? 0) & 1) === 1) ??
  boards[0] ??
  EMPTY;

const isPopulatedProcessor = (structure: SmbiosStructure): boolean =>
  byteAt(structure, 0x05) === 0x03 && ((byteAt(structure, 0x18) ?? 0) & 0x40) !== 0;

/** Processor id as dmidecode prints it: eight upper-case bytes, CPUID leaf 1 EAX then EDX. */
const processorId = (structure: SmbiosStructure): string =>
  [...structure.data.subarray(0x08, 0x10)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ');

const vendorRecord = (structure: SmbiosStructure): { type: number; strings: string[] } => {
  if (structure.type !== 204 || structure.data.length < 0x0b) return { type: structure.type, strings: [...structure.strings] };
  const named = HPE_LOCATOR.flatMap(([name, offset]) => {
    const text = stringAt(structure, offset);
    return text === null ? [] : [`${name}: ${text.trim()}`];
  });
  return { type: structure.type, strings: named };
};

/** The `Dmi` of parsed structures; what the table lacks is null. */
export const dmiFromStructures = (structures: readonly SmbiosStructure[], version: SmbiosVersion | null): Dmi => {
  const first = (type: number): SmbiosStructure => structures.find((structure) => structure.type === type) ?? EMPTY;
  const bios = first(0);
  const system = first(1);
  const board = mainBoard(structures.filter((structure) => structure.type === 2));
  const chassis = first(3);
  return {
    bios: { vendor: stringAt(bios, 0x04), version: stringAt(bios, 0x05), date: stringAt(bios, 0x08) },
    system: {
      manufacturer: stringAt(system, 0x04),
      product: stringAt(system, 0x05),
      version: stringAt(system, 0x06),
      serial: stringAt(system, 0x07),
      uuid: uuidAt(system, 0x08, version),
      sku: stringAt(system, 0x19),
      family: stringAt(system, 0x1a),
    },
    board: {
      manufacturer: stringAt(board, 0x04),
      product: stringAt(board, 0x05),
      version: stringAt(board, 0x06),
      serial: stringAt(board, 0x07),
      assetTag: stringAt(board, 0x08),
      location: stringAt(board, 0x0a),
    },
    chassis: {
      manufacturer: stringAt(chassis, 0x04),
      // The top bit says "has a lock".
      type: CHASSIS_TYPES[(byteAt(chassis, 0x05) ?? 0) & 0x7f] || null,
      version: stringAt(chassis, 0x06),
      serial: stringAt(chassis, 0x07),
      assetTag: stringAt(chassis, 0x08),
    },
    processorIds: structures
      .filter((structure) => structure.type === 4 && isPopulatedProcessor(structure))
      .slice(0, 256)
      .map(processorId),
    oemStrings: structures
      .filter((structure) => structure.type === 11)
      .flatMap((structure) => structure.strings)
      .filter((text) => text.trim() !== '')
      .slice(0, 256),
    oemRecords: structures
      .filter((structure) => structure.type >= 128 && structure.strings.length > 0)
      .slice(0, 256)
      .map(vendorRecord),
  };
};

const dmiFromSysfs = async (source: HardwareSource): Promise<Dmi | null> => {
  const read = async (name: string): Promise<string | null> => (await source.readText(`/sys/class/dmi/id/${name}`)) || null;
  if (!(await source.exists('/sys/class/dmi/id'))) return null;
  return {
    bios: { vendor: await read('bios_vendor'), version: await read('bios_version'), date: await read('bios_date') },
    system: {
      manufacturer: await read('sys_vendor'),
      product: await read('product_name'),
      version: await read('product_version'),
      serial: await read('product_serial'),
      uuid: await read('product_uuid'),
      sku: await read('product_sku'),
      family: await read('product_family'),
    },
    board: {
      manufacturer: await read('board_vendor'),
      product: await read('board_name'),
      version: await read('board_version'),
      serial: await read('board_serial'),
      assetTag: await read('board_asset_tag'),
      location: null,
    },
    chassis: {
      manufacturer: await read('chassis_vendor'),
      type: CHASSIS_TYPES[Number(await read('chassis_type')) & 0x7f] || null,
      version: await read('chassis_version'),
      serial: await read('chassis_serial'),
      assetTag: await read('chassis_asset_tag'),
    },
    processorIds: [],
    oemStrings: [],
    oemRecords: [],
  };
};

export type SmbiosReading = { readonly dmi: Dmi | null; readonly structures: readonly SmbiosStructure[] };

/** Reads the raw table, else /sys/class/dmi/id, else nothing (a board without SMBIOS, as many ARM ones are). */
export const readSmbios = async (source: HardwareSource): Promise<SmbiosReading> => {
  const table = await source.readBytes('/sys/firmware/dmi/tables/DMI');
  if (table === null) return { dmi: await dmiFromSysfs(source), structures: [] };
  const entryPoint = await source.readBytes('/sys/firmware/dmi/tables/smbios_entry_point');
  const structures = parseStructures(table);
  return { dmi: dmiFromStructures(structures, entryPoint === null ? null : parseEntryPoint(entryPoint)), structures };
};
