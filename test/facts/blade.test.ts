// Where makers write a blade's slot, and the many places where they write nothing.
import { describe, expect, test } from 'vitest';
import { bladeEnclosure, bladePosition } from '../../agent/facts/blade.ts';
import type { Dmi } from '../../agent/protocol/inventory.ts';
import { dmi } from './some-dmi.ts';
import type { Some } from './some-dmi.ts';

describe('slot', () => {
  test.each<[string, Some, string]>([
    ['Dell M630', { maker: 'Dell Inc.', location: 'Slot 05' }, '5'],
    ['Dell quarter-height', { maker: 'Dell Inc.', location: 'Slot 05a' }, '5a'],
    ['Dell, by board serial only', { maker: 'Dell Inc.', boardSerial: '.1ABCD23.CN7000000A0001.04.' }, '4'],
    ['Dell, by board serial with slashes', { maker: 'Dell Inc.', boardSerial: '/1ABCD23/CN7000000A0001/12/' }, '12'],
    ['HP BL460c record 204', { maker: 'HP', locator: ['Rack Name: R', 'Server Bay: 1'] }, '1'],
    ['HPE Synergy OEM string', { maker: 'HPE', oemStrings: ['PSF: ', 'Chassis Bay Number: 7'] }, '7'],
    ['HP Moonshot cartridge', { maker: 'HP', location: 'c2n1' }, 'c2n1'],
    ['HP SL335s, by tray and node', { maker: 'HP', location: 'Tray 6 - Node 2', chassisType: 'Multi-system' }, 't6n2'],
    ['HP SL4540', { maker: 'HP', location: 'Node 01' }, '1'],
    ['Quanta X10E', { maker: 'Quanta Cloud Technology Inc.', location: '4' }, '4'],
    ['Lenovo Flex', { maker: 'LENOVO', location: 'Slot12' }, '12'],
    ['Supermicro twin', { maker: 'Supermicro', location: 'Node 3', chassisType: 'Multi-system' }, '3'],
    ['Supermicro twin, by product alone', { maker: 'Supermicro', product: 'SYS-2029BT-HNR', location: 'B' }, 'b'],
    ['HPE Synergy location', { maker: 'HPE', product: 'Synergy 480 Gen10', location: 'Chassis Bay Number: 07', chassisType: 'Blade' }, '7'],
    ['HPE Apollo', { maker: 'HPE', product: 'ProLiant XL450 Gen10', location: 'Node 1' }, '1'],
    ['IBM BladeCenter', { maker: 'IBM', location: 'Slot12', chassisType: 'Blade' }, '12'],
    ['a node with its place', { maker: 'Acme', location: 'Node 1, Lower right', chassisType: 'Multi-system' }, '1'],
    ['Lenovo Flex with a blank', { maker: 'Lenovo', location: 'Slot 12', chassisType: 'Blade' }, '12'],
    ['Cisco UCS', { maker: 'Cisco Systems Inc', product: 'UCSB-B200-M5', location: 'chassis-1/blade-3' }, '3'],
    ['Cisco UCS, number alone', { maker: 'Cisco Systems Inc', product: 'UCSB-B200-M4', location: '7' }, '7'],
    ['an AdvancedTCA board', { maker: 'Acme', product: 'AT8050', location: 'Physical Slot 5', chassisType: 'AdvancedTCA' }, '5'],
    ['Huawei CH121', { maker: 'Huawei', product: 'CH121 V3', location: 'Slot 9' }, '9'],
    ['Fujitsu BX', { maker: 'FUJITSU', product: 'PRIMERGY BX924 S4', location: 'Slot #14' }, '14'],
    ['Inspur', { maker: 'Inspur', product: 'NX5440M4', location: 'Blade 11' }, '11'],
    ['a lettered node', { maker: 'Supermicro', location: 'Node A' }, 'a'],
    ['enclosure and bay', { maker: 'HPE', location: 'Enclosure 1, Bay 3' }, '3'],
    ['chassis and slot', { maker: 'Acme', location: 'Chassis OA-1 Slot 05' }, '5'],
    ['Oracle', { maker: 'Oracle Corporation', location: '/CH/BL3' }, '3'],
    ['Slot ID', { maker: 'Acme', location: 'Slot ID: 4' }, '4'],
    ['Moonshot, padded', { maker: 'HP', location: ' c02n1 ' }, 'c2n1'],
    ['blanks around', { maker: 'Dell Inc.', location: '  Slot 16   ' }, '16'],
    ['record 204 padded', { maker: 'HP', locator: ['Server Bay: 3                               '] }, '3'],
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
    [
      'a rack server whose board says Server Blade',
      { maker: 'Cisco Systems Inc', product: 'UCSC-C240-M5', boardKind: 'Server Blade', location: '1' },
    ],
    ['a rack server of a maker of blades', { maker: 'Huawei', product: 'RH2288 V3', location: '1' }],
    ['a bare number in the chassis of one server', { location: '1', chassisType: 'Main Server Chassis' }],
    ['an M.2 slot', { maker: 'Acme', location: 'Slot 7 M.2' }],
    ['a PCI slot is none', { maker: 'Acme', location: 'PCIe Slot 3' }],
    ['a place on the board', { maker: 'IBM', location: 'Attached to System Planar' }],
    ['a board of a scalable rack server', { maker: 'IBM', product: 'IBM 3850 M2 / x3950 M2 -[71413RM]-', location: 'Node1, Bottom Front' }],
    ['Riser', { maker: 'Acme', location: 'Riser 1', chassisType: 'Blade' }],
    ['a letter in a rack server', { location: 'A' }],
    ['Dell filler', { maker: 'Dell Inc.', location: '                ' }],
    ['an OEM string that names another slot', { maker: 'HPE', oemStrings: ['PCI Slot: 3', 'Slot 3 is empty'] }],
    ['a version that looks like a path', { maker: 'Cisco Systems Inc', location: '1/2/3' }],
    ['HP bay zero', { maker: 'HP', locator: ['Server Bay: 0'] }],
  ])('unknown: %s', (_name, some) => {
    expect(bladePosition(dmi(some))).toBeNull();
  });
});

