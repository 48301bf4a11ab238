// What TFTP needs of a UDP socket, stated here so that a test or a program without native code can bring its own.
import type { Result } from '../../agent/protocol/failure.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface Datagrams {
  readonly address: Endpoint;
  /** Resolves when the socket has let go of `bytes`; rejects when the datagram could not leave. */
  send(bytes: Uint8Array, to: Endpoint): Promise<void>;
  onMessage(handler: (bytes: Uint8Array, from: Endpoint) => void): void;
  close(): Promise<void> | void;
}

/** Opens a socket on the NIC that the station serves; port 0 = any. */
export type OpenDatagrams = (port: number) => Promise<Result<Datagrams>>;
