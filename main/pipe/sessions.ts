// Who may use the window listener: the station's token (in a header or the WebSocket subprotocol), or the cookie that a
// browser got for it once. Compared in constant time; never logged.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { PIPE_PROTOCOL, TOKEN_PROTOCOL_PREFIX } from '../../preload/contract/pipe.ts';
import type { IncomingMessage } from 'node:http';

export type Sessions = {
  readonly tokenMatches: (token: string) => boolean;
  /** A new session; the oldest ends when there are too many. Returns the Set-Cookie value. */
  readonly open: (secure: boolean, port: number) => string;
  /** Whether the request carries the token or a live session. */
  readonly allows: (request: IncomingMessage, port: number) => boolean;
};

const MAX_SESSIONS = 64;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

// Cookies ignore ports (RFC 6265 §8.5): two stations on one laptop would overwrite each other's without it.
const cookieName = (port: number): string => `rackside-${port}`;

const cookieValue = (request: IncomingMessage, name: string): string | null => {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=');
    if (key === name && value !== undefined) return value;
  }
  return null;
};

export const offeredProtocols = (request: IncomingMessage): readonly string[] =>
  (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());

const offeredToken = (request: IncomingMessage): string | null => {
  const authorization = request.headers.authorization ?? '';
  if (authorization.startsWith('Bearer ')) return authorization.slice('Bearer '.length).trim();
  const protocols = offeredProtocols(request);
  const offered = protocols.find((one) => one.startsWith(TOKEN_PROTOCOL_PREFIX));
  return offered !== undefined && protocols.includes(PIPE_PROTOCOL) ? offered.slice(TOKEN_PROTOCOL_PREFIX.length) : null;
};

export const createSessions = (token: string): Sessions => {
  const expected = digest(token);
  const live = new Set<string>();
  const tokenMatches = (offered: string): boolean => timingSafeEqual(digest(offered), expected);
  return {
    tokenMatches,
    open: (secure, port) => {
      const id = randomBytes(32).toString('base64url');
      live.add(digest(id).toString('hex'));
      for (const oldest of live) if (live.size > MAX_SESSIONS) live.delete(oldest);
      return `${cookieName(port)}=${id}; HttpOnly; SameSite=Strict; Path=/${secure ? '; Secure' : ''}`;
    },
    allows: (request, port) => {
      const offered = offeredToken(request);
      if (offered !== null) return tokenMatches(offered);
      const id = cookieValue(request, cookieName(port));
      return id !== null && live.has(digest(id).toString('hex'));
    },
  };
};
