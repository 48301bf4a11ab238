// One SMBIOS structure as named fields, named as dmidecode prints them: the raw table and a recorded dmidecode text become the
// same records, and everything after them is one path (DSP0134 §7). PURE.
import type { SmbiosStructure, SmbiosVersion } from './structures.ts';
import { byteAt, doubleWordAt, stringAt, uuidAt, wordAt } from './structures.ts';

export type DmiRecord = {
  readonly type: number;
  readonly handle: number;
  /** `Serial Number` → `ABC`; fields that the structure lacks are absent. */
  readonly fields: ReadonlyMap<string, string>;
  /** The strings of structure 11 and of vendor records, as the vendor wrote them. */
  readonly strings: readonly string[];
};

/** DSP0134 §7.4.1, by number. */
export const CHASSIS_TYPES = (
  '|Other|Unknown|Desktop|Low Profile Desktop|Pizza Box|Mini Tower|Tower|Portable|Laptop|Notebook|Hand Held|' +
  'Docking Station|All In One|Sub Notebook|Space-saving|Lunch Box|Main Server Chassis|Expansion Chassis|Sub Chassis|' +
  'Bus Expansion Chassis|Peripheral Chassis|RAID Chassis|Rack Mount Chassis|Sealed-case PC|Multi-system|CompactPCI|' +
  'AdvancedTCA|Blade|Blade Enclosing|Tablet|Convertible|Detachable|IoT Gateway|Embedded PC|Mini PC|Stick PC'
).split('|');

/** DSP0134 §7.3.2. */
const BOARD_TYPES = (
  '|Unknown|Other|Server Blade|Connectivity Switch|System Management Module|Processor Module|I/O Module|Memory Module|' +
  'Daughter Board|Motherboard|Processor+Memory Module|Processor+I/O Module|Interconnect Board'
).split('|');

/** DSP0134 §7.18.2, as far as the kinds that are no working memory. */
const MEMORY_TYPES: Readonly<Record<number, string>> = {
  5: 'VRAM',
  8: 'ROM',
  9: 'Flash',
  10: 'EEPROM',
  11: 'FEPROM',
  12: 'EPROM',
  0x1f: 'Logical non-volatile device',
};

/** DSP0134 §7.17.2. */
const ARRAY_USES = '|Other|Unknown|System Memory|Video Memory|Flash Memory|Non-volatile RAM|Cache Memory'.split('|');

/** Where the texts of each structure are told: field name and the offset of its string number. */
const TEXTS: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  0: { Vendor: 0x04, Version: 0x05, 'Release Date': 0x08 },
  1: { Manufacturer: 0x04, 'Product Name': 0x05, Version: 0x06, 'Serial Number': 0x07, 'SKU Number': 0x19, Family: 0x1a },
  2: { Manufacturer: 0x04, 'Product Name': 0x05, Version: 0x06, 'Serial Number': 0x07, 'Asset Tag': 0x08, 'Location In Chassis': 0x0a },
  3: { Manufacturer: 0x04, Version: 0x06, 'Serial Number': 0x07, 'Asset Tag': 0x08 },
  4: { 'Socket Designation': 0x04, Manufacturer: 0x07, Version: 0x10 },
  17: { Locator: 0x10, Manufacturer: 0x17, 'Serial Number': 0x18, 'Part Number': 0x1a },
  22: { Location: 0x04, Manufacturer: 0x05, Name: 0x08 },
  // HPE "System/Rack Locator".
  204: { 'Rack Name': 0x04, 'Enclosure Name': 0x05, 'Enclosure Model': 0x06, 'Server Bay': 0x07, 'Enclosure Serial': 0x0a },
};

const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0').toUpperCase();

type Numbers = (structure: SmbiosStructure, version: SmbiosVersion | null) => Readonly<Record<string, string | null>>;

const countAt = (structure: SmbiosStructure, short: number, long: number): string | null => {
  const byte = byteAt(structure, short);
  const count = byte === 0xff ? wordAt(structure, long) : byte;
  return count === null || count === 0 ? null : String(count);
};

/** The socket, and why one that is populated does not run: switched off by a person, or by the firmware. */
const processorStatus = (byte: number): string => {
  if ((byte & 0x40) === 0) return 'Unpopulated';
  return [2, 3].includes(byte & 7) ? 'Populated, Disabled' : 'Populated';
};

/** Bytes; an empty socket and an unknown size in the words that dmidecode has for them. */
const memorySize = (structure: SmbiosStructure): string | null => {
  const word = wordAt(structure, 0x0c);
  if (word === null) return null;
  if (word === 0) return 'No Module Installed';
  if (word === 0xffff) return 'Unknown';
  if (word === 0x7fff) return `${(doubleWordAt(structure, 0x1c) ?? 0) & 0x7fff_ffff} MB`;
  return (word & 0x8000) === 0 ? `${word} MB` : `${word & 0x7fff} kB`;
};

/** Which part of a module is what (since 3.2); null where there is no such part, or nobody knows. */
const memoryPart = (structure: SmbiosStructure, offset: number): string | null => {
  const [low, high] = [doubleWordAt(structure, offset), doubleWordAt(structure, offset + 4)];
  if (low === null || high === null || high === 0xffff_ffff) return null;
  const mebibytes = Math.floor((high * 2 ** 32 + low) / 2 ** 20);
  return mebibytes === 0 ? null : `${mebibytes} MB`;
};

const memorySpeed = (structure: SmbiosStructure): string | null => {
  const word = wordAt(structure, 0x15);
  const speed = word === 0xffff ? doubleWordAt(structure, 0x54) : word;
  return speed === null || speed === 0 ? null : `${speed} MT/s`;
};

