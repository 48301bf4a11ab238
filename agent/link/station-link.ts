// The agent's end of agent/protocol/messages.ts: hello for a session, reports out, signed orders in. An order that was not
// signed by the station named at boot, or that is old, is refused here and reaches nobody.
import { randomBytes } from 'node:crypto';
import { failed, success } from '../protocol/failure.ts';
import type { Failure, Result } from '../protocol/failure.ts';
import { captureMissingAnswerSchema, captureResultSchema, healMissingAnswerSchema } from '../protocol/capture.ts';
import {
  helloAnswerSchema,
  inventoryAnswerSchema,
  orderBodySchema,
  ordersAnswerSchema,
  PROTOCOL,
  provenanceAnswerSchema,
  provenanceRequestSchema,
  signedSchema,
  WIRE,
} from '../protocol/messages.ts';
import type { Hello, HelloAnswer, InventoryAnswer, OrderBody, Report, Signed } from '../protocol/messages.ts';
import type { Inventory } from '../protocol/inventory.ts';
import { verifyBytes } from '../image/signature.ts';
import type { CaptureSink } from '../capture/types.ts';
import type { HealSink } from '../verify/types.ts';
import type { BootWords } from '../words.ts';
import { createDirectHttp } from './direct-http.ts';
import { requestBytes, requestJson } from './http-client.ts';
import type { Session } from './http-client.ts';
import { patiently } from './retry.ts';
import { z } from 'zod';

const REQUEST_TIMEOUT_MS = 30_000;
const POLL_TIMEOUT_MS = 40_000;
const BULK_TIMEOUT_MS = 120_000;
/** The station looks through the whole image before it signs it. */
const PUBLISH_TIMEOUT_MS = 10 * 60_000;

export type StationLink = {
  readonly answer: HelloAnswer;
  /** The job at which an earlier run of the agent, on this boot, ended; null where none did. */
  readonly interruptedJobId: string | null;
  /** Remembers the running job through a crash of the agent; null: none runs. */
  holdJob(jobId: string | null): void;
  sendInventory(inventory: Inventory): Promise<Result<InventoryAnswer>>;
  /** Waits up to half a minute; an empty list is normal. */
  nextOrders(): Promise<Result<readonly OrderBody[]>>;
  report(reports: readonly Report[]): Promise<Result<null>>;
  requestRecord(request: z.infer<typeof provenanceRequestSchema>): Promise<Result<Uint8Array>>;
  /** The calls of one capture, retried while the link is the trouble. */
  captureSink(jobId: string): CaptureSink;
  /** The calls of a deep check that heals the library, retried likewise. */
  healSink(jobId: string): HealSink;
  /**
   * Bytes of `/library/…`, retried while the link is the trouble. With `into`, which goes with a body, the answer is a view of it;
   * nothing is written there once `signal` has aborted.
   */
  fetchLibrary(path: string, body: unknown, how?: FetchHow): Promise<Result<Uint8Array>>;
};

export type FetchHow = { readonly into?: Uint8Array | undefined; readonly signal: AbortSignal };

export type LinkOptions = {
  readonly words: BootWords;
  readonly agentVersion: string;
  readonly architecture: string;
  readonly signal: AbortSignal;
  readonly onTrouble: (failure: Failure, tries: number) => void;
  readonly onBack: () => void;
  /** Keeps the session through a crash of the agent: the token of this boot is used up by then. */
  readonly memory: LinkMemory;
};

/** Text that outlives the agent's process but not the boot. */
export type LinkMemory = { load(): string | null; save(text: string): void };

const memorySchema = z.object({
  answer: helloAnswerSchema,
  runs: z.number().int(),
  lastSequence: z.number().int(),
  jobId: z.string().nullable(),
});
/** Each run of the agent counts its requests from a range of its own. */
const COUNTERS_PER_RUN = 1_000_000_000;

