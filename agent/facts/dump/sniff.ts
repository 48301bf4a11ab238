// What kind of recording a file is, told by its content and never by its name. PURE.
import { encodingOf } from '../../protocol/text-bytes.ts';
import type { DmidecodeReading } from '../smbios/dmidecode.ts';
import { parseDmidecode } from '../smbios/dmidecode.ts';
import type { SmbiosStructure, SmbiosVersion } from '../smbios/structures.ts';
import type { LshwReading } from './lshw.ts';
import { lshwTree } from './lshw-tree.ts';
import { readLshw } from './lshw.ts';
import type { LsblkReading } from './lsblk.ts';
import { readLsblk } from './lsblk.ts';
import { readRawTable } from './raw-table.ts';
import { parseXml } from './xml.ts';

export type DumpKind = 'dmidecode' | 'smbios' | 'entry-point' | 'lshw' | 'lsblk';

export type Sniffed =
  | ({ readonly kind: 'dmidecode' } & DmidecodeReading)
  | { readonly kind: 'smbios'; readonly structures: readonly SmbiosStructure[]; readonly version: SmbiosVersion | null }
  | { readonly kind: 'entry-point'; readonly version: SmbiosVersion }
  | ({ readonly kind: 'lshw' } & LshwReading)
  | ({ readonly kind: 'lsblk' } & LsblkReading)
  | { readonly kind: 'unknown'; readonly complaints: readonly string[] };

/** Null for bytes that are no text. A letter that is none, as old tables hold them, spoils nothing. */
const textFrom = (bytes: Uint8Array): string | null => {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes);
  const sample = text.slice(0, 4096);
  const odd = [...sample].filter((letter) => letter === '\0' || letter === '\ufffd').length;
  return odd * 20 > sample.length ? null : text;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** lshw 2.18 writes a backslash at a text's end as it is, and each text on a line of its own. */
const LAST_BACKSLASH = /(?<!\\)\\"(,?[\t ]*\r?)$/gm;

/** Of JSON that cannot be read the beginning decides why: a shell's prompt begins like a list, too. */
const sniffTree = (text: string): Sniffed | null => {
  const start = text.trimStart();
  if (start.startsWith('{') || start.startsWith('[')) {
    // Older lshw gives several nodes one after another, without a list around them.
    const json =
      parseJson(text) ?? parseJson(`[${text.trim().replace(/,$/, '')}]`) ?? parseJson(text.replaceAll(LAST_BACKSLASH, '\\\\"$1'));
    const lsblk = readLsblk(json);
    const lshw = lsblk === null ? readLshw(json) : null;
    if (lsblk !== null) return { kind: 'lsblk', ...lsblk };
    if (lshw !== null) return { kind: 'lshw', ...lshw };
    return {
      kind: 'unknown',
      complaints: json === undefined ? ['it begins like JSON and cannot be read as such; it may be cut short'] : [],
    };
  }
  if (start.startsWith('<')) {
    const element = parseXml(text);
    const lshw = element === null ? null : readLshw(lshwTree(element));
    if (lshw !== null) return { kind: 'lshw', ...lshw };
    return { kind: 'unknown', complaints: element === null ? ['it begins like XML and cannot be read as such; it may be cut short'] : [] };
  }
  return null;
};

/** What people often give, and no reader is for: told by a line of it. */
const NOT_READ: readonly (readonly [string, RegExp])[] = [
  ['it is what lsblk writes for people', /^NAME(?:\s.*\bSIZE\b|=".*\bSIZE=")/m],
  ['it is what lshw writes for people', /^(?:\s+\*-(?:core|firmware|cpu|memory)\b|H\/W path\s)/m],
  ['it is a list of PCI devices', /^(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] \S.*: /m],
  ['it is a list of network interfaces', /"ifname" ?:|^\d+: \w+: <[A-Z,_-]*(?:UP|LOOPBACK|BROADCAST)/m],
];

const sniffText = (text: string): Sniffed => {
  const tree = sniffTree(text);
  if (tree !== null && tree.kind !== 'unknown') return tree;
  const reading = parseDmidecode(text);
  if (reading.records.length > 0) return { kind: 'dmidecode', ...reading };
  const named = NOT_READ.find(([, line]) => line.test(text))?.[0];
  return named === undefined ? (tree ?? { kind: 'unknown', complaints: reading.complaints }) : { kind: 'unknown', complaints: [named] };
};

/** How packed files begin. */
const PACKED: readonly (readonly [string, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
];

export const sniff = (bytes: Uint8Array): Sniffed => {
  const packed = PACKED.find(([, start]) => start.every((byte, at) => bytes[at] === byte));
  if (packed !== undefined) return { kind: 'unknown', complaints: [`it is packed (${packed[0]}); unpack it first`] };
  const raw = readRawTable(bytes);
  if (raw?.kind === 'entry-point') return raw;
  if (raw !== null) return { ...raw, kind: 'smbios' };
  const text = textFrom(bytes);
  return text === null ? { kind: 'unknown', complaints: [] } : sniffText(text);
};
