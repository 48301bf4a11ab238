// Interfaces read from a made-up /sys/class/net, from Node's list alone, and compared between two looks.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listNics, type Nic } from '../../main/network/nics.ts';
import { otherLiveNics } from '../../main/network/prove-binding.ts';
import { changesBetween, watchNic, type NicChange } from '../../main/network/watch-nic.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'rackside-nics-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const interfaceFolder = (name: string, files: Readonly<Record<string, string>>, device?: string): void => {
  const home = join(folder, 'net', name);
  mkdirSync(home, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    if (text === '/') mkdirSync(join(home, file));
    else writeFileSync(join(home, file), `${text}\n`);
  }
  if (device === undefined) return;
  mkdirSync(join(folder, device), { recursive: true });
  symlinkSync(join(folder, device), join(home, 'device'));
};
const v4 = (address: string, cidr: string): NonNullable<ReturnType<typeof networkInterfaces>[string]>[number] => ({
  family: 'IPv4',
  address,
  cidr,
  netmask: '255.255.255.0',
  mac: '52:54:00:77:01:01',
  internal: false,
});

test('Linux: kind, link, speed, index, addresses, USB', () => {
  const common = { type: '1', flags: '0x1003', address: '52:54:00:77:01:01' };
  interfaceFolder('enx1', { ...common, ifindex: '5', carrier: '1', speed: '1000' }, 'devices/pci0000:00/usb2/2-1');
  interfaceFolder('wlp2s0', { ...common, ifindex: '3', carrier: '1', speed: '-1', phy80211: '/' }, 'devices/pci0000:00/0000:02:00.0');
  interfaceFolder('br0', { ...common, ifindex: '6', carrier: '0', bridge: '/' });
  interfaceFolder('docker0', { ...common, ifindex: '7', flags: '0x1002' });
  interfaceFolder('lo', { ...common, type: '772', ifindex: '1', carrier: '1' });
  // A file such as `bonding_masters` lies among the interfaces.
  writeFileSync(join(folder, 'net', 'bonding_masters'), '');
  const interfaces = (): ReturnType<typeof networkInterfaces> => ({ enx1: [v4('10.9.0.1', '10.9.0.1/24')] });
  const nics = listNics({ sysRoot: join(folder, 'net'), interfaces });
  expect(nics.map(({ name, kind, carrier, up, usb }) => [name, kind, carrier, up, usb])).toEqual([
    ['br0', 'bridge', false, true, false],
    ['docker0', 'virtual', null, false, false],
    ['enx1', 'wired', true, true, true],
    ['lo', 'loopback', true, true, false],
    ['wlp2s0', 'wireless', true, true, false],
  ]);
  expect(nics[2]).toMatchObject({
    index: 5,
    mac: '52:54:00:77:01:01',
    speedMbps: 1000,
    addresses: [{ address: '10.9.0.1', prefixLength: 24 }],
  });
  expect(nics[4]?.speedMbps).toBeNull();
  // Loopback cannot carry an answer to strangers, nor can what is down or without a link.
  expect(otherLiveNics('enx1', nics).map(({ name }) => name)).toEqual(['wlp2s0']);
});

test('elsewhere: from Node’s list, kinds by name, link unknown', () => {
  const interfaces = (): ReturnType<typeof networkInterfaces> => ({
    Ethernet: [
      v4('10.9.0.1', '10.9.0.1/24'),
      { family: 'IPv6', address: 'fe80::1', netmask: '', cidr: 'fe80::1/64', scopeid: 12, mac: '', internal: false },
    ],
    'Wi-Fi': [v4('192.168.1.2', '192.168.1.2/24')],
    'vEthernet (Default Switch)': [v4('172.17.0.1', '172.17.0.1/20')],
  });
  const nics = listNics({ sysRoot: join(folder, 'absent'), interfaces });
  expect(nics.map(({ name, kind, index, carrier }) => [name, kind, index, carrier])).toEqual([
    ['Ethernet', 'wired', 12, null],
    ['Wi-Fi', 'wireless', null, null],
    ['vEthernet (Default Switch)', 'virtual', null, null],
  ]);
});

test('this machine has a loopback interface', () => {
  expect(listNics().find(({ kind }) => kind === 'loopback')?.addresses).toContainEqual({ address: '127.0.0.1', prefixLength: 8 });
});

describe('between two looks', () => {
  const nic: Nic = {
    name: 'eth0',
    index: 4,
    mac: '',
    addresses: [{ address: '10.9.0.1', prefixLength: 24 }],
    carrier: true,
    speedMbps: 1000,
    kind: 'wired',
    up: true,
    usb: true,
  };
  const down: Nic = { ...nic, carrier: false, addresses: [] };
  test.each<[string, Nic | null, Nic | null, NicChange['what'][]]>([
    ['nothing', nic, nic, []],
    ['still gone', null, null, []],
    ['pulled out', nic, null, ['unplugged']],
    ['put in', null, nic, ['plugged-in']],
    ['pulled out and put in between two looks', nic, { ...nic, index: 9 }, ['replaced']],
    ['cable out, addresses not listed then', nic, down, ['link-down']],
    ['cable in', down, nic, ['link-up']],
    ['set down', nic, { ...nic, up: false, carrier: null }, ['link-down']],
    ['another address', nic, { ...nic, addresses: [{ address: '10.9.0.2', prefixLength: 24 }] }, ['address']],
    ['address lost', nic, { ...nic, addresses: [] }, ['address']],
    ['speed only', nic, { ...nic, speedMbps: 100 }, []],
  ])('%s', (_name, before, after, expected) => {
    expect(changesBetween(before, after)).toEqual(expected);
  });

  test('the watch reports each change once, with the interface as it is now, and no more after stop', () => {
    let now: Nic | null = nic;
    let tick: () => void = () => {};
    const seen: NicChange[] = [];
    const watch = watchNic('eth0', (change) => void seen.push(change), {
      read: () => now,
      every: (each) => {
        tick = each;
        return () => void (tick = () => {});
      },
    });
    tick();
    now = null;
    tick();
    tick();
    now = { ...nic, index: 7 };
    tick();
    watch.stop();
    now = null;
    tick();
    expect(seen).toEqual([
      { what: 'unplugged', nic: null },
      { what: 'plugged-in', nic: { ...nic, index: 7 } },
    ]);
    expect(watch.current()?.index).toBe(7);
  });
});
