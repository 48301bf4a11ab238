// `lshw -json` and `lshw -xml` as readings: system, board, firmware, processors, memory, disks, interfaces. PURE.
import type { Disk } from '../../protocol/disk.ts';
import type { Dmi, Inventory, NicReading } from '../../protocol/inventory.ts';
import { isRealBattery } from '../smbios/dmi.ts';
import { runningCores } from '../smbios/processors.ts';
import { CHASSIS_TYPES } from '../smbios/records.ts';
import type { Tree } from './json.ts';
import { flagAt, listOf, memberOf, numberAt, textAt, treeOf, treesIn } from './json.ts';
import { recordedDisk } from './lsblk.ts';
import type { Element } from './xml.ts';

export type LshwReading = Pick<Inventory, 'dmi' | 'cpu' | 'memory'> & {
  readonly disks: readonly Disk[];
  readonly nics: readonly NicReading[];
  readonly pciAddresses: readonly string[];
};

const MAX_NODES = 8192;

/** Every node below and with this one, in the order of the file. */
const nodesOf = (root: Tree): readonly Tree[] => {
  const found: Tree[] = [];
  const waiting: Tree[] = [root];
  for (let node = waiting.pop(); node !== undefined && found.length < MAX_NODES; node = waiting.pop()) {
    found.push(node);
    waiting.push(...treesIn(memberOf(node, 'children')).toReversed());
  }
  return found;
};

const settingsOf = (node: Tree): Tree => treeOf(memberOf(node, 'configuration')) ?? {};

/** lshw writes the chassis in its own word, in the order of SMBIOS, and nothing of those without one. */
const CHASSIS_WORDS = (
  '|||desktop|low-profile|pizzabox|mini-tower|tower|portable|laptop|notebook|handheld|docking|all-in-one|sub-notebook|' +
  'space-saving|lunchbox|server|expansion|sub|bus-expansion|peripheral|raid|rackmount|sealed|multi-system|pci|tca|blade|' +
  'enclosure|tablet|convertible|detachable'
).split('|');

const chassisTypeOf = (word: string | null): string | null => (word === null ? null : (CHASSIS_TYPES[CHASSIS_WORDS.indexOf(word)] ?? null));

const isBattery = (node: Tree): boolean =>
  textAt(node, 'class') === 'power' &&
  textAt(node, 'id')?.startsWith('battery') === true &&
  isRealBattery(textAt(node, 'vendor') ?? '', textAt(node, 'product') ?? '', (numberAt(node, 'capacity') ?? 0) > 0);

const dmiOf = (root: Tree, nodes: readonly Tree[]): Dmi => {
  const settings = settingsOf(root);
  const board = nodes.find((node) => textAt(node, 'id') === 'core') ?? {};
  const firmware = nodes.find((node) => textAt(node, 'id')?.startsWith('firmware') === true) ?? {};
  const sku = textAt(settings, 'sku');
  const product = textAt(root, 'product');
  return {
    bios: { vendor: textAt(firmware, 'vendor'), version: textAt(firmware, 'version'), date: textAt(firmware, 'date') },
    system: {
      manufacturer: textAt(root, 'vendor'),
      // It adds the SKU in brackets.
      product: sku !== null && product?.endsWith(` (${sku})`) === true ? product.slice(0, -sku.length - 3) : product,
      version: textAt(root, 'version'),
      serial: textAt(root, 'serial'),
      uuid: textAt(settings, 'uuid')?.toLowerCase() ?? null,
      sku,
      family: textAt(settings, 'family'),
    },
    board: {
      manufacturer: textAt(board, 'vendor'),
      product: textAt(board, 'product'),
      version: textAt(board, 'version'),
      serial: textAt(board, 'serial'),
      assetTag: null,
      location: textAt(board, 'slot'),
    },
    chassis: { manufacturer: null, type: chassisTypeOf(textAt(settings, 'chassis')), version: null, serial: null, assetTag: null },
    ...(nodes.some(isBattery) ? { hasBattery: true as const } : {}),
    processorIds: [],
    oemStrings: [],
    oemRecords: [],
  };
};

