import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeTftp, encodeTftp, writeDataHeader } from '../../main/tftp/codec.ts';
import type { TftpPacket } from '../../main/tftp/codec.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const options = (record: Record<string, string>): ReadonlyMap<string, string> => new Map(Object.entries(record));

describe('requests as real clients send them', () => {
  const table: readonly {
    readonly client: string;
    readonly sent: string;
    readonly path: string;
    readonly mode: string;
    readonly options: Record<string, string>;
  }[] = [
    { client: 'curl without options', sent: '\0\x01boot/x\0octet\0', path: 'boot/x', mode: 'octet', options: {} },
    {
      client: 'iPXE',
      sent: '\0\x01/undionly.kpxe\0octet\0blksize\x001432\0tsize\x000\0',
      path: '/undionly.kpxe',
      mode: 'octet',
      options: { blksize: '1432', tsize: '0' },
    },
    {
      client: 'OVMF',
      sent: '\0\x01efi/shimx64.efi\0octet\0tsize\x000\0blksize\x001468\0windowsize\x004\0',
      path: 'efi/shimx64.efi',
      mode: 'octet',
      options: { tsize: '0', blksize: '1468', windowsize: '4' },
    },
    {
      client: 'upper-case names and mode',
      sent: '\0\x01a\0OCTET\0BLKSIZE\x00512\0',
      path: 'a',
      mode: 'octet',
      options: { blksize: '512' },
    },
    {
      client: 'an option twice: the first counts',
      sent: '\0\x01a\0octet\0blksize\x00512\0BlkSize\x009\0',
      path: 'a',
      mode: 'octet',
      options: { blksize: '512' },
    },
    { client: 'padding after the last NUL', sent: '\0\x01a\0octet\0\0\0\0\0', path: 'a', mode: 'octet', options: {} },
    { client: 'padding without NUL', sent: '\0\x01a\0octet\0tsize\x000\0xxxx', path: 'a', mode: 'octet', options: { tsize: '0' } },
    { client: 'a name without its value', sent: '\0\x01a\0octet\0tsize\0', path: 'a', mode: 'octet', options: {} },
    { client: 'backslashes', sent: '\0\x01\\efi\\shimx64.efi\0netascii\0', path: '\\efi\\shimx64.efi', mode: 'netascii', options: {} },
  ];
  test.each(table)('$client', ({ sent, path, mode, options: wanted }) => {
    const decoded = decodeTftp(bytes(sent));
    expect(decoded).toEqual({ ok: true, value: { kind: 'read', path, mode, options: options(wanted) } });
  });
});

describe('packets that are none', () => {
  const table: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['one byte', '\x01'],
    ['three bytes', '\0\x04\0'],
    ['operation 0', '\0\0ab'],
    ['operation 7', '\0\x07ab'],
    ['a request without any NUL', '\0\x01abcdef'],
    ['a request without mode', '\0\x01abcdef\0'],
    ['a request without name', '\0\x01\0octet\0'],
    ['a mode without its NUL', '\0\x01a\0octet'],
    ['a request longer than a frame', `\0\x01${'a'.repeat(1500)}\0octet\0`],
    ['hundreds of options', `\0\x01a\0octet\0${'b\0'.repeat(500)}`],
    ['an OACK cut inside a string', '\0\x06blksize\x00512'],
  ];
  test.each(table)('%s', (_name, sent) => {
    const decoded = decodeTftp(bytes(sent));
    expect(decoded.ok ? decoded.value : decoded.failure.code).toBe('tftp.malformed');
  });
});

test('bytes of every kind that we send', () => {
  expect(encodeTftp({ kind: 'error', code: 1, message: 'file not found' })).toEqual(bytes('\0\x05\0\x01file not found\0'));
  expect(encodeTftp({ kind: 'option-acknowledgement', options: options({ tsize: '7', blksize: '1468' }) })).toEqual(
    bytes('\0\x06tsize\x007\0blksize\x001468\0'),
  );
  expect(encodeTftp({ kind: 'acknowledgement', block: 65536 + 3 })).toEqual(bytes('\0\x04\0\x03'));
  expect(encodeTftp({ kind: 'data', block: 258, bytes: bytes('hi') })).toEqual(bytes('\0\x03\x01\x02hi'));
});

test('block numbers roll over from 65535 to 0', () => {
  const packet = Buffer.alloc(4);
  const wire = [1, 65535, 65536, 65537, 131072].map((block) => {
    writeDataHeader(packet, block);
    return packet.readUInt16BE(2);
  });
  expect(wire).toEqual([1, 65535, 0, 1, 0]);
});

test('an ERROR without its closing NUL, with control characters', () => {
  expect(decodeTftp(bytes('\0\x05\0\x08User\x1b[2J aborted'))).toEqual({
    ok: true,
    value: { kind: 'error', code: 8, message: 'User.[2J aborted' },
  });
});

const word = fc.stringMatching(/^[!-~]{1,20}$/);
const optionMap = fc
  .uniqueArray(
    fc.tuple(
      word.map((name) => name.toLowerCase()),
      fc.stringMatching(/^[!-~]{0,12}$/),
    ),
    { selector: ([name]) => name, maxLength: 6 },
  )
  .map((pairs) => new Map(pairs));
const anyPacket: fc.Arbitrary<TftpPacket> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('read' as const, 'write' as const),
    path: fc.string({ minLength: 1, maxLength: 60 }).filter((path) => !path.includes('\0')),
    mode: fc.constantFrom('octet', 'netascii', 'mail'),
    options: optionMap,
  }),
  fc.record({ kind: fc.constant('acknowledgement' as const), block: fc.integer({ min: 0, max: 65535 }) }),
  fc.record({ kind: fc.constant('error' as const), code: fc.integer({ min: 0, max: 65535 }), message: fc.stringMatching(/^[ -~]{0,40}$/) }),
  fc.record({ kind: fc.constant('option-acknowledgement' as const), options: optionMap }),
  fc.record({
    kind: fc.constant('data' as const),
    block: fc.integer({ min: 0, max: 65535 }),
    bytes: fc.uint8Array({ maxLength: 512 }).map((array) => Buffer.from(array)),
  }),
);

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(anyPacket, (packet) => {
      const decoded = decodeTftp(encodeTftp(packet));
      // An empty OACK is four bytes short of a packet; we never send one.
      if (packet.kind === 'option-acknowledgement' && packet.options.size === 0) return;
      expect(decoded).toEqual({ ok: true, value: packet });
    }),
    { numRuns: 1000 },
  );
});

test('a string with NUL is a bug of ours and thrown', () => {
  expect(() => encodeTftp({ kind: 'read', path: 'a\0b', mode: 'octet', options: new Map() })).toThrow('NUL');
});
