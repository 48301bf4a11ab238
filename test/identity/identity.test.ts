// What a capture finds of a system's identity and takes out of its image, on trees of files like those that distributions make.
import { describe, expect, test } from 'vitest';
import { lookAtTree } from '../../agent/identity/identity.ts';
import { IDENTITY_KINDS } from '../../agent/protocol/identity.ts';
import type { IdentityFinding, IdentityKind } from '../../agent/protocol/identity.ts';
import { fixtureTree } from './fixture-tree.ts';
import type { Files, FixtureTree } from './fixture-tree.ts';

const ID = '0123456789abcdef0123456789abcdef';
const look = (tree: FixtureTree, neutralise: readonly IdentityKind[] = [], startFolder: string | null = null, hasSubvolumes = false) =>
  lookAtTree(tree, { volume: 'partition 2 (ext)', hasSubvolumes, startFolder, neutralise: new Set(neutralise) });
const brief = (findings: readonly IdentityFinding[]): readonly string[] =>
  findings.map(({ kind, outcome, path }) => `${outcome} ${kind} ${path}`).toSorted();

const SYSTEMD: Files = { '/etc/os-release': 'ID=debian\n', '/usr/lib/systemd/systemd': 'ELF', '/usr/bin/ssh-keygen': 'ELF' };
const DEBIAN: Files = {
  ...SYSTEMD,
  '/etc/machine-id': `${ID}\n`,
  '/var/lib/dbus/machine-id': '-> /etc/machine-id',
  [`/var/log/journal/${ID}/system.journal`]: 'LPKSHHRH',
  '/var/log/journal/remote/other.journal': 'LPKSHHRH',
  '/etc/hostname': 'web-17\n',
  '/etc/hosts': '127.0.0.1\tlocalhost\n127.0.1.1\tweb-17.example.org web-17\n10.0.0.5 db web-17 # both\n',
  '/etc/mailname': 'web-17.example.org\n',
  '/etc/ssh/ssh_host_rsa_key': 'private',
  '/etc/ssh/ssh_host_rsa_key.pub': 'public',
  '/etc/ssh/sshd_config': 'HostKey /srv/keys/host\n#HostKey /etc/other\n',
  '/srv/keys/host': 'private',
  '/usr/lib/systemd/system/ssh.service': '[Service]\nExecStart=/usr/sbin/sshd -D\n',
  '/usr/lib/systemd/system/sshd-keygen.service': '[Unit]\nConditionFirstBoot=yes\n[Service]\nExecStart=ssh-keygen -A\n',
  '/var/lib/dhcp/dhclient.eno1.leases': 'lease {}',
  '/var/lib/dhcp/dhcpd.leases': 'of a server',
  '/var/lib/dhcpcd/duid': '00:01',
  '/var/lib/NetworkManager/secret_key': 'secret',
  '/etc/udev/rules.d/70-persistent-net.rules': '# by hand\nSUBSYSTEM=="net", ATTR{address}=="52:54:00:aa:bb:cc", NAME="lan0"\n',
  '/var/lib/cloud/instance': '-> /var/lib/cloud/instances/i-42',
  '/var/lib/cloud/instances/i-42/user-data.txt': '#cloud-config',
  '/var/lib/cloud/seed/nocloud/meta-data': 'kept',
  '/var/lib/systemd/random-seed': 'seed',
  '/etc/iscsi/initiatorname.iscsi': '## note\nInitiatorName=iqn.1993-08.org.debian:01:ab\n',
  '/usr/lib/open-iscsi/startup-checks.sh': '#!/bin/sh',
  '/etc/nvme/hostid': 'uuid',
  '/etc/lvm/devices/system.devices': 'IDTYPE=sys_wwid',
  '/etc/krb5.keytab': 'key',
  '/etc/wireguard/wg0.conf': 'PrivateKey = x',
};

