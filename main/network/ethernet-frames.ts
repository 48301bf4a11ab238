// Ethernet frames that preflight looks at, read and written as bytes: spanning tree's BPDUs (IEEE 802.1D-2004 section 9, and Cisco's
// per-VLAN ones) and ARP (RFC 826, RFC 5227). Pure; any bytes give a value or null.

export type SpanningTree = {
  readonly protocol: 'STP' | 'RSTP' | 'MSTP';
  /** How long a port listens, and then learns, before it forwards: twice this in plain STP. */
  readonly forwardDelaySeconds: number;
};

const [LLC_AT, SNAP_BYTES, LLC_BYTES] = [14, 8, 3];
const LLC_BPDU = [0x42, 0x42, 0x03];
/** LLC/SNAP of Cisco's OUI and its protocol 0x010b: PVST+ and Rapid PVST+. */
const SNAP_PVST = [0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x01, 0x0b];
/** From a BPDU's beginning: protocol id, version, type; the forward delay in 1/256 s. */
const [VERSION_AT, TYPE_AT, FORWARD_DELAY_AT, BPDU_BYTES] = [2, 3, 33, 35];
const VERSIONS = new Map([
  [0, 'STP'],
  [2, 'RSTP'],
  [3, 'MSTP'],
] as const);
const CONFIGURATIONS = [0x00, 0x02];

const startsWith = (bytes: Uint8Array, at: number, wanted: readonly number[]): boolean =>
  wanted.every((byte, index) => bytes[at + index] === byte);

/** Null for anything but a configuration BPDU. */
export const parseBpdu = (frame: Uint8Array): SpanningTree | null => {
  const header = startsWith(frame, LLC_AT, LLC_BPDU) ? LLC_BYTES : startsWith(frame, LLC_AT, SNAP_PVST) ? SNAP_BYTES : 0;
  const bpdu = frame.subarray(LLC_AT + header);
  if (header === 0 || bpdu.length < BPDU_BYTES || !startsWith(bpdu, 0, [0, 0])) return null;
  const protocol = VERSIONS.get((bpdu[VERSION_AT] ?? 1) as 0 | 2 | 3);
  if (protocol === undefined || !CONFIGURATIONS.includes(bpdu[TYPE_AT] ?? 1)) return null;
  const delay = ((bpdu[FORWARD_DELAY_AT] ?? 0) << 8) | (bpdu[FORWARD_DELAY_AT + 1] ?? 0);
  return { protocol, forwardDelaySeconds: Math.round(delay / 256) };
};

const ARP_HEADER = [0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04];
const [ETHER_TYPE_AT, ARP_SENDER_MAC_AT, ARP_SENDER_IP_AT, ARP_BYTES] = [12, 22, 28, 42];
const macBytes = (mac: string): readonly number[] => mac.split(':').map((pair) => Number.parseInt(pair, 16));
const ipBytes = (address: string): readonly number[] => address.split('.').map(Number);

/** Asks who has an address without saying that we do (RFC 5227 section 2.1.1). */
export const arpProbe = (mac: string, address: string): Uint8Array =>
  Uint8Array.from([
    ...[255, 255, 255, 255, 255, 255],
    ...macBytes(mac),
    ...ARP_HEADER,
    ...[0, 1],
    ...macBytes(mac),
    ...[0, 0, 0, 0],
    ...[0, 0, 0, 0, 0, 0],
    ...ipBytes(address),
  ]);

/** The MAC of somebody else who says that this address is its own; null for anything else. */
export const otherHolder = (frame: Uint8Array, address: string, ownMac: string): string | null => {
  if (frame.length < ARP_BYTES || !startsWith(frame, ETHER_TYPE_AT, ARP_HEADER)) return null;
  if (!startsWith(frame, ARP_SENDER_IP_AT, ipBytes(address))) return null;
  const mac = [...frame.subarray(ARP_SENDER_MAC_AT, ARP_SENDER_MAC_AT + 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return mac === ownMac ? null : mac;
};
