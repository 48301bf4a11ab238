// A plain UDP socket on loopback in the shape that main/tftp wants, so that its tests need neither root nor native code.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Datagrams } from '../../main/tftp/datagrams.ts';

export const openLoopback =
  (address = '127.0.0.1') =>
  async (port: number): Promise<Result<Datagrams>> => {
    const socket = createSocket('udp4');
    socket.on('error', () => {});
    socket.bind(port, address);
    await once(socket, 'listening');
    return success({
      address: { address, port: socket.address().port },
      send: (bytes, to) =>
        new Promise((resolve, reject) => {
          socket.send(bytes, to.port, to.address, (error) => (error ? reject(error) : resolve()));
        }),
      onMessage: (handler) => {
        socket.on('message', (bytes, from) => handler(bytes, { address: from.address, port: from.port }));
      },
      close: () => new Promise((resolve) => socket.close(() => resolve())),
    });
  };
