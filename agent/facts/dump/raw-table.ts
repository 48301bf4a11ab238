// Raw SMBIOS bytes as a file holds them: the kernel's /sys/firmware/dmi/tables/DMI, its smbios_entry_point, and `dmidecode
// --dump-bin`, which puts the one before the other (DSP0134 §5.2). PURE.
import type { SmbiosStructure, SmbiosVersion } from '../smbios/structures.ts';
import { END_OF_TABLE, doubleWordAt, parseEntryPoint, parseStructures, wordAt } from '../smbios/structures.ts';

export type RawReading =
  | { readonly kind: 'entry-point'; readonly version: SmbiosVersion }
  | { readonly kind: 'table'; readonly structures: readonly SmbiosStructure[]; readonly version: SmbiosVersion | null };

/** dmidecode keeps the first 32 bytes of its dump for the entry point. */
const DUMP_HEADER_BYTES = 32;

const startsWith = (bytes: Uint8Array, text: string): boolean => [...text].every((letter, index) => bytes[index] === letter.charCodeAt(0));

/** Version, and where in the file its entry point says the table is. */
const entryPointOf = (data: Uint8Array): { readonly version: SmbiosVersion; readonly addressBytes: number | null } | null => {
  if (startsWith(data, '_DMI_')) {
    const revision = data[14] ?? 0;
    return { version: { major: revision >> 4, minor: revision & 15 }, addressBytes: doubleWordAt({ data }, 8) };
  }
  const version = parseEntryPoint(data);
  if (version === null) return null;
  return { version, addressBytes: doubleWordAt({ data }, startsWith(data, '_SM3_') ? 0x10 : 0x18) };
};

/** A table begins with a structure that can be one, and goes on to its end or nearly so. */
const looksLikeTable = (bytes: Uint8Array, structures: readonly SmbiosStructure[]): boolean => {
  const first = structures[0];
  if (first === undefined || first.data.length > 0xf0 || (first.type > 43 && first.type < 126)) return false;
  if (structures.at(-1)?.type === END_OF_TABLE) return true;
  const known = structures.filter((structure) => structure.type <= 46 || structure.type >= 126).length;
  return structures.length >= 3 && known === structures.length && wordAt(first, 2) !== null && bytes.length >= 64;
};

/** Null for bytes that are none of the three. */
export const readRawTable = (bytes: Uint8Array): RawReading | null => {
  const entryPoint = entryPointOf(bytes);
  if (entryPoint === null) {
    const structures = parseStructures(bytes);
    return looksLikeTable(bytes, structures) ? { kind: 'table', structures, version: null } : null;
  }
  const { version, addressBytes } = entryPoint;
  if (bytes.length <= DUMP_HEADER_BYTES) return { kind: 'entry-point', version };
  const inFile = addressBytes !== null && addressBytes >= 16 && addressBytes < bytes.length ? addressBytes : DUMP_HEADER_BYTES;
  return { kind: 'table', structures: parseStructures(bytes.subarray(inFile)), version };
};
