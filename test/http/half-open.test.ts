// Connections that never become a request: a broken machine, or somebody who wants to keep the others out.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { pathPattern } from '../../main/http/routes.ts';
import { startHttp } from '../../main/http/server.ts';
import type { HttpEvent, HttpOptions, RunningHttp } from '../../main/http/server.ts';

let server: RunningHttp;
let sockets: Socket[] = [];
let events: HttpEvent[] = [];

const start = async (options: Partial<HttpOptions>): Promise<void> => {
  events = [];
  const started = await startHttp({
    address: '127.0.0.1',
    port: 0,
    routes: [{ method: 'GET', match: pathPattern('/file'), handle: () => ({ kind: 'bytes', bytes: Buffer.from('content') }) }],
    onEvent: (event) => events.push(event),
    ...options,
  });
  if (!started.ok) throw new Error(started.failure.message);
  server = started.value;
};

/** Half-open on this side too: it stays until the server ends it. */
const open = (text: string, localAddress = '127.0.0.1'): void => {
  const socket = connect({ port: server.address.port, host: server.address.address, localAddress, allowHalfOpen: true });
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.write(text);
};
const held = (): number => sockets.filter((socket) => !socket.connecting && !socket.destroyed).length;
const status = async (): Promise<number> => {
  const response = await fetch(`http://${server.address.address}:${server.address.port}/file`).catch(() => null);
  return response?.status ?? 0;
};

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await server.stop();
});

test.each([
  ['say nothing', ''],
  ['stop in the middle of a header', 'GET /file HTTP/1.1\r\nHost: a\r\nX-'],
])('connections that %s lose their places, also when the client never closes', async (_what, words) => {
  await start({ maxConnections: 20, headersTimeoutMs: 300 });
  for (let count = 0; count < 20; count += 1) open(words);
  await expect.poll(status).toBe(0);
  await expect.poll(status, { timeout: 10_000 }).toBe(200);
});

test('one address does not take all places; which one tried is told', async () => {
  await start({ maxConnections: 20, peerConnections: 5 });
  for (let count = 0; count < 8; count += 1) open('', '127.0.0.2');
  await expect.poll(() => events.length).toBe(3);
  expect(events).toEqual(Array.from({ length: 3 }, () => ({ kind: 'peer-crowded', address: '127.0.0.2' })));
  await expect.poll(held).toBe(5);
  expect(await status()).toBe(200);
  // Its places are free again once it lets go of them.
  for (const socket of sockets.splice(0)) socket.destroy();
  await expect
    .poll(() => {
      open('', '127.0.0.2');
      return held();
    })
    .toBeGreaterThan(0);
});
