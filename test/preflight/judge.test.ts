import { describe, expect, test } from 'vitest';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { BootKit } from '../../main/boot/kit.ts';
import type { ForeignDhcpServer } from '../../main/network/foreign-probe.ts';
import type { Nic } from '../../main/network/nics.ts';
import { judgeHeard } from '../../main/preflight/judge-heard.ts';
import { judgeAddress, judgeLink, judgeNic } from '../../main/preflight/judge-port.ts';
import { judgeBinding, judgeFirewall, judgeForeignDhcp, judgePorts, judgeRights } from '../../main/preflight/judge-serving.ts';
import type { PortTrial, Rights } from '../../main/preflight/judge-serving.ts';
import { judgeBootKit, judgeLibrary } from '../../main/preflight/judge-stock.ts';
import { buildReport, fail, pass, warn } from '../../main/preflight/report.ts';
import type { Judgement } from '../../main/preflight/report.ts';
import { preflightReportSchema } from '../../preload/contract/views.ts';

test('spanning tree is a warning with its time, our address at another one a failure; unheard, nothing is said', () => {
  expect(judgeHeard(null, '10.77.0.1', 'eth0')).toEqual([]);
  const [tree, own] = judgeHeard({ spanningTree: null, otherHolders: [] }, '10.77.0.1', 'eth0').map(shown);
  expect([tree, own]).toEqual([wanted('pass', 'spanning tree'), wanted('pass', '10.77.0.1')]);
  const heard = { spanningTree: { protocol: 'RSTP', forwardDelaySeconds: 15 }, otherHolders: ['52:54:00:00:00:02'] } as const;
  const [slow, shared] = judgeHeard(heard, '10.77.0.1', 'eth0').map(shown);
  expect([slow, shared]).toEqual([wanted('warn', 'silent for 30 s'), wanted('fail', '52:54:00:00:00:02')]);
  expect(slow?.text).toContain('edge');
});

const eth0: Nic = {
  name: 'eth0',
  index: 2,
  mac: '52:54:00:00:00:01',
  addresses: [{ address: '10.77.0.1', prefixLength: 24 }],
  carrier: true,
  speedMbps: 1000,
  kind: 'wired',
  up: true,
  usb: false,
};
const wlan0: Nic = { ...eth0, name: 'wlan0', kind: 'wireless' };

const shown = ({ verdict, message, next }: Judgement) => ({ verdict, text: `${message} → ${next}`, hasNext: next !== '' });
/** A verdict, and a word that the person must read in the message or the next step; whatever is not right has a next step. */
const wanted = (verdict: Judgement['verdict'], word: string) => ({
  verdict,
  text: expect.stringContaining(word),
  hasNext: verdict !== 'pass',
});

test.each([
  ['eth0', [eth0], 'pass', 'wired port'],
  ['eth0', [{ ...eth0, usb: true }], 'pass', 'USB'],
  ['eth0', [{ ...eth0, kind: 'bridge' }], 'pass', 'bridge'],
  ['eth0', [{ ...eth0, up: false }], 'fail', 'ip link set eth0 up'],
  ['eth0', [{ ...eth0, kind: 'virtual' }], 'warn', 'virtual'],
  ['wlan0', [eth0, wlan0], 'fail', 'Choose a wired port: eth0'],
  ['lo', [{ ...eth0, name: 'lo', kind: 'loopback' }], 'fail', 'loopback'],
  ['eth9', [wlan0], 'fail', 'USB network adapter'],
] as const)('port %s among %o: %s', (name, nics, verdict, word) =>
  expect(shown(judgeNic(name, nics as readonly Nic[]))).toEqual(wanted(verdict, word)),
);

test.each([
  [{}, 'pass', '1000 Mbit/s'],
  [{ speedMbps: null }, 'pass', 'has a link'],
  [{ speedMbps: 100 }, 'warn', 'four pairs'],
  [{ carrier: false }, 'fail', 'cable'],
  [{ carrier: null }, 'warn', 'lights'],
] as const)('link %o: %s', (part, verdict, word) => expect(shown(judgeLink({ ...eth0, ...part }))).toEqual(wanted(verdict, word)));

test.each([
  [{}, null, null, 'pass', '10.77.0.1/24'],
  [{}, '10.77.0.1', { connection: 'Wired 1', method: 'manual' }, 'pass', '10.77.0.1/24'],
  [{}, null, { connection: 'Wired 1', method: 'auto' }, 'warn', "nmcli connection modify 'Wired 1' ipv4.method manual"],
  [{ addresses: [] }, null, null, 'fail', 'ip address add 10.77.0.1/24 dev eth0'],
  [{ addresses: [], carrier: false }, null, null, 'warn', 'cannot be seen without a link'],
  [{}, '10.1.0.1', null, 'fail', 'does not have the address 10.1.0.1'],
  [{ addresses: [{ address: '169.254.3.4', prefixLength: 16 }] }, null, null, 'fail', 'self-assigned'],
  [{ addresses: [{ address: '10.0.0.1', prefixLength: 32 }] }, null, null, 'fail', 'no room'],
] as const)('address %o wanted %s by %o: %s', (part, wantedAddress, manager, verdict, word) =>
  expect(shown(judgeAddress({ ...eth0, ...part } as Nic, wantedAddress, manager))).toEqual(wanted(verdict, word)),
);

test.each([
  [success('device'), 'pass', 'no other port'],
  [success('address'), 'warn', 'Wi-Fi off'],
  [failed('network.unproven', 'It is not certain.', 'Turn off Wi-Fi.'), 'fail', 'Turn off Wi-Fi'],
] as const)('binding %o', (safe, verdict, word) => expect(shown(judgeBinding('eth0', safe))).toEqual(wanted(verdict, word)));

