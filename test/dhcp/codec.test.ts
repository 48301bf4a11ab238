// The DHCP codec against tables of bytes from RFC 2131, 2132 and 3396, and against any packet fast-check thinks of.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../main/dhcp/codec.ts';
import { NO_ADDRESS, type DhcpPacket } from '../../main/dhcp/packet.ts';
import { formatIpv4 } from '../../main/network/ipv4.ts';
import { clientPacket } from './packets.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/[^0-9a-f]/g, ''), 'hex'));
const COOKIE = '63 82 53 63';
/** 236 bytes of header with op, htype, hlen, xid, flags and chaddr set, then what the case adds. */
const wire = (
  options: string,
  { sname = '', file = '', cookie = COOKIE }: { sname?: string; file?: string; cookie?: string } = {},
): Uint8Array => {
  const header = new Uint8Array(236);
  header.set(bytesOf('01 01 06 00 de ad be ef 00 04 80 00 0a 00 00 09'));
  header.set(bytesOf('52 54 00 77 01 01'), 28);
  header.set(bytesOf(sname), 44);
  header.set(bytesOf(file), 108);
  return Uint8Array.from([...header, ...bytesOf(cookie), ...bytesOf(options)]);
};
const optionsOf = (bytes: Uint8Array): Record<number, string> => {
  const decoded = decode(bytes);
  if (!decoded.ok) throw new Error(decoded.failure.code);
  return Object.fromEntries(Array.from(decoded.value.options, ([code, data]) => [code, Buffer.from(data).toString('hex')]));
};
const codeOf = (bytes: Uint8Array): string => {
  const decoded = decode(bytes);
  return decoded.ok ? 'ok' : decoded.failure.code;
};

describe('decode', () => {
  test('reads every header field from its place (RFC 2131 figure 1)', () => {
    const decoded = decode(wire('35 01 01 ff', { sname: '68 6f 73 74', file: '61 2e 65 66 69' }));
    expect(decoded).toEqual({
      ok: true,
      value: {
        op: 1,
        hardwareType: 1,
        hardwareAddress: bytesOf('525400770101'),
        hops: 0,
        transactionId: 0xdeadbeef,
        seconds: 4,
        flags: 0x8000,
        clientAddress: '10.0.0.9',
        yourAddress: NO_ADDRESS,
        serverAddress: NO_ADDRESS,
        relayAddress: NO_ADDRESS,
        serverName: 'host',
        bootFile: 'a.efi',
        options: new Map([[53, Uint8Array.of(1)]]),
      } satisfies DhcpPacket,
    });
  });

  test.each([
    ['Pad before, between and after', '00 35 01 01 00 00 3c 02 61 62 00 ff 00', { 53: '01', 60: '6162' }],
    ['nothing after End counts', '35 01 01 ff 3c 02 61 62', { 53: '01' }],
    ['a missing End', '35 01 01', { 53: '01' }],
    ['an empty option', '50 00 35 01 01 ff', { 80: '', 53: '01' }],
    ['unknown options keep their bytes', 'e0 03 01 02 03 fe 01 00 ff', { 224: '010203', 254: '00' }],
    ['a repeated option is joined (RFC 3396)', '43 02 61 62 35 01 01 43 02 63 64 ff', { 67: '61626364', 53: '01' }],
  ])('options: %s', (_name, hex, expected) => {
    expect(optionsOf(wire(hex))).toEqual(expected);
  });

  test.each([
    ['1: file', '34 01 01 35 01 01 ff', { file: '3c 01 61 ff', sname: '68 69' }, { 53: '01', 60: '61' }, '', 'hi'],
    ['2: sname', '34 01 02 35 01 01 ff', { file: '68 69', sname: '3c 01 61 ff' }, { 53: '01', 60: '61' }, 'hi', ''],
    [
      '3: both, joined options before file before sname',
      '34 01 03 3c 01 61 ff',
      { file: '3c 01 62 ff', sname: '3c 01 63 ff' },
      { 60: '616263' },
      '',
      '',
    ],
    [
      'an overload inside an overloaded field is not followed',
      '34 01 01 ff',
      { file: '34 01 03 ff', sname: '3c 01 61' },
      {},
      '',
      '<\u0001a',
    ],
  ])('overload %s', (_name, options, fields, expected, bootFile, serverName) => {
    const bytes = wire(options, fields);
    expect(optionsOf(bytes)).toEqual(expected);
    expect(decode(bytes)).toMatchObject({ value: { bootFile, serverName } });
  });

  test.each([
    ['dhcp.short', wire('').subarray(0, 239)],
    ['dhcp.short', new Uint8Array(0)],
    ['dhcp.no-cookie', wire('35 01 01 ff', { cookie: '00 00 00 00' })],
    ['dhcp.option-truncated', wire('35')],
    ['dhcp.option-truncated', wire('3c 05 61 62')],
    ['dhcp.option-truncated', wire('34 01 02 ff', { sname: `3c 3f ${'61'.repeat(62)}` })],
    ['dhcp.not-bootp', wire('ff').with(0, 3)],
    ['dhcp.hardware-address', wire('ff').with(2, 17)],
  ])('refuses with %s', (code, bytes) => {
    expect(codeOf(bytes)).toBe(code);
  });

  test('keeps nothing of the receive buffer', () => {
    const bytes = wire('3c 02 61 62 ff');
    const decoded = decode(bytes);
    bytes.fill(0xee);
    expect(decoded).toMatchObject({ value: { hardwareAddress: bytesOf('525400770101'), options: new Map([[60, bytesOf('6162')]]) } });
  });
});

