// What lshw's nodes of disks, processors, boards and interfaces tell, in the spelling of its versions.
import { describe, expect, test } from 'vitest';
import { read, valuesOf } from './reading.ts';

type Node = Record<string, unknown>;
const box = (children: readonly Node[], more: Node = {}): string =>
  JSON.stringify({ id: 'box', class: 'system', vendor: 'Acme', ...more, children });
const facts = (text: string, ...names: readonly string[]): unknown[] => valuesOf(read(text), ...names);

describe('disks', () => {
  const disk = (more: Node): Node => ({ id: 'disk', class: 'disk', businfo: 'scsi@0:0.0.0', logicalname: '/dev/sda', size: 1e12, ...more });
  test('of a drive that is taken out, or hangs on USB, are not the machine’s own', () => {
    const stick = disk({
      capabilities: { removable: 'support is removable' },
      children: [{ id: 'medium', class: 'disk', logicalname: '/dev/sda', size: 1e12 }],
    });
    const outside = { id: 'usb', class: 'bus', businfo: 'usb@1:3', configuration: { driver: 'uas' }, children: [disk({})] };
    const optical = disk({ id: 'cdrom', logicalname: ['/dev/dvdrw', '/dev/sr0'] });
    for (const node of [stick, outside, optical])
      expect(facts(box([node, disk({ serial: 'S1' })]), 'disk.serials', 'disk.count')).toEqual([['S1'], 1]);
  });
  test('on NVMe have the names of their controller', () => {
    const namespaces = [
      { id: 'namespace:0', class: 'disk', description: 'NVMe disk', logicalname: '/dev/ng0n1' },
      disk({
        id: 'namespace:1',
        businfo: 'nvme@0:1',
        logicalname: '/dev/nvme0n1',
        configuration: { wwid: 'eui.0025385B81B00A01', logicalsectorsize: '4096' },
      }),
    ];
    const nvme = { id: 'nvme', class: 'storage', businfo: 'pci@0000:01:00.0', product: 'SSD 980', serial: 'N1', children: namespaces };
    expect(facts(box([nvme]), 'disk.models', 'disk.serials', 'disk.wwns', 'disk.kinds', 'disk.transports', 'disk.count')).toEqual([
      ['SSD 980'],
      ['N1'],
      ['eui.0025385b81b00a01'],
      ['ssd'],
      ['nvme'],
      1,
    ]);
  });
  test('tell their transport by their controller’s driver, and that they turn', () => {
    const turning = disk({ capabilities: { '7200rpm': '7200 rotations per minute' } });
    const at = (driver: string): unknown[] =>
      facts(box([{ id: 'sata', class: 'storage', configuration: { driver }, children: [turning] }]), 'disk.transports', 'disk.kinds');
    expect([at('ahci'), at('mpt3sas'), at('megaraid_sas')]).toEqual([
      [['sata'], ['hdd']],
      [['sas'], ['hdd']],
      [null, ['hdd']],
    ]);
  });
});

describe('processors', () => {
  const cpu = (more: Node): Node => ({ id: 'cpu', class: 'processor', product: 'Xeon', vendor: 'Intel Corp.', ...more });
  test('that are switched off do not count, in XML either', () => {
    const node = (disabled: string): string =>
      `<node id="cpu" class="processor"${disabled}><product>Xeon</product><vendor>Intel Corp.</vendor></node>`;
    const text = `<list><node id="box" class="system">${node('')}${node(' disabled="true"')}</node></list>`;
    expect(facts(text, 'cpu.count')).toEqual([1]);
  });
  test('are not counted where each node is but a thread', () => {
    const two = (more: Node): unknown => facts(box([cpu(more), cpu(more)]), 'cpu.count')[0];
    expect([two({}), two({ handle: 'DMI:0400' }), two({ configuration: { cores: '4' } })]).toEqual([null, 2, 2]);
  });
  test('of Arm go by the name that stands in their version', () => {
    const arm = cpu({ product: 'ARMv8 (900-2G530)', vendor: 'NVIDIA', version: 'Grace A02', capabilities: { lm: '64-bit capable' } });
    expect(facts(box([arm]), 'cpu.model', 'architecture')).toEqual(['Grace A02', 'aarch64']);
    expect(facts(box([cpu({ product: 'cpu', vendor: null, capabilities: { asimd: true } })]), 'architecture')).toEqual(['aarch64']);
  });
});

test('memory in several arrays without banks adds up; a memory controller has none', () => {
  const array = (id: string, more: Node): Node => ({ id, class: 'memory', ...more });
  const arrays = [
    array('memory:0', { handle: 'DMI:1000', size: 2 ** 30 }),
    array('memory:1', { handle: 'DMI:1001', size: 2 ** 30 }),
    array('memory:2', { handle: 'PCI:0000:00:14.2', size: 2 ** 24 }),
  ];
  expect(facts(box(arrays), 'memory.size')).toEqual([2 ** 31]);
});

test('one of several boards speaks for the machine', () => {
  const board = (id: string, description: string, product: string): Node => ({
    id,
    class: 'bus',
    description,
    product,
    serial: `S-${product}`,
  });
  const core = {
    id: 'core',
    class: 'bus',
    description: 'Motherboard',
    children: [board('board:0', 'Interconnect Board', 'Riser'), board('board:1', 'Server Blade', 'Main')],
  };
  expect(facts(box([core]), 'board.model', 'board.serial', 'machine.kind')).toEqual(['Main', 'S-Main', 'blade']);
});

test('an interface of a virtual machine has no bus, nor has a bridge', () => {
  const nic = (driver: string): Node => ({ id: 'network', class: 'network', serial: '00:15:5d:00:11:a0', configuration: { driver } });
  expect([facts(box([nic('hv_netvsc')]), 'nic.macs'), facts(box([nic('bridge')]), 'nic.macs')]).toEqual([[['00:15:5d:00:11:a0']], [null]]);
});

test.each([
  ['2.8', '44454C4C-4300-1054-8033-B7C04F583532', '4c4c4544-0043-5410-8033-b7c04f583532'],
  ['2.8', '4c4c4544-0043-5410-8033-b7c04f583532', '4c4c4544-0043-5410-8033-b7c04f583532'],
  ['2.4', '44454C4C-4300-1054-8033-B7C04F583532', '44454c4c-4300-1054-8033-b7c04f583532'],
  ['2.31', '4c4c4544-0043-5410-8033-b7c04f583532', '44454c4c-4300-1054-8033-b7c04f583532'],
])('of version %s the UUID %s is what dmidecode prints', (version, uuid, printed) => {
  expect(facts(box([], { configuration: { uuid }, capabilities: { [`smbios-${version}`]: 'SMBIOS' } }), 'system.uuid')).toEqual([printed]);
});
