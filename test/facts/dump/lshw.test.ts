// What lshw wrote of a machine, in each of its forms, gives the facts that the agent would have read there.
import { describe, expect, test } from 'vitest';
import { read, valuesOf } from './reading.ts';

const lshw = {
  id: 'node7',
  class: 'system',
  product: 'PowerEdge R640 (SKU=NotProvided)',
  vendor: 'Dell Inc.',
  serial: '7CT3X52',
  configuration: { chassis: 'rackmount', family: 'PowerEdge', sku: 'SKU=NotProvided', uuid: '44454C4C-4300-1054-8033-B7C04F583532' },
  children: [
    {
      id: 'core',
      class: 'bus',
      vendor: 'Dell Inc.',
      product: '0PHYDR',
      serial: '.7CT3X52.CN1.',
      children: [
        { id: 'firmware', class: 'memory', vendor: 'Dell Inc.', version: '2.1', date: '01/02/2020' },
        {
          id: 'cpu:0',
          class: 'processor',
          product: 'Xeon  Gold',
          vendor: 'Intel Corp.',
          configuration: { cores: '16', threads: '32' },
          capabilities: { 'x86-64': true },
        },
        {
          id: 'memory',
          class: 'memory',
          size: 64 * 2 ** 30,
          children: [
            { id: 'bank:0', class: 'memory', size: 64 * 2 ** 30, serial: 'M1' },
            { id: 'bank:1', class: 'memory' },
          ],
        },
        {
          id: 'network:0',
          class: 'network',
          logicalname: 'eno1',
          businfo: 'pci@0000:18:00.0',
          serial: 'e4:43:4b:00:00:01',
          capacity: 10_000_000_000,
          configuration: { driver: 'ixgbe' },
        },
        { id: 'disk', class: 'disk', logicalname: ['/dev/sda'], product: 'PERC', serial: 'D1', size: 1e12 },
      ],
    },
  ],
};
const asXml = (node: Record<string, unknown>): string => {
  const { id, class: kind, children = [], configuration = {}, capabilities = {}, ...rest } = node;
  const settings = Object.entries(configuration as object).map(([name, value]) => `<setting id="${name}" value="${String(value)}" />`);
  const able = Object.keys(capabilities as object).map((name) => `<capability id="${name}" />`);
  const plain = Object.entries(rest).map(([name, value]) => `<${name} units="x">${String(value).replace('&', '&amp;')}</${name}>`);
  const below = (children as Record<string, unknown>[]).map(asXml).join('\n');
  return `<node id="${String(id)}" class="${String(kind)}">${plain.join('')}<configuration>${settings.join('')}</configuration><capabilities>${able.join('')}</capabilities>${below}</node>`;
};
test('a battery tells that the machine is carried about, whatever the chassis says', () => {
  const kind = (battery: object): unknown => {
    const power = { id: 'battery', class: 'power', ...battery };
    const root = { id: 'box', class: 'system', vendor: 'Acme', configuration: { chassis: 'desktop' }, children: [power] };
    return valuesOf(read(JSON.stringify(root)), 'machine.kind')[0];
  };
  expect(kind({ vendor: 'SMP', product: 'DELL JHXPY53', capacity: 57530 })).toBe('laptop');
  expect(kind({ vendor: 'SMP', product: 'To Be Filled By O.E.M.', capacity: 57530 })).toBe('desktop');
});

test('cores that a setting has switched off do not count, as in a dmidecode text', () => {
  const processor = (enabledcores: string): object => ({
    id: 'cpu',
    class: 'processor',
    product: 'Xeon',
    vendor: 'Intel Corp.',
    configuration: { cores: '12', enabledcores, threads: '8' },
  });
  const cores = (enabled: string): unknown =>
    valuesOf(read(JSON.stringify({ id: 'box', class: 'system', vendor: 'Acme', children: [processor(enabled)] })), 'cpu.cores')[0];
  expect([cores('4'), cores('12'), cores('1')]).toEqual([4, 12, 12]);
});

