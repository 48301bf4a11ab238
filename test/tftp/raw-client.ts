// A TFTP client by hand, packet by packet, for tests of what well-behaved clients never do.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decodeTftp, encodeTftp } from '../../main/tftp/codec.ts';
import type { TftpPacket, TftpRequest } from '../../main/tftp/codec.ts';
import type { Endpoint } from '../../main/tftp/datagrams.ts';

export interface Heard {
  readonly packet: TftpPacket;
  readonly from: Endpoint;
}

export interface RawClient {
  readonly port: number;
  send(packet: TftpPacket | Uint8Array, to: Endpoint): void;
  /** The next packet, waiting for it. */
  next(timeoutMs?: number): Promise<Heard>;
  /** What has come and was not taken yet. */
  waiting(): number;
  close(): void;
}

export const openRawClient = async (): Promise<RawClient> => {
  const socket = createSocket('udp4');
  const heard: Heard[] = [];
  let sending = 0;
  let closing = false;
  const waiters: ((heard: Heard) => void)[] = [];
  socket.on('message', (bytes, from) => {
    const packet = decodeTftp(bytes);
    if (!packet.ok) throw new Error('the server sent something that is no TFTP packet');
    const one = { packet: packet.value, from: { address: from.address, port: from.port } };
    const waiter = waiters.shift();
    if (waiter) waiter(one);
    else heard.push(one);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    send: (packet, to) => {
      sending += 1;
      socket.send(packet instanceof Uint8Array ? packet : encodeTftp(packet), to.port, to.address, () => {
        sending -= 1;
        if (closing && sending === 0) socket.close();
      });
    },
    next: (timeoutMs = 5000) =>
      new Promise((resolve, reject) => {
        const one = heard.shift();
        if (one) return resolve(one);
        const timer = setTimeout(() => reject(new Error('no answer')), timeoutMs);
        waiters.push((late) => (clearTimeout(timer), resolve(late)));
      }),
    waiting: () => heard.length,
    // Closing at once would drop the last acknowledgement.
    close: () => {
      closing = true;
      if (sending === 0) socket.close();
    },
  };
};

export const read = (path: string, options: Record<string, string> = {}, mode = 'octet'): TftpRequest => ({
  kind: 'read',
  path,
  mode,
  options: new Map(Object.entries(options)),
});
export const ack = (block: number): TftpPacket => ({ kind: 'acknowledgement', block });
