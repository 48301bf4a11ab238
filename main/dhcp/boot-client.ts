// Who is asking, as far as a DHCP packet tells (RFC 4578, UEFI 2.x HTTP boot), and what it may be told to boot. Pure: main/boot
// produces the answer, main/dhcp puts it into options.
import { architectureOf, machineUuidOf, OPTION, textOption, userClassOf } from './options.ts';
import { macOf, NO_ADDRESS, type DhcpPacket } from './packet.ts';
import type { Silence } from './silence.ts';

export type BootFirmware = 'bios' | 'uefi' | 'uefi-http' | 'ipxe' | 'u-boot' | 'agent' | 'other';

export type BootClient = {
  /** Lower-case colon form. */
  readonly mac: string;
  /** Option 93, RFC 4578: 0 BIOS, 7 and 9 x64 UEFI, 11 ARM64 UEFI, 16 x64 UEFI HTTP; null when the client does not say. */
  readonly architecture: number | null;
  /** `ipxe` wins over `bios`/`uefi` (option 93 still tells which); `other` is an operating system or anything that does not boot. */
  readonly firmware: BootFirmware;
  readonly vendorClass: string | null;
  readonly userClass: string | null;
  /** Option 97 in the byte order of /sys/class/dmi/id/product_uuid. */
  readonly uuid: string | null;
  /** The address the client already uses, or the one this exchange gives it. */
  readonly address: string | null;
};

export type BootAnswer =
  /** A file by TFTP from `server`; iPXE also takes a URL as `bootFile`. */
  | { readonly kind: 'pxe'; readonly bootFile: string; readonly server: string }
  /** UEFI HTTP boot. */
  | { readonly kind: 'http'; readonly url: string }
  /** Our own agent asking from a stick: its `rackside.*` words. */
  | { readonly kind: 'agent'; readonly words: string }
  /** Not to be booted. */
  | { readonly kind: 'none'; readonly silence: Silence };

export const AGENT_VENDOR_CLASS = 'rackside-agent';
/** Our own foreign-server probe, which another station must answer so that two stations find each other. */
export const PROBE_VENDOR_CLASS = 'rackside-probe';

/** Its vendor class says so, or, where it asks as firmware would, its user class. */
export const isProbe = ({ vendorClass, userClass }: BootClient): boolean => [vendorClass, userClass].includes(PROBE_VENDOR_CLASS);

/** @param address what the client has or is about to get; its own ciaddr when omitted. */
export const bootClientOf = (packet: DhcpPacket, address?: string): BootClient => {
  const vendorClass = textOption(packet, OPTION.vendorClass);
  const userClass = userClassOf(packet);
  const architecture = architectureOf(packet);
  const known = address ?? packet.clientAddress;
  return {
    mac: macOf(packet),
    architecture,
    firmware: firmwareOf(vendorClass, userClass, architecture),
    vendorClass,
    userClass,
    uuid: machineUuidOf(packet),
    address: known === NO_ADDRESS ? null : known,
  };
};

const firmwareOf = (vendorClass: string | null, userClass: string | null, architecture: number | null): BootFirmware => {
  if (vendorClass?.startsWith(AGENT_VENDOR_CLASS)) return 'agent';
  if (userClass?.split(',').includes('iPXE')) return 'ipxe';
  if (vendorClass?.startsWith('HTTPClient')) return 'uefi-http';
  // It says its architecture as PXE does, under a class of its own (`U-Boot.armv8`); without one it is some board's own script.
  if (vendorClass?.startsWith('U-Boot') && architecture !== null) return 'u-boot';
  if (!vendorClass?.startsWith('PXEClient')) return 'other';
  // RFC 4578 and the IANA list: 0 and 1 are PC BIOS, everything else that speaks PXE is some EFI.
  return architecture === null || architecture <= 1 ? 'bios' : 'uefi';
};
