// Writes one answer to one response: status, validators, ranges, and bytes in 1 MiB reads from reused buffers.
import { open } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { assertNever, failed } from '../../agent/protocol/failure.ts';
import type { HttpAnswer } from './answer.ts';
import { failureAnswer } from './answer.ts';
import { decideRange, isUnchanged, quoted } from './range.ts';
import { writeFileRange } from './send-file.ts';
import { writeBytes } from './write.ts';

/** Resolves when the last byte was handed to the system, or rejects when the client left or the source failed. */
export const sendAnswer = async (message: IncomingMessage, response: ServerResponse, answer: HttpAnswer): Promise<void> => {
  switch (answer.kind) {
    case 'json':
      return sendJson(message, response, answer.status ?? 200, answer.value);
    case 'failure':
      return sendJson(message, response, answer.status, { failure: answer.failure });
    case 'bytes':
      return sendBytes(message, response, answer);
    case 'file':
      return sendFile(message, response, answer);
    case 'stream':
      return sendStream(message, response, answer);
    default:
      return assertNever(answer);
  }
};

type Bytes = HttpAnswer & { readonly kind: 'bytes' };
type File = HttpAnswer & { readonly kind: 'file' };
type Stream = HttpAnswer & { readonly kind: 'stream' };

const sendJson = async (message: IncomingMessage, response: ServerResponse, status: number, value: unknown): Promise<void> => {
  const bytes = Buffer.from(JSON.stringify(value), 'utf8');
  head(response, status, { 'content-type': 'application/json', 'content-length': bytes.length, 'cache-control': 'no-store' });
  await finish(message, response, bytes);
};

const sendBytes = async (message: IncomingMessage, response: ServerResponse, answer: Bytes): Promise<void> => {
  const plan = planBody(message, answer.bytes.length, answer, answer.status);
  head(response, plan.status, plan.headers);
  await finish(message, response, plan.end > plan.start ? answer.bytes.subarray(plan.start, plan.end) : null);
};

const sendFile = async (message: IncomingMessage, response: ServerResponse, answer: File): Promise<void> => {
  const handle = await open(answer.path, 'r').catch(() => null);
  if (!handle) return sendAnswer(message, response, unreadable(answer));
  try {
    // Content-Length is a promise: a file that has changed under us must not be served under its old name.
    if ((await handle.stat()).size !== answer.sizeBytes) return await sendAnswer(message, response, unreadable(answer));
    const plan = planBody(message, answer.sizeBytes, answer, undefined);
    head(response, plan.status, plan.headers);
    if (message.method !== 'HEAD' && plan.end > plan.start) await writeFileRange(response, handle, plan.start, plan.end, answer.overlay);
    await finish(message, response, null);
  } finally {
    await handle.close();
  }
};

const unreadable = (answer: File): HttpAnswer =>
  failureAnswer(
    500,
    failed(
      'http.file-unreadable',
      `${answer.path} is missing or has another size than recorded.`,
      'Run preflight; it names the damaged file.',
    ).failure,
  );

const sendStream = async (message: IncomingMessage, response: ServerResponse, answer: Stream): Promise<void> => {
  const length = answer.sizeBytes === undefined ? {} : { 'content-length': answer.sizeBytes };
  head(response, 200, { 'content-type': answer.contentType ?? 'application/octet-stream', 'cache-control': 'no-store', ...length });
  if (message.method === 'HEAD') return finish(message, response, null);
  response.flushHeaders();
  // Leaving the loop by an exception calls the iterable's `return`, which is how its source learns that nobody listens any more.
  for await (const chunk of answer.chunks) await writeBytes(response, chunk);
  await finish(message, response, null);
};

interface BodyPlan {
  readonly status: number;
  readonly headers: Record<string, string | number>;
  readonly start: number;
  readonly end: number;
}

const planBody = (
  message: IncomingMessage,
  sizeBytes: number,
  named: { readonly etag?: string; readonly contentType?: string },
  status = 200,
): BodyPlan => {
  const etag = quoted(named.etag);
  const common = { 'accept-ranges': 'bytes', ...(etag === undefined ? {} : { etag }), 'cache-control': 'no-cache' };
  const { headers } = message;
  if (status === 200 && isUnchanged(headers['if-none-match'], named.etag)) return { status: 304, headers: common, start: 0, end: 0 };
  const type = { 'content-type': named.contentType ?? 'application/octet-stream' };
  const range =
    status === 200 && message.method === 'GET'
      ? decideRange(headers.range, sizeBytes, singleHeader(headers['if-range']), named.etag)
      : null;
  if (range?.kind === 'unsatisfiable')
    return { status: 416, headers: { ...common, 'content-range': `bytes */${sizeBytes}`, 'content-length': 0 }, start: 0, end: 0 };
  if (range?.kind === 'part') {
    const { start, end } = range;
    return {
      status: 206,
      headers: { ...common, ...type, 'content-range': `bytes ${start}-${end - 1}/${sizeBytes}`, 'content-length': end - start },
      start,
      end,
    };
  }
  return { status, headers: { ...common, ...type, 'content-length': sizeBytes }, start: 0, end: sizeBytes };
};

const singleHeader = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const head = (response: ServerResponse, status: number, headers: Record<string, string | number>): void => {
  response.writeHead(status, STATUS_CODES[status] ?? '', headers);
};

const finish = async (message: IncomingMessage, response: ServerResponse, bytes: Uint8Array | null): Promise<void> => {
  if (bytes && message.method !== 'HEAD') await writeBytes(response, bytes);
  await new Promise<void>((resolve, reject) => {
    response.once('close', resolve);
    response.once('error', reject);
    response.end(() => resolve());
  });
};
