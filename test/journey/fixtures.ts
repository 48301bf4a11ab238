// Inventories, disks and images for tests, each whole and valid, with only what a test is about to be given.
import type { Disk } from '../../agent/protocol/disk.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { JobResult } from '../../agent/protocol/messages.ts';
import type { Policy } from '../../preload/contract/policy.ts';
import type { ImageView } from '../../preload/contract/views.ts';

export const hash = (letter: string): string => letter.repeat(64);

export const blankContent = (letter: string): NonNullable<Disk['content']> => ({
  hash: hash(letter),
  table: 'none',
  partitions: [],
  signatures: [],
  recognisedOs: null,
  blank: true,
});

export const disk = (change: Partial<Disk> = {}): Disk => ({
  serial: 'DISK-1',
  wwn: '0x5000c500a1b2c3d4',
  sizeBytes: 480e9,
  path: '/dev/sda',
  model: 'SSD',
  vendor: null,
  transport: 'sata',
  kind: 'ssd',
  logicalSectorBytes: 512,
  physicalSectorBytes: 4096,
  exclusions: [],
  content: blankContent('1'),
  provenance: { verdict: 'absent', osoid: null, manifestSha256: null, stationName: null, keyId: null, writtenAt: null },
  problem: null,
  ...change,
});

/** Of a machine that says nothing of itself. */
export const emptyInventory = (change: Partial<Inventory> = {}): Inventory => ({
  architecture: 'x86_64',
  bootMac: null,
  address: null,
  subnet: null,
  dmi: null,
  cpu: null,
  memory: null,
  firmware: null,
  nics: [],
  pci: [],
  lldp: [],
  ipmi: null,
  disks: [],
  problems: [],
  ...change,
});

export const inventory = (change: Partial<Inventory> & { readonly serial?: string | null; readonly mac?: string } = {}): Inventory => {
  const { serial = 'SERIAL-1', mac = '52:54:00:00:00:01', ...rest } = change;
  return emptyInventory({
    bootMac: mac,
    address: '10.20.0.5',
    subnet: '10.20.0.0/24',
    dmi: {
      bios: { vendor: null, version: null, date: null },
      system: { manufacturer: 'Dell Inc.', product: 'PowerEdge R740', version: null, serial, uuid: null, sku: null, family: null },
      board: { manufacturer: null, product: null, version: null, serial: null, assetTag: null, location: null },
      chassis: { manufacturer: null, type: null, version: null, serial: null, assetTag: null },
      processorIds: [],
      oemStrings: [],
      oemRecords: [],
    },
    memory: { sizeBytes: 64 * 2 ** 30, modules: [] },
    firmware: { kind: 'uefi', secureBoot: true, setupMode: false, bootCurrent: null, bootOrder: [] },
    nics: [
      { name: 'eth0', mac, permanentMac: mac, driver: 'igb', speedMbps: 1000, carrier: true, pciAddress: null, pciId: null, addresses: [] },
    ],
    disks: [disk()],
    ...rest,
  });
};

/** The few facts these tests need; the agent's own mapping has its own tests. */
export const factsFrom = (read: Inventory): readonly Fact[] => {
  const fact = (name: string, value: Fact['value'] | null | undefined): readonly Fact[] =>
    value === null || value === undefined ? [] : [{ name, value, source: 'test', filler: value === 'To be filled by O.E.M.' }];
  return [
    ...fact('manufacturer', read.dmi?.system.manufacturer),
    ...fact('model', read.dmi?.system.product),
    ...fact('system.serial', read.dmi?.system.serial),
    ...fact('memory.size', read.memory?.sizeBytes),
    ...fact(
      'nic.macs',
      read.nics.map((nic) => nic.permanentMac ?? nic.mac),
    ),
    ...fact(
      'disk.serials',
      read.disks.flatMap((one) => one.serial ?? []),
    ),
  ];
};

export const image = (letter: string, change: Partial<ImageView> = {}): ImageView => ({
  osoid: hash(letter),
  manifestSha256: hash('e'),
  name: `image-${letter}`,
  revision: 1,
  labels: { os: 'debian' },
  createdAt: '2026-01-01T00:00:00Z',
  diskSizeBytes: 8e9,
  dataBytes: 2e9,
  storedBytes: 1e9,
  logicalSectorBytes: 512,
  firmware: 'uefi',
  architecture: 'x86_64',
  secureBootTrusted: true,
  table: 'gpt',
  partitions: [],
  trust: 'trusted',
  keyId: 'k',
  publicKey: 'p',
  notes: '',
  ...change,
});

export const policy = (change: Partial<Policy> = {}): Policy => ({
  name: 'everything',
  rank: 100,
  when: { all: [] },
  outcome: { kind: 'deploy', osoid: hash('a') },
  consent: 'ask',
  limit: null,
  whenUnknown: 'ask',
  replaceExisting: false,
  note: '',
  ...change,
});

export const jobResult = (osoid: string): JobResult => ({
  osoid,
  bytesTotal: 8e9,
  bytesInPlace: 0,
  bytesFetched: 1e9,
  bytesWritten: 2e9,
  bytesVerified: 8e9,
  seconds: 60,
  rewrittenRanges: [],
  localBoot: { kind: 'uefi', espUuid: 'AAAA-BBBB', loaderPath: null },
});
