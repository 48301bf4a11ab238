// Policies that read well and could never hold: each is refused at its place, with what its author meant; and those that look alike
// and do hold for some machine are taken.
import { expect, test } from 'vitest';
import type { Condition } from '../../preload/contract/policy.ts';
import { policyProblems } from '../../main/matching/check-policy.ts';

const problemsOf = (when: unknown): readonly string[] =>
  policyProblems({ name: 'one', rank: 1, when, outcome: { kind: 'boot-local' }, consent: 'ask' }, []).map(
    ({ path, reason }) => `${path}: ${reason}`,
  );

const never: readonly (readonly [Condition, ...string[]])[] = [
  // Words that a reader never says.
  [{ fact: 'firmware.kind', equal: 'efi' }, 'when.equal: firmware.kind is always one of bios, uefi', 'did you mean "uefi"'],
  [{ fact: 'firmware.kind', glob: 'legacy*' }, 'when.glob', 'none of them fits'],
  [{ fact: 'firmware.kind', matches: '^efi' }, 'when.matches', 'none of them fits'],
  [{ fact: 'machine.kind', in: ['rack', 'server'] }, 'when.in', 'virtual, blade, node, rack', 'never "server"'],
  [{ fact: 'disk.kinds', equal: 'nvme' }, 'when.equal', 'ssd, hdd', '{"fact": "disk.transports", "equal": "nvme"}'],
  [{ fact: 'disk.transports', equal: 'fc' }, 'when.equal', 'nvme, sata'],
  [{ fact: 'cpu.vendor', equal: 'Intel' }, 'when.equal', 'write that', '"GenuineIntel"'],
  [{ fact: 'cpu.vendor', glob: 'AMD*' }, 'when.glob', '"AuthenticAMD"'],
  [{ fact: 'cpu.vendor', in: ['Intel(R) Corporation'] }, 'when.in', '"GenuineIntel"'],
  [{ fact: 'manufacturer', equal: 'Dell' }, 'when.equal', '"Dell Inc."', 'write "glob": "Dell*"'],
  [{ fact: 'manufacturer', in: ['HPE', 'VMware'] }, 'when.in', 'write "glob": "VMware*"'],
  [{ fact: 'architecture', equal: 'amd64' }, 'when.equal', '"x86_64"'],
  // Values in another spelling.
  [{ fact: 'nic.macs', glob: '52-54-00-*' }, 'when.glob', 'write "52:54:00:*"'],
  [{ fact: 'nic.macs', glob: '52:54:00' }, 'when.glob', 'write "52:54:00:*"'],
  [{ fact: 'network.boot-mac', equal: '5254.0012.3456' }, 'when.equal', 'write "52:54:00:12:34:56"'],
  [{ fact: 'nic.current-macs', in: ['525400123456'] }, 'when.in', 'write "52:54:00:12:34:56"'],
  [{ fact: 'nic.macs', equal: '52:54:00' }, 'when.equal', 'is no MAC', '"glob": "52:54:00:*"'],
  [{ fact: 'disk.wwns', equal: '0x5000c500a1b2c3d4' }, 'when.equal', 'write "naa.5000c500a1b2c3d4"'],
  [{ fact: 'blade.slot', equal: '05' }, 'when.equal', 'write "5"'],
  [{ fact: 'blade.slot', in: ['1', 'Slot 2'] }, 'when.in', 'write "2"'],
  [{ fact: 'network.address', equal: '10.20.0.0/16' }, 'when.equal', '"cidr"'],
  [{ fact: 'network.address', cidr: '10.20.0.0' }, 'when.cidr', 'is one address', '"10.20.0.0/16"'],
  [{ fact: 'network.subnet', equal: '10.20.30.5/24' }, 'when.equal', 'write "10.20.30.0/24"'],
  [{ fact: 'network.subnet', equal: '10.20.30.0' }, 'when.equal', 'no network with its prefix'],
  [{ fact: 'model', cidr: '10.20.0.0/16' }, 'when.cidr', 'no address', 'network.address, network.subnet'],
  [{ fact: 'system.serial', matches: '/^CZ/i' }, 'when.matches', 'write "^CZ"'],
  [{ fact: 'model', matches: '/PowerEdge R7.0/i' }, 'when.matches', 'write "PowerEdge R7.0"'],
  [{ fact: 'model', matches: '' }, 'when.matches', '"present": true'],
  [{ fact: 'model', glob: '%R740%' }, 'when.glob', '{"fact": "model", "glob": "*R740*"}'],
  [{ fact: 'manufacturer', glob: '^Dell' }, 'when.glob', '{"fact": "manufacturer", "matches": "^Dell"}'],
  [{ fact: 'model', glob: 'PowerEdge.*' }, 'when.glob', '"matches": "PowerEdge.*"'],
  [{ fact: 'manufacturer', glob: '!Dell*' }, 'when.glob', '{"none": [{"fact": "manufacturer", "glob": "Dell*"}]}'],
  [{ fact: 'model', glob: 'R{640,740}*' }, 'when.glob', '{"any": [{"fact":"model","glob":"R640*"}, {"fact":"model","glob":"R740*"}]}'],
  [{ fact: 'manufacturer', matches: '/dell/' }, 'when.matches', 'write "dell"'],
  [{ fact: 'chassis.type', equal: 'Server' }, 'when.equal', 'no chassis type', 'Rack Mount Chassis', 'machine.kind'],
  [{ fact: 'chassis.type', in: ['Notebook', 'Rack Mount'] }, 'when.in', 'write that', '"Rack Mount Chassis"'],
  [{ fact: 'chassis.type', equal: '23' }, 'when.equal', '"Rack Mount Chassis"'],
  [{ fact: 'chassis.type', equal: 'laptops' }, 'when.equal', '"Laptop"'],
  [{ fact: 'firmware.kind', equal: 'Legacy' }, 'when.equal', 'did you mean "bios"'],
  [{ fact: 'architecture', glob: 'arm*' }, 'when.glob', '"aarch64"'],
  [{ fact: 'architecture', glob: 'amd64*' }, 'when.glob', '"x86_64"'],
  [{ fact: 'nic.macs', glob: 'ac1f6b*' }, 'when.glob', 'write "ac:1f:6b:*"'],
  [{ fact: 'nic.macs', glob: '*000038' }, 'when.glob', 'write "*:00:00:38"'],
  [{ fact: 'network.boot-mac', glob: 'AC1F6B0?*' }, 'when.glob', 'write "ac:1f:6b:0?*"'],
  [{ fact: 'nic.macs', matches: '^AC-1F-6B' }, 'when.matches', 'write "^AC:1F:6B"'],
  [{ fact: 'nic.macs', matches: '^001b21' }, 'when.matches', 'write "^00:1b:21"'],
  [{ fact: 'pci.ids', equal: '0x10de:0x20b5' }, 'when.equal', 'is told as "10de:20b5"'],
  [{ fact: 'pci.ids', in: ['10DE20B5'] }, 'when.in', 'is told as "10de:20b5"'],
  [{ fact: 'nic.pci-ids', equal: '8086' }, 'when.equal', '"glob": "8086:*"'],
  [{ fact: 'pci.ids', glob: '0x10de:*' }, 'when.glob', 'is told as "10de:*"'],
  [{ fact: 'usb.ids', equal: '529:1' }, 'when.equal', 'is told as "0529:0001"'],
  [{ fact: 'pci.addresses', equal: '04:00.0' }, 'when.equal', 'write "0000:04:00.0"'],
  [{ fact: 'nic.pci-addresses', glob: '04:*' }, 'when.glob', 'write "0000:04:*"'],
  [{ fact: 'system.uuid', equal: '{4C4C4544-0042-3110-8056-B7C04F463132}' }, 'when.equal', '"4c4c4544-0042-3110-8056-b7c04f463132"'],
  [{ fact: 'system.uuid', equal: '4C4C4544004231108056B7C04F463132' }, 'when.equal', '"4c4c4544-0042-3110-8056-b7c04f463132"'],
  [{ fact: 'cpu.id', equal: 'F2060300FFFBEBBF' }, 'when.equal', 'is told as "F2 06 03 00 FF FB EB BF"'],
  [{ fact: 'blade.slot', equal: '1-4' }, 'when.equal', '{"fact": "blade.slot", "in": ["1", "2", "3", "4"]}'],
  [{ fact: 'model', glob: 'PowerEdge R[67]40' }, 'when.glob', '{"fact": "model", "matches": "^PowerEdge R[67]40$"}'],
  [{ fact: 'model', glob: 'R[!6]40 (v*' }, 'when.glob', '"matches": "^R[^6]40 \\\\(v.*$"'],
  [{ fact: 'model', glob: 'R640*|R740*' }, 'when.glob', '{"any": [{"fact":"model","glob":"R640*"}, {"fact":"model","glob":"R740*"}]}'],
  [{ fact: 'memory.size', equal: '64 GB' }, 'when.equal', 'no memory has exactly "64 GB"', 'write "64 GiB"'],
  [{ fact: 'memory.module-sizes', in: ['16 GiB', '32GB'] }, 'when.in', 'write "32GiB"'],
  [{ fact: 'nic.speeds', atLeast: 10 }, 'when.atLeast', '"10 Gbit/s" or "10 Mbit/s"'],
  [{ fact: 'disk.sizes', between: ['2 TB', '400 GB'] }, 'when.between', 'would never hold', 'write ["400 GB", "2 TB"]'],
  [{ fact: 'disk.sizes', between: ['400', '800'] }, 'when.between', '"400 GiB"'],
  // What nobody filled in is not known.
  [{ fact: 'manufacturer', equal: 'To be filled by O.E.M.' }, 'when.equal', 'not known', '{"fact": "manufacturer", "present": false}'],
  [{ fact: 'system.serial', in: ['CZ1', 'Default string'] }, 'when.in', '"default string"', '"present": false'],
  [{ fact: 'chassis.type', equal: 'Other' }, 'when.equal', 'not known', '"present": false'],
  [{ fact: 'system.uuid', equal: '03000200-0400-0500-0006-000700080009' }, 'when.equal', '"present": false'],
  [{ fact: 'nic.macs', equal: '00:e0:4c:68:00:01' }, 'when.equal', '"present": false'],
  [{ fact: 'manufacturer', equal: 'Dell*' }, 'when.equal', 'write {"fact": "manufacturer", "glob": "Dell*"}'],
  [{ fact: 'model', in: ['R740', 'R6*'] }, 'when.in', '"glob": "R6*"'],
  [{ fact: 'asset.tag', equal: ' ' }, 'when.equal', '"present": false'],
  [{ fact: 'input.hostname', in: ['web1', ''] }, 'when.in', '"present": false'],
  [{ fact: 'memory.size', atLeast: 64 }, 'when.atLeast', '64 without a unit is bytes', '"64 GiB"'],
  [{ fact: 'disk.sizes', lessThan: '480' }, 'when.lessThan', '"480 GiB"'],
  [{ any: [] }, 'when.any', 'would never hold'],
  // Of a list, two values may pass, one each.
  [
    {
      all: [
        { fact: 'disk.sizes', atLeast: '400 GB' },
        { fact: 'disk.sizes', atMost: '1 TB' },
      ],
    },
    'when.all[1]: may hold for another value than when.all[0]',
    '{"fact": "disk.sizes", "between": ["400 GB", "1 TB"]}',
  ],
  // Tests that exclude each other.
  [
    {
      all: [
        { fact: 'cpu.cores', between: [4, 8] },
        { fact: 'cpu.cores', moreThan: 8 },
      ],
    },
    'when.all[1]: never holds together',
    'cpu.cores is from 4 to 8',
  ],
  [
    {
      all: [
        { fact: 'manufacturer', equal: 'HPE' },
        { fact: 'manufacturer', equal: 'Dell Inc.' },
      ],
    },
    'when.all[1]: never holds together with when.all[0]',
    '{"fact": "manufacturer", "in": ["HPE", "Dell Inc."]}',
  ],
  [
    {
      all: [
        { fact: 'manufacturer', equal: 'HPE' },
        { fact: 'manufacturer', glob: 'Dell*' },
      ],
    },
    'when.all[1]',
  ],
  [
    {
      all: [
        { fact: 'memory.size', atLeast: '64 GiB' },
        { fact: 'memory.size', lessThan: '32 GiB' },
      ],
    },
    'memory.size < 32 GiB',
    '"any"',
  ],
  [
    {
      all: [
        { fact: 'cpu.cores', moreThan: 8 },
        { fact: 'cpu.cores', atMost: 8 },
      ],
    },
    'when.all[1]',
  ],
  [
    {
      all: [
        { fact: 'network.vlan', equal: 12 },
        { fact: 'network.vlan', atLeast: 100 },
      ],
    },
    'when.all[1]',
  ],
  [{ all: [{ fact: 'cpu.cores', atLeast: 8 }, { none: [{ fact: 'cpu.cores', atLeast: 4 }] }] }, 'when.all[1].none[0]', 'not cpu.cores ≥ 4'],
  [
    {
      all: [
        { fact: 'asset.tag', present: false },
        { fact: 'asset.tag', glob: 'A*' },
      ],
    },
    'asset.tag is missing',
  ],
  [{ all: [{ fact: 'nic.macs', present: false }, { none: [{ fact: 'nic.macs', glob: '52:*' }] }] }, 'nic.macs is missing'],
  [{ all: [{ fact: 'role', equal: 'web' }, { all: [{ none: [{ fact: 'role', equal: 'WEB' }] }] }] }, 'when.all[1].all[0].none[0]'],
  [
    {
      any: [
        { fact: 'role', equal: 'web' },
        {
          all: [
            { fact: 'secure-boot', equal: true },
            { fact: 'secure-boot', equal: false },
          ],
        },
      ],
    },
    'when.any[1].all[1]',
  ],
];

