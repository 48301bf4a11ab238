// UDP as the DHCP and TFTP services use it: send, hear, close. Two makers, openLoopbackUdp here and openDeviceUdp in device-udp.ts;
// the services cannot tell them apart.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { success, type Result } from '../../agent/protocol/failure.ts';
import { socketFailure } from './socket-failures.ts';

export type Endpoint = { readonly address: string; readonly port: number };

export type Datagrams = {
  /** Where it listens; the port is the real one when 0 was asked for. */
  readonly address: Endpoint;
  /** `device`: the kernel keeps it to one NIC. `address`: only its sending side is. `loopback`: the software rack. */
  readonly binding: 'device' | 'address' | 'loopback';
  /** Resolves when the datagram was handed over or lost; never rejects. A lost one goes to `onError`, and UDP's users retry anyway. */
  send(bytes: Uint8Array, to: Endpoint): Promise<void>;
  /** One listener; a later call replaces it. Datagrams that came before the first call are gone. */
  onMessage(listener: (bytes: Uint8Array, from: Endpoint) => void): void;
  onError(listener: (error: Error) => void): void;
  close(): Promise<void>;
};

/** @param sockets the first one sends; all of them hear. */
export const datagramsOver = (sockets: readonly [Socket, ...Socket[]], binding: Datagrams['binding'], address: Endpoint): Datagrams => {
  let heard: (bytes: Uint8Array, from: Endpoint) => void = () => {};
  let failed: (error: Error) => void = () => {};
  let closed: Promise<void> | null = null;
  for (const socket of sockets) {
    socket.on('message', (bytes, { address: from, port }) => heard(bytes, { address: from, port }));
    socket.on('error', (error) => failed(error));
  }
  const [sender] = sockets;
  return {
    address,
    binding,
    send: (bytes, to) =>
      new Promise((resolve) => {
        // A closed socket's send throws; a late answer to a stopped service is a lost datagram, no more.
        if (closed !== null) return resolve();
        sender.send(bytes, to.port, to.address, (error) => {
          if (error !== null) failed(error);
          resolve();
        });
      }),
    onMessage: (listener) => void (heard = listener),
    onError: (listener) => void (failed = listener),
    close: () => {
      closed ??= Promise.all(sockets.map((socket) => new Promise<void>((resolve) => void socket.close(() => resolve())))).then(
        () => undefined,
      );
      return closed;
    },
  };
};

/** Binds one of Node's own sockets; the errno name on failure. */
export const bindSocket = async (
  options: { readonly address: string; readonly port: number } | { readonly fd: number },
  reuseAddr = false,
): Promise<Socket | string> => {
  const socket = createSocket({ type: 'udp4', reuseAddr });
  try {
    // Waiting begins before the bind: an adopted descriptor listens at once.
    const listening = once(socket, 'listening');
    socket.bind(options);
    await listening;
    return socket;
  } catch (error) {
    socket.close();
    return errnoOf(error);
  }
};

export const errnoOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error));

/** A plain socket on loopback for the software rack: no privileges, no NIC. `port` 0 picks one. */
export const openLoopbackUdp = async ({
  address = '127.0.0.1',
  port,
}: {
  readonly address?: string;
  readonly port: number;
}): Promise<Result<Datagrams>> => {
  const socket = await bindSocket({ address, port });
  if (typeof socket === 'string') return { ok: false, failure: socketFailure(socket, { address, port, nicName: null }) };
  return success(datagramsOver([socket], 'loopback', { address, port: socket.address().port }));
};
