// A station of a few lines on a real node:http server, to be scripted, cut and restarted; it signs with a key of its own.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { generateSigningKey, signBytes } from '../../agent/image/signature.ts';
import { requestMac } from '../../agent/image/session-proof.ts';
import { SESSION_HEADERS, WIRE } from '../../agent/protocol/messages.ts';
import type { Hello, Order, Signed } from '../../agent/protocol/messages.ts';

type Seen = {
  readonly method: string;
  readonly path: string;
  readonly counter: number;
  readonly isProven: boolean;
  readonly body: string;
};
/** Answers a request, or breaks off; true when it did. */
type Script = (request: IncomingMessage, response: ServerResponse, body: string) => boolean;

export const SESSION = { id: 'session-1', key: 'ab'.repeat(32) };

export const startStation = async () => {
  const key = generateSigningKey();
  const seen: Seen[] = [];
  const scripts: Script[] = [];
  const orders: Signed[] = [];
  const sign = (value: unknown, by = key): Signed => {
    const body = JSON.stringify(value);
    return { body, keyId: by.keyId, signature: Buffer.from(signBytes(by, 'order', Buffer.from(body))).toString('base64') };
  };
  const helloAnswer = (hello: Hello) => ({
    nonce: hello.nonce,
    protocol: 1,
    sessionId: SESSION.id,
    sessionKey: SESSION.key,
    nowAtMs: 1,
    stationName: 'bench',
    siteName: 'Site A',
    kitId: hello.kitId,
    trustedKeys: [],
  });

  const answer = (path: string, body: string): unknown => {
    if (path === WIRE.hello) return sign(helloAnswer(JSON.parse(body) as Hello));
    if (path === WIRE.inventory) return { machineId: 'm1', machineName: 'r1' };
    return path.startsWith(WIRE.orders) ? { orders: orders.splice(0) } : {};
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const path = request.url ?? '';
    const method = request.method ?? '';
    const header = (name: string): string => String(request.headers[name] ?? '');
    const counter = Number(header(SESSION_HEADERS.counter));
    const mac = requestMac(SESSION.key, { method, path, counter, body });
    const isProven = header(SESSION_HEADERS.mac) === mac && header(SESSION_HEADERS.id) === SESSION.id;
    seen.push({ method, path, counter, isProven, body: body.toString() });
    if (scripts.shift()?.(request, response, body.toString()) === true) return;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer(path, body.toString())));
  };

  let server: Server;
  const listen = async (port: number): Promise<number> => {
    server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    key,
    /** Requests in the order they came. */
    seen,
    /** One for each request that is not to be answered as usual, in order. */
    scripts,
    sign,
    helloAnswer,
    order: (sequence: number, order: Order, change: { sessionId?: string; by?: typeof key } = {}): void =>
      void orders.push(sign({ sessionId: change.sessionId ?? SESSION.id, sequence, issuedAtMs: 1, order }, change.by)),
    orders,
    stop,
    start: () => listen(port),
  };
};
export type FakeStation = Awaited<ReturnType<typeof startStation>>;

/** Breaks the connection before any answer. */
export const cut: Script = (request) => (request.socket.destroy(), true);
/** Breaks it in the middle of a body whose length was announced. */
export const cutMidAnswer: Script = (request, response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"half":', () => request.socket.destroy());
  return true;
};
export const answerWith =
  (status: number, text: string): Script =>
  (_request, response) => (response.writeHead(status).end(text), true);
