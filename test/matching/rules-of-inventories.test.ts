// The same for the rules of configuration, feature discovery and desktop deployment tools, and for those that name the machine itself.
import { expect, test } from 'vitest';
import { all, any, judged, none, t } from './mixed-estate.ts';
import type { Rule } from './mixed-estate.ts';

const RULES: readonly Rule[] = [
  // Salt, Ansible, Puppet: what grains and facts are asked.
  ['Salt', 'G@manufacturer:Dell*', t('manufacturer', { glob: 'Dell*' }), ['rack'], ['heard']],
  ['Salt', 'P@productname:(PowerEdge|ProLiant).*', t('model', { matches: '^(PowerEdge|ProLiant)' }), ['rack', 'cartridge'], ['heard']],
  [
    'Salt',
    'S@10.20.0.0/16 and not G@virtual:kvm',
    all(t('network.address', { cidr: '10.20.0.0/16' }), none(t('machine.kind', { equal: 'virtual' }))),
    ['rack', 'cartridge'],
    ['heard'],
  ],
  ['Ansible', "ansible_product_name is match('PowerEdge')", t('model', { glob: 'PowerEdge*' }), ['rack'], ['heard']],
  ['Ansible', 'ansible_memtotal_mb >= 190000', t('memory.size', { atLeast: '190000 MiB' }), ['rack', 'node'], ['heard']],
  [
    'Ansible',
    "ansible_form_factor in ['Desktop', …]",
    t('chassis.type', { in: ['Desktop', 'Mini Tower'] }),
    ['desktop'],
    ['cartridge', 'node', 'vm', 'heard'],
  ],
  ['Ansible', 'my_site is defined', t('input.site', { present: true }), ['rack'], []],
  ['Ansible', "my_site == 'ams1'", t('input.site', { equal: 'ams1' }), ['rack'], ['cartridge', 'node', 'desktop', 'vm', 'heard']],
  // Node Feature Discovery: expressions over features.
  [
    'NFD',
    'pci.device vendor: {op: In, value: ["10de", "15b3"]}',
    any(t('pci.ids', { glob: '10de:*' }), t('pci.ids', { glob: '15b3:*' })),
    ['rack', 'cartridge'],
    ['node', 'desktop', 'vm', 'heard'],
  ],
  [
    'NFD',
    'system.dmiid sys_vendor: {op: NotIn, value: ["QEMU", "Xen"]}',
    none(t('manufacturer', { in: ['QEMU', 'Xen'] })),
    ['rack', 'cartridge', 'node', 'desktop'],
    ['heard'],
  ],
  ['NFD', 'product_name: {op: InRegexp, value: ["^SYS-20"]}', t('model', { matches: '^SYS-20' }), ['node'], ['heard']],
  [
    'NFD',
    'storage.block rotational: {op: In, value: ["0"]}',
    t('disk.kinds', { equal: 'ssd' }),
    ['rack', 'cartridge', 'node', 'desktop'],
    ['heard'],
  ],
  [
    'NFD',
    'cpu.topology socket_count: {op: GtLt, value: ["0", "2"]}',
    t('cpu.count', { between: [1, 1] }),
    ['cartridge', 'desktop', 'vm'],
    ['heard'],
  ],
  ['NFD', 'asset tag: {op: DoesNotExist}', t('asset.tag', { present: false }), ['cartridge', 'node', 'desktop', 'vm', 'heard'], []],
  // Metal3: profiles of hardware. Every disk is to be in the range.
  [
    'Metal3',
    'cpu: {minimumCount: 32, maximumCount: 72}',
    t('cpu.threads', { between: [32, 72] }),
    ['rack'],
    ['node', 'desktop', 'vm', 'heard'],
  ],
  [
    'Metal3',
    'disk: {minimumIndividualSizeGB: 200, maximumIndividualSizeGB: 4000}',
    none(t('disk.sizes', { lessThan: '200 GB' }), t('disk.sizes', { moreThan: '4000 GB' })),
    ['cartridge', 'node'],
    ['heard'],
  ],
  [
    'Metal3',
    'disk: {minimumCount: 1, maximumCount: 2}',
    t('disk.count', { between: [1, 2] }),
    ['cartridge', 'node', 'desktop', 'vm'],
    ['heard'],
  ],
  [
    'Metal3',
    'ram: {minimumSizeGB: 6, maximumSizeGB: 180}',
    t('memory.size', { between: ['6 GB', '180 GB'] }),
    ['cartridge', 'desktop'],
    ['heard'],
  ],
  ['Metal3', 'diskSelector: {rotational: true} of 2 TB', t('disk.hdd-sizes', { atLeast: '2 TB' }), ['rack'], ['desktop', 'vm', 'heard']],
  ['Metal3', 'rootDeviceHints: {rotational: true}', t('disk.kinds', { equal: 'hdd' }), ['rack', 'vm'], ['heard']],
  // Windows' deployment tools: sections by model, and queries.
  ['MDT', '[PowerEdge R740]', t('model', { equal: 'PowerEdge R740' }), ['rack'], ['heard']],
  ['MDT', 'IsDesktop=True or IsLaptop=True', t('machine.kind', { in: ['desktop', 'laptop'] }), ['desktop'], ['heard']],
  ['MDT', 'IsServer=True', t('machine.kind', { in: ['rack', 'tower', 'blade', 'node'] }), ['rack', 'cartridge', 'node'], ['heard']],
  ['MDT', '[6C:4B:90:00:00:50]', t('nic.macs', { equal: '6C:4B:90:00:00:50' }), ['desktop'], ['heard']],
  ['MDT', 'DefaultGateway of 10.20.0.0', t('network.address', { cidr: '10.20.0.0/16' }), ['rack', 'cartridge'], ['heard']],
  [
    'SCCM',
    "Model LIKE '%ThinkCentre%' in the family",
    t('system.family', { glob: '*ThinkCentre*' }),
    ['desktop'],
    ['rack', 'cartridge', 'node', 'vm', 'heard'],
  ],
  ['SCCM', "SUBSTRING(Model, 0, 4) = '10M8'", t('model', { glob: '10M8*' }), ['desktop'], ['heard']],
  [
    'SCCM',
    "SMBIOSBIOSVersion < '2.9': versions by pattern",
    t('firmware.version', { matches: '^(0|1|2\\.[0-8])(\\.|$)' }),
    [],
    ['cartridge', 'node', 'desktop', 'vm', 'heard'],
  ],
  // By the machine itself: Matchbox, Cobbler, xCAT, Warewulf, Tinkerbell, Digital Rebar, FOG.
  ['Matchbox', 'selector: {mac: 52:54:00:12:34:56}', t('nic.macs', { equal: '52:54:00:12:34:56' }), ['vm'], ['heard']],
  [
    'Matchbox',
    'selector: {uuid: …, os: installed}',
    t('system.uuid', { equal: '4C4C4544-0058-4B10-8032-B7C04F504E33' }),
    ['rack'],
    ['cartridge', 'node', 'desktop', 'vm', 'heard'],
  ],
  ['Matchbox', 'selector: {serial: 7XK2PN3}', t('system.serial', { equal: '7xk2pn3' }), ['rack'], ['node', 'desktop', 'vm', 'heard']],
  [
    'xCAT',
    'mtm match and nodetype=blade, slotid 2',
    all(t('machine.kind', { equal: 'blade' }), t('blade.slot', { matches: '^c?2(n|$)' })),
    ['cartridge'],
    ['heard'],
  ],
  [
    'xCAT',
    'switch=tor-r7, switchport=7',
    all(t('network.switch', { equal: 'tor-r7' }), t('network.port', { matches: '(^|[^0-9])7$' })),
    ['rack'],
    ['cartridge', 'node', 'desktop', 'vm', 'heard'],
  ],
  ['Cobbler', 'profile by subnet 10.30.0.0/24', t('network.address', { cidr: '10.30.0.0/24' }), ['desktop'], ['heard']],
  ['Warewulf', 'discoverable node, first free', t('nic.macs', { present: true }), ['rack', 'cartridge', 'node', 'desktop', 'vm'], []],
  ['Tinkerbell', 'hardware labels and arch aarch64', t('architecture', { equal: 'aarch64' }), [], ['heard']],
  ['Digital Rebar', 'classify: Vendor ^10de and Class', t('pci.ids', { matches: '^10de:' }), ['rack'], ['node', 'desktop', 'vm', 'heard']],
  [
    'Digital Rebar',
    'classify: in_subnet 10.20.0.0/16 and has inventory/RAM',
    all(t('network.address', { cidr: '10.20.0.0/16' }), t('memory.size', { present: true })),
    ['rack', 'cartridge'],
    [],
  ],
  ['Crowbar', 'role by block devices > 2', t('disk.count', { moreThan: 2 }), ['rack'], ['heard']],
  ['FOG', 'group by user and model', all(t('user', { equal: 'student' }), t('machine.kind', { equal: 'desktop' })), ['desktop'], ['heard']],
  [
    'json-rules-engine',
    'any: [vlan in [20, 30], speed greaterThanInclusive 25000]',
    any(t('network.vlan', { in: [20, 30] }), t('nic.speeds', { atLeast: '25 Gbit/s' })),
    ['rack', 'cartridge'],
    ['node', 'desktop', 'vm', 'heard'],
  ],
];

test.each(RULES)('%s: %s', (...rule) => {
  const { said, due } = judged(rule);
  expect(said).toEqual(due);
});