test.each(never)('%j is refused', (when, ...words) => {
  const problems = problemsOf(when);
  expect(problems).toHaveLength(1);
  for (const word of words) expect(problems[0]).toContain(word);
});

const some: readonly Condition[] = [
  { fact: 'manufacturer', in: ['HP', 'HPE', 'LENOVO', 'IBM', 'Supermicro', 'QEMU', 'FUJITSU', 'Dell Inc.'] },
  { fact: 'manufacturer', glob: 'Dell*' },
  { fact: 'cpu.cores', between: [8, 8] },
  { fact: 'nic.speeds', between: ['10 Gbit/s', '25 Gbit/s'] },
  { fact: 'nic.speeds', atLeast: 10_000 },
  { fact: 'memory.size', between: ['60 GB', '64 GiB'] },
  { fact: 'nic.macs', matches: '^(00:1b:21|001b21)' },
  { fact: 'nic.macs', matches: '^28:d2:' },
  { fact: 'pci.ids', glob: '10de:20b?' },
  { fact: 'usb.ids', equal: '0529:0001' },
  { fact: 'pci.addresses', equal: '10000:01:00.0' },
  { fact: 'architecture', glob: 'aarch64*' },
  { fact: 'model', glob: '*-[7X02]-' },
  { all: [{ fact: 'disk.sizes', atLeast: '400 GB' }, { none: [{ fact: 'disk.sizes', moreThan: '1 TB' }] }] },
  { fact: 'firmware.kind', equal: 'UEFI' },
  { fact: 'firmware.kind', matches: 'uefi|efi' },
  { fact: 'machine.kind', in: ['rack', 'Blade'] },
  { fact: 'chassis.type', in: ['rack mount chassis', 'Blade'] },
  { fact: 'chassis.type', glob: '*book' },
  { fact: 'model', glob: 'System x3650 M3 -[7945*]-' },
  { fact: 'model', matches: '.*?R7[46]0' },
  { fact: 'cpu.model', glob: '*@ 2.*GHz' },
  { fact: 'network.port', glob: '!1/*' },
  { fact: 'board.serial', matches: '/CN7/' },
  { fact: 'network.port', matches: '/1/' },
  { fact: 'system.serial', equal: '1234567' },
  { fact: 'system.serial', equal: 'SERIAL-0' },
  { fact: 'system.serial', equal: '0' },
  { fact: 'asset.tag', equal: 'None' },
  { fact: 'role', equal: 'standard' },
  { fact: 'cpu.vendor', equal: 'genuineintel' },
  { fact: 'cpu.vendor', glob: '*Intel*' },
  { fact: 'cpu.model', glob: 'Intel*' },
  { fact: 'asset.tag', equal: '*LOAN*' },
  { fact: 'input.note', equal: 'a*' },
  { fact: 'nic.macs', glob: '*:12:34:5?' },
  { fact: 'nic.macs', equal: '52:54:00:AB:CD:EF' },
  { fact: 'disk.wwns', glob: '*5000c500*' },
  { fact: 'blade.slot', in: ['1', '2a', 'c2n1', 'b', '10'] },
  { fact: 'network.address', cidr: '10.20.0.0/16' },
  { fact: 'network.address', cidr: '10.20.1.5' },
  { fact: 'network.address', cidr: '10.20.1.0/32' },
  { fact: 'input.address', cidr: '10.20.0.0/16' },
  { fact: 'network.subnet', equal: '10.20.30.0/24' },
  { fact: 'network.port', matches: '/0/' },
  { fact: 'disk.total', moreThan: 0 },
  { fact: 'memory.size', atLeast: 68_719_476_736 },
  { all: [] },
  {
    all: [
      { fact: 'disk.sizes', atLeast: '1 TB' },
      { fact: 'disk.sizes', lessThan: '500 GB' },
    ],
  },
  {
    all: [
      { fact: 'disk.kinds', equal: 'ssd' },
      { fact: 'disk.kinds', equal: 'hdd' },
    ],
  },
  {
    all: [
      { fact: 'cpu.cores', atLeast: 8 },
      { fact: 'cpu.cores', atMost: 8 },
    ],
  },
  {
    all: [
      { fact: 'role', present: true },
      { fact: 'role', equal: 'web' },
    ],
  },
  {
    all: [
      { fact: 'model', glob: 'R*' },
      { fact: 'model', glob: '*40' },
    ],
  },
  { all: [{ fact: 'manufacturer', in: ['HPE', 'HP'] }, { none: [{ fact: 'manufacturer', equal: 'HP' }] }] },
  {
    all: [
      { fact: 'input.bay', equal: '64 GiB' },
      { fact: 'input.bay', equal: '65536 MiB' },
    ],
  },
  {
    any: [
      { fact: 'role', equal: 'web' },
      { fact: 'role', equal: 'mail' },
    ],
  },
  {
    none: [
      { fact: 'role', equal: 'web' },
      { fact: 'role', equal: 'mail' },
    ],
  },
];

test.each(some)('%j is taken', (when) => {
  expect(problemsOf(when)).toEqual([]);
});
