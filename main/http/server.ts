// The HTTP listener for targets: firmware, boot loaders and agents (RFC 9110, 9112). Plain HTTP on the NIC that the station serves;
// what must be secret or true is signed or hashed above it.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { failureAnswer } from './answer.ts';
import type { HttpAnswer } from './answer.ts';
import { listen } from './listen.ts';
import { parseTarget, readBody } from './request.ts';
import type { HttpRequest } from './request.ts';
import { findRoute } from './routes.ts';
import type { Route } from './routes.ts';
import { sendAnswer } from './send.ts';
import { ClientGone } from './write.ts';

export type HttpEvent =
  | {
      readonly kind: 'answered';
      readonly client: { readonly address: string; readonly port: number };
      readonly method: string;
      readonly path: string;
      readonly status: number;
      /** Body and header bytes handed to the system. */
      readonly bytes: number;
      readonly durationMs: number;
      /** False when the client left before the end; firmware does that after a size probe. */
      readonly complete: boolean;
      readonly userAgent: string | null;
    }
  | { readonly kind: 'peer-refused'; readonly address: string }
  /** It holds as many connections as one machine may; this one was refused. */
  | { readonly kind: 'peer-crowded'; readonly address: string }
  | { readonly kind: 'malformed'; readonly address: string; readonly message: string }
  /** A bug of ours: the route threw. The client got status 500. */
  | { readonly kind: 'crashed'; readonly method: string; readonly path: string; readonly error: unknown };

export interface HttpOptions {
  /** The served NIC's address; 127.0.0.1 for a rehearsal. Never a wildcard on a machine with a second network. */
  readonly address: string;
  readonly port: number;
  readonly routes: readonly Route[];
  readonly onEvent: (event: HttpEvent) => void;
  readonly maxConnections?: number;
  /** Of one address, so that a machine that has gone wrong does not use up `maxConnections`. No limit of its own, when left out. */
  readonly peerConnections?: number;
  /** Who may connect; a laptop routes for nobody, so only the NIC's own subnet should. All, when left out. */
  readonly allowPeer?: (address: string) => boolean;
  /** A client that takes no byte of an answer for this long is dropped. */
  readonly stallTimeoutMs?: number;
  /** So is a connection whose request has not come within this time. */
  readonly headersTimeoutMs?: number;
}

export interface RunningHttp {
  readonly address: { readonly address: string; readonly port: number };
  /** Ends long polls and downloads at once. */
  stop(): Promise<void>;
}

