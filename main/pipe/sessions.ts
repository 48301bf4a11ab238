// Who may use the window listener: the station's token (in a header or the WebSocket subprotocol), or the cookie that a
// browser got for it once. The cookie is a random id with its HMAC under the token, so that it needs no list and lives as
// long as the token. Compared in constant time; never logged.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { PIPE_PROTOCOL, TOKEN_PROTOCOL_PREFIX } from '../../preload/contract/pipe.ts';
import type { IncomingMessage } from 'node:http';

export type Sessions = {
  readonly tokenMatches: (token: string) => boolean;
  /** A new session, as the Set-Cookie value. */
  readonly open: (secure: boolean, port: number) => string;
  /** Whether the request carries the token or a live session. */
  readonly allows: (request: IncomingMessage, port: number) => boolean;
};

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
  const sealed = (id: string): string => `${id}.${createHmac('sha256', token).update(`session ${id}`).digest('base64url')}`;
  const tokenMatches = (offered: string): boolean => timingSafeEqual(digest(offered), expected);
  return {
    tokenMatches,
    open: (secure, port) => {
      const value = sealed(randomBytes(18).toString('base64url'));
      return `${cookieName(port)}=${value}; HttpOnly; SameSite=Strict; Path=/${secure ? '; Secure' : ''}`;
    },
    allows: (request, port) => {
      const offered = offeredToken(request);
      if (offered !== null) return tokenMatches(offered);
      const value = cookieValue(request, cookieName(port));
      return value !== null && timingSafeEqual(digest(value), digest(sealed(value.split('.')[0] ?? '')));
    },
  };
};
