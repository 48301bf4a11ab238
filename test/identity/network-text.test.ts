// Edits of network settings: what ties them to one card goes, everything else stays to the letter.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutNames } from '../../agent/identity/host-name.ts';
import { withoutNetplanAddresses } from '../../agent/identity/netplan.ts';
import * as edits from '../../agent/identity/network-text.ts';

const MAC = '52:54:00:AA:bb:cc';

test.each([
  [edits.withoutIfcfgAddresses, `DEVICE=eth0\nHWADDR=${MAC}\nMACADDR="${MAC}"\nONBOOT=yes\n`, 'DEVICE=eth0\nONBOOT=yes\n'],
  [edits.withoutIfcfgAddresses, `LLADDR='${MAC}'\n# HWADDR=${MAC}\n`, `# HWADDR=${MAC}\n`],
  [edits.withoutKeyfileAddresses, `[ethernet]\nmac-address=${MAC}\ncloned-mac-address=stable\n`, '[ethernet]\ncloned-mac-address=stable\n'],
  [edits.withoutKeyfileClientIds, '[ipv4]\ndhcp-client-id=01:02:03\nmethod=auto\n', '[ipv4]\nmethod=auto\n'],
  [edits.withoutKeyfileClientIds, '[ipv4]\ndhcp-client-id=mac\n', '[ipv4]\ndhcp-client-id=mac\n'],
  [edits.withoutInterfacesAddresses, `iface eth0 inet dhcp\n\thwaddress ether ${MAC}\n`, 'iface eth0 inet dhcp\n'],
  [
    edits.withoutDhclientIds,
    'send dhcp-client-identifier 1:2:3;\nsend dhcp-client-identifier = hardware;\n',
    'send dhcp-client-identifier = hardware;\n',
  ],
  [edits.withoutNetworkdIds, '[DHCPv4]\nDUIDRawData=00:01\nIAID=1\n#IAID=2\n', '[DHCPv4]\n#IAID=2\n'],
  [edits.withoutUdevAddresses, `# eth0\nATTR{address}=="${MAC}", NAME="eth0"\n`, ''],
  [
    edits.withoutUdevAddresses,
    `ATTR{address}=="${MAC}", NAME="a"\nKERNELS=="0000:01:00.0", NAME="b"\n`,
    'KERNELS=="0000:01:00.0", NAME="b"\n',
  ],
])('%o', (edit, text, expected) => {
  expect(edit(text)).toBe(expected);
});

test.each([
  ['link', `[Match]\nMACAddress=${MAC}\n\n[Link]\nName=lan0\n`, { kind: 'remove' }],
  ['link', `[Match]\nDriver=igb\nPermanentMACAddress=${MAC}\n`, { kind: 'rewrite', text: '[Match]\nDriver=igb\n' }],
  ['link', `[Match]\nDriver=igb\n[Link]\nMACAddress=${MAC}\n`, { kind: 'rewrite', text: '[Match]\nDriver=igb\n[Link]\n' }],
  ['network', `[Match]\nMACAddress=${MAC}\n[Network]\nAddress=10.0.0.1/24\n`, { kind: 'stays' }],
  ['network', '[Match]\nName=en*\n[Network]\nDHCP=yes\n', { kind: 'none' }],
] as const)('a %s file: %j', (type, text, expected) => {
  expect(edits.withoutUnitAddresses(text, type)).toEqual(expected);
});

const CLOUD = `network:
    version: 2
    ethernets:
        enp1s0:
            dhcp4: true
            match:
                macaddress: "52:54:00:aa:bb:cc"
            set-name: enp1s0
`;
test.each([
  ['what cloud-init writes', CLOUD, CLOUD.replace('macaddress: "52:54:00:aa:bb:cc"', 'name: "enp1s0"')],
  [
    'an entry without a name of its own',
    'network:\n  ethernets:\n    lan:\n      match:\n        macaddress: 52:54:00:aa:bb:cc # left port\n      set-name: eno1\n',
    'network:\n  ethernets:\n    lan:\n      match:\n        name: "eno1" # left port\n      set-name: eno1\n',
  ],
  [
    'a match by driver too',
    'network:\n  ethernets:\n    lan:\n      match:\n        driver: igb\n        macaddress: 52:54:00:aa:bb:cc\n',
    'network:\n  ethernets:\n    lan:\n      match:\n        driver: igb\n',
  ],
  [
    'an address that is set',
    'network:\n  bridges:\n    br0:\n      macaddress: 52:54:00:aa:bb:cc\n      dhcp4: true\n',
    'network:\n  bridges:\n    br0:\n      dhcp4: true\n',
  ],
])('netplan: %s', (_, text, expected) => {
  expect(withoutNetplanAddresses(text)).toEqual({ text: expected, unread: false });
});

test('netplan in one line is left alone, and said to be', () => {
  const text = 'network: {ethernets: {a: {match: {macaddress: "52:54:00:aa:bb:cc"}}}}\n';
  expect(withoutNetplanAddresses(text)).toEqual({ text, unread: true });
});

test('text without addresses comes back to the letter, and an edited one is not edited again', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      `HWADDR=${MAC}`,
      `mac-address=${MAC}`,
      `hwaddress ether ${MAC}`,
      '[Match]',
      `MACAddress=${MAC}`,
      '  match:',
      `    macaddress: ${MAC}`,
    ),
  );
  const all = [
    edits.withoutIfcfgAddresses,
    edits.withoutKeyfileAddresses,
    edits.withoutKeyfileClientIds,
    edits.withoutInterfacesAddresses,
    edits.withoutNetworkdIds,
    edits.withoutUdevAddresses,
    (text: string) => withoutNetplanAddresses(text).text,
    (text: string) => withoutNames(text, new Set(['web-17'])),
  ];
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = lines.join('\n');
      for (const edit of all) {
        const once = edit(text);
        expect(edit(once)).toBe(once);
        if (!/[:=]/.test(text) && !text.includes('web-17') && !text.includes('hwaddress')) expect(once).toBe(text);
      }
    }),
  );
});
