// DHCP wire bytes ↔ DhcpPacket: RFC 2131 section 2 (header, magic cookie, overload), RFC 2132 (Pad, End), RFC 3396 (long options).
// `decode` takes any bytes and never throws; what it refuses comes back as a failure.
import { failed, success, type Result } from '../../agent/protocol/failure.ts';
import { formatIpv4, parseIpv4 } from '../network/ipv4.ts';
import type { DhcpPacket } from './packet.ts';

const HEADER_SIZE_BYTES = 236;
const COOKIE = 0x63825363;
const [PAD, END, OVERLOAD] = [0, 255, 52];
/** BOOTP's size (RFC 951): some relays and ROMs drop anything shorter. */
const SMALLEST_REPLY_BYTES = 300;
const [SNAME_AT, SNAME_SIZE, FILE_AT, FILE_SIZE] = [44, 64, 108, 128];

const refuse = (reason: string, message: string): Result<never> =>
  failed(`dhcp.${reason}`, message, 'Ignore the packet; if one machine keeps sending such packets, update its network firmware.');

/** Failure codes: dhcp.short, dhcp.not-bootp, dhcp.hardware-address, dhcp.no-cookie, dhcp.option-truncated. */
export const decode = (bytes: Uint8Array): Result<DhcpPacket> => {
  const size = bytes.byteLength;
  if (size < HEADER_SIZE_BYTES + 4) return refuse('short', `A DHCP packet has at least 240 bytes; this one has ${size}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  const op = view.getUint8(0);
  if (op !== 1 && op !== 2) return refuse('not-bootp', `The packet's op field is ${op}, neither request nor reply.`);
  const hardwareLength = view.getUint8(2);
  if (hardwareLength > 16) return refuse('hardware-address', `The packet claims a hardware address of ${hardwareLength} bytes.`);
  if (view.getUint32(236) !== COOKIE) return refuse('no-cookie', 'The packet has no DHCP magic cookie (plain BOOTP or another protocol).');

  const pieces = new Map<number, Uint8Array[]>();
  if (!collect(bytes.subarray(240), pieces)) return refuse('option-truncated', 'An option runs past the end of the packet.');
  const overload = pieces.get(OVERLOAD)?.[0]?.[0] ?? 0;
  pieces.delete(OVERLOAD);
  // RFC 3396 section 5: the options field first, then file, then sname, when joining the pieces of one option.
  const fields = [
    overload & 1 ? bytes.subarray(FILE_AT, FILE_AT + FILE_SIZE) : null,
    overload & 2 ? bytes.subarray(SNAME_AT, SNAME_AT + SNAME_SIZE) : null,
  ];
  for (const field of fields) {
    if (field !== null && !collect(field, pieces)) return refuse('option-truncated', 'An option runs past the end of an overloaded field.');
  }
  // An overload option inside an overloaded field means nothing.
  pieces.delete(OVERLOAD);

  return success({
    op,
    hardwareType: view.getUint8(1),
    hardwareAddress: bytes.slice(28, 28 + hardwareLength),
    hops: view.getUint8(3),
    transactionId: view.getUint32(4),
    seconds: view.getUint16(8),
    flags: view.getUint16(10),
    clientAddress: formatIpv4(view.getUint32(12)),
    yourAddress: formatIpv4(view.getUint32(16)),
    serverAddress: formatIpv4(view.getUint32(20)),
    relayAddress: formatIpv4(view.getUint32(24)),
    serverName: overload & 2 ? '' : textField(bytes, SNAME_AT, SNAME_SIZE),
    bootFile: overload & 1 ? '' : textField(bytes, FILE_AT, FILE_SIZE),
    options: new Map(Array.from(pieces, ([code, parts]) => [code, join(parts)])),
  });
};

/** Adds a field's options to `pieces`; false when one runs past the end. A missing End is accepted, as every server does. */
const collect = (field: Uint8Array, pieces: Map<number, Uint8Array[]>): boolean => {
  let at = 0;
  while (at < field.byteLength) {
    const code = field[at] ?? END;
    at += 1;
    if (code === PAD) continue;
    if (code === END) return true;
    const length = field[at];
    if (length === undefined || at + 1 + length > field.byteLength) return false;
    const parts = pieces.get(code);
    const piece = field.subarray(at + 1, at + 1 + length);
    if (parts === undefined) pieces.set(code, [piece]);
    else parts.push(piece);
    at += 1 + length;
  }
  return true;
};

/** A copy, so that a packet never keeps the receive buffer alive. */
const join = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
};

const textField = (bytes: Uint8Array, at: number, size: number): string => {
  const field = Buffer.from(bytes.buffer, bytes.byteOffset + at, size);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end === -1 ? size : end);
};

/**
 * The bytes of a packet, padded to 300. Options over 255 bytes are split (RFC 3396); overload is never used.
 * Throws when a name does not fit its header field or an address is not one: our own code made the packet.
 */
export const encode = (packet: DhcpPacket): Uint8Array => {
  const options = [...packet.options].filter(([code]) => code !== PAD && code !== END && code !== OVERLOAD);
  const optionsSize = options.reduce((size, [, data]) => size + data.byteLength + 2 * Math.max(1, Math.ceil(data.byteLength / 255)), 1);
  const bytes = new Uint8Array(Math.max(SMALLEST_REPLY_BYTES, HEADER_SIZE_BYTES + 4 + optionsSize));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, packet.op);
  view.setUint8(1, packet.hardwareType);
  view.setUint8(2, packet.hardwareAddress.byteLength);
  view.setUint8(3, packet.hops);
  view.setUint32(4, packet.transactionId);
  view.setUint16(8, packet.seconds);
  view.setUint16(10, packet.flags);
  const addresses = [packet.clientAddress, packet.yourAddress, packet.serverAddress, packet.relayAddress];
  addresses.forEach((address, index) => {
    const value = parseIpv4(address);
    if (value === null) throw new Error(`not an IPv4 address: ${address}`);
    view.setUint32(12 + index * 4, value);
  });
  if (packet.hardwareAddress.byteLength > 16) throw new Error('hardware address over 16 bytes');
  bytes.set(packet.hardwareAddress, 28);
  bytes.set(headerText(packet.serverName, SNAME_SIZE), SNAME_AT);
  bytes.set(headerText(packet.bootFile, FILE_SIZE), FILE_AT);
  view.setUint32(236, COOKIE);
  let at = HEADER_SIZE_BYTES + 4;
  for (const [code, data] of options) {
    for (let from = 0; from === 0 || from < data.byteLength; from += 255) {
      const piece = data.subarray(from, from + 255);
      bytes.set([code, piece.byteLength], at);
      bytes.set(piece, at + 2);
      at += 2 + piece.byteLength;
    }
  }
  bytes[at] = END;
  return bytes;
};

const headerText = (text: string, fieldSize: number): Uint8Array => {
  const bytes = Buffer.from(text, 'latin1');
  // One byte stays free for the NUL that ends the text.
  if (bytes.byteLength >= fieldSize) throw new Error(`does not fit a header field of ${fieldSize} bytes: ${text}`);
  return bytes;
};
