// The typed calls of agents on the wire listener. Every call but hello proves its session first; only then is its body read
// as the contract says, and handed to the journey.
import type { z } from 'zod';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import {
  helloSchema,
  inventoryReportSchema,
  provenanceRequestSchema,
  reportsSchema,
  SESSION_HEADERS,
  WIRE,
} from '../../agent/protocol/messages.ts';
import type { CaptureResult } from '../../agent/protocol/capture.ts';
import type { InventoryAnswer, Report } from '../../agent/protocol/messages.ts';
import type { RecipePayload } from '../../agent/protocol/recipe.ts';
import { failureAnswer } from '../http/answer.ts';
import type { HttpAnswer } from '../http/answer.ts';
import { readJson } from '../http/request.ts';
import type { HttpRequest } from '../http/request.ts';
import { pathPattern } from '../http/routes.ts';
import type { Route } from '../http/routes.ts';
import { createAdmission } from './admission.ts';
import type { ImagingJob, VerifyJob } from '../jobs/job-rows.ts';
import type { Agents } from './agents.ts';
import type { StoredSession } from './session-store.ts';

export type AgentCalls = {
  onHello(session: StoredSession): void;
  /** First request of a session after the station was restarted. */
  onBack(session: StoredSession): void;
  /** Every proven request: a sign of life. */
  onContact(session: StoredSession): void;
  onInventory(session: StoredSession, inventory: Inventory): Result<InventoryAnswer>;
  onReport(session: StoredSession, report: Report): void;
  /** The signed provenance record for a job that this session may finish. */
  onRecordWanted(session: StoredSession, request: z.infer<typeof provenanceRequestSchema>): Result<Uint8Array>;
  /** The capture or build that this session may serve, running or just done. */
  onCaptureAsked(session: StoredSession, jobId: string): Result<ImagingJob>;
  /** The deep check that this session runs and that is to heal the library. */
  onHealAsked(session: StoredSession, jobId: string): Result<VerifyJob>;
  /** A payload file of the recipe that this session builds by. */
  onPayloadAsked(session: StoredSession, jobId: string, sha256: string): Result<RecipePayload>;
  onCaptured(jobId: string, result: CaptureResult): void;
  /** Something a person should hear about: a refused hello, a false proof. */
  onRefused(address: string, failure: Failure): void;
};

/** An inventory of a server with hundreds of disks and PCI functions stays below this. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
/** Everything but an inventory or a crowd of reports is smaller; what says no length may become large. */
const SMALL_BODY_BYTES = 64 * 1024;
/** A hello's own limits add up to under 2 KiB. */
const HELLO_LIMIT_BYTES = 16 * 1024;
/** Together 2 MiB. */
const HELLOS_AT_ONCE = 128;

const STATUS: Readonly<Record<string, number>> = {
  'agent.session-unknown': 401,
  'agent.token-invalid': 401,
  'agent.proof-invalid': 403,
  'http.body-too-large': 413,
  'link.station-busy': 503,
};

export const refuse = (failure: Failure): HttpAnswer => failureAnswer(STATUS[failure.code] ?? 400, failure);

type Proven = { readonly session: StoredSession; readonly body: Buffer<ArrayBuffer> };

const readBodyOf = async (agents: Agents, request: HttpRequest, limitBytes: number): Promise<Result<Buffer>> => {
  if (request.method !== 'POST') return success(Buffer.alloc(0));
  const announced = Number(request.headers['content-length'] ?? Number.NaN);
  if (announced <= SMALL_BODY_BYTES) return request.body(SMALL_BODY_BYTES);
  return agents.largeBodies.run(() => request.body(limitBytes));
};

