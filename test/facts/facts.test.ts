// Facts of every make in the software rack: named as the catalogue names them, of its types, and unique where they must be.
import { describe, expect, test } from 'vitest';
import { ownDisks } from '../../agent/facts/device-facts.ts';
import { factsFrom } from '../../agent/facts/facts.ts';
import { readInventory } from '../../agent/inventory/read.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import type { Fact, FactType, FactValue } from '../../agent/protocol/facts.ts';
import { factDefinition, factSchema } from '../../agent/protocol/facts.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import { inventorySchema } from '../../agent/protocol/inventory.ts';
import { emptyInventory } from '../journey/fixtures.ts';
import type { HardwareKind, HardwareOptions } from '../rack/hardware.ts';
import { HARDWARE_KINDS, makeHardware } from '../rack/hardware.ts';

const inventoryOf = (kind: HardwareKind, index = 5, options: HardwareOptions = {}): Promise<Inventory> => {
  const { source, bootMac, architecture } = makeHardware(kind, index, options);
  return readInventory({ source, listDisks: async () => [], trustedKeys: new Map(), bootMac, architecture });
};

const valueOf = (facts: readonly Fact[], name: string): FactValue | undefined =>
  facts.find((fact) => fact.name === name && !fact.filler)?.value;
const isFillerFact = (facts: readonly Fact[], name: string): boolean | undefined => facts.find((fact) => fact.name === name)?.filler;

const hasType = (value: FactValue, type: FactType): boolean => {
  const each = (kind: string): boolean => Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === kind);
  if (type === 'text') return typeof value === 'string' && value !== '';
  if (type === 'flag') return typeof value === 'boolean';
  if (type === 'number' || type === 'bytes') return typeof value === 'number';
  return each(type === 'text-list' ? 'string' : 'number');
};

describe.each(HARDWARE_KINDS)('%s', (kind) => {
  test('gives an inventory without a failed source, and catalogued facts of the catalogued types', async () => {
    const inventory = await inventoryOf(kind);
    inventorySchema.parse(inventory);
    expect(inventory.problems.filter((problem) => problem.source !== 'firmware')).toEqual([]);
    const facts = factsFrom(inventory);
    const wrong: Fact[] = [];
    for (const fact of facts) {
      factSchema.parse(fact);
      const definition = factDefinition(fact.name);
      if (definition === null || !hasType(fact.value, definition.type)) wrong.push(fact);
    }
    expect(wrong).toEqual([]);
    expect(new Set(facts.map((fact) => fact.name)).size).toBe(facts.length);
    const needed = ['manufacturer', 'model', 'firmware.kind', 'cpu.id', 'cpu.cores', 'memory.size', 'nic.macs', 'network.boot-mac'];
    expect(needed.filter((name) => valueOf(facts, name) === undefined)).toEqual([]);
  });

  test('says what it is: UUID, slot, firmware, memory, network place', async () => {
    const hardware = makeHardware(kind, 5);
    const facts = factsFrom(await inventoryOf(kind));
    expect(facts.find((fact) => fact.name === 'system.uuid')?.value).toBe(hardware.uuid);
    expect(valueOf(facts, 'blade.slot') ?? null).toBe(hardware.bladeSlot);
    expect(valueOf(facts, 'chassis.enclosure') !== undefined).toBe(hardware.bladeSlot !== null);
    expect(valueOf(facts, 'firmware.kind')).toBe(hardware.firmware);
    expect(valueOf(facts, 'secure-boot')).toBe(hardware.secureBoot);
    expect(valueOf(facts, 'nic.macs')).toEqual(hardware.macs);
    expect(valueOf(facts, 'architecture')).toBe('x86_64');
    expect(valueOf(facts, 'network.address')).toBe('10.77.1.5');
    expect(valueOf(facts, 'network.subnet')).toBe('10.77.0.0/16');
    expect(valueOf(facts, 'network.switch')).toBe('rack-a-tor');
    expect(valueOf(facts, 'network.port')).toBe('Ethernet1/6');
    expect(valueOf(facts, 'network.vlan')).toBe(77);
  });

  test('differs from its neighbours in board serial or UUID, and in every MAC', () => {
    const seen = new Set<string>();
    for (let index = 0; index < 300; index++) {
      const { macs, option97 } = makeHardware(kind, index);
      expect(option97).toHaveLength(17);
      for (const mac of macs) {
        expect(seen.has(mac)).toBe(false);
        seen.add(mac);
      }
    }
  });
});

test('two machines of one make share no serial that is not filler, save for their enclosure', async () => {
  const shared: string[] = [];
  for (const kind of HARDWARE_KINDS) {
    const [one, other] = await Promise.all(
      [inventoryOf(kind, 1), inventoryOf(kind, 2)].map(async (inventory) => factsFrom(await inventory)),
    );
    for (const name of ['system.serial', 'system.uuid', 'board.serial']) {
      const value = valueOf(one ?? [], name);
      if (value !== undefined && value === valueOf(other ?? [], name)) shared.push(`${kind} ${name}`);
    }
  }
  expect(shared).toEqual([]);
});