describe('a Debian that has lived', () => {
  test('is listed, and not touched', async () => {
    const tree = fixtureTree(DEBIAN);
    const before = tree.files();
    const findings = await look(tree);
    expect(tree.files()).toEqual(before);
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(IDENTITY_KINDS.filter((kind) => kind !== 'windows')));
    expect(findings.every(({ outcome, was }) => outcome === 'found' && was !== null)).toBe(true);
    expect(findings.find(({ path }) => path === '/etc/hostname')).toMatchObject({ value: 'web-17', was: { type: 'file', sizeBytes: 7 } });
    expect(findings.find(({ path }) => path === '/etc/machine-id')?.value).toBe(null);
    expect(findings.find(({ path }) => path === '/var/lib/cloud/instance')?.value).toBe('i-42');
  });

  test('loses all of it, and nothing else', async () => {
    const tree = fixtureTree(DEBIAN);
    const findings = await look(tree, IDENTITY_KINDS);
    const gone = Object.keys(DEBIAN).filter((path) => !(path in tree.files()));
    expect(gone.toSorted()).toEqual(
      [
        `/var/log/journal/${ID}/system.journal`,
        '/etc/hostname',
        '/etc/ssh/ssh_host_rsa_key',
        '/etc/ssh/ssh_host_rsa_key.pub',
        '/srv/keys/host',
        '/var/lib/dhcp/dhclient.eno1.leases',
        '/var/lib/dhcpcd/duid',
        '/var/lib/NetworkManager/secret_key',
        '/etc/udev/rules.d/70-persistent-net.rules',
        '/var/lib/cloud/instance',
        '/var/lib/cloud/instances/i-42/user-data.txt',
        '/var/lib/systemd/random-seed',
        '/etc/nvme/hostid',
        '/etc/lvm/devices/system.devices',
        '/etc/krb5.keytab',
      ].toSorted(),
    );
    const now = tree.files();
    expect(now['/etc/machine-id']).toBe('');
    expect(now['/etc/hosts']).toBe('127.0.0.1\tlocalhost\n10.0.0.5 db # both\n');
    expect(now['/etc/iscsi/initiatorname.iscsi']).toBe('GenerateName=yes\n');
    const changed = ['/etc/machine-id', '/etc/hosts', '/etc/iscsi/initiatorname.iscsi'];
    for (const [path, text] of Object.entries(DEBIAN))
      if (path in now && !changed.includes(path)) expect({ path, text: now[path] }).toEqual({ path, text });
    // Debian's own unit waits for a first boot, which this is none.
    const unit = '/etc/systemd/system/rackside-ssh-host-keys.service';
    expect(now[unit]).toContain('ssh-keygen -A');
    expect(now['/etc/systemd/system/multi-user.target.wants/rackside-ssh-host-keys.service']).toBe(`-> ${unit}`);
    expect(brief(findings).filter((line) => line.startsWith('added'))).toHaveLength(2);
    expect(brief(findings).filter((line) => line.startsWith('left'))).toEqual([
      'left credentials /etc/wireguard/wg0.conf',
      'left hostname /etc/mailname',
    ]);
  });

  test('is found clean the second time', async () => {
    const tree = fixtureTree(DEBIAN);
    await look(tree, IDENTITY_KINDS);
    const before = tree.files();
    const again = await look(tree, IDENTITY_KINDS);
    expect(again.filter(({ outcome }) => outcome !== 'left')).toEqual([]);
    expect(tree.files()).toEqual(before);
  });

  test.each(IDENTITY_KINDS.filter((kind) => kind !== 'windows'))('keeps everything but %s, if only that is to go', async (kind) => {
    const tree = fixtureTree(DEBIAN);
    const findings = await look(tree, [kind]);
    for (const { kind: found, outcome } of findings) expect({ found, isIn: outcome === 'found' }).toEqual({ found, isIn: found !== kind });
    expect(findings.some(({ kind: found }) => found === kind)).toBe(true);
  });
});

test.each([
  [
    'Red Hat',
    { '/usr/lib/systemd/system/sshd-keygen@.service': '[Service]\nExecStart=/usr/libexec/openssh/sshd-keygen %i\n' },
    'sshd-keygen@.service',
  ],
  ['SUSE', { '/usr/lib/systemd/system/sshd.service': '[Service]\nExecStartPre=/usr/sbin/sshd-gen-keys-start\n' }, 'sshd.service'],
  ['Arch', { '/usr/lib/systemd/system/sshdgenkeys.service': '[Service]\nExecStart=/usr/bin/ssh-keygen -A\n' }, 'sshdgenkeys.service'],
])('%s makes its own host keys and gets no unit of ours', async (_, files, maker) => {
  const findings = await look(fixtureTree({ ...SYSTEMD, ...files, '/etc/ssh/ssh_host_rsa_key': 'k' }), IDENTITY_KINDS);
  expect(brief(findings)).toEqual(['removed ssh-host-keys /etc/ssh/ssh_host_rsa_key']);
  expect(findings[0]?.note).toContain(maker);
});

test('without systemd the machine-id goes, the host name stays a file, and who has to make host keys is said', async () => {
  const tree = fixtureTree({
    '/etc/os-release': 'ID=devuan\n',
    '/etc/machine-id': ID,
    '/etc/hostname': 'a\n',
    '/etc/ssh/ssh_host_rsa_key': 'k',
  });
  const findings = await look(tree, IDENTITY_KINDS);
  expect(tree.files()).toEqual({ '/etc/os-release': 'ID=devuan\n', '/etc/hostname': 'localhost\n' });
  expect(findings.find(({ kind }) => kind === 'ssh-host-keys')?.note).toContain('ssh-keygen -A on each copy');
});

