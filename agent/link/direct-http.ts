// HTTP/1.1 (RFC 9112) over our own sockets for the one exchange that carries nearly all bytes: batches of chunks, read by the kernel
// straight into the memory they are worked on in. node:http makes a fresh buffer for every 64 KiB, and the garbage collections that
// those set off cost more processor time than receiving does. Everything else goes over node:http (http-client.ts).
import { connect } from 'node:net';
import { parseAnswerHead } from './answer-head.ts';
import type { AnswerHead } from './answer-head.ts';

export type DirectRequest = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Where the answer goes; a longer one is refused. */
  readonly into: Uint8Array;
  readonly signal: AbortSignal;
  /** Something of the answer has come. */
  readonly onBytes: () => void;
};

export type DirectAnswer = { readonly status: number; readonly bytes: Uint8Array };

export type DirectHttp = {
  /** POST. Rejects on link trouble, an abort, and an answer without length or that does not fit. Nothing is written to `into` afterwards. */
  post(request: DirectRequest): Promise<DirectAnswer>;
};

const HEAD_BYTES = 16 * 1024;
const IDLE_MOST = 8;
/** Half of what the station waits: a connection is not used in the moment in which it is being closed. */
const IDLE_MS = 30_000;

/** Connections to one station, `http://host:port`, kept between requests; they do not keep the process alive. */
export const createDirectHttp = (station: string): DirectHttp => {
  const { hostname, port, host } = new URL(station);
  const place = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 80 };
  const idle: { readonly connection: Connection; readonly sinceMs: number }[] = [];

  const take = (): Connection => {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
      if (kept.connection.isOpen() && performance.now() - kept.sinceMs < IDLE_MS) return kept.connection;
      kept.connection.end();
    }
    return openConnection(place);
  };
  return {
    post: async (request) => {
      request.signal.throwIfAborted();
      const connection = take();
      try {
        return await connection.exchange(host, request);
      } finally {
        if (connection.isOpen() && idle.length < IDLE_MOST) idle.push({ connection, sinceMs: performance.now() });
        else connection.end();
      }
    },
  };
};

type Connection = {
  /** One at a time; a failed one closes the connection. */
  exchange(hostField: string, request: DirectRequest): Promise<DirectAnswer>;
  isOpen(): boolean;
  end(): void;
};

type Pending = {
  readonly into: Uint8Array;
  readonly onBytes: () => void;
  readonly resolve: (answer: DirectAnswer) => void;
  readonly reject: (error: Error) => void;
  head: AnswerHead | null;
  bodyBytes: number;
};

const openConnection = (place: { readonly host: string; readonly port: number }): Connection => {
  const headMemory = Buffer.allocUnsafe(HEAD_BYTES);
  let headBytes = 0;
  let pending: Pending | null = null;
  let isOpen = true;

  const fail = (error: Error): void => {
    isOpen = false;
    socket.destroy();
    pending?.reject(error);
    pending = null;
  };
  const finish = ({ head, bodyBytes, into, resolve }: Pending): void => {
    pending = null;
    headBytes = 0;
    if (head?.keepsOpen !== true) fail(new Error('closed'));
    resolve({ status: head?.status ?? 0, bytes: into.subarray(0, bodyBytes) });
  };
  /** What was read lies in the memory of the head, perhaps with the first bytes of the body behind it. */
  const hearHead = (request: Pending): void => {
    const head = parseAnswerHead(headMemory.subarray(0, headBytes));
    if (head === 'more') {
      if (headBytes === HEAD_BYTES) fail(new Error('the head of the answer is too long'));
      return;
    }
    if (typeof head === 'string') return fail(new Error(head));
    const rest = headMemory.subarray(head.headBytes, headBytes);
    if (head.bodyBytes > request.into.length) return fail(new Error(`the answer has ${head.bodyBytes} bytes`));
    if (rest.length > head.bodyBytes) return fail(new Error('the answer is longer than it says'));
    request.into.set(rest);
    request.head = head;
    request.bodyBytes = rest.length;
  };
  const hear = (lengthBytes: number): boolean => {
    const request = pending;
    if (request === null) {
      fail(new Error('the station sent what nobody asked for'));
      return false;
    }
    request.onBytes();
    if (request.head === null) {
      headBytes += lengthBytes;
      hearHead(request);
    } else request.bodyBytes += lengthBytes;
    if (request.head?.bodyBytes === request.bodyBytes) finish(request);
    return isOpen;
  };
  /** Where the kernel puts what comes next; asked for after every read. */
  const nextMemory = (): Uint8Array =>
    pending?.head ? pending.into.subarray(pending.bodyBytes, pending.head.bodyBytes) : headMemory.subarray(headBytes);

  const socket = connect({ ...place, noDelay: true, onread: { buffer: nextMemory, callback: hear } });
  socket.on('error', fail);
  socket.on('end', () => fail(new Error('the station ended the connection')));
  socket.on('close', () => fail(new Error('the connection broke')));

  return {
    isOpen: () => isOpen,
    end: () => fail(new Error('closed')),
    exchange: async (hostField, { path, headers, body, into, signal, onBytes }) => {
      const abort = (): void => fail(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      signal.addEventListener('abort', abort, { once: true });
      socket.ref();
      try {
        return await new Promise<DirectAnswer>((resolve, reject) => {
          pending = { into, onBytes, resolve, reject, head: null, bodyBytes: 0 };
          const fields = { host: hostField, ...headers, 'content-length': String(body.length) };
          const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
          socket.cork();
          socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
          socket.write(body);
          socket.uncork();
        });
      } finally {
        signal.removeEventListener('abort', abort);
        socket.unref();
      }
    },
  };
};
