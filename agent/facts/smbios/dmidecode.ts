// A recorded dmidecode text as records: every version from 2.x to 3.6, whole or -t, -q and -u output, with or without header.
// Any text gives a list, never an error. PURE.
import type { DmiRecord } from './records.ts';
import { recordOf } from './records.ts';
import type { SmbiosVersion } from './structures.ts';
import { END_OF_TABLE, vendorText } from './structures.ts';

export type DmidecodeReading = {
  /** What each run printed; several runs may stand in one text. */
  readonly tables: readonly (readonly DmiRecord[])[];
  readonly records: readonly DmiRecord[];
  /** Of the table, as the first run that names it says. */
  readonly version: SmbiosVersion | null;
  /** What dmidecode itself complained of: broken tables, structures it could not decode. */
  readonly complaints: readonly string[];
};

/** With and without the kind on the same line (before 2.10 it is on the next). */
const HANDLE = /^\s*Handle 0x([0-9a-f]{1,8})(?:,?\s+DMI type (\d{1,3}),.*)?\s*$/i;
const LATE_TYPE = /^\s*DMI type (\d{1,3}),/i;
/** Where a run of its own begins. */
const FIRST_LINE = /^\s*# ?dmidecode \d/;
const VERSION = /^\s*(?:SMBIOS|(?:Legacy )?DMI) (\d{1,2})\.(\d{1,2})(?:\.\d{1,2})? present/;
const HEADER = /^(#|SMBIOS \d|Legacy DMI|Getting SMBIOS|Scanning |\d+ structures occupying|Table at|Using |DMI \d)/;
const COMPLAINT =
  /^(wrong dmi|invalid entry length|.*\bbroken\b|.*permission denied|.*unreachable|.*no smbios nor dmi|.*<truncated>|.*bad (index|checksum))/i;

/** `dmidecode -q` leaves the handles out; the titles still tell. */
const TITLES: Readonly<Record<string, number>> = {
  'BIOS Information': 0,
  'System Information': 1,
  'Base Board Information': 2,
  'Chassis Information': 3,
  'Processor Information': 4,
  'Memory Module Information': 6,
  'Portable Battery': 22,
  'OEM Strings': 11,
  'Memory Device': 17,
  'TPM Device': 43,
  'HP ProLiant System/Rack Locator': 204,
  'HPE ProLiant System/Rack Locator': 204,
  'HP BIOS NIC PCI and MAC Information': 209,
  'HPE BIOS NIC PCI and MAC Information': 209,
  'HP BIOS iSCSI NIC PCI and MAC Information': 221,
  'HPE BIOS iSCSI NIC PCI and MAC Information': 221,
  'HP BIOS PXE NIC PCI and MAC Information': 233,
  'HPE BIOS PXE NIC PCI and MAC Information': 233,
};

/** A structure whose title, without a handle before it, names none of those that tell something. */
const UNTOLD = -1;

const MAX_RECORDS = 4096;
const MAX_LINES = 200_000;

type Draft = { readonly type: number; readonly handle: number; readonly lines: string[] };
type Table = { readonly drafts: Draft[]; version: SmbiosVersion | null };

/** The text cut into runs, and those into one draft a structure. */
const tablesOf = (lines: readonly string[]): { readonly tables: readonly Table[]; readonly complaints: readonly string[] } => {
  let table: Table = { drafts: [], version: null };
  const tables = [table];
  const complaints: string[] = [];
  let pending: number | null = null;
  let count = 0;
  let afterBlank = true;
  const beginTable = (): void => {
    if (table.drafts.length > 0) tables.push((table = { drafts: [], version: null }));
  };
  const begin = (type: number, handle: number): void => {
    if (table.drafts.at(-1)?.type === END_OF_TABLE) beginTable();
    count += 1;
    if (count <= MAX_RECORDS) table.drafts.push({ type, handle, lines: [] });
  };
  for (const line of lines) {
    const [, major, minor] = VERSION.exec(line) ?? [];
    if (major !== undefined || FIRST_LINE.test(line)) beginTable();
    if (major !== undefined) table.version = { major: Number(major), minor: Number(minor) };
    const [, handle, type] = HANDLE.exec(line) ?? [];
    const title = TITLES[line.trim()];
    const current = table.drafts.at(-1);
    const isTitle = /^\S/.test(line) && (title !== undefined ? current === undefined || current.lines.length > 0 : afterBlank);
    afterBlank = line.trim() === '';
    if (handle !== undefined) {
      pending = type === undefined ? Number.parseInt(handle, 16) : null;
      if (type !== undefined) begin(Number(type), Number.parseInt(handle, 16));
    } else if (pending !== null && LATE_TYPE.test(line)) {
      begin(Number(LATE_TYPE.exec(line)?.[1]), pending);
      pending = null;
    } else if (/^\S/.test(line) && COMPLAINT.test(line)) complaints.push(line.trim().slice(0, 200));
    else if (HEADER.test(line)) continue;
    else if (isTitle && title !== undefined) {
      begin(title, 0xffff);
      table.drafts.at(-1)?.lines.push(line);
      // What stands below another title is none of the structure before it.
    } else if (isTitle && current !== undefined && current.type !== END_OF_TABLE) begin(UNTOLD, 0xffff);
    else current?.lines.push(line);
  }
  return { tables, complaints };
};

const indentOf = (line: string): number => /^\s*/.exec(line)?.[0].length ?? 0;

type Parts = { readonly fields: Map<string, string>; readonly lists: Map<string, string[]> };

/** Version 3.2 prints two fields of a TPM on one line. The tab between them is its own: it prints a vendor's as a dot. */
const fieldsOn = (line: string): readonly string[] => {
  const indent = indentOf(line);
  return line
    .slice(indent)
    .split(/\t(?=[A-Z][^:\t]{1,80}:)/)
    .map((field) => line.slice(0, indent) + field);
};

/** The lines after the title: `Name: value`, and under a name the deeper lines that belong to it. */
const partsOf = (lines: readonly string[]): Parts => {
  const fields = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const base = indentOf(lines.find((line) => line.trim() !== '') ?? '');
  let list: string[] | null = null;
  for (const line of lines.flatMap((whole) => (indentOf(whole) <= base ? fieldsOn(whole) : [whole]))) {
    const field = indentOf(line) <= base ? /^([^:]{1,80}):(?:\s(.*)|$)/.exec(line.trimStart()) : null;
    if (field?.[1] === undefined) {
      // A blank string of a vendor record is a line of blanks, and its number counts.
      if (list !== null && (line.trim() !== '' || line.length > base)) list.push(line.replace(/^\s{0,2}/, ''));
      continue;
    }
    const name = field[1].trimEnd();
    const value = field[2] ?? '';
    list = lists.get(name) ?? [];
    lists.set(name, list);
    if (!fields.has(name)) fields.set(name, value);
  }
  return { fields, lists };
};

const HEX_LINE = /^\s*[0-9a-f]{2}( [0-9a-f]{2}){0,15}\s*$/i;

/** -u prints each string as bytes up to their zero, then once more in letters; null where the lines are not of that kind. */
const stringsFromBytes = (lines: readonly string[]): readonly string[] | null => {
  const strings: string[] = [];
  let bytes: number[] = [];
  for (const line of lines) {
    if (bytes.at(-1) === 0) {
      strings.push(vendorText(Uint8Array.from(bytes.slice(0, -1))));
      bytes = [];
    } else if (HEX_LINE.test(line))
      bytes.push(
        ...line
          .trim()
          .split(' ')
          .map((pair) => Number.parseInt(pair, 16)),
      );
    else return null;
  }
  return bytes.length === 0 && strings.length > 0 ? strings : null;
};

/** `Header and Data` of a vendor record (or of any, with -u) puts the structure itself back together. */
const fromBytes = (draft: Draft, { lists }: Parts, version: SmbiosVersion | null): DmiRecord | null => {
  const hex = lists.get('Header and Data')?.join(' ').trim() ?? '';
  if (!/^[0-9a-f]{2}(\s+[0-9a-f]{2}){3,255}$/i.test(hex)) return null;
  const data = Uint8Array.from(hex.split(/\s+/), (pair) => Number.parseInt(pair, 16));
  const texts = lists.get('Strings') ?? [];
  const strings = stringsFromBytes(texts) ?? texts.map((text) => text.replace(/^\t*/, '').trimEnd());
  return recordOf({ type: draft.type, handle: draft.handle, data, strings }, version);
};

/** Texts of structure 11 are fields here: `String 1: …`. */
const oemStrings = ({ fields }: Parts): readonly string[] =>
  [...fields].flatMap(([name, value]) => (/^String \d+$/.test(name) ? [value] : []));

/** How dmidecode words the two UUIDs that say nothing. */
const UUID_WORDS: Readonly<Record<string, string>> = {
  'not present': 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  'not settable': '00000000-0000-0000-0000-000000000000',
};

/** Fields whose value is the lines below them. */
const LISTED = ['Features', 'Characteristics'];

/** Before version 2.0 some fields were called otherwise; firmware's `Vendor` is called so still. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  Vendor: 'Manufacturer',
  Product: 'Product Name',
  Release: 'Release Date',
  'Chassis Type': 'Type',
  'Processor Type': 'Type',
  'Processor Manufacturer': 'Manufacturer',
  'Processor Version': 'Version',
};

const recordFrom = (draft: Draft, version: SmbiosVersion | null): DmiRecord => {
  const lines = draft.lines.slice(draft.lines.findIndex((line) => line.trim() !== ''));
  // A title comes first, save with -u.
  const parts = partsOf(/^\s*Header and Data:/.test(lines[0] ?? '') ? lines : lines.slice(1));
  const rebuilt = fromBytes(draft, parts, version);
  if (rebuilt !== null) return rebuilt;
  const { type, handle } = draft;
  const fields = new Map(parts.fields);
  for (const [old, name] of Object.entries(OLD_NAMES)) {
    const value = fields.get(old);
    if (type < 5 && value !== undefined && !fields.has(name)) fields.set(name, value);
  }
  for (const name of LISTED) {
    const list = parts.lists.get(name) ?? [];
    if (list.length > 0) fields.set(name, list.map((text) => text.trim()).join(', '));
  }
  const uuid = fields.get('UUID');
  if (uuid !== undefined) fields.set('UUID', UUID_WORDS[uuid.trim().toLowerCase()] ?? uuid.trim().toLowerCase());
  return { type, handle, fields, strings: type === 11 ? oemStrings(parts) : (parts.lists.get('Strings') ?? []).map((text) => text.trim()) };
};

/** As an e-mail quotes it. */
const QUOTED = /^> ?(?:Handle 0x|System Information)/m;

export const parseDmidecode = (text: string): DmidecodeReading => {
  const plain = QUOTED.test(text) ? text.replaceAll(/^> ?/gm, '') : text;
  const { tables, complaints } = tablesOf(plain.split(/\r\n|\r|\n/, MAX_LINES));
  const read = tables.map(({ drafts, version }) => drafts.map((draft) => recordFrom(draft, version)));
  const version = tables.find((table) => table.version !== null)?.version ?? null;
  return { tables: read, records: read.flat(), version, complaints: complaints.slice(0, 16) };
};
