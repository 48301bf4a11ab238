// Memory modules from SMBIOS records: structure 17, or structure 6 on machines older than it (DSP0134 §7.18, §7.7). PURE.
import type { Inventory } from '../../protocol/inventory.ts';
import { textOf } from './dmi.ts';
import type { DmiRecord } from './records.ts';

export type MemoryModule = NonNullable<Inventory['memory']>['modules'][number];

const UNITS: Readonly<Record<string, number>> = { bytes: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30, tb: 2 ** 40, pb: 2 ** 50 };

/** `16384 MB`, of old `256Mbyte`, in bytes (dmidecode's units are binary); null for an empty socket and for what is no size. */
const sizeBytes = (text: string | null): number | null => {
  const [, amount, unit] = /^(\d{1,9}) ?(bytes|[kMGTP]B)(?:yte)?\b/i.exec(text?.trim() ?? '') ?? [];
  const bytes = Number(amount) * (UNITS[unit?.toLowerCase() ?? ''] ?? 0);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
};

/** Firmware chips and screen memory are listed as memory devices too, and are no memory to run in. */
const NOT_WORKING_MEMORY = /flash|rom\b|vram/i;

/** Persistent memory, and memory that caches other memory, are no memory to run in either: what is left of such a module counts. */
const workingBytes = (record: DmiRecord, size: string): number | null => {
  const part = (field: string): number | null => sizeBytes(textOf(record, field));
  const isSplit =
    part('Non-Volatile Size') !== null || part('Cache Size') !== null || /non-volatile/i.test(record.fields.get('Type') ?? '');
  return isSplit ? part('Volatile Size') : part(size);
};

/** What an array of memory devices may be for instead (DSP0134 §7.17.2). */
const OTHER_USE = /^(video|flash|cache) memory$|^non-volatile ram$/i;

/** The devices that a machine's programs run in, or that wait for such a module. */
const workingDevices = (records: readonly DmiRecord[]): readonly DmiRecord[] => {
  const others = records.filter((record) => record.type === 16 && OTHER_USE.test(record.fields.get('Use')?.trim() ?? ''));
  const handles = new Set(others.map(({ handle }) => handle));
  return records.filter(
    ({ type, fields }) =>
      type === 17 &&
      !NOT_WORKING_MEMORY.test(fields.get('Type') ?? '') &&
      !handles.has(Number.parseInt(fields.get('Array Handle') ?? '', 16)),
  );
};

const moduleOf = (record: DmiRecord, size: string): readonly MemoryModule[] => {
  const bytes = workingBytes(record, size);
  if (bytes === null) return [];
  const speed = Number.parseInt(record.fields.get('Speed') ?? '', 10);
  return [
    {
      locator: textOf(record, 'Locator') ?? textOf(record, 'Socket Designation'),
      sizeBytes: bytes,
      manufacturer: textOf(record, 'Manufacturer'),
      partNumber: textOf(record, 'Part Number'),
      serial: textOf(record, 'Serial Number'),
      speedMts: Number.isFinite(speed) && speed > 0 ? speed : null,
    },
  ];
};

/** Structures 17; 6 where there are none of them, or the dmidecode of those days printed but their titles. */
const socketsOf = (records: readonly DmiRecord[]): { readonly sockets: readonly DmiRecord[]; readonly size: string } =>
  records.some((record) => record.type === 17 && record.fields.has('Size'))
    ? { sockets: workingDevices(records), size: 'Size' }
    : { sockets: records.filter((record) => record.type === 6 && record.fields.has('Installed Size')), size: 'Installed Size' };

/** The modules that are there; empty sockets are left out. */
export const modulesFromRecords = (records: readonly DmiRecord[]): readonly MemoryModule[] => {
  const { sockets, size } = socketsOf(records);
  return sockets.flatMap((record) => moduleOf(record, size)).slice(0, 1024);
};

/** How many modules the machine takes; null where nothing tells. */
export const memorySockets = (records: readonly DmiRecord[]): number | null => socketsOf(records).sockets.length || null;
