// The machine's own description: its SMBIOS records (facts/smbios) as `Dmi`, from the raw table, or from /sys/class/dmi/id where the kernel gives no table.
import type { Dmi } from '../protocol/inventory.ts';
import type { HardwareSource } from './source.ts';
import { dmiFromRecords } from '../facts/smbios/dmi.ts';
import type { DmiRecord } from '../facts/smbios/records.ts';
import { CHASSIS_TYPES, recordsOf } from '../facts/smbios/records.ts';
import { parseEntryPoint, parseStructures } from '../facts/smbios/structures.ts';

const dmiFromSysfs = async (source: HardwareSource): Promise<Dmi | null> => {
  const read = async (name: string): Promise<string | null> => (await source.readText(`/sys/class/dmi/id/${name}`)) || null;
  if (!(await source.exists('/sys/class/dmi/id'))) return null;
  return {
    bios: { vendor: await read('bios_vendor'), version: await read('bios_version'), date: await read('bios_date') },
    system: {
      manufacturer: await read('sys_vendor'),
      product: await read('product_name'),
      version: await read('product_version'),
      serial: await read('product_serial'),
      uuid: await read('product_uuid'),
      sku: await read('product_sku'),
      family: await read('product_family'),
    },
    board: {
      manufacturer: await read('board_vendor'),
      product: await read('board_name'),
      version: await read('board_version'),
      serial: await read('board_serial'),
      assetTag: await read('board_asset_tag'),
      location: null,
    },
    chassis: {
      manufacturer: await read('chassis_vendor'),
      type: CHASSIS_TYPES[Number(await read('chassis_type')) & 0x7f] || null,
      version: await read('chassis_version'),
      serial: await read('chassis_serial'),
      assetTag: await read('chassis_asset_tag'),
    },
    processorIds: [],
    oemStrings: [],
    oemRecords: [],
  };
};

export type SmbiosReading = { readonly dmi: Dmi | null; readonly records: readonly DmiRecord[] };

/** Reads the raw table, else /sys/class/dmi/id, else nothing (a board without SMBIOS, as many ARM ones are). */
export const readSmbios = async (source: HardwareSource): Promise<SmbiosReading> => {
  const table = await source.readBytes('/sys/firmware/dmi/tables/DMI');
  if (table === null) return { dmi: await dmiFromSysfs(source), records: [] };
  const entryPoint = await source.readBytes('/sys/firmware/dmi/tables/smbios_entry_point');
  const records = recordsOf(parseStructures(table), entryPoint === null ? null : parseEntryPoint(entryPoint));
  return { dmi: dmiFromRecords(records), records };
};