const rights: Rights = { platform: 'linux', userId: 1000, mayBindLowPorts: false, unprivilegedPortStart: 1024 };
test.each([
  [{}, 'fail', '--reuid=1000'],
  [{ mayBindLowPorts: true }, 'pass', 'CAP_NET_BIND_SERVICE'],
  [{ unprivilegedPortStart: 67 }, 'pass', 'from 67'],
  [{ unprivilegedPortStart: 68 }, 'fail', 'sysctl'],
  [{ unprivilegedPortStart: null }, 'fail', 'setpriv'],
  [{ userId: 0, mayBindLowPorts: true }, 'warn', 'root'],
  [{ platform: 'darwin' }, 'pass', ''],
] as const)('rights %o: %s', (part, verdict, word) => expect(shown(judgeRights({ ...rights, ...part }))).toEqual(wanted(verdict, word)));

const trial = (outcome: PortTrial['outcome'], message = ''): PortTrial => ({
  protocol: 'udp',
  port: 67,
  purpose: 'DHCP',
  outcome,
  message,
});
test.each([
  [[trial('free')], 'pass', 'Free: UDP 67 (DHCP)'],
  [[trial('ours')], 'pass', 'This station serves'],
  [[trial('free'), trial('taken', 'dnsmasq (process 5) already uses UDP port 67.')], 'fail', 'dnsmasq (process 5)'],
  [
    [{ ...trial('taken', 'SharedAccess already uses UDP port 67.'), next: 'Switch Internet Connection Sharing off.' }],
    'fail',
    'Sharing off',
  ],
  [[trial('error', 'It could not be opened: EIO.')], 'fail', 'EIO'],
  [[trial('denied')], 'warn', 'rights'],
] as const)('ports %o: %s', (trials, verdict, word) => expect(shown(judgePorts(trials))).toEqual(wanted(verdict, word)));

const server: ForeignDhcpServer = {
  serverId: '192.168.1.1',
  sentFrom: '192.168.1.1',
  offeredAddress: '192.168.1.50',
  bootFile: null,
  rackside: false,
};
const station = { ...server, serverId: '10.77.0.9', rackside: true };
describe('other DHCP servers', () => {
  test.each([
    ['server', success([]), 'pass', 'Nobody else'],
    ['server', success([server]), 'fail', '192.168.1.1'],
    ['server', success([station]), 'fail', 'another Rackside station'],
    ['proxy', success([server]), 'pass', 'adds the boot files'],
    ['proxy', success([server, { ...server, bootFile: 'pxelinux.0' }]), 'warn', 'has machines boot "pxelinux.0"'],
    ['proxy', success([]), 'warn', 'nobody answered'],
    ['proxy', success([server, station]), 'fail', 'Stop one of the two'],
    ['server', failed('network.port-denied', 'May not.', 'Get the right.'), 'warn', 'Get the right'],
    ['server', null, 'warn', 'not asked'],
  ] as const)('%s mode hears %o: %s', (mode, probe, verdict, word) =>
    expect(shown(judgeForeignDhcp(mode, probe))).toEqual(wanted(verdict, word)),
  );
});

const kit = success({
  kitId: 'k',
  kernelVersion: '6.12',
  files: [],
  packages: [],
  format: 1,
  httpBoot: { configOffset: 0, configSizeBytes: 0 },
  folder: '/kit',
} as BootKit);
test.each([
  [kit, null, 'pass', 'kernel 6.12'],
  [kit, [], 'pass', 'every hash right'],
  [kit, ['vmlinuz'], 'fail', 'vmlinuz'],
  [failed('boot.kit-missing', 'There is none.', 'Build it: run `npm run bootkit`.'), null, 'fail', 'npm run bootkit'],
] as const)('boot kit %#: %s', (loaded, damaged, verdict, word) =>
  expect(shown(judgeBootKit(loaded, damaged))).toEqual(wanted(verdict, word)),
);

test.each([
  ['writable', 100e9, 'pass', '100 GB'],
  ['writable', null, 'pass', 'can be written'],
  ['writable', 5e9, 'warn', 'Only 5.0 GB'],
  ['read-only', 100e9, 'warn', 'deployed from it'],
  ['missing', null, 'fail', 'Plug in'],
  ['no-folder', null, 'fail', 'no folder'],
] as const)('library %s with %s bytes: %s', (state, freeBytes, verdict, word) =>
  expect(shown(judgeLibrary({ path: '/library', state, freeBytes }))).toEqual(wanted(verdict, word)),
);

test.each([
  ['none', 'pass', 'No known'],
  ['ufw', 'warn', 'ufw allow in on eth0'],
  ['firewalld', 'warn', '--change-interface=eth0'],
  ['nftables', 'warn', 'TCP 8067'],
  ['windows', 'warn', `program="${process.execPath}"`],
  ['macos', 'warn', '--unblockapp'],
] as const)('firewall %s: %s', (kind, verdict, word) =>
  expect(shown(judgeFirewall({ kind }, 'eth0', 8067))).toEqual(wanted(verdict, word)),
);

test('the report: numbered in a fixed order, the worst verdict, and of the agreed shape', () => {
  const report = buildReport([warn('library', 'w', 'n'), pass('nic', 'p'), pass('ports', 'p')], 1);
  expect(report.checks.map(({ number, id }) => [number, id])).toEqual([
    [1, 'nic'],
    [6, 'ports'],
    [9, 'library'],
  ]);
  expect(report.verdict).toBe('warn');
  expect(buildReport([warn('library', 'w', 'n'), fail('nic', 'f', 'n')], 1).verdict).toBe('fail');
  expect(buildReport([], 1).verdict).toBe('pass');
  expect(preflightReportSchema.parse(report)).toEqual(report);
});
