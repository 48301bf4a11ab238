// The window's end of the pipe: typed calls with cancel, events with resume, reconnecting with growing pauses. Used by
// the renderer, the preload and `rackside`; needs only a global WebSocket.
import { failed } from '../../agent/protocol/failure.ts';
import { CALLS } from './calls.ts';
import { EVENTS } from './events.ts';
import { fitsFrame, PIPE_PROTOCOL, serverFrameSchema, SILENCE_LIMIT_MS, TOKEN_PROTOCOL_PREFIX } from './pipe.ts';
import type { CallName } from './calls.ts';
import type { EventName, StationEvent } from './events.ts';
import type { LinkState, PipeCall, ServerFrame } from './pipe.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';

export type PipeClientOptions = {
  /** `ws://127.0.0.1:PORT/pipe`. */
  readonly url: string;
  /** Left out where a session cookie speaks for the window. */
  readonly token?: string;
  readonly WebSocketImpl?: typeof WebSocket;
  /** Left out: the client subscribes to nothing and only calls. */
  readonly onEvent?: (event: StationEvent) => void;
  readonly onLink?: (state: LinkState) => void;
  /** A frame that this client could not read: a station of another version, or a bug. */
  readonly onUnreadable?: (what: string) => void;
  /** There will be no picture of the station: it could not make its snapshot, or this client could not read it. */
  readonly onRefused?: (failure: Failure) => void;
  /** False: one attempt only, then `closed`; for commands. */
  readonly reconnect?: boolean;
  readonly random?: () => number;
};

export type PipeClient = { readonly call: PipeCall; readonly close: () => void };

type Pending = {
  readonly name: CallName;
  readonly frame: string;
  sent: boolean;
  readonly settle: (result: Result<unknown>) => void;
};

const linkLost = (sent: boolean): { readonly ok: false; readonly failure: Failure } =>
  failed(
    'pipe.link-lost',
    sent ? 'The link to the station dropped before it answered.' : 'There is no link to the station.',
    sent ? 'Look whether the station did it before you try again.' : 'Check that the station runs; the window keeps trying to reach it.',
  );

const unreadableSnapshot = failed(
  'pipe.unreadable-snapshot',
  'The station shows itself in a form that this window does not know.',
  'Open the window that came with the station: both must be of one version.',
);

const SILENCE_CHECK_MS = 5_000;

/** Pause before attempt `attempt` (1, 2, …): 250 ms doubling to 5 s, a quarter of it random so that windows do not march in step. */
export const retryPauseMs = (attempt: number, random: number): number =>
  Math.round(Math.min(5_000, 250 * 2 ** Math.min(attempt - 1, 8)) * (0.75 + 0.25 * random));

/**
 * Opens the pipe and keeps it open until `close`. Calls answer a Result and never reject: `pipe.link-lost` when the link
 * drops, `pipe.cancelled` when the signal fires, `pipe.unreadable-answer` when the answer is not what the contract says.
 */