const recall = (memory: LinkMemory): z.infer<typeof memorySchema> | null => {
  const text = memory.load();
  if (text === null) return null;
  try {
    const parsed = memorySchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
};

const verified = (signed: Signed, stationKey: string): Result<unknown> => {
  const key = Buffer.from(stationKey, 'base64url');
  if (!verifyBytes(key, 'order', Buffer.from(signed.body), Buffer.from(signed.signature, 'base64'))) {
    return failed(
      'order.signature',
      'An answer was not signed by the station this machine booted from.',
      'Look for a second station on this wire, then boot again.',
    );
  }
  try {
    return success(JSON.parse(signed.body));
  } catch {
    return failed('order.invalid', 'A signed answer is no JSON.', 'Boot this machine again.');
  }
};

const sayHello = async (options: LinkOptions, hello: Hello): Promise<Result<HelloAnswer>> => {
  const answer = await requestJson(
    options.words.station,
    { method: 'POST', path: WIRE.hello, body: hello, session: null, timeoutMs: REQUEST_TIMEOUT_MS, signal: options.signal },
    signedSchema,
  );
  if (!answer.ok) return answer;
  const body = verified(answer.value, options.words.stationKey);
  if (!body.ok) return body;
  const parsed = helloAnswerSchema.safeParse(body.value);
  if (!parsed.success || parsed.data.nonce !== hello.nonce) {
    return failed(
      'link.answer-invalid',
      "The station's answer to hello does not fit.",
      'Boot this machine again; station and kit may differ in version.',
    );
  }
  return success(parsed.data);
};

/** Says hello until the station answers or refuses; the answer's session is used from then on. */
export const connectStation = async (options: LinkOptions): Promise<Result<StationLink>> => {
  const { words, signal } = options;
  const hello: Hello = {
    protocol: PROTOCOL,
    kitId: words.stage2,
    agentVersion: options.agentVersion,
    token: words.token,
    bootMac: words.mac,
    architecture: options.architecture,
    nonce: randomBytes(16).toString('hex'),
  };
  let inTrouble = false;
  const patience = {
    onTrouble: (failure: Failure, tries: number) => {
      inTrouble = true;
      options.onTrouble(failure, tries);
    },
  };
  const patient = async <T>(attempt: () => Promise<Result<T>>, until = signal): Promise<Result<T>> => {
    const result = await patiently(attempt, { ...patience, signal: until });
    if (result.ok && inTrouble) {
      inTrouble = false;
      options.onBack();
    }
    return result;
  };

  const remembered = recall(options.memory);
  const answer = remembered === null ? await patient(() => sayHello(options, hello)) : success(remembered.answer);
  if (!answer.ok) return answer;

  const runs = (remembered?.runs ?? -1) + 1;
  let counter = runs * COUNTERS_PER_RUN;
  const session: Session = { id: answer.value.sessionId, keyHex: answer.value.sessionKey, nextCounter: () => (counter += 1) };
  const directHttp = createDirectHttp(words.station);
  let lastSequence = remembered?.lastSequence ?? 0;
  let jobId = remembered?.jobId ?? null;
  let { trustedKeys } = answer.value;
  const remember = (): void => options.memory.save(JSON.stringify({ answer: { ...answer.value, trustedKeys }, runs, lastSequence, jobId }));
  remember();
  const post = <T>(path: string, body: unknown, schema: z.ZodType<T>, timeoutMs = REQUEST_TIMEOUT_MS): Promise<Result<T>> =>
    patient(() => requestJson(words.station, { method: 'POST', path, body, session, timeoutMs, signal }, schema));
  const postBytes = async (path: string, body: Uint8Array): Promise<Result<null>> => {
    const bulk = {
      method: 'POST',
      path,
      body,
      contentType: 'application/octet-stream',
      session,
      timeoutMs: BULK_TIMEOUT_MS,
      signal,
    } as const;
    const result = await patient(() => requestBytes(words.station, bulk));
    return result.ok ? success(null) : result;
  };

  const accept = (signed: Signed): Result<OrderBody> => {
    const body = verified(signed, words.stationKey);
    if (!body.ok) return body;
    const parsed = orderBodySchema.safeParse(body.value);
    if (!parsed.success)
      return failed('order.invalid', 'An order does not fit the protocol.', 'Boot this machine again into the current kit.');
    if (parsed.data.sessionId !== session.id || parsed.data.sequence <= lastSequence) {
      return failed('order.stale', 'An order was meant for another boot.', 'Nothing to do: it was ignored.');
    }
    lastSequence = parsed.data.sequence;
    trustedKeys = parsed.data.trustedKeys ?? trustedKeys;
    remember();
    return success(parsed.data);
  };

  return success({
    answer: answer.value,
    interruptedJobId: jobId,
    holdJob: (running) => {
      jobId = running;
      remember();
    },
    sendInventory: (inventory) => post(WIRE.inventory, { inventory }, inventoryAnswerSchema),
    nextOrders: async () => {
      const path = `${WIRE.orders}?after=${lastSequence}`;
      const batch = await patient(() =>
        requestJson(words.station, { method: 'GET', path, body: null, session, timeoutMs: POLL_TIMEOUT_MS, signal }, ordersAnswerSchema),
      );
      if (!batch.ok) return batch;
      const orders: OrderBody[] = [];
      for (const signed of batch.value.orders) {
        const order = accept(signed);
        if (order.ok) orders.push(order.value);
        else if (order.failure.code !== 'order.stale') return order;
      }
      return success(orders);
    },
    report: async (reports) => {
      const result = await post(WIRE.report, { reports }, z.object({}));
      return result.ok ? success(null) : result;
    },
    requestRecord: async (request) => {
      const result = await post(WIRE.provenance, request, provenanceAnswerSchema);
      return result.ok ? success(Buffer.from(result.value.record, 'base64')) : result;
    },
    captureSink: (jobId) => ({
      missing: async (hashes) => {
        const result = await post(WIRE.captureMissing(jobId), { hashes }, captureMissingAnswerSchema);
        return result.ok ? success(result.value.wanted) : result;
      },
      send: (frames) => postBytes(WIRE.captureChunks(jobId), frames),
      table: (part, atBytes) => postBytes(`${WIRE.captureTable(jobId)}?at=${atBytes}`, part),
      publish: (image) => post(WIRE.capturePublish(jobId), image, captureResultSchema, PUBLISH_TIMEOUT_MS),
    }),
    healSink: (jobId) => ({
      missing: async () => {
        const result = await post(WIRE.healMissing(jobId), {}, healMissingAnswerSchema, BULK_TIMEOUT_MS);
        return result.ok ? success({ chunks: result.value.chunks, entries: Buffer.from(result.value.entries, 'base64') }) : result;
      },
      send: (frames) => postBytes(WIRE.healChunks(jobId), frames),
    }),
    fetchLibrary: (path, body, how) => {
      const encoded = body === null ? null : new TextEncoder().encode(JSON.stringify(body));
      const until = how === undefined ? signal : AbortSignal.any([signal, how.signal]);
      const direct = how?.into === undefined ? undefined : { http: directHttp, into: how.into };
      const method = encoded === null ? 'GET' : 'POST';
      return patient(
        () => requestBytes(words.station, { method, path, body: encoded, session, timeoutMs: BULK_TIMEOUT_MS, signal: until, direct }),
        until,
      );
    },
  });
};
