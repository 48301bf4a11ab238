// The DHCP half of a software target's firmware, written apart from main/dhcp so that one mistake cannot hide in both.
// DISCOVER, OFFER, REQUEST, ACK (RFC 2131) with the PXE options of RFC 4578, by unicast to a loopback port.
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';

export type FirmwareKind = 'bios' | 'uefi' | 'uefi-http';

/** `architecture` is option 93's number; default: that of the firmware's kind. */
export type Asker = { readonly mac: string; readonly uuid: string; readonly kind: FirmwareKind; readonly architecture?: number };

export type DhcpBoot = {
  readonly address: string;
  readonly server: string;
  /** File name or URL to start. */
  readonly bootFile: string;
};

const COOKIE = [0x63, 0x82, 0x53, 0x63];
const ARCHITECTURE: Readonly<Record<FirmwareKind, number>> = { bios: 0, uefi: 7, 'uefi-http': 16 };
const TRY_MS = 1_000;
const TRIES = 30;

const option = (code: number, ...bytes: readonly number[]): readonly number[] => [code, bytes.length, ...bytes];
const ascii = (text: string): readonly number[] => [...Buffer.from(text, 'ascii')];
const quad = (address: string): readonly number[] => address.split('.').map(Number);

/** SMBIOS keeps the first three fields of a UUID little-endian, and option 97 carries it as SMBIOS has it. */
const rawUuid = (uuid: string): readonly number[] => {
  const bytes = [...Buffer.from(uuid.replaceAll('-', ''), 'hex')];
  return [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((index) => bytes[index] ?? 0);
};

const request = (type: 1 | 3, machine: Asker, xid: Buffer, extra: readonly number[]): Buffer => {
  const packet = Buffer.alloc(240);
  packet.set([1, 1, 6, 0], 0);
  xid.copy(packet, 4);
  if (machine.kind !== 'bios') packet.writeUInt16BE(0x8000, 10);
  packet.set(
    machine.mac.split(':').map((part) => Number.parseInt(part, 16)),
    28,
  );
  packet.set(COOKIE, 236);
  const architecture = machine.architecture ?? ARCHITECTURE[machine.kind];
  const vendor = machine.kind === 'uefi-http' ? 'HTTPClient' : 'PXEClient';
  return Buffer.concat([
    packet,
    Buffer.from([
      ...option(53, type),
      ...option(57, 0x05, 0xc0),
      ...option(93, architecture >> 8, architecture & 255),
      ...option(94, 1, machine.kind === 'bios' ? 2 : 3, machine.kind === 'bios' ? 1 : 0),
      ...option(60, ...ascii(`${vendor}:Arch:${String(architecture).padStart(5, '0')}:UNDI:003000`)),
      ...(machine.kind === 'bios' ? option(77, ...ascii('iPXE')) : []),
      ...option(55, 1, 3, 6, 12, 15, 43, 51, 54, 60, 66, 67, 97),
      ...option(97, 0, ...rawUuid(machine.uuid)),
      ...extra,
      255,
    ]),
  ]);
};

type Reply = { readonly type: number; readonly address: string; readonly server: string; readonly bootFile: string };

const parseReply = (packet: Buffer, xid: Buffer): Reply | null => {
  if (packet.length < 244 || packet[0] !== 2 || packet.compare(xid, 0, 4, 4, 8) !== 0) return null;
  const options = new Map<number, Buffer>();
  for (let at = 240; at < packet.length && packet[at] !== 255;) {
    const code = packet[at] ?? 0;
    if (code === 0) {
      at += 1;
      continue;
    }
    const length = packet[at + 1] ?? 0;
    options.set(code, packet.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  const text = (bytes: Buffer): string => bytes.toString('ascii').replace(/\0.*$/s, '');
  const headerFile = text(packet.subarray(108, 236));
  return {
    type: options.get(53)?.[0] ?? 0,
    address: [...packet.subarray(16, 20)].join('.'),
    server: [...(options.get(54) ?? packet.subarray(20, 24))].join('.'),
    bootFile: headerFile === '' ? text(options.get(67) ?? Buffer.alloc(0)) : headerFile,
  };
};

/** One whole exchange; asks again every second as firmware does. Rejects when nobody answers or `signal` aborts. */
export const askDhcp = async (
  machine: Asker,
  server: { readonly address: string; readonly port: number },
  signal: AbortSignal,
): Promise<DhcpBoot> => {
  if (signal.aborted) throw new Error('powered off');
  const socket = createSocket('udp4');
  const xid = randomBytes(4);
  try {
    return await new Promise<DhcpBoot>((resolve, reject) => {
      let tries = 0;
      let asked: Buffer = request(1, machine, xid, []);
      let timer: NodeJS.Timeout | undefined;
      const give = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      const send = () => {
        tries += 1;
        if (tries > TRIES) return give(new Error(`PXE-E51: no DHCP offer for ${machine.mac} after ${TRIES} tries`));
        socket.send(asked, server.port, server.address);
        timer = setTimeout(send, TRY_MS);
      };
      socket.on('error', give);
      signal.addEventListener('abort', () => give(new Error('powered off')), { once: true });
      socket.on('message', (message) => {
        const reply = parseReply(message, xid);
        if (reply === null) return;
        if (reply.type === 2 && reply.bootFile !== '' && asked[242] === 1) {
          asked = request(3, machine, xid, [...option(50, ...quad(reply.address)), ...option(54, ...quad(reply.server))]);
          clearTimeout(timer);
          send();
        } else if (reply.type === 5 && asked[242] === 3) {
          clearTimeout(timer);
          resolve({ address: reply.address, server: reply.server, bootFile: reply.bootFile });
        }
      });
      socket.bind(0, '127.0.0.1', send);
    });
  } finally {
    socket.close();
  }
};
