// DHCPINFORM (RFC 2131 sections 2 and 4.4.3) as far as a boot stick needs it: beside somebody else's DHCP server, the station
// says its `rackside.*` words in option 224 to whoever asks with our vendor class. Pure; bytes in, bytes out.

export type InformQuestion = {
  readonly transactionId: number;
  /** Lower-case colon form of an Ethernet card. */
  readonly mac: string;
  /** The address that the other server gave, dotted. */
  readonly address: string;
};

const BOOT_REQUEST = 1;
const BOOT_REPLY = 2;
const ETHERNET = 1;
const COOKIE = 0x63825363;
const OPTIONS_AT = 240;
/** Some relays and servers drop anything shorter than BOOTP's 300 bytes (RFC 1542 section 2.1). */
const LEAST_BYTES = 300;

const MESSAGE_TYPE = 53;
const PARAMETER_LIST = 55;
const MAXIMUM_SIZE = 57;
const VENDOR_CLASS = 60;
const WORDS = 224;
const INFORM = 8;
const ACK = 5;
const OUR_CLASS = 'rackside-agent';
/** What words may be made of, as in boot/lease: a shell takes them. */
const WORDS_SHAPE = /^[A-Za-z0-9 .:=/_-]+$/;

const option = (code: number, data: Uint8Array): Buffer => Buffer.concat([Buffer.of(code, data.length), data]);

const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

export const writeInform = ({ transactionId, mac, address }: InformQuestion): Buffer => {
  const header = Buffer.alloc(OPTIONS_AT);
  header.set([BOOT_REQUEST, ETHERNET, 6, 0]);
  header.writeUInt32BE(transactionId, 4);
  header.set(address.split('.').map(Number), 12);
  header.set(macBytes(mac), 28);
  header.writeUInt32BE(COOKIE, 236);
  const packet = Buffer.concat([
    header,
    option(MESSAGE_TYPE, Buffer.of(INFORM)),
    option(MAXIMUM_SIZE, Buffer.of(1472 >> 8, 1472 & 0xff)),
    option(VENDOR_CLASS, Buffer.from(OUR_CLASS)),
    option(PARAMETER_LIST, Buffer.of(WORDS)),
    Buffer.of(255),
  ]);
  return Buffer.concat([packet, Buffer.alloc(Math.max(0, LEAST_BYTES - packet.length))]);
};

/** Option data by code; pieces of one option are joined (RFC 3396). Stops quietly where the bytes end. */
const readOptions = (packet: Buffer): ReadonlyMap<number, Buffer> => {
  const options = new Map<number, Buffer>();
  let at = OPTIONS_AT;
  while (at + 1 < packet.length && packet[at] !== 255) {
    const code = packet[at] ?? 0;
    const size = code === 0 ? 0 : (packet[at + 1] ?? 0);
    const data = packet.subarray(at + 2, at + 2 + size);
    if (code !== 0 && data.length === size) options.set(code, Buffer.concat([options.get(code) ?? Buffer.alloc(0), data]));
    at += code === 0 ? 1 : 2 + size;
  }
  return options;
};

/** The station's words in an answer to `question`; null for every other packet, such as the other server's own answer. */
export const readWords = (packet: Buffer, { transactionId, mac }: InformQuestion): string | null => {
  if (packet.length < OPTIONS_AT || packet[0] !== BOOT_REPLY || packet.readUInt32BE(236) !== COOKIE) return null;
  if (packet.readUInt32BE(4) !== transactionId || !packet.subarray(28, 34).equals(macBytes(mac))) return null;
  const options = readOptions(packet);
  const type = options.get(MESSAGE_TYPE);
  const words = options.get(WORDS)?.toString('latin1') ?? '';
  return type?.length === 1 && type[0] === ACK && WORDS_SHAPE.test(words) ? words : null;
};