/** Memory Module Information, which came before structure 17: two to the power of this many MB. */
const oldModuleSize = (structure: SmbiosStructure): string | null => {
  const power = (byteAt(structure, 0x09) ?? 0x7f) & 0x7f;
  return power >= 0x7d ? 'Not Installed' : power > 30 ? null : `${2 ** power} MB`;
};

/** A chassis may contain elements, which push its SKU back. */
const chassisSku = (structure: SmbiosStructure): string | null => {
  const count = byteAt(structure, 0x13);
  const length = byteAt(structure, 0x14);
  return count === null || length === null ? null : stringAt(structure, 0x15 + count * length);
};

/** Of a portable battery; zero: nobody knows it (DSP0134 §7.23). */
const batteryCapacity = (structure: SmbiosStructure): string => {
  const capacity = (wordAt(structure, 0x0a) ?? 0) * (byteAt(structure, 0x15) ?? 1);
  return capacity === 0 ? 'Unknown' : `${capacity} mWh`;
};

/** HPE's network interfaces in eight bytes each: function and device, bus, MAC. Other makers' records of these types are something else. */
const networkInterfaces: Numbers = ({ data }) => {
  const fields: Record<string, string> = {};
  for (let at = 4; at + 8 <= data.length; at += 8) {
    const [place = 0, bus = 0, ...mac] = data.subarray(at, at + 8);
    const isThere = (place !== 0 || bus !== 0) && (place !== 0xff || bus !== 0xff);
    const address = `${hexByte(bus)}:${hexByte(place >> 3)}.${place & 7}`.toLowerCase();
    if (isThere) fields[`NIC ${(at + 4) / 8}`] = `PCI device ${address}, MAC address ${mac.map(hexByte).join(':')}`;
  }
  return fields;
};

/** Of later HPE firmware a record for each, with room for a longer address; its port, where it is told, is its number. */
const networkInterface: Numbers = ({ data }) => {
  if (data.length < 0x0e) return {};
  const address = `${hexByte(data[6] ?? 0)}:${hexByte((data[7] ?? 0) >> 3)}.${(data[7] ?? 0) & 7}`.toLowerCase();
  return { [`NIC ${data[0x28] ?? 1}`]: `PCI device ${address}, MAC address ${[...data.subarray(8, 14)].map(hexByte).join(':')}` };
};

const NUMBERS: Readonly<Record<number, Numbers>> = {
  209: networkInterfaces,
  221: networkInterfaces,
  233: networkInterface,
  1: (structure, version) => ({ UUID: uuidAt(structure, 0x08, version) }),
  2: (structure) => ({
    Type: BOARD_TYPES[byteAt(structure, 0x0d) ?? 0] || null,
    Features: ((byteAt(structure, 0x09) ?? 0) & 1) === 1 ? 'Board is a hosting board' : null,
  }),
  3: (structure) => ({
    // The top bit says "has a lock".
    Type: CHASSIS_TYPES[(byteAt(structure, 0x05) ?? 0) & 0x7f] || null,
    'SKU Number': chassisSku(structure),
  }),
  4: (structure) => ({
    Type: byteAt(structure, 0x05) === 0x03 ? 'Central Processor' : 'Other',
    // CPUID leaf 1: EAX, then EDX.
    ID: structure.data.length < 0x10 ? null : [...structure.data.subarray(0x08, 0x10)].map(hexByte).join(' '),
    Status: processorStatus(byteAt(structure, 0x18) ?? 0),
    'Core Count': countAt(structure, 0x23, 0x2a),
    'Core Enabled': countAt(structure, 0x24, 0x2c),
    'Thread Count': countAt(structure, 0x25, 0x2e),
    Characteristics: ((wordAt(structure, 0x26) ?? 0) & 4) === 0 ? null : '64-bit capable',
  }),
  6: (structure) => ({ 'Installed Size': oldModuleSize(structure) }),
  16: (structure) => ({ Use: ARRAY_USES[byteAt(structure, 0x05) ?? 0] || null }),
  17: (structure) => ({
    'Array Handle': wordAt(structure, 0x04) === null ? null : `0x${(wordAt(structure, 0x04) ?? 0).toString(16).padStart(4, '0')}`,
    Size: memorySize(structure),
    Speed: memorySpeed(structure),
    'Non-Volatile Size': memoryPart(structure, 0x34),
    'Volatile Size': memoryPart(structure, 0x3c),
    'Cache Size': memoryPart(structure, 0x44),
    Type: MEMORY_TYPES[byteAt(structure, 0x12) ?? 0] ?? 'RAM',
  }),
  22: (structure) => ({ 'Design Capacity': batteryCapacity(structure) }),
  43: (structure) => ({ 'Specification Version': `${byteAt(structure, 0x08) ?? 0}.${byteAt(structure, 0x09) ?? 0}` }),
};

/** A structure that a text says to be HPE's locator, and is too short to be one, keeps its strings. */
const isDecoded = (structure: SmbiosStructure): boolean => structure.type !== 204 || structure.data.length >= 0x0b;

export const recordOf = (structure: SmbiosStructure, version: SmbiosVersion | null): DmiRecord => {
  const texts = isDecoded(structure) ? Object.entries(TEXTS[structure.type] ?? {}) : [];
  const found = [
    ...texts.map(([name, offset]) => [name, stringAt(structure, offset)] as const),
    ...Object.entries(NUMBERS[structure.type]?.(structure, version) ?? {}),
  ];
  const fields = new Map(found.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])));
  const { type, handle, strings } = structure;
  return { type, handle, fields, strings: type === 11 || type >= 128 ? strings : [] };
};

export const recordsOf = (structures: readonly SmbiosStructure[], version: SmbiosVersion | null): readonly DmiRecord[] =>
  structures.map((structure) => recordOf(structure, version));
