// Writes SMBIOS tables (DSP0134 3.x) byte by byte: the software rack's machines and the parser's tests are made of these.

/** Strings are numbered in the order in which fields name them; undefined fields point to no string. */
export type SmbiosFields = {
  readonly bios?: { vendor?: string; version?: string; date?: string };
  readonly system?: {
    manufacturer?: string;
    product?: string;
    version?: string;
    serial?: string;
    uuid?: string;
    sku?: string;
    family?: string;
  };
  readonly boards?: readonly {
    manufacturer?: string;
    product?: string;
    version?: string;
    serial?: string;
    assetTag?: string;
    location?: string;
    /** DSP0134 §7.3.2: 3 server blade, 10 motherboard, 13 interconnect. */
    type?: number;
    /** Bit 0: hosting board. */
    features?: number;
  }[];
  readonly chassis?: { manufacturer?: string; type?: number; version?: string; serial?: string; assetTag?: string };
  readonly processors?: readonly {
    socket: string;
    manufacturer: string;
    version: string;
    id: string;
    cores: number;
    /** All of them where absent. */
    enabledCores?: number;
    threads: number;
    populated?: boolean;
  }[];
  readonly memory?: readonly {
    locator: string;
    sizeBytes: number;
    manufacturer?: string;
    partNumber?: string;
    serial?: string;
    speedMts?: number;
  }[];
  readonly oemStrings?: readonly string[];
  readonly oemRecords?: readonly { type: number; data: readonly number[]; strings: readonly string[] }[];
};

export type SmbiosTables = { readonly entryPoint: Uint8Array; readonly table: Uint8Array };

type Builder = { readonly text: (value: string | undefined) => number; readonly strings: string[] };

const builder = (): Builder => {
  const strings: string[] = [];
  return { strings, text: (value) => (value === undefined ? 0 : strings.push(value)) };
};

/** One structure: header, formatted area, string set. An empty string would end the set, so makers write a blank. */
export const smbiosStructure = (type: number, handle: number, data: readonly number[], strings: readonly string[]): Buffer => {
  const header = Buffer.from([type, 4 + data.length, handle & 0xff, handle >> 8]);
  const set =
    strings.length === 0
      ? Buffer.from([0, 0])
      : Buffer.concat([...strings.map((text) => Buffer.from(`${text === '' ? ' ' : text}\0`, 'latin1')), Buffer.from([0])]);
  return Buffer.concat([header, Buffer.from(data), set]);
};

const word = (value: number): readonly number[] => [value & 0xff, (value >> 8) & 0xff];
const doubleWord = (value: number): readonly number[] => [...word(value & 0xffff), ...word(Math.floor(value / 0x1_0000))];

/** UUID bytes in SMBIOS order; `littleEndian` as from version 2.6 on. The same bytes go into DHCP option 97. */
export const uuidBytes = (uuid: string, littleEndian = true): Buffer => {
  const raw = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  if (!littleEndian) return raw;
  return Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((index) => raw[index] ?? 0));
};

const memoryDevice = (module: NonNullable<SmbiosFields['memory']>[number], array: number, handle: number): Buffer => {
  const { text, strings } = builder();
  const mebibytes = module.sizeBytes / (1024 * 1024);
  const extended = mebibytes >= 0x7fff;
  const data = [
    ...word(array),
    0xfe,
    0xff,
    ...word(72),
    ...word(64),
    ...word(extended ? 0x7fff : mebibytes),
    0x09,
    0,
    text(module.locator),
    0,
    0x1a,
    ...word(0x80),
    ...word(module.speedMts ?? 0),
    text(module.manufacturer),
    text(module.serial),
    0,
    text(module.partNumber),
    1,
    ...doubleWord(extended ? mebibytes : 0),
  ];
  return smbiosStructure(17, handle, [...data, ...word(module.speedMts ?? 0)], strings);
};

const processor = (one: NonNullable<SmbiosFields['processors']>[number], handle: number): Buffer => {
  const { text, strings } = builder();
  const data = [
    text(one.socket),
    3,
    0xb3,
    text(one.manufacturer),
    ...Buffer.from(one.id.replaceAll(' ', ''), 'hex'),
    text(one.version),
    0x8a,
    ...word(100),
    ...word(3500),
    ...word(2100),
    one.populated === false ? 0 : 0x41,
    1,
    ...word(0xffff),
    ...word(0xffff),
    ...word(0xffff),
    0,
    0,
    0,
    one.cores,
    one.enabledCores ?? one.cores,
    one.threads,
    ...word(4),
  ];
  return smbiosStructure(4, handle, data, strings);
};

