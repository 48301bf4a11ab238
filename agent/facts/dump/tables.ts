// The tables that one or several recordings hold: each run of dmidecode and each raw table is one. Of one machine they add up, and what
// two of them tell counts once. PURE.
import { failed, success } from '../../protocol/failure.ts';
import type { Result } from '../../protocol/failure.ts';
import type { FillerField } from '../filler.ts';
import { isFiller } from '../filler.ts';
import type { DmiRecord } from '../smbios/records.ts';
import { recordsOf } from '../smbios/records.ts';
import type { SmbiosVersion } from '../smbios/structures.ts';
import type { Sniffed } from './sniff.ts';

export type Table = { readonly file: string; readonly records: readonly DmiRecord[] };
type Known = { readonly name: string; readonly found: Exclude<Sniffed, { kind: 'unknown' }> };

/** The version of a raw table may be told by another file. */
export const versionIn = (known: readonly Known[]): SmbiosVersion | null =>
  known.map(({ found }) => ('version' in found ? found.version : null)).find((version) => version !== null) ?? null;

export const tablesIn = (known: readonly Known[]): readonly Table[] => {
  const version = versionIn(known);
  return known.flatMap(({ name, found }) => {
    if (found.kind === 'dmidecode') return found.tables.map((records) => ({ file: name, records }));
    return found.kind === 'smbios' ? [{ file: name, records: recordsOf(found.structures, found.version ?? version) }] : [];
  });
};

/** What two tables of one machine never tell differently: structure, field, and what its filler looks like. */
const SAME_IN_BOTH: readonly (readonly [number, string, FillerField])[] = [
  [1, 'UUID', 'uuid'],
  [1, 'Serial Number', 'serial'],
  [1, 'Product Name', 'name'],
  [2, 'Serial Number', 'serial'],
  [2, 'Product Name', 'name'],
];

/** Tables of two machines must not become one. A single one may have two structures 1: its first is the machine. */
export const conflictOf = (tables: readonly Table[]): Result<null> => {
  for (const [type, field, kind] of SAME_IN_BOTH) {
    const values = tables.flatMap(({ file, records }) => {
      const value = records
        .find((record) => record.type === type)
        ?.fields.get(field)
        ?.trim();
      return value === undefined || isFiller(kind, value) ? [] : [{ file, value }];
    });
    const [first] = values;
    const other = values.find(({ value }) => value !== first?.value);
    if (first !== undefined && other !== undefined)
      return failed(
        'dump.several-machines',
        first.file === other.file
          ? `${first.file} tells of two machines: ${field} ${first.value} and ${other.value}.`
          : `The files tell of two machines: ${field} ${first.value} and ${other.value}.`,
        first.file === other.file ? 'Give each machine a file of its own.' : 'Give the files of one machine at a time.',
      );
  }
  return success(null);
};

const fieldsIn = (records: readonly DmiRecord[]): number => records.reduce((sum, { fields }) => sum + fields.size, 0);

/** Of each kind of structure, those of the table that tells most of them: the others tell the same once more, or are cut short. */
export const unitedRecords = (tables: readonly Table[]): { readonly records: readonly DmiRecord[]; readonly toldTwice: boolean } => {
  const fullest = new Map<number, { readonly at: number; readonly records: readonly DmiRecord[] }>();
  let toldTwice = false;
  for (const [at, table] of tables.entries())
    for (const [type, records] of Map.groupBy(table.records, (record) => record.type)) {
      const before = fullest.get(type)?.records;
      toldTwice ||= before !== undefined && type === 17;
      const more = before === undefined ? 1 : records.length - before.length || fieldsIn(records) - fieldsIn(before);
      if (more > 0) fullest.set(type, { at, records });
    }
  const records = tables.flatMap((table, at) => table.records.filter((record) => fullest.get(record.type)?.at === at));
  return { records, toldTwice };
};
