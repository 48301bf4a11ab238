// Typed options and what they say about a boot client: the packets of real firmware, and malformed ones.
import { describe, expect, test } from 'vitest';
import { bootClientOf } from '../../main/dhcp/boot-client.ts';
import { decode } from '../../main/dhcp/codec.ts';
import {
  addressBytes,
  addressOption,
  messageType,
  numberOption,
  OPTION,
  textBytes,
  textOption,
  uint32Bytes,
  userClassOf,
} from '../../main/dhcp/options.ts';
import type { DhcpPacket } from '../../main/dhcp/packet.ts';
import { agentOptions, clientPacket, discoverBytes, ipxeOptions, MAC, MACHINE_UUID, ovmfHttpOptions, ovmfOptions } from './packets.ts';

const withOption = (code: number, data: Uint8Array): DhcpPacket => clientPacket('discover', { options: new Map([[code, data]]) });
const decoded = (options: ReadonlyMap<number, Uint8Array>): DhcpPacket => {
  const result = decode(discoverBytes(options));
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
};

describe('who is asking', () => {
  test.each([
    [
      'iPXE in a BIOS machine',
      ipxeOptions,
      { firmware: 'ipxe', architecture: 0, userClass: 'iPXE', uuid: MACHINE_UUID, vendorClass: 'PXEClient:Arch:00000:UNDI:002001' },
    ],
    [
      'OVMF PXE',
      ovmfOptions,
      { firmware: 'uefi', architecture: 7, userClass: null, uuid: MACHINE_UUID, vendorClass: 'PXEClient:Arch:00007:UNDI:003000' },
    ],
    [
      'OVMF HTTP',
      ovmfHttpOptions,
      { firmware: 'uefi-http', architecture: 16, userClass: null, uuid: MACHINE_UUID, vendorClass: 'HTTPClient:Arch:00016:UNDI:003000' },
    ],
    ['our agent', agentOptions, { firmware: 'agent', architecture: null, userClass: null, uuid: null, vendorClass: 'rackside-agent' }],
    [
      'a BIOS ROM',
      new Map([
        [60, textBytes('PXEClient:Arch:00000:UNDI:002001')],
        [93, Uint8Array.of(0, 0)],
      ]),
      { firmware: 'bios', architecture: 0 },
    ],
    ['a PXE ROM that does not name its architecture', new Map([[60, textBytes('PXEClient')]]), { firmware: 'bios', architecture: null }],
    ['an operating system', new Map([[60, textBytes('MSFT 5.0')]]), { firmware: 'other', architecture: null, vendorClass: 'MSFT 5.0' }],
    [
      'U-Boot',
      new Map([
        [60, textBytes('U-Boot.armv8')],
        [93, Uint8Array.of(0, 22)],
      ]),
      { firmware: 'u-boot', architecture: 22 },
    ],
    ["a board's own U-Boot script", new Map([[60, textBytes('U-Boot.armv8')]]), { firmware: 'other', architecture: null }],
    ['one without options', new Map(), { firmware: 'other', vendorClass: null, userClass: null, uuid: null, address: null }],
  ])('%s', (_name, options, expected) => {
    expect(bootClientOf(decoded(options as ReadonlyMap<number, Uint8Array>))).toMatchObject({ mac: MAC, ...expected });
  });

  test('the address is the one being given, else the one the client uses', () => {
    expect(bootClientOf(clientPacket('discover'), '10.0.0.5').address).toBe('10.0.0.5');
    expect(bootClientOf(clientPacket('request', { clientAddress: '10.0.0.6' })).address).toBe('10.0.0.6');
  });
});

describe('user class (77)', () => {
  test.each([
    ['raw, as iPXE sends it', textBytes('iPXE'), 'iPXE'],
    ['one class as RFC 3004 says', Uint8Array.of(4, ...textBytes('iPXE')), 'iPXE'],
    ['two classes as RFC 3004 says', Uint8Array.of(4, ...textBytes('iPXE'), 2, ...textBytes('ab')), 'iPXE,ab'],
    ['a list that runs over is raw text', Uint8Array.of(9, 65, 66), '\ufffdAB'],
    ['empty', new Uint8Array(0), null],
  ])('%s', (_name, data, expected) => {
    expect(userClassOf(withOption(OPTION.userClass, data))).toBe(expected);
  });
  test('iPXE that follows RFC 3004 is iPXE as well', () => {
    const options = new Map([...ipxeOptions, [OPTION.userClass, Uint8Array.of(4, ...textBytes('iPXE'))] as const]);
    expect(bootClientOf(decoded(options)).firmware).toBe('ipxe');
  });
});

describe('malformed options read as absent', () => {
  test.each([
    ['an address of 3 bytes', () => addressOption(withOption(50, Uint8Array.of(10, 0, 0)), 50)],
    ['a number of another size', () => numberOption(withOption(57, uint32Bytes(1)), 57, 2)],
    ['message type 9', () => messageType(withOption(53, Uint8Array.of(9)))],
    ['message type 0', () => messageType(withOption(53, Uint8Array.of(0)))],
    ['message type of 2 bytes', () => messageType(withOption(53, Uint8Array.of(1, 1)))],
    ['an architecture of 1 byte', () => bootClientOf(withOption(93, Uint8Array.of(7))).architecture],
    ['a machine id of type 1', () => bootClientOf(withOption(97, new Uint8Array(17).fill(1))).uuid],
    ['a machine id of 16 bytes', () => bootClientOf(withOption(97, new Uint8Array(16))).uuid],
    ['text of NULs only', () => textOption(withOption(12, new Uint8Array(3)), 12)],
  ])('%s', (_name, read) => {
    expect(read()).toBeNull();
  });
  test('text loses trailing NULs and control characters', () => {
    expect(textOption(withOption(12, Uint8Array.of(97, 27, 98, 0, 0)), 12)).toBe('a\ufffdb');
  });
});

test('several addresses go into one option', () => {
  expect(addressBytes('10.0.0.1', '255.255.255.255')).toEqual(Uint8Array.of(10, 0, 0, 1, 255, 255, 255, 255));
});