export const connectPipe = (options: PipeClientOptions): PipeClient => {
  const Socket = options.WebSocketImpl ?? WebSocket;
  const protocols = options.token === undefined ? [PIPE_PROTOCOL] : [PIPE_PROTOCOL, TOKEN_PROTOCOL_PREFIX + options.token];
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let epoch: string | null = null;
  let seq = 0;
  let attempt = 0;
  let closed = false;
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setInterval> | undefined;

  const settle = (id: number, result: Result<unknown>): void => {
    const waiting = pending.get(id);
    if (waiting === undefined) return;
    pending.delete(id);
    waiting.settle(result);
  };

  const tell = (name: string, data: unknown): void => {
    if (!Object.hasOwn(EVENTS, name)) return options.onUnreadable?.(`event ${name}`);
    const payload = EVENTS[name as EventName].safeParse(data);
    if (!payload.success) {
      if (name === 'snapshot') options.onRefused?.(unreadableSnapshot.failure);
      return options.onUnreadable?.(`event ${name}: ${payload.error.message}`);
    }
    return options.onEvent?.({ name, payload: payload.data } as StationEvent);
  };

  const receive = (frame: ServerFrame): void => {
    switch (frame.kind) {
      case 'hello':
        // What follows says all: missed events, or a snapshot that sets epoch and number. Taking them from here would
        // make a link that drops in between resume without its snapshot.
        return;
      case 'answer': {
        if (frame.id === null && !frame.ok && frame.failure.code === 'pipe.snapshot-failed') return options.onRefused?.(frame.failure);
        const waiting = frame.id === null ? undefined : pending.get(frame.id);
        if (frame.id === null || waiting === undefined) return;
        if (!frame.ok) return settle(frame.id, { ok: false, failure: frame.failure });
        const answer = CALLS[waiting.name].answer.safeParse(frame.value);
        if (answer.success) return settle(frame.id, { ok: true, value: answer.data });
        options.onUnreadable?.(`answer to ${waiting.name}: ${answer.error.message}`);
        return settle(
          frame.id,
          failed('pipe.unreadable-answer', 'The station answered in a form that this window does not know.', 'Reload the window.'),
        );
      }
      case 'event': {
        if (frame.epoch === epoch && frame.seq <= seq && frame.name !== 'snapshot') return;
        [epoch, seq] = [frame.epoch, frame.seq];
        return tell(frame.name, frame.payload);
      }
      case 'progress':
        return tell('progress.changed', frame.payload);
      case 'beat':
        return;
    }
  };

  const read = (data: unknown): void => {
    let json: unknown;
    try {
      json = JSON.parse(typeof data === 'string' ? data : '');
    } catch {
      return options.onUnreadable?.('a frame that is not JSON text');
    }
    const frame = serverFrameSchema.safeParse(json);
    if (frame.success) receive(frame.data);
    else options.onUnreadable?.(`frame: ${frame.error.message}`);
  };

  const lost = (): void => {
    clearInterval(silence);
    socket = null;
    for (const [id, waiting] of pending) settle(id, linkLost(waiting.sent));
    if (closed) return;
    if (options.reconnect === false) return close();
    attempt += 1;
    const retryInMs = retryPauseMs(attempt, (options.random ?? Math.random)());
    timer = setTimeout(open, retryInMs);
    options.onLink?.({ kind: 'down', attempt, retryInMs });
  };

  const open = (): void => {
    options.onLink?.({ kind: 'connecting', attempt: attempt + 1 });
    const mine = new Socket(options.url, protocols);
    socket = mine;
    // A laptop that slept, a tablet that walked off: no FIN arrives, only silence.
    // Frames only note the time: a timer set anew for each of thousands a second was a third of a window's work.
    let heardAtMs = Date.now();
    clearInterval(silence);
    silence = setInterval(() => {
      if (Date.now() - heardAtMs < SILENCE_LIMIT_MS) return;
      mine.close();
      if (socket === mine) lost();
    }, SILENCE_CHECK_MS);
    mine.addEventListener('open', () => {
      if (socket !== mine) return;
      attempt = 0;
      heardAtMs = Date.now();
      if (options.onEvent !== undefined) mine.send(JSON.stringify({ kind: 'hello', epoch, seq }));
      for (const waiting of pending.values()) send(mine, waiting);
      options.onLink?.({ kind: 'up' });
    });
    mine.addEventListener('message', (message: MessageEvent) => {
      if (socket !== mine) return;
      heardAtMs = Date.now();
      read(message.data);
    });
    mine.addEventListener('close', () => {
      if (socket === mine) lost();
    });
    mine.addEventListener('error', () => {
      // Always followed by close; browsers say nothing about the cause here.
    });
  };

  const send = (target: WebSocket, waiting: Pending): void => {
    waiting.sent = true;
    target.send(waiting.frame);
  };

  const close = (): void => {
    if (closed) return;
    closed = true;
    clearTimeout(timer);
    socket?.close();
    lost();
    options.onLink?.({ kind: 'closed' });
  };

  const tooLong = failed(
    'pipe.too-long',
    'That is more than one message to the station holds.',
    'Give it in several parts, or as a file to rackside.',
  );
  const call: PipeCall = (name, argument, { signal } = {}) =>
    new Promise((resolve) => {
      const cancelled = failed('pipe.cancelled', 'The call was cancelled.', 'Nothing to do.');
      if (signal?.aborted === true) return resolve(cancelled);
      if (socket === null) return resolve(linkLost(false));
      // The station would cut the link, and with it what others wait for.
      if (!fitsFrame(argument)) return resolve(tooLong);
      const id = nextId++;
      const cancel = (): void => {
        if (socket?.readyState === 1 && pending.get(id)?.sent === true) socket.send(JSON.stringify({ kind: 'cancel', id }));
        settle(id, cancelled);
      };
      const waiting: Pending = {
        name,
        frame: JSON.stringify({ kind: 'call', id, name, argument }),
        sent: false,
        settle: (result) => {
          signal?.removeEventListener('abort', cancel);
          // `receive` parsed it with the schema of this very name.
          resolve(result as never);
        },
      };
      pending.set(id, waiting);
      signal?.addEventListener('abort', cancel, { once: true });
      if (socket.readyState === 1) send(socket, waiting);
    });

  open();
  return { call, close };
};