/** Entry point (3.0 or 2.8 form) and table of a machine. */
export const buildSmbios = (
  fields: SmbiosFields,
  version: { readonly major: number; readonly minor: number } = { major: 3, minor: 2 },
): SmbiosTables => {
  const littleEndian = version.major > 2 || version.minor >= 6;
  const parts: Buffer[] = [];
  const add = (type: number, handle: number, make: (text: Builder['text']) => readonly number[]): void => {
    const { text, strings } = builder();
    const data = make(text);
    parts.push(smbiosStructure(type, handle, data, strings));
  };
  const { bios, system, chassis } = fields;
  add(0, 0x0000, (text) => [
    text(bios?.vendor),
    text(bios?.version),
    0,
    0xf0,
    text(bios?.date),
    0xff,
    ...Array.from({ length: 15 }, () => 0),
  ]);
  add(1, 0x0100, (text) => [
    text(system?.manufacturer),
    text(system?.product),
    text(system?.version),
    text(system?.serial),
    ...uuidBytes(system?.uuid ?? '00000000-0000-0000-0000-000000000000', littleEndian),
    6,
    text(system?.sku),
    text(system?.family),
  ]);
  for (const [index, board] of (fields.boards ?? []).entries()) {
    add(2, 0x0200 + index, (text) => [
      text(board.manufacturer),
      text(board.product),
      text(board.version),
      text(board.serial),
      text(board.assetTag),
      board.features ?? 0x09,
      text(board.location),
      ...word(0x0300),
      board.type ?? 10,
      0,
    ]);
  }
  add(3, 0x0300, (text) => [
    text(chassis?.manufacturer),
    chassis?.type ?? 0x17,
    text(chassis?.version),
    text(chassis?.serial),
    text(chassis?.assetTag),
    3,
    3,
    3,
    2,
    0,
    0,
    0,
    0,
    1,
    2,
    0,
    0,
  ]);
  for (const [index, one] of (fields.processors ?? []).entries()) parts.push(processor(one, 0x0400 + index));
  if (fields.oemStrings !== undefined) parts.push(smbiosStructure(11, 0x0b00, [fields.oemStrings.length], fields.oemStrings));
  for (const [index, module] of (fields.memory ?? []).entries()) parts.push(memoryDevice(module, 0x1000, 0x1100 + index));
  for (const [index, record] of (fields.oemRecords ?? []).entries())
    parts.push(smbiosStructure(record.type, 0xd000 + index, record.data, record.strings));
  parts.push(smbiosStructure(127, 0xfeff, [], []));
  const table = Buffer.concat(parts);
  return {
    entryPoint: version.major >= 3 ? entryPoint3(version, table.length) : entryPoint2(version, table.length, parts.length),
    table: new Uint8Array(table),
  };
};

const checksummed = (bytes: Buffer, at: number, start = 0, end = bytes.length): Uint8Array => {
  const sum = bytes.subarray(start, end).reduce((total, byte) => total + byte, 0);
  bytes[at] = (256 - (sum % 256)) % 256;
  return new Uint8Array(bytes);
};

const entryPoint3 = ({ major, minor }: { readonly major: number; readonly minor: number }, tableBytes: number): Uint8Array =>
  checksummed(
    Buffer.concat([
      Buffer.from('_SM3_'),
      Buffer.from([0, 24, major, minor, 0, 1, 0, ...doubleWord(tableBytes), ...doubleWord(0x7ab0_9000), 0, 0, 0, 0]),
    ]),
    5,
  );

const entryPoint2 = (
  { major, minor }: { readonly major: number; readonly minor: number },
  tableBytes: number,
  count: number,
): Uint8Array => {
  const bytes = Buffer.concat([
    Buffer.from('_SM_'),
    Buffer.from([0, 31, major, minor, ...word(84), 0, 0, 0, 0, 0, 0]),
    Buffer.from('_DMI_'),
    Buffer.from([0, ...word(tableBytes), ...doubleWord(0x000f_0000), ...word(count), 0x28]),
  ]);
  checksummed(bytes, 21, 16);
  return checksummed(bytes, 4);
};