test('a text that ends in a backslash, as lshw 2.18 writes it, is no broken JSON', () => {
  const text = '{\n  "id" : "box",\n  "class" : "system",\n  "product" : "R7 #\\",\n  "vendor" : "Acme"\n}\n';
  expect(valuesOf(read(text), 'manufacturer', 'model')).toEqual(['Acme', 'R7 #\\']);
});

describe('lshw', () => {
  test.each([
    ['pizzabox', 'Pizza Box', 'desktop'],
    ['low-profile', 'Low Profile Desktop', 'desktop'],
    ['space-saving', 'Space-saving', 'desktop'],
    ['lunchbox', 'Lunch Box', 'desktop'],
    ['sealed', 'Sealed-case PC', 'desktop'],
    ['sub-notebook', 'Sub Notebook', 'laptop'],
    ['handheld', 'Hand Held', 'laptop'],
    ['tablet', 'Tablet', 'laptop'],
    ['convertible', 'Convertible', 'laptop'],
    ['detachable', 'Detachable', 'laptop'],
    ['docking', 'Docking Station', null],
    ['server', 'Main Server Chassis', 'rack'],
    ['pci', 'CompactPCI', 'blade'],
    ['enclosure', 'Blade Enclosing', 'blade'],
  ])('calls a chassis %s', (word, type, kind) => {
    const machine = read(JSON.stringify({ ...lshw, product: 'Box', configuration: { chassis: word } }));
    expect(valuesOf(machine, 'chassis.type', 'machine.kind')).toEqual([type, kind]);
  });
  test('counts no chips of the firmware as memory, nor those that are no array of it', () => {
    const bank = (size: number, description: string): object => ({ id: 'bank', class: 'memory', size, description });
    const memory = (id: string, ...children: readonly object[]): object => ({ id, class: 'memory', children });
    const machine = read(
      JSON.stringify({
        ...lshw,
        children: [
          memory('memory', bank(8 * 2 ** 30, 'DIMM DDR3 Synchronous 1600 MHz'), bank(2 ** 23, 'Chip FLASH Non-volatile')),
          memory('flash', bank(2 ** 21, 'FLASH')),
          memory('video:0', bank(2 ** 24, 'Chip')),
        ],
      }),
    );
    expect(valuesOf(machine, 'memory.size', 'memory.modules', 'memory.sockets')).toEqual([8 * 2 ** 30, 1, 1]);
  });
  test.each([
    ['JSON', JSON.stringify(lshw)],
    ['JSON in a list', JSON.stringify([lshw])],
    ['JSON of nodes one after another', `${JSON.stringify(lshw)},\n${JSON.stringify({ id: 'x', class: 'generic' })},\n`],
    ['XML', `<?xml version="1.0"?>\n<!-- generated -->\n<list>${asXml(lshw)}</list>`],
  ])('as %s tells the whole machine', (_what, text) => {
    const machine = read(text);
    expect(
      valuesOf(machine, 'manufacturer', 'model', 'system.serial', 'system.uuid', 'board.model', 'machine.kind', 'architecture'),
    ).toEqual(['Dell Inc.', 'PowerEdge R640', '7CT3X52', '44454c4c-4300-1054-8033-b7c04f583532', '0PHYDR', 'rack', 'x86_64']);
    expect(valuesOf(machine, 'cpu.model', 'cpu.cores', 'memory.size', 'memory.sockets', 'nic.macs', 'nic.speeds', 'disk.serials')).toEqual([
      'Xeon Gold',
      16,
      64 * 2 ** 30,
      2,
      ['e4:43:4b:00:00:01'],
      [10_000],
      ['D1'],
    ]);
    expect(new Set(machine.facts.map((fact) => fact.source))).toEqual(new Set(['lshw', 'rules']));
  });
});
