// TFTP packets as bytes: RFC 1350 (packets), 2347 (options), 2348 (blksize), 2349 (timeout, tsize), 7440 (windowsize).
// Decoding takes any bytes and never throws; whoever is on the wire may send anything.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

/** Option names in lower case (RFC 2347: names are case-insensitive), in the order in which they were sent. */
export type TftpOptions = ReadonlyMap<string, string>;

export interface TftpRequest {
  readonly kind: 'read' | 'write';
  /** As the client sent it: leading slashes, backslashes and doubled slashes included. */
  readonly path: string;
  /** Lower case: `octet`, `netascii`, … */
  readonly mode: string;
  readonly options: TftpOptions;
}

export type TftpPacket =
  | TftpRequest
  | { readonly kind: 'data'; readonly block: number; readonly bytes: Uint8Array }
  | { readonly kind: 'acknowledgement'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'option-acknowledgement'; readonly options: TftpOptions };

/** Error codes of RFC 1350 section 5 and RFC 2347 (8), those that we send or read. */
export const tftpError = {
  undefined: 0,
  notFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransferId: 5,
  optionNegotiation: 8,
} as const;

const opcode = { read: 1, write: 2, data: 3, acknowledgement: 4, error: 5, optionAcknowledgement: 6 } as const;

/** A request must fit one Ethernet frame; RFC 2347 allows 512 octets, EDK2 and iPXE stay far below. */
const maxRequestBytes = 1472;
const maxOptions = 32;

const malformed = (why: string): Result<never> =>
  failed('tftp.malformed', `The datagram is no TFTP packet: ${why}.`, 'Nothing; it is ignored.');

/** Reads one datagram. Failure code `tftp.malformed`. `data` shares memory with the input. */
export const decodeTftp = (bytes: Uint8Array): Result<TftpPacket> => {
  if (bytes.length < 4) return malformed('shorter than four bytes');
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const code = view.readUInt16BE(0);
  switch (code) {
    case opcode.read:
    case opcode.write:
      return decodeRequest(view, code === opcode.read ? 'read' : 'write');
    case opcode.data:
      return success({ kind: 'data', block: view.readUInt16BE(2), bytes: view.subarray(4) });
    case opcode.acknowledgement:
      return success({ kind: 'acknowledgement', block: view.readUInt16BE(2) });
    case opcode.error: {
      // The closing NUL is missing in some firmware; the code is what counts.
      const end = view.indexOf(0, 4);
      const message = view.toString('latin1', 4, end < 0 ? view.length : end);
      return success({ kind: 'error', code: view.readUInt16BE(2), message: printable(message) });
    }
    case opcode.optionAcknowledgement: {
      const strings = splitStrings(view.subarray(2));
      if (!strings.ok) return strings;
      const options = readOptions(strings.value);
      return options.ok ? success({ kind: 'option-acknowledgement', options: options.value }) : options;
    }
    default:
      return malformed(`operation ${code} is unknown`);
  }
};

const decodeRequest = (view: Buffer, kind: 'read' | 'write'): Result<TftpRequest> => {
  if (view.length > maxRequestBytes) return malformed('a request longer than one frame');
  const strings = splitStrings(view.subarray(2));
  if (!strings.ok) return strings;
  const [path, mode, ...rest] = strings.value;
  if (path === undefined || path === '' || mode === undefined) return malformed('a request without file name and mode');
  const options = readOptions(rest);
  return options.ok ? success({ kind, path, mode: mode.toLowerCase(), options: options.value }) : options;
};

const splitStrings = (view: Buffer): Result<readonly string[]> => {
  const strings: string[] = [];
  for (let start = 0; start < view.length;) {
    const end = view.indexOf(0, start);
    if (end < 0) {
      // Intel boot agents pad the request with bytes after the last NUL; whole strings are enough once we have two.
      if (strings.length >= 2) break;
      return malformed('a string without its closing NUL');
    }
    strings.push(view.toString('utf8', start, end));
    start = end + 1;
    if (strings.length > 2 + 2 * maxOptions) return malformed('too many options');
  }
  return success(strings);
};

/** A name without its value ends the list (padding); the first of two options of one name counts (RFC 2347: at most once). */
const readOptions = (strings: readonly string[]): Result<TftpOptions> => {
  const options = new Map<string, string>();
  for (let index = 0; index + 1 < strings.length; index += 2) {
    const name = strings[index]?.toLowerCase() ?? '';
    if (name === '') break;
    if (!options.has(name)) options.set(name, strings[index + 1] ?? '');
  }
  return success(options);
};

/** Text from the wire goes to logs and screens: control characters become dots. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '.').slice(0, 200);

/** Any packet as bytes; strings must not hold NUL (a bug if they do: they are ours). */
export const encodeTftp = (packet: TftpPacket): Buffer => {
  switch (packet.kind) {
    case 'read':
    case 'write':
      return strings(packet.kind === 'read' ? opcode.read : opcode.write, [packet.path, packet.mode, ...flatten(packet.options)]);
    case 'option-acknowledgement':
      return strings(opcode.optionAcknowledgement, flatten(packet.options));
    case 'acknowledgement':
      return header(opcode.acknowledgement, packet.block);
    case 'error':
      return Buffer.concat([header(opcode.error, packet.code), Buffer.from(`${packet.message}\0`, 'latin1')]);
    case 'data':
      return Buffer.concat([header(opcode.data, packet.block), packet.bytes]);
  }
};

/** Length of what precedes a block's bytes. */
export const dataHeaderBytes = 4;

/** Writes the header of DATA in place, so that a transfer reuses its packet buffers. `block` may exceed 16 bits: it rolls over to 0. */
export const writeDataHeader = (packet: Buffer, block: number): void => {
  packet.writeUInt16BE(opcode.data, 0);
  packet.writeUInt16BE(block & 0xffff, 2);
};

const header = (code: number, value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt16BE(code, 0);
  bytes.writeUInt16BE(value & 0xffff, 2);
  return bytes;
};

const strings = (code: number, values: readonly string[]): Buffer => {
  if (values.some((value) => value.includes('\0'))) throw new Error('a TFTP string must not hold NUL');
  const head = Buffer.allocUnsafe(2);
  head.writeUInt16BE(code, 0);
  return Buffer.concat([head, ...values.map((value) => Buffer.from(`${value}\0`, 'utf8'))]);
};

const flatten = (options: TftpOptions): readonly string[] => [...options].flat();
