// What SMBIOS tells of a machine, as far as a test says; the rest is blank.
import type { Dmi } from '../../agent/protocol/inventory.ts';

export type Some = {
  readonly maker?: string;
  readonly product?: string;
  readonly board?: string;
  readonly boardKind?: string;
  readonly serial?: string;
  readonly location?: string | null;
  readonly boardSerial?: string;
  readonly chassisType?: string;
  readonly chassisSerial?: string;
  readonly chassisVersion?: string;
  readonly oemStrings?: readonly string[];
  readonly locator?: readonly string[];
  readonly firmware?: string;
  readonly hasBattery?: true;
};

export const dmi = (some: Some): Dmi => ({
  bios: { vendor: some.firmware ?? null, version: null, date: null },
  system: {
    manufacturer: some.maker ?? 'Acme',
    product: some.product ?? null,
    version: null,
    serial: some.serial ?? null,
    uuid: null,
    sku: null,
    family: null,
  },
  board: {
    manufacturer: null,
    product: some.board ?? null,
    version: null,
    serial: some.boardSerial ?? null,
    assetTag: null,
    location: some.location ?? null,
    ...(some.boardKind === undefined ? {} : { kind: some.boardKind }),
  },
  chassis: {
    manufacturer: null,
    type: some.chassisType ?? 'Rack Mount Chassis',
    version: some.chassisVersion ?? null,
    serial: some.chassisSerial ?? null,
    assetTag: null,
  },
  ...(some.hasBattery === undefined ? {} : { hasBattery: some.hasBattery }),
  processorIds: [],
  oemStrings: [...(some.oemStrings ?? [])],
  oemRecords: some.locator === undefined ? [] : [{ type: 204, strings: [...some.locator] }],
});
