// One request to the station, with the session's proof when there is one. Link trouble, refusals and answers that do not
// fit their schema come back as failures; only a bug throws.
import { request as httpRequest } from 'node:http';
import type { ClientRequest } from 'node:http';
import type { z } from 'zod';
import { failed, failureSchema, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import { SESSION_HEADERS } from '../protocol/messages.ts';
import type { DirectHttp } from './direct-http.ts';
import { requestMac } from '../image/session-proof.ts';

export type Session = { readonly id: string; readonly keyHex: string; nextCounter(): number };

export type Request = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: Uint8Array | null;
  /** Of the body; JSON unless said otherwise. */
  readonly contentType?: string;
  readonly session: Session | null;
  /** Of silence: a slow answer that still comes is waited for, and so is a slow link that still takes the body. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** For batches of chunks: read straight into this memory, over connections of their own. */
  readonly direct?: { readonly http: DirectHttp; readonly into: Uint8Array } | undefined;
};

/** Failures that pass by themselves: the caller may try again. */
export const isLinkTrouble = (code: string): boolean => code === 'link.lost' || code === 'link.station-busy';

const EMPTY = new Uint8Array(0);
const PIECE_BYTES = 64 * 1024;
/** A chunk table of 2 TiB in use is 84 MB; what announces more is read as it comes. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

/** Bytes of a 2xx answer, or the failure that the station or the link gave. */
export const requestBytes = async (station: string, request: Request): Promise<Result<Uint8Array>> => {
  const headers: Record<string, string> = {};
  if (request.body !== null) headers['content-type'] = request.contentType ?? 'application/json';
  if (request.session !== null) {
    const counter = request.session.nextCounter();
    headers[SESSION_HEADERS.id] = request.session.id;
    headers[SESSION_HEADERS.counter] = String(counter);
    headers[SESSION_HEADERS.mac] = requestMac(request.session.keyHex, {
      method: request.method,
      path: request.path,
      counter,
      body: request.body ?? EMPTY,
    });
  }
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), request.timeoutMs);
  const onBytes = (): void => void timer.refresh();
  try {
    const signal = AbortSignal.any([request.signal, silence.signal]);
    const { path, method, body, direct } = request;
    const { status, bytes } =
      direct === undefined
        ? await exchange(station + path, { method, headers, body, signal, onBytes })
        : await direct.http.post({ path, headers, body: body ?? EMPTY, into: direct.into, signal, onBytes });
    if (status >= 200 && status < 300) return success(bytes);
    return { ok: false, failure: refusalOf(status, bytes) };
  } catch (error) {
    if (request.signal.aborted) return failed('link.cancelled', 'The request was cancelled.', 'Nothing to do.');
    const heard = error instanceof Error ? error.message : String(error);
    const why = silence.signal.aborted ? `nothing came for ${request.timeoutMs / 1000} s` : heard;
    return failed(
      'link.lost',
      `The station did not answer (${why}).`,
      'Check the cable and that the station runs; this goes on by itself.',
    );
  } finally {
    clearTimeout(timer);
  }
};

type Exchange = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  readonly signal: AbortSignal;
  readonly onBytes: () => void;
};

/** Over node:http, whose agent keeps connections; an answer of known length is read into one buffer. */
const exchange = (
  url: string,
  { method, headers, body, signal, onBytes }: Exchange,
): Promise<{ readonly status: number; readonly bytes: Uint8Array }> =>
  new Promise((resolve, reject) => {
    const length = body === null ? {} : { 'content-length': String(body.byteLength) };
    const sent = httpRequest(url, { method, headers: { ...headers, ...length }, signal }, (answer) => {
      const announced = Number(answer.headers['content-length'] ?? Number.NaN);
      const whole = announced <= MAX_ANSWER_BYTES ? new Uint8Array(announced) : null;
      const parts: Uint8Array[] = [];
      let at = 0;
      answer.on('data', (part: Uint8Array) => {
        onBytes();
        if (whole === null) parts.push(part);
        else whole.set(part, at);
        at += part.length;
      });
      // A connection that breaks in the middle gives an error here, and no `end`.
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, bytes: whole ?? new Uint8Array(Buffer.concat(parts)) }));
    });
    sent.on('error', reject);
    if (body === null) sent.end();
    else writeInPieces(sent, body, onBytes);
  });

/** A body that goes out slowly is no silence: each piece that the link takes says that it lives. */
const writeInPieces = (sent: ClientRequest, body: Uint8Array, onBytes: () => void): void => {
  let at = 0;
  const next = (): void => {
    onBytes();
    while (at < body.length) {
      const piece = body.subarray(at, at + PIECE_BYTES);
      at += piece.length;
      if (!sent.write(piece)) {
        sent.once('drain', next);
        return;
      }
    }
    sent.end();
  };
  next();
};

const refusalOf = (status: number, bytes: Uint8Array) => {
  try {
    const parsed = failureSchema.safeParse((JSON.parse(new TextDecoder().decode(bytes)) as { failure?: unknown }).failure);
    if (parsed.success) return parsed.data;
  } catch {
    // Not ours: some other server's page; the status says what there is to say.
  }
  return status >= 500
    ? { code: 'link.station-busy', message: `The station answered ${status}.`, next: 'This goes on by itself.' }
    : { code: 'link.refused', message: `The station answered ${status}.`, next: 'Boot this machine again from the station.' };
};

/** JSON in, JSON out, both by schema. */
export const requestJson = async <T>(
  station: string,
  request: Omit<Request, 'body'> & { readonly body: unknown },
  schema: z.ZodType<T>,
): Promise<Result<T>> => {
  const body = request.body === null ? null : new TextEncoder().encode(JSON.stringify(request.body));
  const answer = await requestBytes(station, { ...request, body });
  if (!answer.ok) return answer;
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(answer.value)));
    if (parsed.success) return success(parsed.data);
    return failed(
      'link.answer-invalid',
      `The station's answer to ${request.path} does not fit: ${parsed.error.issues[0]?.message ?? '?'}.`,
      'Boot this machine again; station and kit may differ in version.',
    );
  } catch {
    return failed('link.answer-invalid', `The station's answer to ${request.path} is no JSON.`, 'Boot this machine again.');
  }
};
