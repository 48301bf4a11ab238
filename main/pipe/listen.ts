// The window listener: an HTTP server on loopback that targets never see. It serves the window's files, exchanges the
// token for a cookie and upgrades /pipe to the WebSocket (RFC 6455) that pipe-server.ts speaks over.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIP } from 'node:net';
import { WebSocketServer } from 'ws';
import { failed, success } from '../../agent/protocol/failure.ts';
import { MAX_CLIENT_FRAME_BYTES, PIPE_PATH, PIPE_PROTOCOL } from '../../preload/contract/pipe.ts';
import { readBundle } from './bundle.ts';
import { WRONG_TOKEN, answerRequest, refuseUpgrade, requestProblem } from './requests.ts';
import { createSessions, offeredProtocols } from './sessions.ts';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { IncomingMessage, Server } from 'node:http';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Pipe } from './pipe-server.ts';

export type WindowListenerOptions = {
  /** 0 takes a free one. */
  readonly port: number;
  /** Loopback, unless `tls` is given. */
  readonly host?: string;
  readonly token: string;
  /** Folder of the built window, out/renderer. */
  readonly bundleFolder: string;
  readonly pipe: Pipe;
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Host names by which it may be called beside its address. */
  readonly names?: readonly string[];
  /** Origins beside the listener's own, e.g. that of the desktop window. */
  readonly origins?: readonly string[];
};

export type WindowListener = {
  readonly address: { readonly host: string; readonly port: number };
  /** Address of the window, without the token: append `#token=…` for a browser that has no session yet. */
  readonly url: string;
  readonly pipeUrl: string;
  readonly stop: () => Promise<void>;
};

/** Origin of the desktop window, which loads its files by its own protocol. */
const DESKTOP_ORIGIN = 'app://rackside';

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

const listening = (server: Server, port: number, host: string): Promise<Result<AddressInfo>> =>
  new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(
        failed(
          error.code === 'EADDRINUSE' ? 'window.port-taken' : 'window.listen-failed',
          `The window's listener cannot use ${host}:${port} (${error.code ?? error.message}).`,
          'Choose another port with --window-port, or stop the program that has it.',
        ),
      ),
    );
    server.listen(port, host, () => resolve(success(server.address() as AddressInfo)));
  });

/**
 * Starts the listener. Failures: `window.tls-wanted` (beyond loopback without TLS), `window.bundle-missing`,
 * `window.port-taken`, `window.listen-failed`.
 */
export const startWindowListener = async (options: WindowListenerOptions): Promise<Result<WindowListener>> => {
  const host = options.host ?? '127.0.0.1';
  if (!isLoopback(host) && options.tls === undefined) {
    return failed(
      'window.tls-wanted',
      `Windows beyond this laptop (${host}) want TLS.`,
      'Give a certificate and its key, or listen on 127.0.0.1.',
    );
  }
  const bundle = await readBundle(options.bundleFolder);
  if (!bundle.ok) return bundle;
  const secure = options.tls !== undefined;
  const server: Server = options.tls ? createTlsServer({ cert: options.tls.certificate, key: options.tls.key }) : createServer();
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  const sessions = createSessions(options.token);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_CLIENT_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PIPE_PROTOCOL) ? PIPE_PROTOCOL : false),
  });

  const started = await listening(server, options.port, host);
  if (!started.ok) return started;
  const port = started.value.port;
  const named = isIP(host) === 6 ? `[${host}]` : host;
  const called = [named, ...(options.names ?? [])];
  // A browser leaves the port away that https has by default.
  const hosts = new Set([
    ...called.flatMap((name) => [`${name}:${port}`, ...(secure && port === 443 ? [name] : [])]),
    ...(isLoopback(host) ? [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`] : []),
  ]);
  const scheme = secure ? 'https' : 'http';
  const origins = new Set([...[...hosts].map((one) => `${scheme}://${one}`), DESKTOP_ORIGIN, ...(options.origins ?? [])]);
  const rules = { hosts, origins, sessions, port, secure, bundle: bundle.value };

  server.on('request', (request, response) => answerRequest(rules, request, response));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    const problem = requestProblem(rules, request);
    if (problem !== null) return refuseUpgrade(socket, problem);
    if (URL.parse(request.url ?? '', 'http://window')?.pathname !== PIPE_PATH || !offeredProtocols(request).includes(PIPE_PROTOCOL)) {
      return refuseUpgrade(socket, { status: 404, ...failed('window.not-found', 'There is no such pipe here.', `Ask for ${PIPE_PATH}.`) });
    }
    if (!sessions.allows(request, port)) return refuseUpgrade(socket, WRONG_TOKEN);
    sockets.handleUpgrade(request, socket as Socket, head, (ws) => options.pipe.attach(ws));
  });

  return success({
    address: { host, port },
    url: `${scheme}://${named}:${port}/`,
    pipeUrl: `${secure ? 'wss' : 'ws'}://${named}:${port}${PIPE_PATH}`,
    stop: () =>
      new Promise<void>((resolve) => {
        for (const one of sockets.clients) one.close(1001, 'station stops');
        server.close(() => resolve());
        server.closeAllConnections();
        // Upgraded sockets are no longer the server's: those that do not close politely are cut.
        setTimeout(() => sockets.clients.forEach((one) => one.terminate()), 500).unref();
      }),
  });
};
