// Facts: the named, typed, cleaned values that policies test. The catalogue is closed, save for what a person types
// (`input.NAME`), so that a policy naming an unknown fact is refused when it is saved.
import { z } from 'zod';

export type FactType = 'text' | 'number' | 'bytes' | 'flag' | 'text-list' | 'number-list' | 'bytes-list';

/** `values`: all that a reader ever tells, where it is one of a few words. */
export type FactDefinition = {
  readonly type: FactType;
  readonly title: string;
  readonly unit?: string;
  readonly values?: readonly string[];
};

/** Every fact an inventory can yield. SMBIOS names follow DSP0134; sizes are bytes, speeds Mbit/s. */
export const FACTS = {
  manufacturer: { type: 'text', title: 'Manufacturer' },
  model: { type: 'text', title: 'Model' },
  'system.serial': { type: 'text', title: 'System serial' },
  'system.uuid': { type: 'text', title: 'System UUID' },
  'system.sku': { type: 'text', title: 'SKU' },
  'system.family': { type: 'text', title: 'Family' },
  'system.version': { type: 'text', title: 'System version' },
  'asset.tag': { type: 'text', title: 'Asset tag' },
  'board.manufacturer': { type: 'text', title: 'Board manufacturer' },
  'board.model': { type: 'text', title: 'Board model' },
  'board.version': { type: 'text', title: 'Board version' },
  'board.serial': { type: 'text', title: 'Board serial' },
  'chassis.type': { type: 'text', title: 'Chassis type' },
  'chassis.manufacturer': { type: 'text', title: 'Chassis manufacturer' },
  'chassis.version': { type: 'text', title: 'Chassis version' },
  'chassis.serial': { type: 'text', title: 'Chassis serial' },
  'chassis.enclosure': { type: 'text', title: 'Blade enclosure' },
  'enclosure.serial': { type: 'text', title: 'Enclosure serial' },
  'enclosure.model': { type: 'text', title: 'Enclosure model' },
  'blade.slot': { type: 'text', title: 'Blade slot' },
  'blade.slot-text': { type: 'text', title: 'Blade slot as its maker wrote it' },
  'machine.kind': {
    type: 'text',
    title: 'Kind of machine (virtual, blade, node, rack, tower, desktop, laptop, other)',
    values: ['virtual', 'blade', 'node', 'rack', 'tower', 'desktop', 'laptop', 'other'],
  },
  'firmware.kind': { type: 'text', title: 'Firmware kind (bios or uefi)', values: ['bios', 'uefi'] },
  'firmware.vendor': { type: 'text', title: 'Firmware vendor' },
  'firmware.version': { type: 'text', title: 'Firmware version' },
  'firmware.date': { type: 'text', title: 'Firmware date' },
  'secure-boot': { type: 'flag', title: 'Secure Boot on' },
  'tpm.version': { type: 'text', title: 'TPM version' },
  architecture: { type: 'text', title: 'Architecture' },
  'cpu.id': { type: 'text', title: 'Processor id (CPUID)' },
  'cpu.vendor': { type: 'text', title: 'Processor vendor' },
  'cpu.model': { type: 'text', title: 'Processor model' },
  'cpu.count': { type: 'number', title: 'Processors' },
  'cpu.cores': { type: 'number', title: 'Cores' },
  'cpu.threads': { type: 'number', title: 'Threads' },
  'memory.size': { type: 'bytes', title: 'Memory' },
  'memory.modules': { type: 'number', title: 'Memory modules' },
  'memory.module-sizes': { type: 'bytes-list', title: 'Sizes of the memory modules' },
  'memory.sockets': { type: 'number', title: 'Memory sockets' },
  'disk.count': { type: 'number', title: 'Disks' },
  'disk.sizes': { type: 'bytes-list', title: 'Disk sizes' },
  'disk.total': { type: 'bytes', title: 'Disk space' },
  'disk.models': { type: 'text-list', title: 'Disk models' },
  'disk.serials': { type: 'text-list', title: 'Disk serials' },
  'disk.wwns': { type: 'text-list', title: 'Disk WWNs' },
  'disk.kinds': { type: 'text-list', title: 'Disk kinds (ssd, hdd)', values: ['ssd', 'hdd'] },
  'disk.transports': {
    type: 'text-list',
    title: 'Disk transports',
    values: ['nvme', 'sata', 'sas', 'scsi', 'usb', 'virtio', 'mmc'],
  },
  'disk.nvme-sizes': { type: 'bytes-list', title: 'Sizes of its NVMe disks' },
  'disk.ssd-sizes': { type: 'bytes-list', title: 'Sizes of its solid-state disks' },
  'disk.hdd-sizes': { type: 'bytes-list', title: 'Sizes of its turning disks' },
  'nic.macs': { type: 'text-list', title: 'Network interface ids (permanent MAC)' },
  'nic.current-macs': { type: 'text-list', title: 'MACs in use' },
  'nic.pci-ids': { type: 'text-list', title: 'PCI ids of network interfaces (vendor:device)' },
  'nic.pci-addresses': { type: 'text-list', title: 'PCI addresses of network interfaces' },
  'nic.drivers': { type: 'text-list', title: 'Network drivers' },
  'nic.speeds': { type: 'number-list', title: 'Network speeds', unit: 'Mbit/s' },
  'pci.ids': { type: 'text-list', title: 'PCI device ids (vendor:device)' },
  'pci.addresses': { type: 'text-list', title: 'PCI bus addresses' },
  'usb.ids': { type: 'text-list', title: 'USB device ids (vendor:product), hubs left out' },
  'usb.addresses': { type: 'text-list', title: 'USB bus addresses (bus-port)' },
  'network.boot-mac': { type: 'text', title: 'MAC it booted from' },
  'network.address': { type: 'text', title: 'Address' },
  'network.subnet': { type: 'text', title: 'Subnet' },
  'network.switch': { type: 'text', title: 'Switch (LLDP)' },
  'network.port': { type: 'text', title: 'Switch port (LLDP)' },
  'network.vlan': { type: 'number', title: 'VLAN' },
  'ipmi.asset': { type: 'text', title: 'IPMI FRU asset tag' },
  'ipmi.serial': { type: 'text', title: 'IPMI FRU serial' },
  role: { type: 'text', title: 'Role' },
  user: { type: 'text', title: 'User id' },
  'rack.position': { type: 'text', title: 'Rack position' },
} as const satisfies Record<string, FactDefinition>;

export type FactName = keyof typeof FACTS | `input.${string}`;

/** Definition of a fact, or null for a name that no inventory and no person can supply. */
export const factDefinition = (name: string): FactDefinition | null => {
  if (Object.hasOwn(FACTS, name)) return FACTS[name as keyof typeof FACTS];
  return /^input\.[a-z0-9-]{1,40}$/.test(name) ? { type: 'text', title: name.slice('input.'.length) } : null;
};

export const factValueSchema = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.array(z.number())]);
export type FactValue = z.infer<typeof factValueSchema>;

export const factSchema = z.object({
  name: z.string().max(64),
  value: factValueSchema,
  /** Where it was read: `smbios:1.serial`, `sysfs:block`, `lldp`, `person:NAME` … */
  source: z.string().max(120),
  /** Vendor filler ("To Be Filled By O.E.M."): shown, and never matched as if it were a fact. */
  filler: z.boolean(),
});
export type Fact = Readonly<z.infer<typeof factSchema>>;
