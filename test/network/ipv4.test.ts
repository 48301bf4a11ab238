// IPv4 arithmetic: known values, and what must hold for all.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressesOf,
  broadcastAddress,
  contains,
  formatIpv4,
  inRange,
  isIpv4,
  networkAddress,
  parseCidr,
  parseIpv4,
  prefixLengthOf,
  rangeSize,
  subnetMask,
} from '../../main/network/ipv4.ts';

const address = fc.integer({ min: 0, max: 0xffffffff }).map(formatIpv4);
const prefixLength = fc.integer({ min: 0, max: 32 });

describe('addresses', () => {
  test.each([
    ['0.0.0.0', 0],
    ['10.0.0.1', 0x0a000001],
    ['255.255.255.255', 0xffffffff],
  ])('%s', (text, value) => {
    expect(parseIpv4(text)).toBe(value);
    expect(formatIpv4(value)).toBe(text);
  });
  test.each(['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.-4', '1.2.3.4 ', '1..3.4', '0x1.2.3.4', '1e1.2.3.4'])(
    '%j is none',
    (text) => {
      expect(isIpv4(text)).toBe(false);
    },
  );
  test('every value comes back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
        expect(parseIpv4(formatIpv4(value))).toBe(value);
      }),
    );
  });
});

describe('networks', () => {
  test.each([
    ['10.9.0.77/24', '10.9.0.0', '10.9.0.255', '255.255.255.0'],
    ['10.9.0.77/31', '10.9.0.76', '10.9.0.77', '255.255.255.254'],
    ['10.9.0.77/32', '10.9.0.77', '10.9.0.77', '255.255.255.255'],
    ['192.168.77.1/20', '192.168.64.0', '192.168.79.255', '255.255.240.0'],
    ['200.1.2.3/0', '0.0.0.0', '255.255.255.255', '0.0.0.0'],
  ])('%s', (cidr, first, last, mask) => {
    const network = parseCidr(cidr) ?? { address: '', prefixLength: -1 };
    expect([networkAddress(network), broadcastAddress(network), subnetMask(network.prefixLength)]).toEqual([first, last, mask]);
    expect(prefixLengthOf(mask)).toBe(network.prefixLength);
  });
  test.each(['10.0.0.1', '10.0.0.1/33', '10.0.0.1/', '10.0.0/8', '10.0.0.1/8/8', '10.0.0.1/-1'])('%j is none', (text) => {
    expect(parseCidr(text)).toBeNull();
  });
  test('a mask with holes has no length', () => {
    expect([prefixLengthOf('255.0.255.0'), prefixLengthOf('0.0.0.255'), prefixLengthOf('x')]).toEqual([null, null, null]);
  });
  test('a network contains an address exactly when it lies between network and broadcast address', () => {
    fc.assert(
      fc.property(address, prefixLength, address, (home, length, other) => {
        const network = { address: home, prefixLength: length };
        const range = { first: networkAddress(network), last: broadcastAddress(network) };
        expect([contains(network, other), contains(network, home)]).toEqual([inRange(range, other), true]);
      }),
    );
  });
});

describe('ranges', () => {
  test('every address once, from any start', () => {
    fc.assert(
      fc.property(fc.nat(0xfffffe00), fc.nat(300), fc.nat(0xffffffff), (first, size, start) => {
        const range = { first: formatIpv4(first), last: formatIpv4(first + size) };
        const all = [...addressesOf(range, start)];
        expect([all.length, rangeSize(range), new Set(all).size]).toEqual([size + 1, size + 1, size + 1]);
        expect(all.filter((one) => !inRange(range, one))).toEqual([]);
      }),
    );
  });
  test('a range that runs backwards is empty', () => {
    const range = { first: '10.0.0.2', last: '10.0.0.1' };
    expect([rangeSize(range), [...addressesOf(range)]]).toEqual([0, []]);
  });
});
