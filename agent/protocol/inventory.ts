// Raw readings of a target, one section per source. A source that could not be read is null and named in `problems`.
import { z } from 'zod';
import { diskSchema } from './disk.ts';

const text = z.string().max(1024).nullable();

/** SMBIOS structures 0 to 4, 11 and vendor records (DSP0134); strings as the vendor wrote them, filler included. */
export const dmiSchema = z.object({
  bios: z.object({ vendor: text, version: text, date: text }),
  system: z.object({ manufacturer: text, product: text, version: text, serial: text, uuid: text, sku: text, family: text }),
  board: z.object({
    manufacturer: text,
    product: text,
    version: text,
    serial: text,
    assetTag: text,
    location: text,
    kind: text.optional(),
  }),
  chassis: z.object({ manufacturer: text, type: text, version: text, serial: text, assetTag: text }),
  /** The enclosure around a blade, where a chassis structure of its own tells of it. */
  enclosure: z.object({ version: text, serial: text }).optional(),
  /** Structure 22 names a battery that is there: the machine is carried about. Absent from older agents. */
  hasBattery: z.literal(true).optional(),
  /** What structure 43 says, e.g. `2.0`. */
  tpmVersion: text.optional(),
  processorIds: z.array(z.string()).max(256),
  oemStrings: z.array(z.string()).max(256),
  /** Vendor records that name a bay: [type, strings]. */
  oemRecords: z.array(z.object({ type: z.number().int(), strings: z.array(z.string()) })).max(256),
});
export type Dmi = Readonly<z.infer<typeof dmiSchema>>;

export const cpuSchema = z.object({
  vendor: text,
  model: text,
  /** family/model/stepping as read from the processor, e.g. `6-85-4`. */
  signature: text,
  sockets: z.number().int().nonnegative(),
  cores: z.number().int().nonnegative(),
  threads: z.number().int().nonnegative(),
  architecture: z.string(),
});

export const memorySchema = z.object({
  sizeBytes: z.number().int().nonnegative(),
  modules: z
    .array(
      z.object({
        locator: text,
        sizeBytes: z.number().int().nonnegative(),
        manufacturer: text,
        partNumber: text,
        serial: text,
        speedMts: z.number().nullable(),
      }),
    )
    .max(1024),
  /** How many modules it takes. */
  sockets: z.number().int().nonnegative().optional(),
});

export const nicSchema = z.object({
  name: z.string(),
  mac: z.string(),
  permanentMac: z.string().nullable(),
  driver: text,
  speedMbps: z.number().nullable(),
  carrier: z.boolean().nullable(),
  pciAddress: text,
  pciId: text,
  addresses: z.array(z.string()),
});
export type NicReading = Readonly<z.infer<typeof nicSchema>>;

export const pciSchema = z.object({
  address: z.string(),
  /** `vvvv:dddd`, lower-case hex. */
  id: z.string(),
  classCode: z.string(),
  driver: text,
});

export const usbSchema = z.object({
  /** `BUS-PORT[.PORT…]`. */
  address: z.string(),
  /** `vvvv:pppp`, lower-case hex. */
  id: z.string(),
  product: text,
  serial: text,
});

export const lldpSchema = z.object({
  nic: z.string(),
  chassisId: text,
  systemName: text,
  portId: text,
  portDescription: text,
  vlan: z.number().int().nullable(),
});
export type LldpNeighbour = Readonly<z.infer<typeof lldpSchema>>;

export const firmwareSchema = z.object({
  kind: z.enum(['bios', 'uefi']),
  secureBoot: z.boolean().nullable(),
  setupMode: z.boolean().nullable(),
  bootCurrent: text,
  bootOrder: z.array(z.string()),
  /** `2.0` or `1.2` where the kernel found a TPM. */
  tpmVersion: text.optional(),
});

export const ipmiSchema = z.object({ fru: z.record(z.string(), z.string()) });

export const inventorySchema = z.object({
  architecture: z.string(),
  bootMac: text,
  address: text,
  subnet: text,
  dmi: dmiSchema.nullable(),
  cpu: cpuSchema.nullable(),
  memory: memorySchema.nullable(),
  firmware: firmwareSchema.nullable(),
  nics: z.array(nicSchema).max(256),
  pci: z.array(pciSchema).max(4096),
  /** Absent from older agents. */
  usb: z.array(usbSchema).max(256).optional(),
  lldp: z.array(lldpSchema).max(256),
  ipmi: ipmiSchema.nullable(),
  disks: z.array(diskSchema).max(512),
  problems: z.array(z.object({ source: z.string(), message: z.string() })).max(256),
});
export type Inventory = Readonly<z.infer<typeof inventorySchema>>;