describe('encode', () => {
  test('pads to 300 bytes and ends with End', () => {
    const bytes = encode(clientPacket('discover'));
    expect(bytes.byteLength).toBe(300);
    expect(Buffer.from(bytes.subarray(236, 244)).toString('hex')).toBe('6382536335 0101ff'.replaceAll(' ', ''));
    expect(bytes.subarray(244).every((byte) => byte === 0)).toBe(true);
  });

  test('splits an option of 300 bytes as RFC 3396 says: 255, then 45', () => {
    const bytes = encode(clientPacket('ack', { options: new Map([[224, new Uint8Array(300).fill(7)]]) }));
    expect([bytes[243], bytes[244], bytes[245 + 255], bytes[246 + 255]]).toEqual([224, 255, 224, 45]);
  });

  test('throws on a boot file that does not fit its field: the caller is wrong', () => {
    expect(() => encode(clientPacket('ack', { bootFile: 'x'.repeat(128) }))).toThrow(/does not fit/);
    expect(() => encode(clientPacket('ack', { bootFile: 'x'.repeat(127) }))).not.toThrow();
    expect(() => encode(clientPacket('ack', { yourAddress: '10.0.0.256' }))).toThrow(/not an IPv4 address/);
  });
});

const address = fc.integer({ min: 0, max: 0xffffffff }).map(formatIpv4);
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 1, max: 255 }), { maxLength }).map((codes) => String.fromCharCode(...codes));
const code = fc.integer({ min: 1, max: 254 }).filter((value) => value !== 52);
export const packetArbitrary: fc.Arbitrary<DhcpPacket> = fc.record({
  op: fc.constantFrom(1 as const, 2 as const),
  hardwareType: fc.nat(255),
  hardwareAddress: fc.uint8Array({ maxLength: 16 }).map((bytes) => Uint8Array.from(bytes)),
  hops: fc.nat(255),
  transactionId: fc.integer({ min: 0, max: 0xffffffff }),
  seconds: fc.nat(65535),
  flags: fc.nat(65535),
  clientAddress: address,
  yourAddress: address,
  serverAddress: address,
  relayAddress: address,
  serverName: text(63),
  bootFile: text(127),
  options: fc
    .array(
      fc.tuple(
        code,
        fc.uint8Array({ maxLength: 700 }).map((bytes) => Uint8Array.from(bytes)),
      ),
      { maxLength: 20 },
    )
    .map((entries) => new Map(entries)),
});

test('what was encoded decodes to the same packet, options in the same order', () => {
  fc.assert(
    fc.property(packetArbitrary, (packet) => {
      const decoded = decode(encode(packet));
      expect(decoded).toEqual({ ok: true, value: packet });
      expect(decoded.ok && [...decoded.value.options.keys()]).toEqual([...packet.options.keys()]);
    }),
    { numRuns: 500 },
  );
});
