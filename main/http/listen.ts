// Listening on an address and port, with the system's reasons put into words.
import type { Server } from 'node:net';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { holderText, tcpPortHolders } from '../network/port-holder.ts';

/** Failures `http.port-taken`, `http.port-not-allowed`, `http.address-missing`, `http.listen-failed`. */
export const listen = (server: Server, address: string, port: number): Promise<Result<null>> =>
  new Promise((resolve) => {
    const refuse = (error: NodeJS.ErrnoException): void => resolve(listenFailure(error, address, port));
    server.once('error', refuse);
    server.listen({ host: address, port, backlog: 1024 }, () => {
      server.off('error', refuse);
      resolve(success(null));
    });
  });

const listenFailure = (error: NodeJS.ErrnoException, address: string, port: number): Result<never> => {
  switch (error.code) {
    case 'EADDRINUSE':
      return failed(
        'http.port-taken',
        `${holderText(tcpPortHolders(port))} already listens on ${address} port ${port}.`,
        'Stop it or set another port.',
      );
    case 'EACCES':
      return failed(
        'http.port-not-allowed',
        `This user may not listen on port ${port}.`,
        'Set a port above 1023 or start the station with the network-service right.',
      );
    case 'EADDRNOTAVAIL':
      return failed(
        'http.address-missing',
        `No network adapter has the address ${address}.`,
        'Give the adapter this address or choose another adapter.',
      );
    default:
      return failed(
        'http.listen-failed',
        `Listening on ${address} port ${port} failed: ${error.message}.`,
        'Run preflight; it checks adapter, address and port.',
      );
  }
};
