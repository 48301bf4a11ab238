// The station's end of the pipe (preload/contract/pipe.ts): checks every frame, runs the calls, numbers the events and
// hands a returning window what it missed. It knows WebSockets and nothing about how they came to be (listen.ts).
import { randomUUID } from 'node:crypto';
import { failed } from '../../agent/protocol/failure.ts';
import { CALLS } from '../../preload/contract/calls.ts';
import { BEAT_INTERVAL_MS, clientFrameSchema } from '../../preload/contract/pipe.ts';
import { createEventRing } from './event-ring.ts';
import { describeIssues } from './describe-issues.ts';
import { createProgressRounds, progressFrame } from './progress-rounds.ts';
import type { WebSocket } from 'ws';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { CallAnswer, CallName, Calls } from '../../preload/contract/calls.ts';
import type { Snapshot, StationEvent } from '../../preload/contract/events.ts';
import type { ClientFrame, ServerFrame } from '../../preload/contract/pipe.ts';
import type { z } from 'zod';

export type CallContext = {
  /**
   * Fires when the window cancels, its link drops or the station stops; `reason` is then `pipe.cancelled`,
   * `pipe.link-lost` or `pipe.closing`. Work that should outlive its window (an import) may ignore `pipe.link-lost`.
   */
  readonly signal: AbortSignal;
};

export type CallHandlers = {
  readonly [N in CallName]: (argument: z.output<Calls[N]['argument']>, context: CallContext) => Promise<Result<CallAnswer<N>>>;
};

export type PipeOptions = {
  readonly handlers: CallHandlers;
  /** The whole state as of now; called once per window that comes new or was away too long. */
  readonly snapshot: () => Snapshot;
  /** A handler or `snapshot` threw: a bug, for the log. */
  readonly onBug?: (error: unknown, where: string) => void;
  /** Bytes that may wait for a client before it is closed as stalled. */
  readonly stallLimitBytes?: number;
  readonly ring?: { readonly events: number; readonly characters: number };
  readonly maxCallsPerClient?: number;
};

export type Pipe = {
  /** Takes over an open WebSocket until either side closes it. */
  readonly attach: (socket: WebSocket) => void;
  /** Sends to every subscribed window and remembers. `snapshot` makes each window start over. */
  readonly publish: (event: StationEvent) => void;
  readonly clients: () => number;
  /** Aborts running calls and closes every client. */
  readonly close: () => void;
};

type Client = { readonly socket: WebSocket; readonly calls: Map<number, AbortController>; subscribed: boolean };

/** RFC 6455 §7.4.1. */
const CLOSE_GOING_AWAY = 1001;

const bugFailure = failed('pipe.bug', 'The station made a mistake while it worked on this.', 'Try again; the station log has the details.');

const snapshotFailure = failed(
  'pipe.snapshot-failed',
  'The station could not say how things stand: it made a mistake while it gathered them.',
  'Try again. If it stays so, restart the station; its log names the place, and machines that are at work go on meanwhile.',
);

const frameId = (json: unknown): number | null => {
  const id = typeof json === 'object' && json !== null && 'id' in json ? json.id : null;
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : null;
};

