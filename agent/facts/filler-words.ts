// Values that factories leave in place of real ones, word for word: collected from boards and servers in the field. PURE.

/** Whole values, lower case, white space collapsed and trailing dots removed, that mean "nobody filled this in". */
export const WORDS = new Set(
  (
    '|none|(none)|null|(null)|nil|n/a|na|n.a|not available|not applicable|not specified|not provided|not present|not set|' +
    'not settable|not defined|not define|not assigned|not used|not programmed|not installed|not initialized|not supported|' +
    'not asset tag|no data|no asset|no asset tag|no serial|no serial number|no serial num|no sn|no asset information|' +
    'no enclosure|no chassis|empty|blank|undefined|unset|unknown|unspecified|uninitialized|unassigned|unknow|invalid|' +
    'default|defaultstring|default string|default_string|default value|string|standard|other|test|sample|dummy|reserved|' +
    'x|xxx|x.x|x.xx|rev x.0x|rev x.xx|rev. x.xx|o.e.m|oem|oem_default|oem default|oem-default|oem string|' +
    'fill by oem|filled by oem|filled by o.e.m|to be filled|to be filled by oem|to be filled by o.e.m|to be filled by o.e.m|' +
    'to be filled by manufacturer|tbd|tba|tbd by oem|tobefilledbyoem|oem to fill|oem fill|enter by oem|' +
    'system manufacturer|system vendor|system product name|system product|system name|system model|system version|' +
    'system serial number|system serial|system sku|system sku number|system skunumber|system sku#|system uuid|system family|' +
    'system asset tag|systemserialnumb|system seri|' +
    'base board manufacturer|base board product name|base board serial number|base board version|base board asset tag|' +
    'base board asset tag#|base board chassis location|baseboard serial number|baseboardserialnumber|board serial number|' +
    'board asset tag|board chassis location|board version|board product name|board manufacturer|boardserialnumber|' +
    'motherboard serial number|mainboard serial number|mb serial number|' +
    'chassis manufacturer|chassis manufacture|chassis version|chassis serial number|chassis serial|chassisserialnumber|' +
    'chassis asset tag|chassis location|chassis sku|chassis sku number|chassis type|' +
    'serial number|serialnumber|serial|serial no|serial no.|serial#|serial num|sn|s/n|sn number|machine serial number|' +
    'asset tag|asset-tag|assettag|asset|asset tag number|asset number|your asset tag|asset tag here|' +
    'product name|product version|product|version|manufacturer|family|sku|sku number|model|model name|location|' +
    'part component|type1sku0|type1family|type1productconfigid|type1 - system serial number|type2 - board chassis location|' +
    'type2 - board serial number|type2 - board asset tag|type2 - board version|type2 - board product name1|' +
    'type2 - board vendor name1|type3 - chassis serial number|type3 - chassis asset tag|' +
    '[empty]|rev|-1|generic|oemb|asus-notebooksku|0123abc|123490en400015|' +
    '(null string)|null string|none provided|not|no dimm|cleared|please set|serial no. not set|unknown serial|unknown serial number|' +
    'system s/n|chassis s/n|board s/n|base board s/n|mainboard s/n|mainboard-sn|mainboard sn|chassis no|system no|bios serial|' +
    'bios serial number|pcserial|pc serial|test serial|testserial|oem_serial|oem serial|eval|evaluation|iatpass|tulip computers|all series|' +
    'reserved for baseboard vendor|123-1234-123|sn-123456fvgv3i0b8o5n6n7k|00020003000400050006000700080009|' +
    'no s/n|n\\a|no serial number available!|unknown serial num|dummy serial|serial-number|asset_tag|no-asset-tag|empty asset tag|tbd by odm|not set yet|(blank)|' +
    'bad index|n / a|unknown product|unknown manufacturer|undefined manufacturer|your company|vendor|vendor name|oem product|' +
    'oem_product|oem manufacturer|oem-sku|product family|no version|no version info|null sku|nosku|default sku|#a123456789|' +
    // The asset tag of every virtual machine in Azure.
    '7783-7084-3265-9085-8269-3286-77|' +
    'intel_customer|square|5ekpm18320000397|customer reference boards|user assigned|to be defined|please change|change me|changeme'
  ).split('|'),
);

/** The longer of them as some tools write them, without their blanks. */
export const RUN_TOGETHER = new Set([...WORDS].filter((word) => word.includes(' ')).map((word) => word.replaceAll(' ', '')));

/** Names that WORDS holds for serials' sake and that are names of real things. */
export const REAL_NAMES = new Set(['x', 'standard', 'asset', 'sn', 'test', 'all series', 'evaluation', 'cleared']);

/** UUIDs that vendors and board makers ship on every board and that filler-uuid.ts does not know by their form; in lower case. */
export const UUIDS = new Set([
  '03000200-0400-0500-0006-000700080009',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '12345678-1234-1234-1234-123456789abc',
  'deadbeef-dead-beef-dead-beefdeadbeef',
  '01234567-8910-1112-1314-151617181920',
  '12345678-1234-5678-1234-567812345678',
  '12345678-1234-1234-1234-123456789012',
  '11111111-2222-3333-4444-555555555555',
  'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
  '6ab5b300-538d-1014-9fb5-b0684d007b53',
  '4c4c4544-0000-2010-8020-80c04f202020', // Dell's form of "no service tag"
]);

/** MACs that are copied on many devices: vendor test values and clone adapters that all carry one number. */
export const MACS = new Set([
  '00:00:00:00:00:00',
  'ff:ff:ff:ff:ff:ff',
  '00:11:22:33:44:55',
  '00:12:34:56:78:90',
  '00:01:02:03:04:05',
  '00:00:00:00:00:01',
  '00:11:22:33:44:66',
  '00:ff:ff:ff:ff:ff',
  '12:34:56:78:9a:bc',
  '0a:0b:0c:0d:0e:0f',
  'aa:bb:cc:dd:ee:ff',
  'de:ad:be:ef:00:00',
  'fe:ff:ff:ff:ff:ff',
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