const cpuOf = (nodes: readonly Tree[]): Inventory['cpu'] => {
  const processors = nodes.filter(
    (node) => textAt(node, 'class') === 'processor' && memberOf(node, 'disabled') !== true && textAt(node, 'product') !== null,
  );
  const [first] = processors;
  if (first === undefined) return null;
  const sum = (name: string): number => processors.reduce((total, node) => total + (numberAt(settingsOf(node), name) ?? 0), 0);
  const cores = processors.reduce((total, node) => {
    const [count, enabled, threads] = ['cores', 'enabledcores', 'threads'].map((name) => numberAt(settingsOf(node), name) ?? 0);
    return total + runningCores(count ?? 0, enabled ?? 0, threads ?? 0);
  }, 0);
  const vendor = textAt(first, 'vendor');
  return {
    vendor: /intel/i.test(vendor ?? '') ? 'GenuineIntel' : /amd|advanced micro/i.test(vendor ?? '') ? 'AuthenticAMD' : vendor,
    model: textAt(first, 'product')?.replace(/\s+/g, ' ') ?? null,
    signature: null,
    sockets: processors.length,
    cores,
    threads: sum('threads'),
    architecture: memberOf(treeOf(memberOf(first, 'capabilities')) ?? {}, 'x86-64') === undefined ? '' : 'x86_64',
  };
};

/** Arrays of memory that no program runs in, and how lshw begins the description of a chip of that kind. */
const OTHER_ARRAY = /^(flash|nvram|video|cache)(:\d+)?$/;
const OTHER_CHIP = /\b(flash|rom|eeprom|feprom|eprom)\b/i;

const memoryOf = (nodes: readonly Tree[]): Inventory['memory'] => {
  const others = new Set(nodes.filter((node) => OTHER_ARRAY.test(textAt(node, 'id') ?? '')).flatMap(nodesOf));
  const isWorking = (bank: Tree): boolean => !others.has(bank) && !OTHER_CHIP.test(textAt(bank, 'description') ?? '');
  const banks = nodes.filter((node) => textAt(node, 'id')?.startsWith('bank') === true && isWorking(node));
  const modules = banks.flatMap((node) => {
    const sizeBytes = numberAt(node, 'size');
    if (sizeBytes === null || sizeBytes === 0) return [];
    return [
      {
        locator: textAt(node, 'slot'),
        sizeBytes,
        manufacturer: textAt(node, 'vendor'),
        partNumber: textAt(node, 'product'),
        serial: textAt(node, 'serial'),
        speedMts: null,
      },
    ];
  });
  const whole = nodes.find((node) => /^memory(:\d+)?$/.test(textAt(node, 'id') ?? '') && numberAt(node, 'size') !== null);
  const sizeBytes = Math.max(
    modules.reduce((sum, module) => sum + module.sizeBytes, 0),
    whole === undefined ? 0 : (numberAt(whole, 'size') ?? 0),
  );
  return sizeBytes === 0 ? null : { sizeBytes, modules: modules.slice(0, 1024), ...(banks.length === 0 ? {} : { sockets: banks.length }) };
};

/** `logicalname` is a text, or a list of them. */
const nameOf = (node: Tree): string => {
  const names = memberOf(node, 'logicalname');
  const first = Array.isArray(names) ? listOf(names)[0] : names;
  return typeof first === 'string' ? first.slice(0, 200) : '';
};

const pciAddressOf = (node: Tree): string | null =>
  /^pci@([0-9a-f:.]{7,16})$/i.exec(textAt(node, 'businfo') ?? '')?.[1]?.toLowerCase() ?? null;

