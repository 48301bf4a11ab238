// SMBIOS records → `Dmi`: which board speaks for the machine, which processors are there, what the vendor records name. PURE.
import type { Dmi } from '../../protocol/inventory.ts';
import { isFiller } from '../filler.ts';
import type { DmiRecord } from './records.ts';
import { recordsOf } from './records.ts';
import type { SmbiosStructure, SmbiosVersion } from './structures.ts';

const MAX_ITEMS = 256;
const MAX_TEXT = 1024;
const EMPTY: DmiRecord = { type: -1, handle: -1, fields: new Map(), strings: [] };

/** The field's text; null where it is absent or blank. */
export const textOf = (record: DmiRecord, field: string): string | null => {
  const text = record.fields.get(field);
  return text === undefined || text.trim() === '' ? null : text.slice(0, MAX_TEXT);
};

const HOST_BOARDS = ['Server Blade', 'Motherboard'];

/** A machine may list risers and interconnects as boards; the one that hosts the processors speaks for it. */
const mainBoard = (boards: readonly DmiRecord[]): DmiRecord =>
  boards.find((board) => HOST_BOARDS.includes(board.fields.get('Type') ?? '')) ??
  boards.find((board) => board.fields.get('Features')?.includes('hosting board') === true) ??
  boards[0] ??
  EMPTY;

/** The machine's own chassis, and the enclosure around it where a second structure tells of one. */
const chassisOf = (all: readonly DmiRecord[]): { readonly own: DmiRecord; readonly enclosure: DmiRecord | null } => {
  const isEnclosure = (record: DmiRecord): boolean => record.fields.get('Type') === 'Blade Enclosing';
  const own = all.find((record) => !isEnclosure(record)) ?? all[0] ?? EMPTY;
  return { own, enclosure: all.find((record) => record !== own && isEnclosure(record)) ?? null };
};

/** Those that run: VMware's firmware lists 64, and all but the machine's own as disabled. Where none runs, those that are there. */
export const processorsOf = (records: readonly DmiRecord[]): readonly DmiRecord[] => {
  const statusOf = (record: DmiRecord): string => record.fields.get('Status') ?? '';
  const central = records.filter((record) => record.type === 4 && /^central/i.test(record.fields.get('Type') ?? ''));
  // Before version 2.0 dmidecode printed no status, and noughts for what is not there.
  const hasStatus = central.some((record) => record.fields.has('Status'));
  const all = central.filter((record) =>
    hasStatus ? /^populated/i.test(statusOf(record)) : /[^\s0]/.test(record.fields.get('Version') ?? ''),
  );
  const running = all.filter((record) => !/disabled/i.test(statusOf(record)));
  return running.length > 0 ? running : all;
};

/** Firmware made for notebooks lists a battery wherever it runs: one without maker, name or capacity is none. */
export const isRealBattery = (maker: string, name: string, hasCapacity: boolean): boolean =>
  hasCapacity && [maker, name].every((word) => !isFiller('serial', word) && !/\b(fake|virtual|no battery)\b/i.test(word));

const isBattery = ({ type, fields }: DmiRecord): boolean =>
  type === 22 &&
  isRealBattery(
    fields.get('Manufacturer')?.trim() ?? '',
    fields.get('Name')?.trim() ?? '',
    /^[1-9]\d* mWh$/.test(fields.get('Design Capacity')?.trim() ?? ''),
  );

const LOCATOR_FIELDS = ['Rack Name', 'Enclosure Name', 'Enclosure Model', 'Server Bay', 'Enclosure Serial'];

const vendorRecord = (record: DmiRecord): Dmi['oemRecords'][number] => {
  const named = LOCATOR_FIELDS.flatMap((field) => {
    const text = textOf(record, field);
    return text === null ? [] : [`${field}: ${text.trim()}`];
  });
  return { type: record.type, strings: (record.type === 204 ? named : [...record.strings]).slice(0, MAX_ITEMS) };
};

/** `Dmi` of the records; what they lack is null. */
export const dmiFromRecords = (records: readonly DmiRecord[]): Dmi => {
  const ofType = (type: number): readonly DmiRecord[] => records.filter((record) => record.type === type);
  const bios = ofType(0)[0] ?? EMPTY;
  const system = ofType(1)[0] ?? EMPTY;
  const board = mainBoard(ofType(2));
  const { own: chassis, enclosure } = chassisOf(ofType(3));
  const tpm = ofType(43)[0];
  const kind = textOf(board, 'Type');
  return {
    bios: { vendor: textOf(bios, 'Vendor'), version: textOf(bios, 'Version'), date: textOf(bios, 'Release Date') },
    system: {
      manufacturer: textOf(system, 'Manufacturer'),
      product: textOf(system, 'Product Name'),
      version: textOf(system, 'Version'),
      serial: textOf(system, 'Serial Number'),
      uuid: textOf(system, 'UUID'),
      sku: textOf(system, 'SKU Number'),
      family: textOf(system, 'Family'),
    },
    board: {
      manufacturer: textOf(board, 'Manufacturer'),
      product: textOf(board, 'Product Name'),
      version: textOf(board, 'Version'),
      serial: textOf(board, 'Serial Number'),
      assetTag: textOf(board, 'Asset Tag'),
      location: textOf(board, 'Location In Chassis'),
      ...(kind === null ? {} : { kind }),
    },
    chassis: {
      manufacturer: textOf(chassis, 'Manufacturer'),
      type: textOf(chassis, 'Type'),
      version: textOf(chassis, 'Version'),
      serial: textOf(chassis, 'Serial Number'),
      assetTag: textOf(chassis, 'Asset Tag'),
    },
    ...(enclosure === null ? {} : { enclosure: { version: textOf(enclosure, 'SKU Number'), serial: textOf(enclosure, 'Serial Number') } }),
    ...(records.some(isBattery) ? { hasBattery: true as const } : {}),
    ...(tpm === undefined ? {} : { tpmVersion: textOf(tpm, 'Specification Version') }),
    processorIds: processorsOf(records)
      .flatMap((record) => textOf(record, 'ID') ?? [])
      .slice(0, MAX_ITEMS),
    oemStrings: ofType(11)
      .flatMap((record) => record.strings)
      .filter((text) => text.trim() !== '')
      .map((text) => text.slice(0, MAX_TEXT))
      .slice(0, MAX_ITEMS),
    oemRecords: records
      .filter((record) => record.type >= 128)
      .map(vendorRecord)
      .filter((record) => record.strings.length > 0)
      .slice(0, MAX_ITEMS),
  };
};

/** `Dmi` of a raw table's structures. */
export const dmiFromStructures = (structures: readonly SmbiosStructure[], version: SmbiosVersion | null): Dmi =>
  dmiFromRecords(recordsOf(structures, version));
