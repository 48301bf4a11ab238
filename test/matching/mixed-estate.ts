// One machine of each kind of a mixed estate, as facts: a rack server, a cartridge, a node of a twin, a desktop, a virtual machine, and one
// that was only heard on the wire. For rules that are to tell them apart.
import type { Fact } from '../../agent/protocol/facts.ts';
import { policyProblems } from '../../main/matching/check-policy.ts';
import { evaluate } from '../../main/matching/evaluate.ts';
import { indexFacts } from '../../main/matching/fact-index.ts';
import type { Condition, Truth } from '../../preload/contract/policy.ts';

const GIB = 2 ** 30;
type Values = Readonly<Record<string, Fact['value']>>;

const MACHINES = {
  rack: {
    manufacturer: 'Dell Inc.',
    model: 'PowerEdge R740',
    'system.serial': '7XK2PN3',
    'system.uuid': '4c4c4544-0058-4b10-8032-b7c04f504e33',
    'asset.tag': 'DC1-0042',
    'board.manufacturer': 'Dell Inc.',
    'board.model': '0WRPXK',
    'machine.kind': 'rack',
    'chassis.type': 'Rack Mount Chassis',
    'firmware.kind': 'uefi',
    'firmware.version': '2.10.2',
    'secure-boot': true,
    architecture: 'x86_64',
    'cpu.vendor': 'GenuineIntel',
    'cpu.model': 'Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz',
    'cpu.count': 2,
    'cpu.cores': 32,
    'cpu.threads': 64,
    'memory.size': 192 * GIB,
    'disk.count': 3,
    'disk.sizes': [480_103_981_056, 10_000_831_348_736, 10_000_831_348_736],
    'disk.kinds': ['ssd', 'hdd', 'hdd'],
    'disk.transports': ['sata', 'sas', 'sas'],
    'disk.nvme-sizes': [],
    'disk.hdd-sizes': [10_000_831_348_736, 10_000_831_348_736],
    'nic.macs': ['d0:94:66:00:00:08', 'd0:94:66:00:00:09'],
    'nic.drivers': ['tg3'],
    'nic.speeds': [1000, 10_000],
    'pci.ids': ['14e4:165f', '10de:20b5', '1000:0016'],
    'network.address': '10.20.1.7',
    'network.subnet': '10.20.0.0/16',
    'network.switch': 'tor-r7',
    'network.port': 'Ethernet1/7',
    'network.vlan': 20,
    role: 'db',
    'input.site': 'ams1',
  },
  cartridge: {
    manufacturer: 'HPE',
    model: 'ProLiant m510 Server Cartridge',
    'system.serial': 'CN66480FLA',
    'machine.kind': 'blade',
    'blade.slot': 'c2n1',
    'firmware.kind': 'uefi',
    architecture: 'x86_64',
    'cpu.count': 1,
    'cpu.cores': 8,
    'cpu.threads': 16,
    'memory.size': 64 * GIB,
    'disk.count': 1,
    'disk.sizes': [256_060_514_304],
    'disk.kinds': ['ssd'],
    'disk.transports': ['nvme'],
    'disk.nvme-sizes': [256_060_514_304],
    'disk.hdd-sizes': [],
    'nic.macs': ['9c:b6:54:00:00:20'],
    'nic.speeds': [10_000],
    'pci.ids': ['15b3:1007'],
    'network.address': '10.20.3.21',
    'network.subnet': '10.20.0.0/16',
    'network.vlan': 30,
    'secure-boot': false,
  },
  node: {
    manufacturer: 'Supermicro',
    model: 'SYS-2029BT-HNR',
    'board.manufacturer': 'Supermicro',
    'board.model': 'X11DPT-B',
    'machine.kind': 'node',
    'blade.slot': 'b',
    'firmware.kind': 'bios',
    architecture: 'x86_64',
    'cpu.vendor': 'GenuineIntel',
    'cpu.count': 2,
    'cpu.cores': 48,
    'memory.size': 384 * GIB,
    'disk.count': 2,
    'disk.sizes': [3_840_755_982_336, 3_840_755_982_336],
    'disk.kinds': ['ssd', 'ssd'],
    'disk.transports': ['nvme', 'nvme'],
    'disk.nvme-sizes': [3_840_755_982_336, 3_840_755_982_336],
    'disk.hdd-sizes': [],
    'nic.macs': ['ac:1f:6b:00:00:38'],
    'network.address': '192.168.122.9',
    'network.subnet': '192.168.122.0/24',
  },
  desktop: {
    manufacturer: 'LENOVO',
    model: '10M8S0XX00',
    'system.family': 'ThinkCentre M710q',
    'machine.kind': 'desktop',
    'chassis.type': 'Desktop',
    'firmware.kind': 'uefi',
    architecture: 'x86_64',
    'cpu.count': 1,
    'cpu.cores': 4,
    'memory.size': 8 * GIB,
    'disk.count': 1,
    'disk.sizes': [128_035_676_160],
    'disk.kinds': ['ssd'],
    'disk.transports': ['sata'],
    'nic.macs': ['6c:4b:90:00:00:50'],
    'network.address': '10.30.0.50',
    'network.subnet': '10.30.0.0/24',
    user: 'student',
  },
  vm: {
    manufacturer: 'QEMU',
    model: 'Standard PC (Q35 + ICH9, 2009)',
    'machine.kind': 'virtual',
    'firmware.kind': 'bios',
    architecture: 'x86_64',
    'cpu.count': 1,
    'cpu.cores': 2,
    'memory.size': 2 * GIB,
    'disk.count': 1,
    'disk.sizes': [8 * GIB],
    'disk.kinds': ['hdd'],
    'disk.transports': ['virtio'],
    'nic.macs': ['52:54:00:12:34:56'],
    'nic.drivers': ['virtio_net'],
    'network.address': '192.168.122.77',
    'network.subnet': '192.168.122.0/24',
  },
  /** Heard on the wire and not read yet. */
  heard: { 'network.boot-mac': '52:54:00:00:00:99' },
} satisfies Readonly<Record<string, Values>>;
export type Name = keyof typeof MACHINES;
const NAMES = Object.keys(MACHINES) as readonly Name[];

const INDEXES = new Map(
  NAMES.map((name) => [
    name,
    indexFacts(
      Object.entries<Fact['value']>(MACHINES[name]).map(([fact, value]) => ({ name: fact, value, source: 'test', filler: false })),
    ),
  ]),
);

export const t = (fact: string, test: object): Condition => ({ fact, ...test }) as Condition;
export const all = (...parts: readonly Condition[]): Condition => ({ all: [...parts] });
export const any = (...parts: readonly Condition[]): Condition => ({ any: [...parts] });
export const none = (...parts: readonly Condition[]): Condition => ({ none: [...parts] });

/** Tool, and rule as it writes it; ours; for whom it holds; for whom it is open. Of all others it is not true. */
export type Rule = readonly [tool: string, rule: string, ours: Condition, yes: readonly Name[], open: readonly Name[]];

/** Why ours is refused, or what it says of each machine; and what it should. */
export const judged = ([, , when, yes, open]: Rule): { readonly said: unknown; readonly due: unknown } => {
  const problems = policyProblems({ name: 'p', rank: 1, when, outcome: { kind: 'boot-local' } }, []);
  const truth = (name: Name): Truth => evaluate(when, INDEXES.get(name) ?? new Map()).truth;
  return {
    said: problems.length > 0 ? problems : NAMES.map((name) => [name, truth(name)]),
    due: NAMES.map((name) => [name, yes.includes(name) ? 'yes' : open.includes(name) ? 'unknown' : 'no']),
  };
};
