// Rules as other provisioning tools write them, each in ours, with what its own tool says of some machines. Where that tool says "no", fails
// or takes an empty text because it does not know, ours says that it is unknown. A rule that cannot be said here is a gap.
import { expect, test } from 'vitest';
import { all, judged, none, t } from './mixed-estate.ts';
import type { Rule } from './mixed-estate.ts';

const RULES: readonly Rule[] = [
  // Puppet Razor: tags are Lisp over facts.
  ['Razor', '["<", ["num", ["fact", "memorysize_mb"]], 4128]', t('memory.size', { lessThan: '4128 MiB' }), ['vm'], ['heard']],
  [
    'Razor',
    '[">", ["num", ["fact", "processorcount"]], 10]',
    t('cpu.threads', { moreThan: 10 }),
    ['rack', 'cartridge'],
    ['node', 'desktop', 'vm', 'heard'],
  ],
  [
    'Razor',
    '["has_macaddress", "d0:94:66:00:00:09", …]',
    t('nic.macs', { in: ['D0:94:66:00:00:09', 'de:ea:db:ee:f0:01'] }),
    ['rack'],
    ['heard'],
  ],
  ['Razor', '["has_macaddress_like", "^ac:1f:"]', t('nic.macs', { matches: '^ac:1f:' }), ['node'], ['heard']],
  ['Razor', '["=", ["fact", "is_virtual"], "true"]', t('machine.kind', { equal: 'virtual' }), ['vm'], ['heard']],
  [
    'Razor',
    '["!=", ["fact", "manufacturer"], "QEMU"]',
    none(t('manufacturer', { equal: 'QEMU' })),
    ['rack', 'cartridge', 'node', 'desktop'],
    ['heard'],
  ],
  [
    'Razor',
    '["and", ["=", …"HPE"], [">=", ["num", …], 8]]',
    all(t('manufacturer', { equal: 'HPE' }), t('cpu.cores', { atLeast: 8 })),
    ['cartridge'],
    ['heard'],
  ],
  [
    'Razor',
    '["not", ["like", ["fact", "productname"], "PowerEdge"]]',
    none(t('model', { matches: 'PowerEdge' })),
    ['cartridge', 'node', 'desktop', 'vm'],
    ['heard'],
  ],
  // OpenStack: inspection rules.
  ['Ironic', 'op: contains, regex: (?i)dell', t('manufacturer', { matches: 'dell' }), ['rack'], ['heard']],
  ['Ironic', 'op: matches, regex: PowerEdge R7.*', t('model', { matches: '^PowerEdge R7.*$' }), ['rack'], ['heard']],
  ['Ironic', 'op: eq, system_vendor.manufacturer == HPE', t('manufacturer', { equal: 'HPE' }), ['cartridge'], ['heard']],
  ['Ironic', 'op: ge, memory_mb >= 65536', t('memory.size', { atLeast: '65536 MiB' }), ['rack', 'cartridge', 'node'], ['heard']],
  ['Ironic', 'op: lt, cpus < 16', t('cpu.threads', { lessThan: 16 }), [], ['node', 'desktop', 'vm', 'heard']],
  ['Ironic', 'op: in-net, 192.168.122.0/24', t('network.address', { cidr: '192.168.122.0/24' }), ['node', 'vm'], ['heard']],
  ['Ironic', 'op: is-empty, asset_tag', t('asset.tag', { present: false }), ['cartridge', 'node', 'desktop', 'vm', 'heard'], []],
  ['Ironic', '!is-none, lldp switch name', t('network.switch', { present: true }), ['rack'], []],
  ['Ironic', 'op: is-true, secure boot', t('secure-boot', { equal: true }), ['rack'], ['node', 'desktop', 'vm', 'heard']],
  [
    'Ironic',
    'op: one-of, cpu.architecture',
    t('architecture', { in: ['x86_64', 'aarch64'] }),
    ['rack', 'cartridge', 'node', 'desktop', 'vm'],
    ['heard'],
  ],
  ['Ironic', 'disks: eq 480103981056, multiple: any', t('disk.sizes', { equal: 480_103_981_056 }), ['rack'], ['heard']],
  [
    'Ironic',
    'disks: gt 100 GB, multiple: all',
    none(t('disk.sizes', { atMost: '100 GB' })),
    ['rack', 'cartridge', 'node', 'desktop'],
    ['heard'],
  ],
  // Foreman: scoped search.
  ['Foreman', 'cpu_count > 8', t('cpu.threads', { moreThan: 8 }), ['rack', 'cartridge'], ['node', 'desktop', 'vm', 'heard']],
  [
    'Foreman',
    'disks_total_size >= 1 TB',
    t('disk.total', { atLeast: '1 TB' }),
    [],
    ['rack', 'cartridge', 'node', 'desktop', 'vm', 'heard'],
  ],
  ['Foreman', 'disk_count >= 2', t('disk.count', { atLeast: 2 }), ['rack', 'node'], ['heard']],
  ['Foreman', 'model ~ ProLiant', t('model', { glob: '*ProLiant*' }), ['cartridge'], ['heard']],
  ['Foreman', 'facts.manufacturer = HPE or … = LENOVO', t('manufacturer', { in: ['HPE', 'Lenovo'] }), ['cartridge', 'desktop'], ['heard']],
  [
    'Foreman',
    'not facts.is_virtual = true',
    none(t('machine.kind', { equal: 'virtual' })),
    ['rack', 'cartridge', 'node', 'desktop'],
    ['heard'],
  ],
  ['Foreman', 'subnet = 10.20.0.0/16', t('network.subnet', { equal: '10.20.0.0/16' }), ['rack', 'cartridge'], ['heard']],
  [
    'Foreman',
    'facts.lldp_neighbor_sysName = tor-r7',
    t('network.switch', { equal: 'tor-r7' }),
    ['rack'],
    ['cartridge', 'node', 'desktop', 'vm', 'heard'],
  ],
  // MAAS: XPath over lshw, and constraints.
  [
    'MAAS',
    'core/vendor = "Supermicro" and product starts-with X11',
    all(t('board.manufacturer', { equal: 'Supermicro' }), t('board.model', { glob: 'X11*' })),
    ['node'],
    ['cartridge', 'desktop', 'vm', 'heard'],
  ],
  ['MAAS', '//node[@id="memory"]/size >= 274877906944', t('memory.size', { atLeast: 274_877_906_944 }), ['node'], ['heard']],
  ['MAAS', 'cores >= 40', t('cpu.cores', { atLeast: 40 }), ['node'], ['heard']],
  ['MAAS', 'system/vendor = "QEMU"', t('manufacturer', { equal: 'QEMU' }), ['vm'], ['heard']],
  [
    'MAAS',
    'not(starts-with(vendor, "QEMU")) and contains(cpu, "Intel")',
    all(none(t('manufacturer', { glob: 'QEMU*' })), t('cpu.vendor', { equal: 'GenuineIntel' })),
    ['rack', 'node'],
    ['cartridge', 'desktop', 'heard'],
  ],
  [
    'MAAS',
    'lldp:chassis/lldp:name = "tor-r7"',
    t('network.switch', { equal: 'tor-r7' }),
    ['rack'],
    ['cartridge', 'node', 'desktop', 'vm', 'heard'],
  ],
  ['MAAS', 'disk with a size of 10000831348736', t('disk.sizes', { equal: 10_000_831_348_736 }), ['rack'], ['heard']],
  [
    'MAAS',
    'constraint: arch=amd64 mem=64G cpu_count=8',
    all(t('architecture', { equal: 'x86_64' }), t('memory.size', { atLeast: '64 GiB' }), t('cpu.cores', { atLeast: 8 })),
    ['rack', 'cartridge', 'node'],
    ['heard'],
  ],
  ['MAAS', 'constraint: not_subnets', none(t('network.subnet', { cidr: '10.0.0.0/8' })), ['node', 'vm'], ['heard']],
  // eDeploy and its heirs: one line of hardware within bounds.
  ['eDeploy', "('disk', '$disk', 'size', 'and(gt(4), lt(12))')", t('disk.sizes', { between: ['4 GB', '12 GB'] }), ['vm'], ['heard']],
  [
    'eDeploy',
    "('disk', '$disk', 'size', 'range(200, 500)')",
    t('disk.sizes', { between: ['200 GB', '500 GB'] }),
    ['rack', 'cartridge'],
    ['heard'],
  ],
  [
    'eDeploy',
    "('network', '$eth', 'ipv4', 'network(192.168.122.0/24)')",
    t('network.address', { cidr: '192.168.122.0/24' }),
    ['node', 'vm'],
    ['heard'],
  ],
  ['eDeploy', "('network', '$eth', 'serial', 'regexp(^52:54:)')", t('nic.macs', { matches: '^52:54:' }), ['vm'], ['heard']],
  ['eDeploy', "('cpu', 'physical', 'number', '2')", t('cpu.count', { equal: 2 }), ['rack', 'node'], ['heard']],
  [
    'eDeploy',
    "('disk', '$d', 'size', 'ge(1000)') of an NVMe disk",
    t('disk.nvme-sizes', { atLeast: '1 TB' }),
    ['node'],
    ['desktop', 'vm', 'heard'],
  ],
  // FAI: classes by script.
  [
    'FAI',
    'disksize(sda, 200000, 300000) of one disk',
    all(t('disk.count', { equal: 1 }), t('disk.sizes', { between: ['200 GB', '300 GB'] })),
    ['cartridge'],
    ['heard'],
  ],
  ['FAI', '[ -d /sys/firmware/efi ] && echo EFI', t('firmware.kind', { equal: 'uefi' }), ['rack', 'cartridge', 'desktop'], ['heard']],
  ['FAI', 'case $IPADDR in 10.20.*)', t('network.address', { glob: '10.20.*' }), ['rack', 'cartridge'], ['heard']],
  ['FAI', 'lspci -n | grep 10de:', t('pci.ids', { glob: '10de:*' }), ['rack'], ['node', 'desktop', 'vm', 'heard']],
];

test.each(RULES)('%s: %s', (...rule) => {
  const { said, due } = judged(rule);
  expect(said).toEqual(due);
});
