// Vendor filler: values that a factory left in place of real ones, so that thousands of machines share them. PURE.
// They are shown, and they count for nothing when machines are told apart or matched (docs/adr, identity).

/** What a value is meant to be; each kind has filler of its own. */
export type FillerField = 'serial' | 'uuid' | 'mac' | 'asset-tag' | 'name' | 'location';

/** Whole values, lower case, white space collapsed and trailing dots removed, that mean "nobody filled this in". */
const WORDS = new Set(
  (
    '|none|null|nil|n/a|na|n.a|not available|not applicable|not specified|not provided|not present|not set|not settable|' +
    'no data|no asset tag|no serial|no asset information|empty|blank|undefined|unset|unknown|unspecified|invalid|default|' +
    'default string|default_string|string|standard|other|test|xxx|o.e.m|oem|oem_default|filled by oem|to be filled|' +
    'to be filled by oem|to be filled by o.e.m|tbd|tba|dummy|system manufacturer|system product name|system version|' +
    'system serial number|system sku|system name|system uuid|base board manufacturer|base board product name|' +
    'base board serial number|base board version|base board asset tag|board serial number|baseboard serial number|' +
    'serial number|serialnumber|serial|mb-1234567890|asset-1234567890|chassis manufacturer|chassis version|' +
    'chassis serial number|chassis asset tag|asset tag|asset-tag|assettag|atn12345678901234567|sernum0|assettagnum0|' +
    'part component|base board chassis location|chassis location|location|unknow|sku=notprovided|type1sku0|type1family|' +
    'type2 - board chassis location|type2 - board serial number|type2 - board asset tag|product name|product version|' +
    'family|sku|sku number'
  ).split('|'),
);

/** Shapes of filler in any text field: one character repeated, keyboard runs, "to be filled…", placeholders in brackets. */
const SHAPES = [
  /^(.)\1*$/, // 0000, xxxxxx, ........, a lone dash
  /^[\s.\-_*#?/]+$/,
  /^0?123456789(0|abcdef)?\d*$/i,
  /^9876543210?$/,
  /^1234567(8|890)?$/,
  /^to be (filled|set|defined)/i,
  /^(system|chassis|board|base ?board) (serial|asset)( number| tag)?$/i,
  /^(sernum|assettagnum|partnum)\d+$/,
  /^<.*>$/,
  /^\[.*\]$/,
] as const;

/** Names, versions and places are short and repeat; only these shapes say nothing. */
const NAME_SHAPES = [/^[\s.\-_*#?/]+$/, /^0+$/, /^x{2,}$/, /^0?123456789(0|abcdef)?\d*$/i, /^to be (filled|set|defined)/i] as const;

/** UUIDs that vendors and board makers ship on every board; compared without case. */
const UUIDS = new Set([
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
  '03020100-0504-0706-0809-0a0b0c0d0e0f',
  '00010203-0405-0607-0809-0a0b0c0d0e0f',
  '03d40274-0435-05dc-8506-010700080009',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '12345678-1234-1234-1234-123456789abc',
  'deadbeef-dead-beef-dead-beefdeadbeef',
  '4c4c4544-0000-2010-8020-80c04f202020', // Dell's form of "no service tag"
  'fefefefe-fefe-fefe-fefe-fefefefefefe',
]);

/** MACs that are copied on many devices: vendor test values and clone adapters that all carry one number. */
const MACS = new Set([
  '00:00:00:00:00:00',
  'ff:ff:ff:ff:ff:ff',
  '00:11:22:33:44:55',
  '00:12:34:56:78:90',
  '00:01:02:03:04:05',
  '02:00:00:00:00:00',
  '00:e0:4c:68:00:01',
  '00:e0:4c:36:00:01',
  '00:e0:4c:53:44:58',
  '00:0e:c6:00:00:01',
  '00:04:4b:00:00:00',
  '88:88:88:88:87:88', // Realtek without EEPROM
  '00:10:18:00:00:00', // Broadcom without NVRAM
  '00:50:c2:00:00:00',
]);

/** Drivers of USB adapters, and of the management controller's USB network: they wander, or every machine has the same. */
const WANDERING_DRIVERS = new Set(
  (
    'asix ax88179_178a aqc111 cdc_ether cdc_ncm cdc_mbim cdc_subset dm9601 lan78xx mcs7830 pegasus r8152 r8153_ecm ' +
    'rndis_host rtl8150 smsc75xx smsc95xx sr9700 sr9800 qmi_wwan ipheth usbnet'
  ).split(' '),
);

const tidy = (value: string): string =>
  value
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/[.\s]+$/, '')
    .toLowerCase();

const isFillerUuid = (uuid: string): boolean => {
  const hex = uuid.replaceAll('-', '');
  // Real UUIDs never have so few different digits: all-zero, all-F, 0F0F0F…
  return hex.length !== 32 || new Set(hex).size <= 2 || UUIDS.has(uuid);
};

/** True when the value says nothing about this very machine. Blank counts as filler. */
export const isFiller = (field: FillerField, value: string): boolean => {
  const text = value.trim().toLowerCase();
  if (field === 'uuid') return isFillerUuid(text);
  if (field === 'mac') return MACS.has(text) || (Number.parseInt(text.slice(0, 2), 16) & 1) === 1;
  const tidied = tidy(value);
  if (WORDS.has(tidied)) return true;
  // A slot may well be called "4", a product "X", a version "0.0.0".
  if (field === 'location' || field === 'name') return NAME_SHAPES.some((shape) => shape.test(tidied));
  return SHAPES.some((shape) => shape.test(tidied));
};

/** True for adapters whose MAC names the adapter and not the machine it is plugged into. */
export const isWanderingNic = (driver: string | null): boolean => driver !== null && WANDERING_DRIVERS.has(driver);