test('names that DHCP clients give, addresses that are set, and boot entries by machine-id are found wherever a system keeps them', async () => {
  const given = {
    '/etc/network/interfaces': ['iface eth0 inet dhcp\n\thostname web-17\n\tbridge_hw 52:54:00:aa:bb:cc\n', 'iface eth0 inet dhcp\n'],
    '/etc/dhcpcd.conf': ['hostname\nhostname "web-17"\nclientid\n', 'hostname\nclientid\n'],
    '/etc/dhcp/dhclient.conf': ['send host-name = gethostname();\nsend host-name "web-17";\n', 'send host-name = gethostname();\n'],
    '/etc/NetworkManager/system-connections/lan.nmconnection': ['[ipv4]\ndhcp-hostname=web-17\n', '[ipv4]\n'],
    '/etc/systemd/network/lan.network': ['[Match]\nName=en*\n[DHCPv4]\nHostname=web-17\n', '[Match]\nName=en*\n[DHCPv4]\n'],
    '/etc/systemd/network/br0.netdev': ['[NetDev]\nKind=bridge\nMACAddress=52:54:00:aa:bb:cc\n', '[NetDev]\nKind=bridge\n'],
    '/etc/sysconfig/network/dhcp': ['DHCLIENT_HOSTNAME_OPTION="web-17"\nDHCLIENT_SET_HOSTNAME="yes"\n', 'DHCLIENT_SET_HOSTNAME="yes"\n'],
    '/etc/sysconfig/network/ifcfg-eth1': ['DHCLIENT_HOSTNAME_OPTION=AUTO\n', 'DHCLIENT_HOSTNAME_OPTION=AUTO\n'],
    '/etc/machine-info': ['PRETTY_HOSTNAME="The web server"\nDEPLOYMENT=production\n', 'DEPLOYMENT=production\n'],
  } as const;
  const entry = `/boot/loader/entries/${ID}-6.1.0.conf`;
  const files = Object.fromEntries(Object.entries(given).map(([path, [before]]) => [path, before]));
  const tree = fixtureTree({ ...SYSTEMD, ...files, [entry]: 'title x\n', '/boot/loader/entries/debian-6.1.0.conf': 'title y\n' });
  const findings = await look(tree, IDENTITY_KINDS);
  for (const [path, [, after]] of Object.entries(given)) expect({ path, text: tree.files()[path] }).toEqual({ path, text: after });
  expect(findings.filter(({ kind }) => kind === 'hostname').map(({ value }) => value)).toContain('The web server');
  expect(brief(findings).filter((line) => line.includes('/loader/'))).toEqual([`left machine-id ${entry}`]);
});

test('a /var of its own has its paths under /var; an ESP has its seed', async () => {
  const own = fixtureTree({ '/lib/systemd/random-seed': 's', '/lib/dhcp/dhclient.leases': 'l', '/log/syslog': 'x' });
  expect(brief(await look(own, IDENTITY_KINDS))).toEqual([
    'removed dhcp /var/lib/dhcp/dhclient.leases',
    'removed random-seed /var/lib/systemd/random-seed',
  ]);
  expect(own.files()).toEqual({ '/log/syslog': 'x' });
  const esp = fixtureTree({ '/loader/random-seed': 's', '/EFI/BOOT/BOOTX64.EFI': 'MZ' });
  expect(brief(await look(esp, ['random-seed']))).toEqual(['removed random-seed /loader/random-seed']);
});

test('systems are found in the subvolumes of a Btrfs, in the one it starts from too, and not in old snapshots', async () => {
  const system = (at: string): Files => ({ [`${at}/etc/os-release`]: 'x', [`${at}/etc/hostname`]: 'a\n' });
  const files = {
    ...system('/@'),
    '/@var/lib/systemd/random-seed': 's',
    '/@var/log/x': '',
    ...system('/@/.snapshots/1/snapshot'),
    ...system('/@/.snapshots/2/snapshot'),
  };
  const findings = await look(fixtureTree(files), [], '/@/.snapshots/2/snapshot', true);
  expect(brief(findings)).toEqual([
    'found hostname /@/.snapshots/2/snapshot/etc/hostname',
    'found hostname /@/etc/hostname',
    'found random-seed /@var/var/lib/systemd/random-seed',
  ]);
});

test('links lead on inside the system, and never out of it or round in circles', async () => {
  const tree = fixtureTree({
    '/etc/os-release': 'x',
    '/etc/machine-id': '-> /data/id',
    '/data/id': `${ID}\n`,
    '/var/lib/dhcp': '-> ../../../../../../srv/leases',
    '/srv/leases/dhclient.leases': 'l',
    '/etc/ssh': '-> ssh',
    '/var/lib/cloud': '-> /var/lib/loop',
    '/var/lib/loop': '-> /var/lib/cloud',
  });
  expect(brief(await look(tree, IDENTITY_KINDS))).toEqual(['removed dhcp /var/lib/dhcp/dhclient.leases', 'removed machine-id /data/id']);
  expect(Object.keys(tree.files())).not.toContain('/srv/leases/dhclient.leases');
});

test('Windows is told of with what to do, unless sysprep was there before', async () => {
  const files = { '/Windows/System32/Config/SYSTEM': 'regf but short' };
  const [found] = await look(fixtureTree(files), IDENTITY_KINDS);
  expect(found).toMatchObject({ kind: 'windows', outcome: 'left', path: '/Windows/System32/Config/SYSTEM', value: null });
  expect(found?.note).toMatch(/cannot be read.*sysprep/);
  const state = Buffer.from('[State]\r\nImageState=IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE\r\n', 'utf16le');
  expect(await look(fixtureTree({ ...files, '/Windows/setup/state/state.ini': state }), IDENTITY_KINDS)).toEqual([]);
});
