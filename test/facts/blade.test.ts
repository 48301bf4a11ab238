// Where makers write a blade's slot, and the many places where they write nothing.
import { describe, expect, test } from 'vitest';
import { bladeEnclosure, bladePosition } from '../../agent/facts/blade.ts';
import type { Dmi } from '../../agent/protocol/inventory.ts';

type Some = {
  readonly maker?: string;
  readonly location?: string | null;
  readonly boardSerial?: string;
  readonly chassisType?: string;
  readonly chassisSerial?: string;
  readonly oemStrings?: readonly string[];
  readonly locator?: readonly string[];
};

const dmi = (some: Some): Dmi => ({
  bios: { vendor: null, version: null, date: null },
  system: { manufacturer: some.maker ?? 'Acme', product: null, version: null, serial: null, uuid: null, sku: null, family: null },
  board: {
    manufacturer: null,
    product: null,
    version: null,
    serial: some.boardSerial ?? null,
    assetTag: null,
    location: some.location ?? null,
  },
  chassis: {
    manufacturer: null,
    type: some.chassisType ?? 'Rack Mount Chassis',
    version: null,
    serial: some.chassisSerial ?? null,
    assetTag: null,
  },
  processorIds: [],
  oemStrings: [...(some.oemStrings ?? [])],
  oemRecords: some.locator === undefined ? [] : [{ type: 204, strings: [...some.locator] }],
});

describe('slot', () => {
  test.each<[string, Some, string]>([
    ['Dell M630', { maker: 'Dell Inc.', location: 'Slot 05' }, '5'],
    ['Dell quarter-height', { maker: 'Dell Inc.', location: 'Slot 05a' }, '5a'],
    ['Dell, by board serial only', { maker: 'Dell Inc.', boardSerial: '.7TPXX52.CN779214C2003A.04.' }, '4'],
    ['Dell, by board serial with slashes', { maker: 'Dell Inc.', boardSerial: '/7TPXX52/CN779214C2003A/12/' }, '12'],
    ['HP BL460c record 204', { maker: 'HP', locator: ['Rack Name: R', 'Server Bay: 1'] }, '1'],
    ['HPE Synergy OEM string', { maker: 'HPE', oemStrings: ['PSF: ', 'Chassis Bay Number: 7'] }, '7'],
    ['HP Moonshot cartridge', { maker: 'HP', location: 'c2n1' }, 'c2n1'],
    ['HP SL4540', { maker: 'HP', location: 'Node 01' }, '1'],
    ['Quanta X10E', { maker: 'Quanta Cloud Technology Inc.', location: '4' }, '4'],
    ['Lenovo Flex', { maker: 'LENOVO', location: 'Slot12' }, '12'],
    ['Supermicro twin', { maker: 'Supermicro', location: 'Node 3', chassisType: 'Multi-system' }, '3'],
    ['bare number in a shared chassis', { location: '2', chassisType: 'Multi-system' }, '2'],
  ])('%s', (_name, some, slot) => {
    expect(bladePosition(dmi(some))?.slot).toBe(slot);
  });

  test.each<[string, Some]>([
    ['nothing there', {}],
    ['filler', { location: 'To be filled by O.E.M.' }],
    ['filler of AMI boards', { location: 'Part Component' }],
    ['Default string', { location: 'Default string', chassisType: 'Multi-system' }],
    ['Lenovo none', { maker: 'Lenovo', location: 'none' }],
    ['a rack server with a bare number', { location: '1' }],
    ['zero', { location: '0', chassisType: 'Multi-system' }],
    ['slot zero', { location: 'Slot 00' }],
    ['Dell rack server serial', { maker: 'Dell Inc.', boardSerial: '.ABC1234.CN7475203C0123.' }],
    ['a serial in Dell form from another maker', { maker: 'Acme', boardSerial: '.ABC1234.CN7475203C0123.05.' }],
    ['HPE rack server strings', { maker: 'HPE', oemStrings: ['PSF: ', 'Product ID: 868703-B21'] }],
    ['HP bay zero', { maker: 'HP', locator: ['Server Bay: 0'] }],
  ])('unknown: %s', (_name, some) => {
    expect(bladePosition(dmi(some))).toBeNull();
  });
});

describe('enclosure', () => {
  test('is the name that the enclosure was given, else its serial', () => {
    expect(bladeEnclosure(dmi({ locator: ['Enclosure Name: OA-3', 'Server Bay: 2', 'Enclosure Serial: CZ1'] }))?.name).toBe('OA-3');
    expect(bladeEnclosure(dmi({ locator: ['Enclosure Name: UNKNOWN', 'Server Bay: 2', 'Enclosure Serial: CZ1'] }))?.name).toBe('CZ1');
    expect(bladeEnclosure(dmi({ location: 'Slot 05', chassisSerial: 'ENC7' }))?.name).toBe('ENC7');
  });
  test('is unknown for a machine that is in none, and for filler', () => {
    expect(bladeEnclosure(dmi({ chassisSerial: 'ABC' }))).toBeNull();
    expect(bladeEnclosure(dmi({ location: 'Slot 05', chassisSerial: 'Not Specified' }))).toBeNull();
  });
});
