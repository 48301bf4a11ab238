// What each make writes into its tables: field by field after dumps of real machines, filler and oddities included.
import type { SmbiosFields } from './smbios-build.ts';

export type MakeContext = {
  readonly index: number;
  /** Seven characters, unique. */
  readonly tag: string;
  /** 1 to 16. */
  readonly slot: number;
  /** Another unique code of this length. */
  readonly code: (length: number) => string;
};

export type Make = {
  readonly firmware: 'bios' | 'uefi';
  readonly secureBoot: boolean;
  readonly oui: string;
  readonly isBlade?: boolean;
  readonly smbiosVersion?: { readonly major: number; readonly minor: number };
  /** Where the make's UUID is not unique, or follows from something. */
  readonly uuid?: (index: number) => string;
  readonly smbios: (context: MakeContext) => SmbiosFields;
  readonly cpu: {
    readonly vendor: string;
    readonly model: string;
    readonly id: string;
    readonly family: number;
    readonly modelNumber: number;
    readonly stepping: number;
    readonly sockets: number;
    readonly coresPerSocket: number;
    readonly hyperThreading: boolean;
  };
  readonly memoryBytes: number;
  readonly memoryModules: number;
  readonly memoryMaker: string;
  readonly nics: {
    readonly prefix: string;
    readonly first: number;
    readonly ports: number;
    readonly bus: string;
    readonly pciId: string;
    readonly driver: string;
    readonly speedMbps: number;
  };
  readonly pci: readonly { readonly address: string; readonly id: string; readonly classCode: string; readonly driver: string | null }[];
  readonly kernelLog?: string;
  /** `ipmitool fru print 0` of a machine with a management controller. */
  readonly fru?: (tag: string) => string;
};

const GIB = 1024 ** 3;

const XEON_GOLD = {
  vendor: 'GenuineIntel',
  model: 'Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz',
  id: '54 06 05 00 FF FB EB BF',
  family: 6,
  modelNumber: 85,
  stepping: 4,
  sockets: 2,
  coresPerSocket: 16,
  hyperThreading: true,
} as const;

const BROADCOM = { prefix: 'eno', first: 1, ports: 4, bus: '19', pciId: '14e4:165f', driver: 'tg3', speedMbps: 1000 } as const;
const BLADE_NIC = { prefix: 'eno', first: 1, ports: 2, bus: '04', pciId: '14e4:168e', driver: 'bnx2x', speedMbps: 10_000 } as const;
const MEGARAID = { address: '0000:18:00.0', id: '1000:005d', classCode: '010400', driver: 'megaraid_sas' } as const;
const SMART_ARRAY = { address: '0000:5c:00.0', id: '9005:028f', classCode: '010400', driver: 'smartpqi' } as const;
const AHCI = { address: '0000:00:17.0', id: '8086:a182', classCode: '010601', driver: 'ahci' } as const;

