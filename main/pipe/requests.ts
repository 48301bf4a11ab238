// What the window listener answers to one HTTP request: a file of the window, the document, or the exchange of the
// token for a session. Host and Origin are checked first, against DNS rebinding and foreign pages.
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { failed } from '../../agent/protocol/failure.ts';
import { SESSION_PATH } from '../../preload/contract/pipe.ts';
import { COMMON_HEADERS, renderDocument } from './document.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { Bundle, BundleFile } from './bundle.ts';
import type { Sessions } from './sessions.ts';

export type RequestRules = {
  readonly hosts: ReadonlySet<string>;
  readonly origins: ReadonlySet<string>;
  readonly sessions: Sessions;
  readonly port: number;
  readonly secure: boolean;
  readonly bundle: Bundle;
};

export type Problem = { readonly status: number; readonly failure: Failure };

const MAX_BODY_BYTES = 4096;
const sessionRequestSchema = z.strictObject({ token: z.string().max(512) });

export const WRONG_TOKEN: Problem = {
  status: 401,
  ...failed('window.wrong-token', 'The token is not this station’s.', 'Open the address that the station printed at its start.'),
};

/** Null when the request may be answered at all. */
export const requestProblem = (rules: RequestRules, request: IncomingMessage): Problem | null => {
  if (!rules.hosts.has((request.headers.host ?? '').toLowerCase())) {
    return {
      status: 421,
      ...failed('window.wrong-host', 'This listener does not answer to that host name.', 'Use the address that the station printed.'),
    };
  }
  const origin = request.headers.origin;
  if (origin !== undefined && !rules.origins.has(origin.toLowerCase())) {
    return {
      status: 403,
      ...failed('window.foreign-origin', 'Pages of other sites may not talk to the station.', 'Open the station’s own window.'),
    };
  }
  return null;
};

const failureHeaders = { ...COMMON_HEADERS, 'content-type': 'application/json', 'cache-control': 'no-store' };

const refuse = (response: ServerResponse, { status, failure }: Problem): void => {
  response.writeHead(status, failureHeaders).end(JSON.stringify({ ok: false, failure }));
};

export const refuseUpgrade = (socket: Duplex, { status, failure }: Problem): void => {
  const body = JSON.stringify({ ok: false, failure });
  const headers = Object.entries({ ...failureHeaders, connection: 'close', 'content-length': String(Buffer.byteLength(body)) });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${headers.map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n${body}`,
  );
};

const readBody = async (request: IncomingMessage): Promise<string | null> => {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BODY_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
};

const parseToken = (body: string | null): string | null => {
  try {
    const parsed = sessionRequestSchema.safeParse(JSON.parse(body ?? ''));
    return parsed.success ? parsed.data.token : null;
  } catch {
    return null;
  }
};

const answerSession = async (rules: RequestRules, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (!rules.sessions.allows(request, rules.port)) return refuse(response, WRONG_TOKEN);
    response.writeHead(200, failureHeaders).end(JSON.stringify({ ok: true }));
    return;
  }
  const token = parseToken(await readBody(request));
  if (token === null || !rules.sessions.tokenMatches(token)) return refuse(response, WRONG_TOKEN);
  response
    .writeHead(200, { ...failureHeaders, 'set-cookie': rules.sessions.open(rules.secure, rules.port) })
    .end(JSON.stringify({ ok: true }));
};

const sendFile = (file: BundleFile, request: IncomingMessage, response: ServerResponse): void => {
  const headers = { ...COMMON_HEADERS, etag: file.etag, 'cache-control': file.immutable ? 'max-age=31536000, immutable' : 'no-cache' };
  if (request.headers['if-none-match'] === file.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, 'content-type': file.contentType, 'content-length': file.bytes.length });
  response.end(request.method === 'HEAD' ? undefined : file.bytes);
};

const sendDocument = (rules: RequestRules, request: IncomingMessage, response: ServerResponse): void => {
  const pipeOrigin = `${rules.secure ? 'wss' : 'ws'}://${request.headers.host ?? ''}`;
  const { html, policy } = renderDocument(rules.bundle.indexHtml, pipeOrigin);
  response.writeHead(200, {
    ...COMMON_HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : html);
};

/** Answers every request; what it does not know is a 404 with a failure in JSON. */
export const answerRequest = (rules: RequestRules, request: IncomingMessage, response: ServerResponse): void => {
  const problem = requestProblem(rules, request);
  if (problem !== null) return refuse(response, problem);
  const path = URL.parse(request.url ?? '/', 'http://window')?.pathname ?? '';
  const method = request.method ?? '';
  if (path === SESSION_PATH && ['GET', 'HEAD', 'POST'].includes(method)) {
    answerSession(rules, request, response).catch(() => response.destroy());
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return refuse(response, { status: 405, ...failed('window.bad-method', `${method} is not answered here.`, 'Use GET.') });
  }
  if (path === '/' || path === '/index.html') return sendDocument(rules, request, response);
  const file = rules.bundle.files.get(path);
  if (file === undefined) {
    return refuse(response, { status: 404, ...failed('window.not-found', 'There is no such file in the window.', 'Open / instead.') });
  }
  return sendFile(file, request, response);
};
