// `lshw -json` and `lshw -xml` as readings: system, board, firmware, processors, memory, disks, interfaces. PURE.
import type { Disk } from '../../protocol/disk.ts';
import type { Dmi, Inventory, NicReading } from '../../protocol/inventory.ts';
import { dashed, turnedRound } from '../filler-uuid.ts';
import { isRealBattery } from '../smbios/dmi.ts';
import { architectureOf, runningCores } from '../smbios/processors.ts';
import { CHASSIS_TYPES } from '../smbios/records.ts';
import { hasLittleEndianUuid, meantVersion } from '../smbios/structures.ts';
import type { Tree } from './json.ts';
import { flagAt, memberOf, numberAt, textAt, treesIn } from './json.ts';
import { diskOf } from './lshw-disks.ts';
import { MAX_NODES, capabilitiesOf, isCalled, nameOf, nodesOf, parentsOf, settingsOf } from './lshw-tree.ts';

export type LshwReading = Pick<Inventory, 'dmi' | 'cpu' | 'memory'> & {
  readonly disks: readonly Disk[];
  readonly nics: readonly NicReading[];
  readonly pciAddresses: readonly string[];
};

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

/**
 * Up to 2.18 lshw wrote the bytes in capitals and as they stand, since then in small letters and turned round, whatever the table's
 * version. A UUID of nothing but digits is taken for the newer's.
 */
const uuidOf = (root: Tree): string | null => {
  const uuid = textAt(settingsOf(root), 'uuid');
  const told = capabilitiesOf(root).map((name) => /^smbios-(\d{1,2})\.(\d{1,2})/.exec(name));
  const [, major, minor] = told.find((one) => one !== null) ?? [];
  const hex = uuid?.replaceAll('-', '').toLowerCase() ?? '';
  if (uuid === null || major === undefined || !/^[0-9a-f]{32}$/.test(hex)) return uuid?.toLowerCase() ?? null;
  const isTurned = uuid === uuid.toLowerCase();
  return dashed(isTurned === hasLittleEndianUuid(meantVersion(Number(major), Number(minor))) ? hex : turnedRound(hex));
};

const HOST_BOARDS = ['Server Blade', 'Motherboard'];

/** A machine of several boards has a node for each, and one above them that says nothing. */
const boardOf = (nodes: readonly Tree[]): Tree => {
  const boards = nodes.filter(
    (node) => ['core', 'board'].some((name) => isCalled(node, name)) && ['vendor', 'product', 'serial'].some((name) => textAt(node, name)),
  );
  return boards.find((board) => HOST_BOARDS.includes(textAt(board, 'description') ?? '')) ?? boards[0] ?? {};
};

const dmiOf = (root: Tree, nodes: readonly Tree[]): Dmi => {
  const settings = settingsOf(root);
  const board = boardOf(nodes);
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
      uuid: uuidOf(root),
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
      ...(textAt(board, 'description') === 'Server Blade' ? { kind: 'Server Blade' } : {}),
    },
    chassis: { manufacturer: null, type: chassisTypeOf(textAt(settings, 'chassis')), version: null, serial: null, assetTag: null },
    ...(nodes.some(isBattery) ? { hasBattery: true as const } : {}),
    processorIds: [],
    oemStrings: [],
    oemRecords: [],
  };
};

/** lshw calls an Arm processor by its family and part number, and has its name as the version. */
const modelOf = (processor: Tree): string | null => {
  const product = textAt(processor, 'product');
  const version = textAt(processor, 'version');
  return (version !== null && /^armv\d/i.test(product ?? '') ? version : product)?.replace(/\s+/g, ' ') ?? null;
};

const cpuArchitecture = (processor: Tree): string => {
  const able = capabilitiesOf(processor);
  if (able.includes('x86-64')) return 'x86_64';
  if (able.includes('asimd')) return 'aarch64';
  const makers = ['vendor', 'product', 'version'].map((name) => textAt(processor, name) ?? '').join(' ');
  return architectureOf(makers, able.includes('lm'));
};

const cpuOf = (nodes: readonly Tree[]): Inventory['cpu'] => {
  const processors = nodes.filter(
    (node) => textAt(node, 'class') === 'processor' && !flagAt(node, 'disabled') && textAt(node, 'product') !== null,
  );
  const [first] = processors;
  if (first === undefined) return null;
  const sum = (name: string): number => processors.reduce((total, node) => total + (numberAt(settingsOf(node), name) ?? 0), 0);
  const cores = processors.reduce((total, node) => {
    const [count, enabled, threads] = ['cores', 'enabledcores', 'threads'].map((name) => numberAt(settingsOf(node), name) ?? 0);
    return total + runningCores(count ?? 0, enabled ?? 0, threads ?? 0);
  }, 0);
  // Without SMBIOS lshw has a node for each thread, and nothing that tells how many of them are one processor.
  const areThreads =
    processors.length > 1 && cores === 0 && !processors.some((node) => textAt(node, 'handle')?.startsWith('DMI:') === true);
  const vendor = textAt(first, 'vendor');
  return {
    vendor: /intel/i.test(vendor ?? '') ? 'GenuineIntel' : /amd|advanced micro/i.test(vendor ?? '') ? 'AuthenticAMD' : vendor,
    model: modelOf(first),
    signature: null,
    sockets: areThreads ? 0 : processors.length,
    cores,
    threads: sum('threads'),
    architecture: cpuArchitecture(first),
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
  const arrays = nodes.filter((node) => isCalled(node, 'memory') && textAt(node, 'handle')?.startsWith('PCI') !== true);
  const sizeBytes = Math.max(
    modules.reduce((sum, module) => sum + module.sizeBytes, 0),
    arrays.reduce((sum, array) => sum + (numberAt(array, 'size') ?? 0), 0),
  );
  return sizeBytes === 0 ? null : { sizeBytes, modules: modules.slice(0, 1024), ...(banks.length === 0 ? {} : { sockets: banks.length }) };
};

const pciAddressOf = (node: Tree): string | null =>
  /^pci@([0-9a-f:.]{7,16})$/i.exec(textAt(node, 'businfo') ?? '')?.[1]?.toLowerCase() ?? null;

/** Of virtual machines' interfaces that lshw shows no bus of. */
const WITHOUT_BUS = ['virtio_net', 'hv_netvsc', 'vif', 'xen_netfront', 'ibmveth'];

const nicOf = (node: Tree): readonly NicReading[] => {
  const mac = textAt(node, 'serial')?.toLowerCase() ?? '';
  if (textAt(node, 'class') !== 'network' || !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) return [];
  const speed = numberAt(node, 'size') ?? numberAt(node, 'capacity');
  const driver = textAt(settingsOf(node), 'driver');
  // Bridges, bonds and tunnels have no bus.
  if (textAt(node, 'businfo') === null && !WITHOUT_BUS.includes(driver ?? '')) return [];
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
  const parents = parentsOf(nodes);
  return {
    dmi: root === null ? null : dmiOf(root, nodes),
    cpu: cpuOf(nodes),
    memory: memoryOf(nodes),
    disks: nodes.flatMap((node) => diskOf(node, parents)).slice(0, 512),
    nics: nodes.flatMap(nicOf).slice(0, 256),
    pciAddresses: nodes.flatMap((node) => pciAddressOf(node) ?? []),
  };
};