test('the slot is kept as it was written too', () => {
  expect(bladePosition(dmi({ maker: 'Dell Inc.', location: 'Slot 05' }))).toEqual({
    slot: '5',
    raw: 'Slot 05',
    source: 'smbios:2.location',
  });
  expect(bladePosition(dmi({ maker: 'HP', locator: ['Server Bay: 1'] }))?.raw).toBe('Server Bay: 1');
});

describe('enclosure', () => {
  test('is told by a second chassis structure, and never by the serial of the machine itself', () => {
    const blade = { maker: 'Lenovo', location: 'Slot12', chassisType: 'Blade', serial: 'J30A', chassisSerial: 'J30A' };
    expect(bladeEnclosure(dmi(blade))).toEqual({ name: null, serial: null, model: null });
    const enclosed = bladeEnclosure({ ...dmi(blade), enclosure: { version: '8721LRG', serial: '06ABC' } });
    expect([enclosed?.name?.name, enclosed?.serial?.name, enclosed?.model?.name]).toEqual(['06ABC', '06ABC', '8721LRG']);
  });
  test('is told by the chassis only where the chassis is not the machine’s own', () => {
    const node = { maker: 'Quanta Cloud Technology Inc.', location: '6', serial: 'QTF1', chassisVersion: '32S3ECAST99' };
    const told = (some: Some, enclosure?: Dmi['enclosure']): unknown[] => {
      const found = bladeEnclosure({ ...dmi(some), ...(enclosure === undefined ? {} : { enclosure }) });
      return [found?.serial?.name, found?.model?.name];
    };
    expect(told({ ...node, chassisSerial: 'QTF9' })).toEqual(['QTF9', '32S3ECAST99']);
    expect(told({ ...node, chassisSerial: 'QTF1' })).toEqual([undefined, undefined]);
    expect(told({ ...node, chassisSerial: 'Default string' })).toEqual([undefined, undefined]);
    expect(told({ ...node, chassisSerial: 'BLADE2' }, { version: 'Not Specified', serial: 'none' })).toEqual([undefined, undefined]);
  });
  test('is the name that the enclosure was given, else its serial', () => {
    expect(bladeEnclosure(dmi({ locator: ['Enclosure Name: OA-3', 'Server Bay: 2', 'Enclosure Serial: CZ1'] }))?.name?.name).toBe('OA-3');
    expect(bladeEnclosure(dmi({ locator: ['Enclosure Name: UNKNOWN', 'Server Bay: 2', 'Enclosure Serial: CZ1'] }))?.name?.name).toBe('CZ1');
    expect(bladeEnclosure(dmi({ location: 'Slot 05', chassisSerial: 'ENC7' }))?.name?.name).toBe('ENC7');
  });
  test('of Supermicro is told by the system, and the blade by its board', () => {
    const micro = dmi({
      maker: 'Supermicro',
      product: 'SYS-5039MS-H12TRF-OS012',
      chassisType: 'Other',
      serial: 'E111111X',
      chassisSerial: 'C939',
    });
    expect([bladeEnclosure(micro)?.serial?.name, bladeEnclosure(micro)?.model?.name]).toEqual(['E111111X', 'SYS-5039MS-H12TRF-OS012']);
    // The product of a SuperBlade is the blade itself, and a board's name is no enclosure's.
    const unknown = { name: null, serial: null, model: null };
    const blade = { maker: 'Supermicro', product: 'SBI-4129P-C2N', chassisType: 'Other', serial: 'S1', chassisSerial: 'C2' };
    expect(bladeEnclosure(dmi(blade))).toEqual(unknown);
    expect(bladeEnclosure(dmi({ maker: 'Supermicro', product: 'X9DRT', board: 'X9DRT', serial: 'S1' }))).toEqual(unknown);
    expect(bladeEnclosure(dmi({ maker: 'Supermicro', product: 'SYS-6019P-WTR', chassisType: 'Other', serial: 'A1' }))).toBeNull();
  });
  test('is unknown for a machine that is in none, and for filler', () => {
    expect(bladeEnclosure(dmi({ chassisSerial: 'ABC' }))).toBeNull();
    expect(bladeEnclosure(dmi({ location: 'Slot 05', chassisSerial: 'Not Specified' }))).toEqual({ name: null, serial: null, model: null });
  });
});
