// The station's end of agent/protocol: who is at the other end of a request, and which orders wait for whom. What the
// reports mean is the journey's business (main/journey).
import { randomBytes, randomUUID } from 'node:crypto';
import type { SigningKey } from '../../agent/image/signature.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { PROTOCOL } from '../../agent/protocol/messages.ts';
import type { Hello, HelloAnswer, Order, Signed } from '../../agent/protocol/messages.ts';
import { requestMac, sameMac } from '../../agent/image/session-proof.ts';
import { createAdmission } from './admission.ts';
import type { Admission } from './admission.ts';
import { TOKEN_LIFE_MS } from './boot-tokens.ts';
import type { BootTokens } from './boot-tokens.ts';
import { createCounterWindow } from './counter-window.ts';
import type { CounterWindow } from './counter-window.ts';
import { createOrderQueue, signText } from './order-queue.ts';
import type { OrderQueue } from './order-queue.ts';
import type { SessionStore, StoredSession } from './session-store.ts';

export type AgentsOptions = {
  readonly store: SessionStore;
  readonly tokens: BootTokens;
  readonly signingKey: SigningKey;
  readonly kitId: () => string | null;
  readonly now: () => number;
  /** Names and trusted keys for the answer to hello. */
  readonly describe: () => Pick<HelloAnswer, 'stationName' | 'siteName' | 'trustedKeys'>;
  /** How long a large body may take while others wait; default 15 s. */
  readonly largeBodyPatienceMs?: number;
};

export type SessionRequest = {
  readonly id: string;
  readonly counter: number;
  readonly mac: string;
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array;
};

/** Long polls end before a proxy, a laptop's sleep or the agent's own timeout ends them. */
const POLL_MS = 25_000;
/** A held machine's agent polls all the time; one that was cut from power says nothing any more. */
const SILENT_SESSION_MS = 7 * 24 * 60 * 60_000;
/** At up to 4 MiB each. */
const LARGE_BODIES_AT_ONCE = 32;
/** A dozen machines that capture send more than that at once; all 32 are through in 11 s where the switch gives 100 Mbit/s. */
const LARGE_BODY_PATIENCE_MS = 15_000;
/** HMAC-SHA256 in hex. */
const MAC_SHAPE = /^[0-9a-f]{64}$/;

type Live = {
  readonly session: StoredSession;
  readonly counters: CounterWindow;
  readonly queue: OrderQueue;
  /** Known from before the station was restarted, and not heard since. */
  isBack: boolean;
};

export type Agents = {
  issueToken(mac: string): string;
  /** Exchanges the one-time token for a session; a repeated hello with the same nonce gets the same session. */
  hello(hello: Hello): Result<{ readonly session: StoredSession; readonly answer: Signed; readonly isNew: boolean }>;
  /** Where bodies wait that may be large and that nobody has proven yet. */
  readonly largeBodies: Admission;
  /** Whether a request's headers may be those of a session here: asked before its body is read, which the proof itself covers. */
  admits(headers: Pick<SessionRequest, 'id' | 'counter' | 'mac'>): Result<null>;
  /** The session that a request proves; each counter counts once. */
  authenticate(request: SessionRequest): Result<{ readonly session: StoredSession; readonly isBack: boolean }>;
  bindMachine(sessionId: string, machineId: string): void;
  /** Queues an order; null when the session has ended. */
  send(sessionId: string, order: Order): number | null;
  /** Takes back an order, before the turn of the event loop in which it was sent is over: what it rests on could not be saved. */
  withdraw(sessionId: string, sequence: number): void;
  orders(sessionId: string, after: number, signal: AbortSignal): Promise<readonly Signed[]>;
  end(sessionId: string): void;
  /** Deletes the sessions that nobody can need any more (docs/operating.md, "What is kept"); their ids. */
  tidy(): readonly string[];
  /** Ends every long poll; sessions stay for the next start. */
  stop(): void;
};

const sessionUnknown = () => failed('agent.session-unknown', 'This boot has no session here.', 'The machine boots again from the network.');
const proofInvalid = () =>
  failed('agent.proof-invalid', 'The request does not prove its session.', 'Look for a stranger on this wire; the machine may boot again.');

const refuseHello = (options: AgentsOptions, hello: Hello): Result<null> => {
  if (hello.protocol.min > PROTOCOL.max || hello.protocol.max < PROTOCOL.min) {
    return failed(
      'agent.protocol-mismatch',
      `The agent speaks protocol ${hello.protocol.min} to ${hello.protocol.max}, this station ${PROTOCOL.min} to ${PROTOCOL.max}.`,
      'It reboots into the current boot kit; if this repeats, build the kit again with npm run bootkit.',
    );
  }
  const kitId = options.kitId();
  if (kitId !== null && hello.kitId !== kitId) {
    return failed(
      'agent.kit-mismatch',
      `The agent comes from boot kit ${hello.kitId || '?'}, this station has ${kitId}.`,
      'It reboots into the current boot kit; a stick has to be written again.',
    );
  }
  return success(null);
};

