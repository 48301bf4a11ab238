// A request as routes see it: a normalised path, the client's address, a signal that ends with the connection, and a bounded body.
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

export interface HttpRequest {
  readonly method: string;
  /** Decoded once, doubled slashes collapsed (shim asks for `//grubx64.efi`). For comparing with a table, never for joining with a folder. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly client: { readonly address: string; readonly port: number };
  /** Aborted when the client is gone before the answer is complete; a long poll ends by it. */
  readonly signal: AbortSignal;
  /** The whole body. Failure `http.body-too-large` or `http.body-cut`. */
  readonly body: (limitBytes: number) => Promise<Result<Buffer>>;
}

/** `null` when the target is no path we could ever serve: bad escapes, NUL, not starting with a slash. */
export const parseTarget = (target: string): { readonly path: string; readonly query: URLSearchParams } | null => {
  // A proxy-style absolute URL (RFC 9112 3.2.2) is allowed; its authority is of no interest on this listener.
  const local = target.replace(/^https?:\/\/[^/?#]*/i, '') || '/';
  if (!local.startsWith('/')) return null;
  const [beforeQuery = '', ...rest] = local.split('?');
  try {
    const path = decodeURIComponent(beforeQuery.split('#')[0] ?? '').replace(/\/{2,}/g, '/');
    return path.includes('\0') ? null : { path, query: new URLSearchParams(rest.join('?')) };
  } catch {
    return null;
  }
};

/** Reads a body up to a limit; past it the rest is left unread, so the connection must be closed by the answer. */
export const readBody = async (message: IncomingMessage, limitBytes: number): Promise<Result<Buffer>> => {
  const tooLarge = () =>
    failed('http.body-too-large', `The request's body is larger than ${limitBytes} bytes.`, 'Send it in smaller parts.');
  if (Number(message.headers['content-length'] ?? 0) > limitBytes) return tooLarge();
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  try {
    // Leaving early must not destroy the connection: the refusal still has to be sent over it.
    for await (const part of message.iterator({ destroyOnReturn: false })) {
      const bytes = part as Buffer;
      sizeBytes += bytes.length;
      if (sizeBytes > limitBytes) return tooLarge();
      parts.push(bytes);
    }
  } catch {
    return failed('http.body-cut', 'The connection ended before the request was complete.', 'Send it again.');
  }
  return success(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, sizeBytes));
};

/** The body as JSON of a known shape. Failures `http.body-too-large`, `http.body-cut`, `http.bad-json`, `http.bad-shape`. */
export const readJson = async <T>(request: HttpRequest, schema: z.ZodType<T>, limitBytes = 1024 * 1024): Promise<Result<T>> => {
  const body = await request.body(limitBytes);
  if (!body.ok) return body;
  let value: unknown;
  try {
    value = JSON.parse(body.value.toString('utf8'));
  } catch {
    return failed('http.bad-json', 'The request is not valid JSON.', 'Use the agent of the current boot kit.');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return success(parsed.data);
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') || 'the request';
  return failed(
    'http.bad-shape',
    `The request does not have the agreed shape: ${where}: ${issue?.message ?? 'invalid'}.`,
    'Use the agent of the current boot kit.',
  );
};

/** The status that goes with a failure of `readJson` and `body`. */
export const statusOfBodyFailure = (code: string): number => (code === 'http.body-too-large' ? 413 : 400);