/** Checks the session headers, then reads the body and checks them against it. */
export const proveSession = async (
  agents: Agents,
  calls: AgentCalls,
  request: HttpRequest,
  limitBytes = BODY_LIMIT_BYTES,
): Promise<Result<Proven>> => {
  const header = (name: string): string => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : '';
  };
  const claim = {
    id: header(SESSION_HEADERS.id),
    counter: Number(header(SESSION_HEADERS.counter)),
    mac: header(SESSION_HEADERS.mac),
  };
  const admitted = agents.admits(claim);
  if (!admitted.ok) {
    calls.onRefused(request.client.address, admitted.failure);
    return admitted;
  }
  const body = await readBodyOf(agents, request, limitBytes);
  if (!body.ok) return body;
  const bytes = Buffer.from(body.value);
  const query = request.query.size === 0 ? '' : `?${request.query.toString()}`;
  const proven = agents.authenticate({ ...claim, method: request.method, path: request.path + query, body: bytes });
  if (!proven.ok) {
    calls.onRefused(request.client.address, proven.failure);
    return proven;
  }
  if (proven.value.isBack) calls.onBack(proven.value.session);
  calls.onContact(proven.value.session);
  return success({ session: proven.value.session, body: bytes });
};

/** A body by its schema; the words of the failure name the first place that does not fit. */
export const parseBody = <T>(body: Buffer, schema: z.ZodType<T>): Result<T> => {
  try {
    const parsed = schema.safeParse(JSON.parse(body.toString('utf8')));
    if (parsed.success) return success(parsed.data);
    const issue = parsed.error.issues[0];
    return failed(
      'agent.body-invalid',
      `The request does not fit the protocol at ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? '?'}.`,
      'Boot the machine again into the current kit.',
    );
  } catch {
    return failed('agent.body-invalid', 'The request is no JSON.', 'Boot the machine again into the current kit.');
  }
};

export const agentRoutes = (agents: Agents, calls: AgentCalls): readonly Route[] => {
  const hellos = createAdmission(HELLOS_AT_ONCE);
  const post = <T>(path: string, schema: z.ZodType<T>, handle: (session: StoredSession, body: T) => Result<unknown>): Route => ({
    method: 'POST',
    match: pathPattern(path),
    handle: async (request) => {
      const proven = await proveSession(agents, calls, request);
      if (!proven.ok) return refuse(proven.failure);
      const body = parseBody(proven.value.body, schema);
      if (!body.ok) return refuse(body.failure);
      const answer = handle(proven.value.session, body.value);
      return answer.ok ? { kind: 'json', value: answer.value } : refuse(answer.failure);
    },
  });

  return [
    {
      method: 'POST',
      match: pathPattern(WIRE.hello),
      handle: async (request) => {
        const hello = await hellos.run(() => readJson(request, helloSchema, HELLO_LIMIT_BYTES));
        if (!hello.ok) return refuse(hello.failure);
        const answer = agents.hello(hello.value);
        if (!answer.ok) {
          calls.onRefused(request.client.address, answer.failure);
          return refuse(answer.failure);
        }
        if (answer.value.isNew) calls.onHello(answer.value.session);
        return { kind: 'json', value: answer.value.answer };
      },
    },
    {
      method: 'GET',
      match: pathPattern(WIRE.orders),
      handle: async (request) => {
        const proven = await proveSession(agents, calls, request);
        if (!proven.ok) return refuse(proven.failure);
        const after = Number(request.query.get('after') ?? 0);
        const orders = await agents.orders(proven.value.session.id, Number.isSafeInteger(after) ? after : 0, request.signal);
        return { kind: 'json', value: { orders } };
      },
    },
    post(WIRE.inventory, inventoryReportSchema, (session, body) => calls.onInventory(session, body.inventory)),
    post(WIRE.report, reportsSchema, (session, body) => {
      for (const report of body.reports) calls.onReport(session, report);
      return success({});
    }),
    post(WIRE.provenance, provenanceRequestSchema, (session, body) => {
      const record = calls.onRecordWanted(session, body);
      return record.ok ? success({ record: Buffer.from(record.value).toString('base64') }) : record;
    }),
  ];
};
