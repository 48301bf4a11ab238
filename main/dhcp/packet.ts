// A DHCP message as values (RFC 2131 section 2): the fixed BOOTP header and the options as raw bytes, so that options we do not
// know survive. Wire bytes are the business of codec.ts alone.

/** Addresses are dotted text, `0.0.0.0` when absent. `options` keeps the order of the wire; RFC 3396 pieces are already joined. */
export type DhcpPacket = {
  /** 1 = from a client (BOOTREQUEST), 2 = from a server (BOOTREPLY). */
  readonly op: 1 | 2;
  /** RFC 1700 hardware type; 1 is Ethernet. */
  readonly hardwareType: number;
  /** Client hardware address, 0..16 bytes; six for Ethernet. */
  readonly hardwareAddress: Uint8Array;
  readonly hops: number;
  readonly transactionId: number;
  /** Seconds since the client began; the client's own word. */
  readonly seconds: number;
  /** Bit 15: the client cannot take unicast yet and wants a broadcast reply. The rest must be zero and is carried as it is. */
  readonly flags: number;
  readonly clientAddress: string;
  readonly yourAddress: string;
  readonly serverAddress: string;
  readonly relayAddress: string;
  /** `sname`, at most 63 bytes of latin1. Empty when option overload used the field. */
  readonly serverName: string;
  /** `file`, at most 127 bytes of latin1. Empty when option overload used the field. */
  readonly bootFile: string;
  readonly options: ReadonlyMap<number, Uint8Array>;
};

export const BROADCAST_FLAG = 0x8000;
export const NO_ADDRESS = '0.0.0.0';

/** Lower-case colon form, whatever the length: `52:54:00:77:01:01`. */
export const macOf = (packet: Pick<DhcpPacket, 'hardwareAddress'>): string =>
  Array.from(packet.hardwareAddress, (byte) => byte.toString(16).padStart(2, '0')).join(':');

/** Six bytes for `52:54:00:77:01:01`; throws on anything else, because our own code made the text. */
export const macBytes = (mac: string): Uint8Array => {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) throw new Error(`not a MAC address: ${mac}`);
  return Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16));
};
