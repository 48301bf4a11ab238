// Proof that a request belongs to a session: HMAC-SHA256 (RFC 2104) over method, path, counter and body hash. The key travels once,
// in the signed answer to `hello`. Synchronous on purpose: a thread-pool hop would queue behind the disk's own writes.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type ProvenRequest = { readonly method: string; readonly path: string; readonly counter: number; readonly body: Uint8Array };

/** Hex HMAC of one request; `path` carries its query, `keyHex` is 64 hex characters. */
export const requestMac = (keyHex: string, request: ProvenRequest): string => {
  const bodyHash = createHash('sha256').update(request.body).digest('hex');
  const text = `${request.method}\n${request.path}\n${request.counter}\n${bodyHash}`;
  return createHmac('sha256', Buffer.from(keyHex, 'hex')).update(text).digest('hex');
};

/** Compares two hex MACs in time that depends on their length only. */
export const sameMac = (left: string, right: string): boolean =>
  left.length === right.length && timingSafeEqual(Buffer.from(left, 'latin1'), Buffer.from(right, 'latin1'));
