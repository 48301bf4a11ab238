import { describe, expect, test } from 'vitest';
import type { Nic } from '../../main/network/nics.ts';
import { parseWireOptions } from '../../main/wire/options.ts';
import type { WIRE_OPTIONS } from '../../main/wire/options.ts';
import { expectBounded } from '../bounded-work.ts';

type Name = keyof typeof WIRE_OPTIONS;

const nic = (change: Partial<Nic> = {}): Nic => ({
  name: 'eth0',
  index: 2,
  mac: '52:54:00:00:00:01',
  addresses: [{ address: '10.77.0.1', prefixLength: 24 }],
  carrier: true,
  speedMbps: 1000,
  kind: 'wired',
  up: true,
  usb: false,
  ...change,
});

const parse = (words: Partial<Record<Name, string | true | readonly string[]>> = {}, nics: readonly Nic[] = [nic()]) =>
  parseWireOptions(
    {
      text: (name) => {
        const word = words[name];
        return typeof word === 'string' ? word : undefined;
      },
      list: (name) => {
        const word = words[name];
        return Array.isArray(word) ? word : [];
      },
      flag: (name) => words[name] === true,
    },
    nics,
  );
const code = (...args: Parameters<typeof parse>): string | null => {
  const parsed = parse(...args);
  return parsed.ok ? null : parsed.failure.code;
};
const rack = (...args: Parameters<typeof parse>) => {
  const parsed = parse(...args);
  return parsed.ok && parsed.value.kind === 'rack' ? parsed.value : expect.fail(JSON.stringify(parsed));
};

test('Wi-Fi and loopback are refused by name, also where they are named; the wired ports are told', () => {
  const nics = [nic(), nic({ name: 'wlan0', kind: 'wireless' }), nic({ name: 'lo', kind: 'loopback' })];
  expect(parse({ nic: 'wlan0' }, nics)).toMatchObject({ failure: { code: 'wire.nic-wireless', next: 'Name a wired port: eth0.' } });
  expect(parse({ nic: 'lo' }, nics)).toMatchObject({ failure: { code: 'wire.nic-loopback', next: expect.stringContaining('--loopback') } });
  expect(parse({ nic: 'wlan0' }, nics.slice(1))).toMatchObject({ failure: { next: expect.stringContaining('USB network adapter') } });
});

describe('what a technician did not say', () => {
  test('is the only wired port, its own address, an address server on port 8067', () => {
    expect(rack()).toEqual({
      kind: 'rack',
      nic: 'eth0',
      network: { address: '10.77.0.1', prefixLength: 24 },
      mode: 'server',
      pool: { first: '10.77.0.64', last: '10.77.0.254' },
      httpPort: 8067,
      leaseSeconds: 3600,
      lease: {},
    });
  });

  test.each([
    ['10.0.0.1', 8, '10.64.0.0', '10.255.255.254'],
    ['192.168.5.9', 16, '192.168.64.0', '192.168.255.254'],
    ['10.77.0.130', 25, '10.77.0.160', '10.77.0.254'],
    ['10.77.0.1', 29, '10.77.0.2', '10.77.0.6'],
    ['10.77.0.1', 30, '10.77.0.1', '10.77.0.2'],
  ])('%s/%i hands out %s to %s', (address, prefixLength, first, last) => {
    expect(rack({}, [nic({ addresses: [{ address, prefixLength }] })]).pool).toEqual({ first, last });
  });

  test('a subnet without room is refused, but does for a proxy', () => {
    for (const prefixLength of [31, 32]) {
      const nics = [nic({ addresses: [{ address: '10.77.0.1', prefixLength }] })];
      expect(code({}, nics)).toBe('wire.pool-invalid');
      expect(rack({ mode: 'proxy' }, nics).mode).toBe('proxy');
    }
  });
});

