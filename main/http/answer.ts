// What a route may answer with. Routes are values: they name bytes, a file of a table or a stream, and never write to a socket themselves.
import type { Failure } from '../../agent/protocol/failure.ts';

/** Bytes that replace the file's own from `offset` on while it is served; same length as what they cover. */
export interface Overlay {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface Named {
  /** Defaults to application/octet-stream. */
  readonly contentType?: string;
  /** A strong validator without its quotes, such as a SHA-256; allows If-None-Match and If-Range. */
  readonly etag?: string;
}

export type HttpAnswer =
  /** `release` is called when the system has taken the bytes; never when the client left, for the socket may still refer to them. */
  | ({ readonly kind: 'bytes'; readonly status?: number; readonly bytes: Uint8Array; readonly release?: () => void } & Named)
  | ({ readonly kind: 'file'; readonly path: string; readonly sizeBytes: number; readonly overlay?: Overlay } & Named)
  | { readonly kind: 'json'; readonly status?: number; readonly value: unknown }
  /** Frames of unknown total length; the iterable is ended early (`return`) when the client is gone. */
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Uint8Array>; readonly contentType?: string; readonly sizeBytes?: number }
  | { readonly kind: 'failure'; readonly status: number; readonly failure: Failure };

export const failureAnswer = (status: number, failure: Failure): HttpAnswer => ({ kind: 'failure', status, failure });

export const textAnswer = (text: string, contentType = 'text/plain; charset=utf-8'): HttpAnswer => ({
  kind: 'bytes',
  bytes: Buffer.from(text, 'utf8'),
  contentType,
});