export const MAKES = {
  'dell-r640': {
    firmware: 'uefi',
    secureBoot: true,
    oui: 'd0:94:66',
    cpu: XEON_GOLD,
    nics: BROADCOM,
    pci: [MEGARAID, AHCI],
    memoryBytes: 192 * GIB,
    memoryModules: 12,
    memoryMaker: '00CE00B300CE',
    smbios: ({ tag, code }) => ({
      bios: { vendor: 'Dell Inc.', version: '2.10.2', date: '02/24/2021' },
      system: {
        manufacturer: 'Dell Inc.',
        product: 'PowerEdge R640',
        serial: tag,
        sku: 'SKU=0716;ModelName=PowerEdge R640',
        family: 'PowerEdge',
      },
      boards: [{ manufacturer: 'Dell Inc.', product: '0RGP26', version: 'A03', serial: `.${tag}.CN74752${code(7)}.` }],
      chassis: { manufacturer: 'Dell Inc.', type: 0x17, serial: tag, assetTag: '' },
      oemStrings: ['Dell System', '5[0000]', '14[1]', '18[0]', '19[1]'],
    }),
    fru: (tag) =>
      `FRU Device Description : Builtin FRU Device (ID 0)\n Board Mfg             : DELL\n Board Serial          : CN747520${tag}\n Product Manufacturer  : DELL\n Product Name          : PowerEdge R640\n Product Serial        : ${tag}\n Product Asset Tag     : RACK-${tag}\n`,
  },
  'dell-m640': {
    firmware: 'uefi',
    secureBoot: false,
    isBlade: true,
    oui: '18:66:da',
    cpu: XEON_GOLD,
    nics: BLADE_NIC,
    pci: [MEGARAID],
    memoryBytes: 128 * GIB,
    memoryModules: 8,
    memoryMaker: 'Hynix',
    smbios: ({ tag, code, index, slot }) => ({
      bios: { vendor: 'Dell Inc.', version: '2.12.2', date: '07/14/2021' },
      system: {
        manufacturer: 'Dell Inc.',
        product: 'PowerEdge M640',
        version: 'Not Specified',
        serial: tag,
        sku: 'SKU=NotProvided;ModelName=PowerEdge M640',
      },
      boards: [
        {
          manufacturer: 'Dell Inc.',
          product: 'Not Specified',
          serial: 'Not Specified',
          location: `Slot ${String(slot).padStart(2, '0')}`,
          type: 13,
          features: 0x0c,
        },
        {
          manufacturer: 'Dell Inc.',
          product: '0PHY8D',
          version: 'A00',
          serial: `.${tag}.CN74750${code(7)}.${String(slot).padStart(2, '0')}.`,
          location: `Slot ${String(slot).padStart(2, '0')}`,
          type: 3,
          features: 0x1d,
        },
      ],
      // Sixteen blades share one enclosure, and its serial.
      chassis: { manufacturer: 'Dell Inc.', type: 0x19, version: 'PowerEdge M1000e', serial: `ENC${Math.floor(index / 16) + 1000}` },
      oemStrings: ['Dell System', '5[0000]'],
    }),
    kernelLog: '[    3.811034] bnx2x 0000:04:00.0: Direct firmware load for bnx2x/bnx2x-e2-7.13.21.0.fw failed with error -2\n',
  },
  'hpe-dl380': {
    firmware: 'uefi',
    secureBoot: true,
    oui: '20:67:7c',
    cpu: XEON_GOLD,
    nics: { ...BROADCOM, bus: '02', pciId: '14e4:1657' },
    pci: [SMART_ARRAY, AHCI],
    memoryBytes: 256 * GIB,
    memoryModules: 8,
    memoryMaker: 'HPE',
    smbios: ({ tag, code }) => ({
      bios: { vendor: 'HPE', version: 'U30', date: '07/16/2020' },
      system: { manufacturer: 'HPE', product: 'ProLiant DL380 Gen10', serial: `CZ${tag}X`, sku: '868703-B21', family: 'ProLiant' },
      boards: [{ manufacturer: 'HPE', product: 'ProLiant DL380 Gen10', serial: `PWNMQ0${code(8)}`, assetTag: '                ' }],
      chassis: { manufacturer: 'HPE', type: 0x17, serial: `CZ${tag}X`, assetTag: '                ' },
      oemStrings: ['PSF:                                                            ', 'Product ID: 868703-B21', 'OEM String:'],
    }),
  },
  'hp-bl460c': {
    firmware: 'bios',
    secureBoot: false,
    isBlade: true,
    oui: '9c:b6:54',
    cpu: { ...XEON_GOLD, coresPerSocket: 8 },
    nics: BLADE_NIC,
    pci: [SMART_ARRAY],
    memoryBytes: 64 * GIB,
    memoryModules: 4,
    memoryMaker: 'HP',
    smbiosVersion: { major: 2, minor: 8 },
    smbios: ({ tag, index, slot }) => ({
      bios: { vendor: 'HP', version: 'I36', date: '02/17/2017' },
      system: {
        manufacturer: 'HP',
        product: 'ProLiant BL460c Gen9',
        version: 'Not Specified',
        serial: `CZ${tag}B`,
        sku: '727021-B21',
        family: 'ProLiant',
      },
      boards: [{ manufacturer: 'HP', product: 'ProLiant BL460c Gen9', version: 'Not Specified', serial: `PDZVU0${tag}` }],
      chassis: { manufacturer: 'HP', type: 0x1c, version: 'Not Specified', serial: `CZ${tag}B` },
      oemRecords: [
        { type: 193, data: [1, 1, 0, 2, 3], strings: ['v2.42 (02/17/2017)', '         '] },
        {
          type: 204,
          // Rack name, enclosure name, enclosure model, server bay, bays, bays filled, enclosure serial.
          data: [1, 2, 3, 4, 16, 9, 5],
          strings: [
            'Rack_1',
            `OA-${Math.floor(index / 16) + 1}`,
            'BladeSystem c7000 DDR2 Onboard Administrator with KVM',
            `${slot}`,
            `CZ3${Math.floor(index / 16)}06RX0M`,
          ],
        },
      ],
    }),
  },
  'lenovo-sr630': {
    firmware: 'uefi',
    secureBoot: true,
    oui: '7c:d3:0a',
    cpu: XEON_GOLD,
    nics: { ...BROADCOM, prefix: 'ens1f', first: 0, bus: '98', pciId: '8086:1521', driver: 'igb' },
    pci: [MEGARAID],
    memoryBytes: 96 * GIB,
    memoryModules: 6,
    memoryMaker: 'Samsung',
    smbios: ({ tag, code }) => ({
      bios: { vendor: 'Lenovo', version: '-[IVE142E-2.30]-', date: '07/02/2019' },
      system: {
        manufacturer: 'Lenovo',
        product: 'ThinkSystem SR630 -[7X02CTO1WW]-',
        version: '07',
        serial: `J30${tag.slice(0, 5)}`,
        sku: '7X02CTO1WW',
        family: 'ThinkSystem',
      },
      boards: [{ manufacturer: 'Lenovo', product: '-[7X02CTO1WW]-', version: 'none', serial: `Z0${code(8)}`, location: 'none' }],
      chassis: { manufacturer: 'Lenovo', type: 0x17, version: 'none', serial: `J30${tag.slice(0, 5)}`, assetTag: 'none' },
    }),
  },
  'supermicro-whitebox': {
    firmware: 'bios',
    secureBoot: false,
    oui: 'ac:1f:6b',
    nics: { ...BROADCOM, ports: 2, bus: '01', pciId: '8086:1533', driver: 'igb' },
    pci: [AHCI],
    memoryBytes: 32 * GIB,
    memoryModules: 2,
    memoryMaker: 'Micron Technology',
    cpu: {
      vendor: 'GenuineIntel',
      model: 'Intel(R) Xeon(R) CPU E3-1240 v6 @ 3.70GHz',
      id: 'E9 06 09 00 FF FB EB BF',
      family: 6,
      modelNumber: 158,
      stepping: 9,
      sockets: 1,
      coresPerSocket: 4,
      hyperThreading: true,
    },
    smbios: ({ code }) => ({
      bios: { vendor: 'American Megatrends Inc.', version: '2.0b', date: '07/27/2017' },
      system: {
        manufacturer: 'Supermicro',
        product: 'Super Server',
        version: '0123456789',
        serial: '0123456789',
        sku: 'Default string',
        family: 'To be filled by O.E.M.',
      },
      // The board's own serial is the one field that this make fills.
      boards: [
        {
          manufacturer: 'Supermicro',
          product: 'X11SSM-F',
          version: '1.01',
          serial: `ZM17${code(8)}`,
          assetTag: 'Default string',
          location: 'Default string',
        },
      ],
      chassis: { manufacturer: 'Supermicro', type: 0x11, version: '0123456789', serial: '0123456789', assetTag: 'Default string' },
      oemStrings: ['Intel Skylake/Kaby Lake/Greenlow', 'Supermicro motherboard-X11 Series'],
    }),
  },
  qemu: {
    firmware: 'uefi',
    secureBoot: false,
    oui: '52:54:00',
    nics: { ...BROADCOM, prefix: 'enp0s', first: 3, ports: 1, bus: '00', pciId: '1af4:1000', driver: 'virtio_net' },
    pci: [],
    memoryBytes: 2 * GIB,
    memoryModules: 1,
    memoryMaker: 'QEMU',
    smbiosVersion: { major: 2, minor: 8 },
    cpu: {
      vendor: 'AuthenticAMD',
      model: 'QEMU Virtual CPU version 2.5+',
      id: '63 06 00 00 FD AB 81 07',
      family: 15,
      modelNumber: 107,
      stepping: 1,
      sockets: 1,
      coresPerSocket: 2,
      hyperThreading: false,
    },
    smbios: () => ({
      bios: { vendor: 'EFI Development Kit II / OVMF', version: '0.0.0', date: '02/06/2015' },
      system: { manufacturer: 'QEMU', product: 'Standard PC (Q35 + ICH9, 2009)', version: 'pc-q35-7.2' },
      chassis: { manufacturer: 'QEMU', type: 1, version: 'pc-q35-7.2' },
    }),
  },
  'fujitsu-rx2540': {
    firmware: 'uefi',
    secureBoot: true,
    oui: '90:1b:0e',
    cpu: { ...XEON_GOLD, coresPerSocket: 12 },
    nics: { ...BROADCOM, ports: 2, bus: '3d', pciId: '8086:37d2', driver: 'i40e' },
    pci: [MEGARAID],
    memoryBytes: 64 * GIB,
    memoryModules: 4,
    memoryMaker: 'SK Hynix',
    smbios: ({ tag, code }) => ({
      bios: { vendor: 'FUJITSU // American Megatrends Inc.', version: 'V5.0.0.12 R1.28.0 for D3384-A1x', date: '04/25/2018' },
      system: {
        manufacturer: 'FUJITSU',
        product: 'PRIMERGY RX2540 M4',
        version: 'GS01',
        serial: `YM6${tag.slice(0, 6)}`,
        sku: 'ABN:K1566-V401-101',
        family: 'SERVER',
      },
      boards: [{ manufacturer: 'FUJITSU', product: 'D3384-A1', version: 'S26361-D3384-A13 WGS04 GS02', serial: code(8) }],
      chassis: {
        manufacturer: 'FUJITSU',
        type: 0x17,
        version: 'RX2540M4R4',
        serial: `YM6${tag.slice(0, 6)}`,
        assetTag: 'System Asset Tag',
      },
    }),
  },
  'hp-desktop': {
    firmware: 'uefi',
    secureBoot: true,
    oui: 'c8:d9:d2',
    nics: { ...BROADCOM, prefix: 'enp0s31f', first: 6, ports: 1, bus: '00', pciId: '8086:15bb', driver: 'e1000e' },
    pci: [AHCI],
    memoryBytes: 16 * GIB,
    memoryModules: 2,
    memoryMaker: 'Samsung',
    cpu: {
      vendor: 'GenuineIntel',
      model: 'Intel(R) Core(TM) i5-9500 CPU @ 3.00GHz',
      id: 'EA 06 09 00 FF FB EB BF',
      family: 6,
      modelNumber: 158,
      stepping: 10,
      sockets: 1,
      coresPerSocket: 6,
      hyperThreading: false,
    },
    // A replaced board that nobody programmed: every one of them says the same.
    uuid: () => '03000200-0400-0500-0006-000700080009',
    smbios: ({ code }) => ({
      bios: { vendor: 'HP', version: 'R01 Ver. 02.08.01', date: '12/20/2021' },
      system: {
        manufacturer: 'HP',
        product: 'HP EliteDesk 800 G5 SFF',
        serial: 'System Serial Number',
        sku: 'To be filled by O.E.M.',
        family: '103C_53307F HP EliteDesk',
      },
      boards: [{ manufacturer: 'HP', product: '8595', version: 'KBC Version 08.98.00', serial: `PKV${code(11)}` }],
      chassis: { manufacturer: 'HP', type: 4, serial: 'None', assetTag: 'No Asset Tag' },
    }),
  },
  'quanta-x10': {
    firmware: 'bios',
    secureBoot: false,
    isBlade: true,
    oui: 'a8:1e:84',
    nics: { ...BROADCOM, ports: 2, bus: '02', pciId: '8086:10fb', driver: 'ixgbe', speedMbps: 10_000 },
    pci: [AHCI],
    memoryBytes: 32 * GIB,
    memoryModules: 2,
    memoryMaker: 'Samsung',
    cpu: {
      vendor: 'GenuineIntel',
      model: 'Intel(R) Xeon(R) CPU E3-1240 v6 @ 3.70GHz',
      id: 'E9 06 09 00 FF FB EB BF',
      family: 6,
      modelNumber: 158,
      stepping: 9,
      sockets: 1,
      coresPerSocket: 4,
      hyperThreading: true,
    },
    smbios: ({ tag, index, slot, code }) => ({
      bios: { vendor: 'American Megatrends Inc.', version: 'S3E_3B09.02', date: '02/23/2018' },
      system: {
        manufacturer: 'Quanta Cloud Technology Inc.',
        product: 'QuantaMicro X10E-9N',
        version: 'N/A',
        serial: `QTF${tag}`,
        sku: 'S3E',
        family: 'Default string',
      },
      boards: [
        {
          manufacturer: 'Quanta Cloud Technology Inc.',
          product: 'S3E-MB',
          version: '31S3EMB0010',
          serial: `CQ${code(9)}`,
          assetTag: 'N/A',
          location: `${slot}`,
        },
      ],
      chassis: {
        manufacturer: 'Quanta Cloud Technology Inc.',
        type: 0x17,
        version: '32S3ECAST00',
        serial: `QTFC${Math.floor(index / 16)}571402FD`,
        assetTag: 'N/A',
      },
      oemStrings: ['Default string', 'Default string'],
    }),
  },
} as const satisfies Record<string, Make>;