export const createAgents = (options: AgentsOptions): Agents => {
  const { store, tokens, now } = options;
  const live = new Map<string, Live>();

  const wake = (id: string): Live | null => {
    const known = live.get(id);
    if (known !== undefined) return known;
    const session = store.find(id);
    if (session === null) return null;
    const marks = store.readMarks(id);
    const entry: Live = {
      session,
      counters: createCounterWindow(marks.counter),
      queue: createOrderQueue({
        sessionId: id,
        key: options.signingKey,
        start: marks.sequence,
        trustedKeys: () => options.describe().trustedKeys,
      }),
      isBack: marks.counter > 0,
    };
    live.set(id, entry);
    return entry;
  };

  const answerTo = (hello: Hello, session: StoredSession): Signed =>
    signText(
      options.signingKey,
      JSON.stringify({
        nonce: hello.nonce,
        protocol: session.protocol,
        sessionId: session.id,
        sessionKey: session.key,
        nowAtMs: now(),
        kitId: session.kitId,
        ...options.describe(),
      } satisfies HelloAnswer),
    );

  return {
    issueToken: (mac) => tokens.issue(mac, now()),
    hello: (hello) => {
      const refused = refuseHello(options, hello);
      if (!refused.ok) return refused;
      const redeemed = tokens.redeem(hello.token, hello.nonce, now());
      const repeated = store.findByNonce(hello.nonce);
      // A nonce that was overheard and comes with another machine's token must not open that machine's session, and a hello that
      // was heard before opens nothing once its session has ended.
      const isOwn = repeated === null ? redeemed?.isRepeat === false : repeated.bootMac === redeemed?.mac;
      if (redeemed === null || !isOwn) {
        return failed(
          'agent.token-invalid',
          'The token on the boot command line is unknown, used or too old.',
          'It boots again from the network and gets a new one.',
        );
      }
      if (repeated !== null) return success({ session: repeated, answer: answerTo(hello, repeated), isNew: false });
      const session: StoredSession = {
        id: randomUUID(),
        key: randomBytes(32).toString('hex'),
        bootMac: redeemed.mac,
        machineId: null,
        kitId: hello.kitId,
        protocol: Math.min(hello.protocol.max, PROTOCOL.max),
        helloNonce: hello.nonce,
        startedAtMs: now(),
      };
      store.open(session);
      return success({ session, answer: answerTo(hello, session), isNew: true });
    },
    largeBodies: createAdmission(LARGE_BODIES_AT_ONCE, options.largeBodyPatienceMs ?? LARGE_BODY_PATIENCE_MS),
    admits: ({ id, counter, mac }) => {
      const entry = wake(id);
      if (entry === null) return sessionUnknown();
      return MAC_SHAPE.test(mac) && entry.counters.isFresh(counter) ? success(null) : proofInvalid();
    },
    authenticate: (request) => {
      const entry = wake(request.id);
      if (entry === null) return sessionUnknown();
      const expected = requestMac(entry.session.key, request);
      if (!sameMac(expected, request.mac) || !entry.counters.accept(request.counter)) return proofInvalid();
      // Every time, not now and then: after a restart nothing that was accepted before may be accepted again.
      store.saveMarks(request.id, { counter: entry.counters.highest(), sequence: entry.queue.sequence() }, now());
      const { isBack } = entry;
      entry.isBack = false;
      return success({ session: entry.session, isBack });
    },
    bindMachine: (sessionId, machineId) => store.bindMachine(sessionId, machineId),
    send: (sessionId, order) => {
      // Also to a session not heard since the station's restart: what a person stops then must reach it.
      const entry = wake(sessionId);
      if (entry === null) return null;
      const sequence = entry.queue.push(order, now());
      store.saveMarks(sessionId, { counter: entry.counters.highest(), sequence }, now());
      return sequence;
    },
    withdraw: (sessionId, sequence) => live.get(sessionId)?.queue.withdraw(sequence),
    orders: async (sessionId, after, signal) => (await live.get(sessionId)?.queue.after(after, POLL_MS, signal)) ?? [],
    end: (sessionId) => {
      live.get(sessionId)?.queue.close();
      live.delete(sessionId);
      store.end(sessionId, now());
    },
    tidy: () => {
      const gone = store.removeOld({ endedBeforeMs: now() - TOKEN_LIFE_MS, heardBeforeMs: now() - SILENT_SESSION_MS });
      for (const id of gone) {
        live.get(id)?.queue.close();
        live.delete(id);
      }
      return gone;
    },
    stop: () => {
      for (const entry of live.values()) entry.queue.close();
      live.clear();
    },
  };
};
