// Chromium writes the Origin of the shown address into the WebSocket's handshake; the station must see what Electron would send.
// All traffic goes through this proxy (RFC 9110 §9.3.6), which names the origin and refuses everything beyond loopback.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { APP, SHOWN } from './address.ts';

export type OriginProxy = {
  readonly url: string;
  /** Targets that were refused. */
  readonly refused: readonly string[];
  stop(): Promise<void>;
};

export const startOriginProxy = async (): Promise<OriginProxy> => {
  const refused: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((request, response) => {
    refused.push(request.url ?? '');
    response.writeHead(403).end();
  });
  server.on('connection', keep);
  server.on('connect', (request, client: Socket) => {
    const target = URL.parse(`http://${request.url ?? ''}`);
    if (target === null || target.hostname !== '127.0.0.1') {
      refused.push(request.url ?? '');
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const upstream = connect(Number(target.port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      client.once('data', (first: Buffer) => {
        upstream.write(first.toString('latin1').replace(`\r\nOrigin: ${SHOWN}\r\n`, `\r\nOrigin: ${APP}\r\n`), 'latin1');
        client.pipe(upstream);
      });
      upstream.pipe(client);
    });
    keep(upstream);
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};
