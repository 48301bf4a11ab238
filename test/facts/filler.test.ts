// Filler: values that thousands of machines share count for nothing; real ones must never be taken for filler.
import { describe, expect, test } from 'vitest';
import type { FillerField } from '../../agent/facts/filler.ts';
import { isFiller, isWanderingNic } from '../../agent/facts/filler.ts';

describe('filler', () => {
  test.each<[FillerField, string]>([
    ['serial', 'To be filled by O.E.M.'],
    ['serial', 'To Be Filled By O.E.M'],
    ['serial', 'TO BE FILLED BY OEM'],
    ['serial', 'System Serial Number'],
    ['serial', 'Default string'],
    ['serial', 'Default_string'],
    ['serial', 'Not Specified'],
    ['serial', 'None'],
    ['serial', '  none '],
    ['serial', '0123456789'],
    ['serial', '123456789'],
    ['serial', '1234567890'],
    ['serial', '00000000'],
    ['serial', 'XXXXXXXX'],
    ['serial', '........'],
    ['serial', '..............'],
    ['serial', 'INVALID'],
    ['serial', 'N/A'],
    ['serial', 'Chassis Serial Number'],
    ['serial', 'Base Board Serial Number'],
    ['serial', 'SerNum0'],
    ['serial', 'MB-1234567890'],
    ['serial', 'NOT AVAILABLE'],
    ['serial', 'O.E.M.'],
    ['serial', '<BAD INDEX>'],
    ['serial', ''],
    ['asset-tag', 'No Asset Tag'],
    ['asset-tag', 'NO Asset Tag'],
    ['asset-tag', 'Asset-1234567890'],
    ['asset-tag', '9876543210'],
    ['asset-tag', 'System Asset Tag'],
    ['asset-tag', 'AssetTagNum0'],
    ['asset-tag', '                '],
    ['name', 'System Product Name'],
    ['name', 'System manufacturer'],
    ['name', 'To be filled by O.E.M.'],
    ['name', 'Default string'],
    ['name', '0123456789'],
    ['location', 'Part Component'],
    ['location', 'Base Board Chassis Location'],
    ['location', 'Default string'],
    ['location', 'None'],
    ['uuid', '00000000-0000-0000-0000-000000000000'],
    ['uuid', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'],
    ['uuid', '03000200-0400-0500-0006-000700080009'],
    ['uuid', '03000200-0400-0500-0006-000700080009'.toUpperCase()],
    ['uuid', '03D40274-0435-05DC-8506-010700080009'],
    ['uuid', '00010203-0405-0607-0809-0A0B0C0D0E0F'],
    ['uuid', 'Not Settable'],
    ['mac', '00:00:00:00:00:00'],
    ['mac', 'ff:ff:ff:ff:ff:ff'],
    ['mac', '00:11:22:33:44:55'],
    ['mac', '01:80:c2:00:00:0e'],
    ['mac', '88:88:88:88:87:88'],
  ])('%s %j', (field, value) => {
    expect(isFiller(field, value)).toBe(true);
  });
});

describe('real values', () => {
  test.each<[FillerField, string]>([
    ['serial', 'CZJ0090KB7'],
    ['serial', '7CT3X52'],
    ['serial', '.5RK9XK1.CN7082104A0047.04.'],
    ['serial', 'ZM174S012345'],
    ['serial', '1234567A'],
    ['serial', '0123ABCD'],
    ['serial', 'S1D5NSAF123456'],
    ['serial', '12345'],
    ['serial', 'F2 06 03 00 FF FB EB BF'],
    ['asset-tag', '1001'],
    ['asset-tag', 'IT-0042'],
    ['name', 'HP'],
    ['name', 'PowerEdge R640'],
    ['name', 'IBM'],
    ['name', '8595'],
    ['name', '1'],
    ['name', '0.0.0'],
    ['name', 'X'],
    ['location', '4'],
    ['location', 'Slot 01'],
    ['location', '1'],
    ['uuid', '4C4C4544-0036-3210-805A-B7C04F4D3632'],
    ['uuid', '36343636-3434-5A43-3334-323437363135'],
    ['uuid', '11223344-5566-7788-99aa-bbccddeeff00'],
    ['mac', '52:54:00:12:34:56'],
    ['mac', 'd0:94:66:00:00:28'],
    ['mac', '00:e0:4c:68:12:99'],
  ])('%s %j', (field, value) => {
    expect(isFiller(field, value)).toBe(false);
  });
});

test('adapters that wander from machine to machine do not name one', () => {
  expect(['r8152', 'ax88179_178a', 'cdc_ncm', 'cdc_ether'].every(isWanderingNic)).toBe(true);
  expect(['tg3', 'igb', 'virtio_net', null].some(isWanderingNic)).toBe(false);
});