const diskOf = (node: Tree): readonly Disk[] => {
  const sizeBytes = numberAt(node, 'size');
  const path = nameOf(node);
  if (textAt(node, 'class') !== 'disk' || sizeBytes === null || sizeBytes === 0 || /^\/dev\/(sr|cdrom|fd)/.test(path)) return [];
  const bus = textAt(node, 'businfo') ?? '';
  const transport = bus.startsWith('nvme@') ? 'nvme' : bus.startsWith('usb@') ? 'usb' : bus.startsWith('virtio@') ? 'virtio' : 'unknown';
  const isRemovable = transport === 'usb' || flagAt(treeOf(memberOf(node, 'capabilities')) ?? {}, 'removable');
  const model = textAt(node, 'product')?.replace(/\s+/g, ' ') ?? null;
  return [
    recordedDisk({
      sizeBytes,
      path,
      model,
      vendor: textAt(node, 'vendor'),
      serial: textAt(node, 'serial'),
      transport,
      logicalSectorBytes: numberAt(settingsOf(node), 'logicalsectorsize') || 512,
      physicalSectorBytes: numberAt(settingsOf(node), 'sectorsize') || 512,
      exclusions: isRemovable ? ['removable'] : [],
    }),
  ];
};

const nicOf = (node: Tree): readonly NicReading[] => {
  const mac = textAt(node, 'serial')?.toLowerCase() ?? '';
  if (textAt(node, 'class') !== 'network' || !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) return [];
  const speed = numberAt(node, 'size') ?? numberAt(node, 'capacity');
  const driver = textAt(settingsOf(node), 'driver');
  // Bridges, bonds and tunnels have no bus.
  if (textAt(node, 'businfo') === null && driver !== 'virtio_net') return [];
  return [
    {
      name: nameOf(node),
      mac,
      permanentMac: null,
      driver,
      speedMbps: speed === null || speed < 1e6 ? null : Math.round(speed / 1e6),
      carrier: null,
      pciAddress: pciAddressOf(node),
      pciId: null,
      addresses: [],
    },
  ];
};

/** The whole machine from its root node; null when the tree is not lshw's. `lshw -class` gives a list of nodes without a root. */
export const readLshw = (json: unknown): LshwReading | null => {
  const tops = treesIn(Array.isArray(json) ? json : [json]);
  const isNode = (node: Tree): boolean => typeof memberOf(node, 'id') === 'string' && typeof memberOf(node, 'class') === 'string';
  if (tops.length === 0 || !tops.every(isNode)) return null;
  const root = tops.find((node) => textAt(node, 'class') === 'system') ?? null;
  const nodes = tops.flatMap(nodesOf).slice(0, MAX_NODES);
  return {
    dmi: root === null ? null : dmiOf(root, nodes),
    cpu: cpuOf(nodes),
    memory: memoryOf(nodes),
    disks: nodes.flatMap(diskOf).slice(0, 512),
    nics: nodes.flatMap(nicOf).slice(0, 256),
    pciAddresses: nodes.flatMap((node) => pciAddressOf(node) ?? []),
  };
};

/** `lshw -xml` in the shape of `lshw -json`. */
export const lshwTree = (element: Element): unknown => {
  if (element.name === 'list') return element.children.filter((child) => child.name === 'node').map(lshwTree);
  const tree: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of element.attributes) tree[name] = value;
  const settings: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const child of element.children) {
    if (child.name === 'configuration')
      for (const setting of child.children) settings[setting.attributes.get('id') ?? ''] = setting.attributes.get('value') ?? '';
    else if (child.name === 'capabilities')
      tree['capabilities'] = Object.fromEntries(child.children.map((one) => [one.attributes.get('id') ?? '', one.text.trim() || true]));
    else if (child.name !== 'node' && !Object.hasOwn(tree, child.name)) tree[child.name] = child.text.trim();
  }
  return { ...tree, configuration: settings, children: element.children.filter((child) => child.name === 'node').map(lshwTree) };
};