/** Failures `http.port-taken`, `http.port-not-allowed`, `http.address-missing`, `http.listen-failed`. */
export const startHttp = async (options: HttpOptions): Promise<Result<RunningHttp>> => {
  const { routes, onEvent, allowPeer = () => true, maxConnections = 1024, peerConnections = maxConnections } = options;
  const { stallTimeoutMs = 60_000, headersTimeoutMs = 15_000 } = options;
  const sockets = new Set<Socket>();
  const perPeer = new Map<string, number>();
  const grubSockets = new WeakSet<Socket>();
  const server = createServer({
    keepAlive: true,
    keepAliveInitialDelay: 10_000,
    keepAliveTimeout: 65_000,
    headersTimeout: headersTimeoutMs,
    // Node looks for those every 30 s by itself.
    connectionsCheckingInterval: headersTimeoutMs / 3,
    // A body may take its time on a slow link; silence in it is what ends a connection, below.
    requestTimeout: 0,
  });
  server.maxConnections = maxConnections;

  server.on('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress);
    if (!allowPeer(address)) {
      onEvent({ kind: 'peer-refused', address });
      socket.resetAndDestroy();
      return;
    }
    const held = perPeer.get(address) ?? 0;
    if (held >= peerConnections) {
      onEvent({ kind: 'peer-crowded', address });
      socket.resetAndDestroy();
      return;
    }
    perPeer.set(address, held + 1);
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      const left = (perPeer.get(address) ?? 1) - 1;
      if (left > 0) perPeer.set(address, left);
      else perPeer.delete(address);
    });
    // GRUB closes its half, reuses the same few ports at the next boot and never answers our FIN: only a reset frees the port pair.
    // Before Node's own listener, because a connection that is being shut down can no longer be reset.
    socket.prependListener('end', () => {
      if (grubSockets.has(socket)) socket.resetAndDestroy();
    });
  });

  server.on('clientError', (error: Error, socket: Socket) => {
    // ECONNRESET is a power switch or UEFI's way to end a download.
    if (!('code' in error && error.code === 'ECONNRESET'))
      onEvent({ kind: 'malformed', address: plainAddress(socket.remoteAddress), message: error.message });
    // Not left to the client: one that never closes its half would hold its place for ever.
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n', () => socket.destroy());
    else socket.destroy();
  });

  const answerTo = async (request: HttpRequest): Promise<HttpAnswer> => {
    const found = findRoute(routes, request.method, request.path);
    if (found.kind === 'route') return found.route.handle(request, found.parts);
    return found.kind === 'method' ? wrongMethod(request.method, found.allowed) : missing(request.path);
  };

  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedAtMs = performance.now();
    const { socket } = message;
    const bytesBefore = socket.bytesWritten;
    const userAgent = message.headers['user-agent'] ?? null;
    if (userAgent?.startsWith('GRUB')) grubSockets.add(socket);
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(new ClientGone('the client has left'));
    });
    response.on('error', () => {});
    const method = message.method ?? '';
    const target = parseTarget(message.url ?? '');
    const path = target?.path ?? (message.url ?? '').slice(0, 200);
    const client = { address: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 };
    let bodyAsked = false;
    try {
      const request: HttpRequest | null = target && {
        method,
        path,
        query: target.query,
        headers: message.headers,
        client,
        signal: gone.signal,
        body: (limitBytes) => {
          bodyAsked = true;
          socket.setTimeout(stallTimeoutMs);
          return readBody(message, limitBytes).finally(() => socket.setTimeout(0));
        },
      };
      const answer = request ? await answerTo(request) : badTarget;
      // A long poll must wait as long as it likes; only while we are sending is silence a dead client. Node's own listener destroys
      // the socket, and its keep-alive timer replaces this one when the answer is complete.
      socket.setTimeout(stallTimeoutMs);
      if (!message.complete && method !== 'GET' && method !== 'HEAD' && (bodyAsked || !isShort(message)))
        response.setHeader('connection', 'close');
      await sendAnswer(message, response, answer);
      if (answer.kind === 'bytes') answer.release?.();
    } catch (error) {
      if (!(error instanceof ClientGone) && !gone.signal.aborted) {
        onEvent({ kind: 'crashed', method, path, error });
        if (response.headersSent) socket.destroy();
        else await sendAnswer(message, response, crashed).catch(() => {});
      }
      // A half-sent body can only be ended by ending the connection.
      if (!response.writableFinished) socket.destroy();
    }
    onEvent({
      kind: 'answered',
      client,
      method,
      path,
      status: response.statusCode,
      bytes: socket.bytesWritten - bytesBefore,
      durationMs: performance.now() - startedAtMs,
      complete: response.writableFinished,
      userAgent,
    });
  };

  server.on('request', (message, response) => void serve(message, response));

  const listening = await listen(server, options.address, options.port);
  if (!listening.ok) return listening;
  const bound = server.address() as AddressInfo;
  return success({
    address: { address: bound.address, port: bound.port },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
};

/**
 * A body that no route wanted is dropped by Node as it comes, if it is no longer than this: a connection that is closed with bytes
 * on their way is reset, and the client may never read the refusal.
 */
const DROPPED_MOST_BYTES = 4 * 1024 * 1024;
const isShort = (message: IncomingMessage): boolean => Number(message.headers['content-length'] ?? Number.NaN) <= DROPPED_MOST_BYTES;

/** IPv4 clients of a dual-stack socket appear as ::ffff:10.0.0.7. */
const plainAddress = (address: string | undefined): string => (address ?? '').replace(/^::ffff:/, '');

const badTarget = failureAnswer(400, failed('http.bad-target', 'The request names no path.', 'Nothing; it is ignored.').failure);
const missing = (path: string): HttpAnswer =>
  failureAnswer(
    404,
    failed(
      'http.not-found',
      `Nothing is served at ${path.slice(0, 200)}.`,
      'Check that the boot kit is complete: preflight lists its files.',
    ).failure,
  );
const wrongMethod = (method: string, allowed: readonly string[]): HttpAnswer =>
  failureAnswer(
    405,
    failed('http.wrong-method', `${method} is not possible here; ${allowed.join(', ')} is.`, 'Use the agent of the current boot kit.')
      .failure,
  );
const crashed = failureAnswer(
  500,
  failed('http.crashed', 'The station made a mistake while it answered.', 'Look into the station log and report it.').failure,
);
