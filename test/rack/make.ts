// What a make of the software rack is made of, and parts that several makes share.
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

export const GIB = 1024 ** 3;

export const XEON_GOLD = {
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

export const BROADCOM = { prefix: 'eno', first: 1, ports: 4, bus: '19', pciId: '14e4:165f', driver: 'tg3', speedMbps: 1000 } as const;
export const BLADE_NIC = { prefix: 'eno', first: 1, ports: 2, bus: '04', pciId: '14e4:168e', driver: 'bnx2x', speedMbps: 10_000 } as const;
export const MEGARAID = { address: '0000:18:00.0', id: '1000:005d', classCode: '010400', driver: 'megaraid_sas' } as const;
export const SMART_ARRAY = { address: '0000:5c:00.0', id: '9005:028f', classCode: '010400', driver: 'smartpqi' } as const;
export const AHCI = { address: '0000:00:17.0', id: '8086:a182', classCode: '010601', driver: 'ahci' } as const;