/** Builds the pipe; nothing listens until sockets are attached. */
export const createPipe = (options: PipeOptions): Pipe => {
  const epoch = randomUUID();
  const ring = createEventRing(options.ring ?? { events: 10_000, characters: 16 * 1024 * 1024 });
  const stallLimitBytes = options.stallLimitBytes ?? 32 * 1024 * 1024;
  const maxCalls = options.maxCallsPerClient ?? 64;
  const clients = new Set<Client>();

  const sendText = (client: Client, text: string): void => {
    if (client.socket.readyState !== client.socket.OPEN) return;
    client.socket.send(text);
    // A close frame would queue behind what is not being read, so the connection is cut.
    if (client.socket.bufferedAmount > stallLimitBytes) client.socket.terminate();
  };
  const send = (client: Client, frame: ServerFrame): void => sendText(client, JSON.stringify(frame));
  const refuse = (client: Client, id: number | null, failure: Failure): void => send(client, { kind: 'answer', id, ok: false, failure });

  const sendSnapshot = (client: Client): void => {
    try {
      send(client, { kind: 'event', epoch, seq: ring.last(), name: 'snapshot', payload: options.snapshot() });
    } catch (error) {
      options.onBug?.(error, 'snapshot');
      // Events on top of nothing would draw a rack that does not exist.
      client.subscribed = false;
      refuse(client, null, snapshotFailure.failure);
    }
  };

  const rounds = createProgressRounds<Client>({
    clients: () => [...clients].filter((client) => client.subscribed),
    backlogBytes: (client) => client.socket.bufferedAmount,
    send: sendText,
  });

  /** A window that comes back with its old picture: all progress anew, since no frame of it is kept. */
  const sendProgress = (client: Client): void => {
    try {
      const { progress } = options.snapshot();
      if (progress.length > 0) sendText(client, progressFrame(progress));
    } catch (error) {
      options.onBug?.(error, 'snapshot');
    }
  };

  const greet = (client: Client, frame: Extract<ClientFrame, { kind: 'hello' }>): void => {
    client.subscribed = true;
    rounds.join(client);
    send(client, { kind: 'hello', epoch, seq: ring.last() });
    const missed = frame.epoch === epoch ? ring.after(frame.seq) : null;
    if (missed === null) return sendSnapshot(client);
    for (const text of missed) sendText(client, text);
    sendProgress(client);
  };

  const run = async (client: Client, id: number, name: CallName, input: unknown): Promise<void> => {
    const argument = CALLS[name].argument.safeParse(input);
    if (!argument.success) {
      const issues = describeIssues(argument.error.issues);
      return refuse(client, id, failed('pipe.bad-argument', issues, 'Correct what is named and send it again.').failure);
    }
    const controller = new AbortController();
    client.calls.set(id, controller);
    try {
      // The schema that parsed it belongs to this very name; TypeScript cannot follow that through a union.
      const handler = options.handlers[name] as (argument: unknown, context: CallContext) => Promise<Result<unknown>>;
      const result = await handler(argument.data, { signal: controller.signal });
      if (controller.signal.aborted) return;
      if (result.ok) send(client, { kind: 'answer', id, ok: true, value: result.value });
      else refuse(client, id, result.failure);
    } catch (error) {
      if (controller.signal.aborted) return;
      options.onBug?.(error, name);
      refuse(client, id, bugFailure.failure);
    } finally {
      if (client.calls.get(id) === controller) client.calls.delete(id);
    }
  };

  const startCall = (client: Client, frame: Extract<ClientFrame, { kind: 'call' }>): void => {
    const no = (code: string, message: string, next: string): void => refuse(client, frame.id, failed(code, message, next).failure);
    if (!Object.hasOwn(CALLS, frame.name)) {
      return no('pipe.unknown-call', `This station knows no call “${frame.name}”.`, 'Use a window of the same version as the station.');
    }
    if (client.calls.has(frame.id)) return no('pipe.duplicate-id', 'A call with this number is still running.', 'Number calls upwards.');
    if (client.calls.size >= maxCalls) {
      return no('pipe.too-many-calls', `More than ${maxCalls} calls wait for an answer.`, 'Wait for the answers of earlier calls.');
    }
    void run(client, frame.id, frame.name as CallName, frame.argument);
  };

  const receive = (client: Client, text: string): void => {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return refuse(client, null, failed('pipe.bad-frame', 'A frame was not JSON text.', 'Send JSON text frames only.').failure);
    }
    const frame = clientFrameSchema.safeParse(json);
    if (!frame.success) {
      const issues = describeIssues(frame.error.issues);
      return refuse(
        client,
        frameId(json),
        failed('pipe.bad-frame', `A frame was malformed: ${issues}`, 'Send frames of the contract.').failure,
      );
    }
    switch (frame.data.kind) {
      case 'hello':
        return greet(client, frame.data);
      case 'call':
        return startCall(client, frame.data);
      case 'cancel': {
        const running = client.calls.get(frame.data.id);
        if (running === undefined) return;
        client.calls.delete(frame.data.id);
        running.abort('pipe.cancelled');
        return refuse(client, frame.data.id, failed('pipe.cancelled', 'The call was cancelled.', 'Nothing to do.').failure);
      }
    }
  };

  const drop = (client: Client, reason: string): void => {
    clients.delete(client);
    for (const running of client.calls.values()) running.abort(reason);
    client.calls.clear();
  };

  const beat = setInterval(() => {
    for (const client of clients) send(client, { kind: 'beat' });
  }, BEAT_INTERVAL_MS);
  beat.unref();

  return {
    attach: (socket) => {
      const client: Client = { socket, calls: new Map(), subscribed: false };
      clients.add(client);
      socket.on('message', (data, binary) => {
        const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
        receive(client, binary ? '' : bytes.toString('utf8'));
      });
      // Too long a frame, bad UTF-8, a reset: ws closes the socket itself, and close does the rest.
      socket.on('error', () => undefined);
      socket.on('close', () => drop(client, 'pipe.link-lost'));
    },
    publish: (event) => {
      if (event.name === 'progress.changed') return rounds.note(event.payload);
      if (event.name === 'machine.changed' && event.payload.state !== 'working') rounds.forget(event.payload.id);
      if (event.name === 'snapshot') return clients.forEach((client) => client.subscribed && sendSnapshot(client));
      const text = ring.push((seq) => JSON.stringify({ kind: 'event', epoch, seq, ...event } satisfies ServerFrame));
      for (const client of clients) if (client.subscribed) sendText(client, text);
    },
    clients: () => clients.size,
    close: () => {
      clearInterval(beat);
      rounds.stop();
      for (const client of clients) {
        drop(client, 'pipe.closing');
        client.socket.close(CLOSE_GOING_AWAY, 'station stops');
      }
    },
  };
};
