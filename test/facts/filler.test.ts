// Filler: values that thousands of machines share count for nothing; real ones must never be taken for filler.
import { describe, expect, test } from 'vitest';
import { isFiller, isFillerAssetTag, isFillerSerial } from '../../agent/facts/filler.ts';
import { isWanderingNic } from '../../agent/facts/wandering-nics.ts';
import { FILLER } from './filler-values.ts';
import { REAL } from './true-values.ts';

test('the tables are long enough to mean something, and name no value twice', () => {
  expect(FILLER.length).toBeGreaterThan(200);
  expect(REAL.length).toBeGreaterThan(170);
  const keys = [...FILLER, ...REAL].map(([field, value]) => `${field} ${value}`);
  expect(new Set(keys).size).toBe(keys.length);
});
test.each(FILLER)('filler %s %j', (field, value) => expect(isFiller(field, value)).toBe(true));
test.each(REAL)('real %s %j', (field, value) => expect(isFiller(field, value)).toBe(false));

describe('a serial beside the names of its machine', () => {
  const dell = { manufacturer: 'Dell Inc.', names: ['Dell Inc.', 'PowerEdge R640'] };
  const other = { manufacturer: 'Acme', names: ['Acme', 'Box 1', null, ''] };
  test('is filler where it repeats one of them', () => {
    expect(isFillerSerial(other, 'Box 1')).toBe(true);
    expect(isFillerSerial(other, ' ACME ')).toBe(true);
    expect(isFillerSerial(other, 'Box 12')).toBe(false);
  });
  test('is none where firmware wrote what only a person would number machines with', () => {
    const short = ['0', '00 ', '1', 'A', '12345', '123456'];
    expect(short.map((serial) => isFillerSerial(other, serial))).toEqual(short.map(() => true));
    expect(['0', '1', '12345'].map((serial) => isFiller('serial', serial))).toEqual([false, false, false]);
    expect(['42', '4242', '12346', '100'].map((serial) => isFillerSerial(other, serial))).toEqual([false, false, false, false]);
  });
  test('is no asset tag either, unless it is as short as a number that a version may be', () => {
    const lake = { manufacturer: 'OEM', names: ['OEM', 'Lake302', 'SomeLake', '07', 'A00', null, ''] };
    expect(['SomeLake', 'somelake ', 'OEM', ''].map((tag) => isFillerAssetTag(lake, tag))).toEqual([true, true, true, true]);
    expect(['07', 'A00', 'SomeLake 7', '4711'].map((tag) => isFillerAssetTag(lake, tag))).toEqual([false, false, false, false]);
  });
  test('is a service tag where Dell wrote seven characters, whatever they are', () => {
    expect(isFillerSerial(dell, '1234567')).toBe(false);
    expect(isFillerSerial(other, '1234567')).toBe(true);
    expect([
      isFillerSerial(dell, 'XXXXXXX'),
      isFillerSerial(dell, '0000000'),
      isFillerSerial(dell, 'Unknown'),
      isFillerSerial(dell, 'None'),
    ]).toEqual([true, true, true, true]);
  });
});

describe('adapters that wander from machine to machine do not name one', () => {
  test('by their driver', () => {
    expect(['r8152', 'ax88179_178a', 'cdc_ncm', 'cdc_ether'].every((driver) => isWanderingNic(driver))).toBe(true);
    expect(['tg3', 'igb', 'virtio_net', null].some((driver) => isWanderingNic(driver))).toBe(false);
  });
  test('by their maker, only where no driver tells', () => {
    expect(isWanderingNic(null, '00:E0:4C:68:12:99')).toBe(true);
    expect(isWanderingNic('r8169', '00:e0:4c:68:12:99')).toBe(false);
    expect(isWanderingNic(null, 'd0:94:66:00:00:28')).toBe(false);
  });
});