describe('which port', () => {
  test('wireless and loopback are never guessed, several wired ones are asked about', () => {
    const others = [nic({ name: 'wlan0', kind: 'wireless' }), nic({ name: 'lo', kind: 'loopback' })];
    expect(rack({}, [...others, nic({ name: 'eth3' })]).nic).toBe('eth3');
    expect(code({}, others)).toBe('wire.nic-wanted');
    expect(code({}, [nic(), nic({ name: 'eth1' })])).toBe('wire.nic-wanted');
    expect(rack({ nic: 'eth1' }, [nic(), nic({ name: 'eth1' })]).nic).toBe('eth1');
    expect(code({ nic: 'eth9' })).toBe('wire.no-such-nic');
  });

  test('without a link its address cannot be known, but may be named', () => {
    const dark = [nic({ carrier: false, addresses: [] })];
    expect(code({}, dark)).toBe('wire.no-link');
    expect(rack({ address: '10.77.0.1/24' }, dark).network).toEqual({ address: '10.77.0.1', prefixLength: 24 });
    expect(code({}, [nic({ addresses: [] })])).toBe('wire.no-address');
    expect(code({ address: '10.77.0.9/24' })).toBe('wire.no-address');
    expect(code({ address: '10.77.0.1' })).toBe('wire.address-invalid');
    expect(code({ address: '10.77.0.1/33' })).toBe('wire.address-invalid');
  });
});

describe('the pool', () => {
  test('is taken as typed, blanks aside', () => {
    expect(rack({ pool: ' 10.77.0.100 - 10.77.0.200 ' }).pool).toEqual({ first: '10.77.0.100', last: '10.77.0.200' });
    expect(rack({ pool: '10.77.0.7-10.77.0.7' }).pool).toEqual({ first: '10.77.0.7', last: '10.77.0.7' });
  });

  test('a huge one is not counted out', () => {
    const nics = [nic({ addresses: [{ address: '10.0.0.1', prefixLength: 8 }] })];
    expect(expectBounded(0.5, () => rack({ pool: '10.0.0.2-10.255.255.254' }, nics)).pool.last).toBe('10.255.255.254');
  });

  test.each([
    '',
    '10.77.0.5',
    '10.77.0.200-10.77.0.100',
    '10.78.0.1-10.78.0.9',
    '10.77.0.5-10.78.0.9',
    '10.77.0.0-10.77.0.9',
    '10.77.0.9-10.77.0.255',
    '10.77.0.5-10.77.0.9-10.77.0.12',
    '10.77.0.5-9',
    'a-b',
  ])('"%s" is refused', (pool) => {
    expect(code({ pool })).toBe('wire.pool-invalid');
  });
});

describe('what leases carry', () => {
  test('nothing unless it is set', () => {
    expect(rack().lease).toEqual({});
  });

  test('routers, name servers, a domain; an address for strangers too', () => {
    const words = {
      router: ['10.77.0.254'],
      'name-server': ['10.77.0.2', '9.9.9.9'],
      domain: 'rack.example',
      'lease-to-all': true,
    } as const;
    expect(rack(words).lease).toEqual({
      routers: ['10.77.0.254'],
      nameServers: ['10.77.0.2', '9.9.9.9'],
      domainName: 'rack.example',
      leaseToEveryone: true,
    });
  });

  test.each([
    [{ router: ['10.78.0.254'] }],
    [{ router: ['router'] }],
    [{ 'name-server': ['10.77.0'] }],
    [{ 'name-server': Array.from({ length: 9 }, (_, n) => `10.77.0.${n + 2}`) }],
    [{ domain: 'no domain' }],
    [{ domain: `${'x'.repeat(64)}.example` }],
    [{ router: ['10.77.0.254'], mode: 'proxy' }],
    [{ 'lease-to-all': true, mode: 'proxy' }],
  ] as const)('%j is refused', (words) => {
    expect(code(words)).toBe('wire.lease-invalid');
  });
});

describe('mode and ports', () => {
  test('only two modes', () => {
    expect(rack({ mode: 'proxy' }).mode).toBe('proxy');
    expect(code({ mode: 'Server' })).toBe('wire.mode-invalid');
  });

  test.each(['', ' ', '-1', '65536', '80.5', '0x50', '1e3', 'http'])('"%s" is no port', (port) => {
    expect(code({ 'http-port': port })).toBe('wire.port-invalid');
    expect(code({ 'http-port': port, loopback: true })).toBe('wire.port-invalid');
  });

  test('loopback needs no port of this computer and takes a free one', () => {
    expect(parse({ loopback: true }, [])).toEqual({ ok: true, value: { kind: 'loopback', leases: 1000, httpPort: 0 } });
    expect(parse({ loopback: true, 'http-port': '8067' }, [])).toMatchObject({ value: { httpPort: 8067 } });
  });
});