describe('filler', () => {
  test('of a white box is shown and marked; its board serial is not', async () => {
    const facts = factsFrom(await inventoryOf('supermicro-whitebox'));
    expect(
      ['system.serial', 'chassis.serial', 'system.sku', 'system.family', 'asset.tag'].filter((name) => isFillerFact(facts, name) !== true),
    ).toEqual([]);
    expect(isFillerFact(facts, 'board.serial')).toBe(false);
    expect(isFillerFact(facts, 'system.uuid')).toBe(false);
  });
  test('of an unprogrammed desktop board covers serial and UUID', async () => {
    const facts = factsFrom(await inventoryOf('hp-desktop'));
    expect(['system.serial', 'system.uuid', 'chassis.serial'].filter((name) => isFillerFact(facts, name) !== true)).toEqual([]);
  });
  test('MACs of USB adapters do not name the machine beside a real one, and are filler alone', async () => {
    const inventory = await inventoryOf('qemu');
    const [real] = inventory.nics;
    if (real === undefined) throw new Error('no interface');
    const dongle = { ...real, name: 'usb0', mac: '00:e0:4c:12:34:56', permanentMac: '00:e0:4c:12:34:56', driver: 'r8152' };
    expect(valueOf(factsFrom({ ...inventory, nics: [real, dongle] }), 'nic.macs')).toEqual([real.mac]);
    expect(isFillerFact(factsFrom({ ...inventory, nics: [dongle] }), 'nic.macs')).toBe(true);
  });
});

describe('disks', () => {
  const disk = (serial: string, exclusions: Disk['exclusions'], sizeBytes = 1000): Disk => ({
    serial,
    wwn: null,
    sizeBytes,
    path: '/dev/sda',
    model: 'M',
    vendor: null,
    transport: 'sata',
    kind: 'ssd',
    logicalSectorBytes: 512,
    physicalSectorBytes: 4096,
    exclusions,
    content: null,
    provenance: { verdict: 'absent', osoid: null, manifestSha256: null, stationName: null, keyId: null, writtenAt: null },
    problem: null,
  });
  test('that come and go, or belong to others, are no facts of the machine', async () => {
    const disks = [
      disk('A1', []),
      disk('B2', ['raid-member']),
      disk('C3', ['removable']),
      disk('D4', ['virtual-media']),
      disk('E5', ['fibre-channel']),
    ];
    expect(ownDisks(disks).map((one) => one.serial)).toEqual(['A1', 'B2']);
    const facts = factsFrom({ ...(await inventoryOf('qemu')), disks });
    expect(valueOf(facts, 'disk.count')).toBe(2);
    expect(valueOf(facts, 'disk.total')).toBe(2000);
    expect(valueOf(facts, 'disk.sizes')).toEqual([1000, 1000]);
    expect(valueOf(facts, 'disk.serials')).toEqual(['A1', 'B2']);
    expect(valueOf(facts, 'disk.kinds')).toEqual(['ssd']);
  });
  test('have their sizes by kind too, where the kind of every one is known', async () => {
    const sized = (serial: string, sizeBytes: number, kind: Disk['kind'], transport: Disk['transport']): Disk => ({
      ...disk(serial, []),
      sizeBytes,
      kind,
      transport,
    });
    const disks = [sized('A1', 500, 'ssd', 'sata'), sized('B2', 2000, 'ssd', 'nvme'), sized('C3', 9000, 'hdd', 'sas')];
    const sizes = async (of: readonly Disk[]): Promise<readonly unknown[]> => {
      const facts = factsFrom({ ...(await inventoryOf('qemu')), disks: [...of] });
      return (['disk.nvme-sizes', 'disk.ssd-sizes', 'disk.hdd-sizes'] as const).map((name) => valueOf(facts, name));
    };
    expect(await sizes(disks)).toEqual([[2000], [500, 2000], [9000]]);
    expect(await sizes(disks.slice(0, 1))).toEqual([[], [500], []]);
    expect(await sizes([...disks, sized('D4', 1, 'unknown', 'nvme')])).toEqual([[2000, 1], undefined, undefined]);
    expect(await sizes([])).toEqual([undefined, undefined, undefined]);
  });
});

describe('network place', () => {
  test('is the boot interface’s, and unknown when only another one heard a switch', async () => {
    const inventory = await inventoryOf('dell-r640');
    const elsewhere = { ...inventory, lldp: inventory.lldp.map((neighbour) => ({ ...neighbour, nic: 'eno3' })) };
    expect(valueOf(factsFrom(elsewhere), 'network.switch')).toBeUndefined();
    expect(valueOf(factsFrom({ ...elsewhere, bootMac: null }), 'network.switch')).toBe('rack-a-tor');
  });
  test('is unknown where nothing speaks LLDP', async () => {
    const facts = factsFrom(await inventoryOf('qemu', 1, { lldp: null }));
    expect(facts.some((fact) => /^network\.(switch|port|vlan)$/.test(fact.name))).toBe(false);
  });
});

test('a machine that says nothing of itself still has facts', () => {
  expect(factsFrom(emptyInventory()).map((fact) => fact.name)).toEqual(['architecture', 'disk.count', 'disk.total']);
});

test('USB devices by id and by place; none where an older agent does not tell', async () => {
  const inventory = await inventoryOf('dell-r640');
  const usb = [
    { address: '1-1.2', id: '0529:0001', product: 'HASP HL', serial: null },
    { address: '2-3', id: '046b:ff10', product: null, serial: 'serial' },
  ];
  const facts = factsFrom({ ...inventory, usb });
  expect([valueOf(facts, 'usb.ids'), valueOf(facts, 'usb.addresses')]).toEqual([
    ['0529:0001', '046b:ff10'],
    ['1-1.2', '2-3'],
  ]);
  const { usb: _none, ...older } = inventory;
  expect(valueOf(factsFrom(inventorySchema.parse(older)), 'usb.ids')).toBeUndefined();
});
