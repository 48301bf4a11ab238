// What Windows and macOS say of ports, as their documentation shows it, and what follows from it. Neither system is needed.
import { describe, expect, test } from 'vitest';
import { boundAddresses } from '../../main/network/device-udp.ts';
import { holderAdvice } from '../../main/network/port-holder.ts';
import { holdersElsewhere } from '../../main/network/port-holder-elsewhere.ts';
import type { Ask } from '../../main/network/port-holder-elsewhere.ts';

const NETSTAT = `
Aktive Verbindungen

  Proto  Lokale Adresse         Remoteadresse          Status           PID
  TCP    0.0.0.0:8067           0.0.0.0:0              ABHÖREN          4711
  TCP    10.77.0.1:8067         10.77.0.9:50123        HERGESTELLT      4712
  UDP    0.0.0.0:67             *:*                                     2360
  UDP    192.168.137.1:67       *:*                                     2360
  UDP    0.0.0.0:1067           *:*                                     99
  UDP    [::]:67                *:*                                     2360
`;
const PROGRAMS: Readonly<Record<string, string>> = {
  'PID eq 2360': '"svchost.exe","2360","SharedAccess"\r\n',
  'PID eq 4711': '"node.exe","4711","Nicht zutreffend"\r\n',
};
const windows: Ask = (program, words) => (program === 'netstat' ? NETSTAT : (PROGRAMS[words.at(-1) ?? ''] ?? 'INFO: none\r\n'));
const mac: Ask = (_program, words) => (words.includes('-iUDP:67') ? 'p301\ncbootpd\nf5\np1\nclaunchd\nf9\n' : '');

describe('who holds a port', () => {
  test('on Windows, in any language: by the service where svchost runs it', () => {
    expect(holdersElsewhere('udp', 67, 'win32', windows)).toEqual([{ pid: 2360, name: 'SharedAccess' }]);
    expect(holdersElsewhere('tcp', 8067, 'win32', windows)).toEqual([{ pid: 4711, name: 'node.exe' }]);
    expect(holdersElsewhere('udp', 1067, 'win32', windows)).toEqual([{ pid: 99, name: 'a program' }]);
    expect(holdersElsewhere('udp', 69, 'win32', windows)).toEqual([]);
    expect(holdersElsewhere('udp', 67, 'win32', () => '')).toEqual([]);
  });
  test('on macOS', () => {
    expect(holdersElsewhere('udp', 67, 'darwin', mac)).toEqual([
      { pid: 301, name: 'bootpd' },
      { pid: 1, name: 'launchd' },
    ]);
    expect(holdersElsewhere('udp', 69, 'darwin', mac)).toEqual([]);
  });
  test('Linux is asked otherwise', () => {
    expect(holdersElsewhere('udp', 67, 'linux', () => 'never asked')).toBeNull();
  });
  test('connection sharing and its like have a next step of their own', () => {
    expect(holderAdvice([{ pid: 2360, name: 'SharedAccess' }])).toMatch(/Hyper-V.*Stop-Service SharedAccess/);
    expect(holderAdvice([{ pid: 301, name: 'bootpd' }])).toContain('Internet Sharing');
    expect(holderAdvice([{ pid: 5, name: 'dnsmasq' }])).toBeNull();
  });
});

test('macOS binds low ports by the wildcard address alone, everybody else and high ports by the address as well', () => {
  const at = (port: number, platform: NodeJS.Platform, broadcasts = true) =>
    boundAddresses({ address: '10.77.0.1', port, broadcasts }, platform);
  expect([at(67, 'darwin'), at(69, 'darwin', false), at(4011, 'darwin'), at(0, 'darwin', false)]).toEqual([
    ['0.0.0.0'],
    ['0.0.0.0'],
    ['0.0.0.0', '10.77.0.1'],
    ['10.77.0.1'],
  ]);
  expect([at(67, 'linux'), at(69, 'linux', false)]).toEqual([['0.0.0.0', '10.77.0.1'], ['10.77.0.1']]);
  expect(boundAddresses({ address: '0.0.0.0', port: 67 }, 'linux')).toEqual(['0.0.0.0']);
});
