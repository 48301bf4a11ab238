// The DHCP options we speak, read from and written as typed values: RFC 2132, 3004 (user class), 3046 (relay information),
// 4578 (PXE: 93, 94, 97), 5859 (150), 6842 (client id echo). A malformed option reads as null: a client's slip must not cost it its answer.
import { formatIpv4, parseIpv4 } from '../network/ipv4.ts';
import type { DhcpPacket } from './packet.ts';

export const OPTION = {
  subnetMask: 1,
  router: 3,
  domainNameServer: 6,
  hostName: 12,
  domainName: 15,
  vendorInformation: 43,
  requestedAddress: 50,
  leaseSeconds: 51,
  messageType: 53,
  serverId: 54,
  parameterList: 55,
  message: 56,
  maximumSize: 57,
  renewalSeconds: 58,
  rebindingSeconds: 59,
  vendorClass: 60,
  clientId: 61,
  tftpServerName: 66,
  bootFileName: 67,
  userClass: 77,
  relayInformation: 82,
  architecture: 93,
  networkInterface: 94,
  machineId: 97,
  domainSearch: 119,
  tftpServerAddress: 150,
  ipxeFeatures: 175,
  /** Site-specific: the agent's `rackside.*` words, one string. */
  agentWords: 224,
} as const;

/** RFC 2132 section 9.6. */
const messageTypes = ['discover', 'offer', 'request', 'decline', 'ack', 'nak', 'release', 'inform'] as const;
export type DhcpMessage = (typeof messageTypes)[number];

/** Null for plain BOOTP and for types we do not speak. */
export const messageType = (packet: DhcpPacket): DhcpMessage | null => {
  const value = packet.options.get(OPTION.messageType);
  return value?.byteLength === 1 ? (messageTypes[(value[0] ?? 0) - 1] ?? null) : null;
};

export const messageTypeOption = (type: DhcpMessage): Uint8Array => Uint8Array.of(messageTypes.indexOf(type) + 1);

const bigEndian = (bytes: Uint8Array): number => bytes.reduce((value, byte) => value * 256 + byte, 0);

/** An unsigned number of exactly `sizeBytes` (1, 2 or 4). */
export const numberOption = (packet: DhcpPacket, code: number, sizeBytes: 1 | 2 | 4): number | null => {
  const value = packet.options.get(code);
  return value?.byteLength === sizeBytes ? bigEndian(value) : null;
};

export const addressOption = (packet: DhcpPacket, code: number): string | null => {
  const value = numberOption(packet, code, 4);
  return value === null ? null : formatIpv4(value);
};

/** Text without trailing NULs (RFC 2132 section 2: some clients send one); control characters become U+FFFD. Null when absent or empty. */
export const textOption = (packet: DhcpPacket, code: number): string | null => {
  const value = packet.options.get(code);
  if (value === undefined) return null;
  const text = Buffer.from(value).toString('utf8').replace(/\0+$/, '');
  // oxlint-disable-next-line no-control-regex
  return text === '' ? null : text.replace(/[\u0000-\u001f\u007f]/g, '\ufffd');
};

/** The first client architecture of RFC 4578 section 2.1 (0 = BIOS, 7 = x64 UEFI, 16 = x64 UEFI HTTP). */
export const architectureOf = (packet: DhcpPacket): number | null => {
  const value = packet.options.get(OPTION.architecture);
  return value !== undefined && value.byteLength >= 2 ? bigEndian(value.subarray(0, 2)) : null;
};

/** Option 77 as RFC 3004's length-prefixed list, or, as iPXE sends it, one raw string. Several classes are joined with a comma. */
export const userClassOf = (packet: DhcpPacket): string | null => {
  const value = packet.options.get(OPTION.userClass);
  if (value === undefined || value.byteLength === 0) return null;
  const classes: string[] = [];
  let at = 0;
  while (at < value.byteLength) {
    const length = value[at] ?? 0;
    if (length === 0 || at + 1 + length > value.byteLength) return textOption(packet, OPTION.userClass);
    classes.push(Buffer.from(value.subarray(at + 1, at + 1 + length)).toString('latin1'));
    at += 1 + length;
  }
  return classes.join(',');
};

/**
 * Option 97 as the text that /sys/class/dmi/id/product_uuid shows. The wire has SMBIOS order: the first three fields are
 * little-endian. Null when absent, not type 0, or not 16 bytes.
 */
export const machineUuidOf = (packet: DhcpPacket): string | null => {
  const value = packet.options.get(OPTION.machineId);
  if (value?.byteLength !== 17 || value[0] !== 0) return null;
  const order = [4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16];
  const hex = order.map((index) => (value[index] ?? 0).toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

export const addressBytes = (...addresses: readonly string[]): Uint8Array => {
  const bytes = new Uint8Array(addresses.length * 4);
  addresses.forEach((address, index) => {
    const value = parseIpv4(address);
    if (value === null) throw new Error(`not an IPv4 address: ${address}`);
    new DataView(bytes.buffer).setUint32(index * 4, value);
  });
  return bytes;
};

export const uint32Bytes = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};

export const textBytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf8'));
