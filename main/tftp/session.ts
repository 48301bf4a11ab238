// One running transfer: its own socket (RFC 1350 section 4: a transfer identifier of its own), timer, file and state machine.
import { assertNever } from '../../agent/protocol/failure.ts';
import { decodeTftp, encodeTftp, tftpError } from './codec.ts';
import type { TftpOptions, TftpRequest } from './codec.ts';
import type { Datagrams, Endpoint } from './datagrams.ts';
import type { TftpEvent } from './events.ts';
import { createBlockSender } from './sender.ts';
import type { BlockSource } from './source.ts';
import { advanceTransfer, beginTransfer, blockCount } from './transfer.ts';
import type { TransferEnd, TransferInput, TransferPlan, TransferStep } from './transfer.ts';

export interface SessionOptions {
  readonly socket: Datagrams;
  readonly source: BlockSource;
  readonly client: Endpoint;
  readonly request: TftpRequest;
  readonly plan: TransferPlan;
  readonly granted: TftpOptions;
  readonly now: () => number;
  readonly onEvent: (event: TftpEvent) => void;
}

export interface Session {
  /** Nothing confirmed yet: a repeated request is then the same one, not a new one. */
  readonly isFresh: () => boolean;
  /** Resolves when the transfer is over and its socket and file are closed. */
  readonly ended: Promise<void>;
  /** Ends without an event; tells the client unless `message` is null. `ended` resolves after it. */
  cancel(message: string | null): void;
}

/** Strangers get at most one ERROR per this time, so that nobody can use a transfer to flood someone else. */
const strangerPauseMs = 1000;
/** A clock that jumps must not make a busy loop of the timer. */
const minTimerMs = 10;

export const runSession = ({ socket, source, client, request, plan, granted, now, onEvent }: SessionOptions): Session => {
  const startedAtMs = now();
  const { promise: ended, resolve: markEnded } = Promise.withResolvers<void>();
  let strangerAtMs = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  let lastWords: Promise<void> = Promise.resolve();

  const transmit = (bytes: Buffer): Promise<void> => socket.send(bytes, client);
  const sender = createBlockSender(plan, source, transmit, (error) => {
    const message = error instanceof Error ? error.message : String(error);
    say(tftpError.undefined, 'the file cannot be read');
    finish({ kind: 'broken', message, ...about() });
  });

  const say = (code: number, message: string): void => {
    lastWords = transmit(encodeTftp({ kind: 'error', code, message })).catch(() => {});
  };

  let state = beginTransfer(plan, startedAtMs).state;

  const about = () => ({
    client,
    path: request.path,
    sizeBytes: plan.sizeBytes,
    bytes: Math.min(plan.sizeBytes, state.acknowledged * plan.blockSizeBytes),
    durationMs: now() - startedAtMs,
    blockSizeBytes: plan.blockSizeBytes,
    windowSize: plan.windowSize,
    repeatedBlocks: state.repeatedBlocks,
  });

  const finish = (event: TftpEvent | null): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    sender.stop();
    if (event) onEvent(event);
    // Closing a socket drops what it has not sent yet.
    void lastWords.then(() => Promise.allSettled([socket.close(), source.close()])).then(() => markEnded());
  };

  const eventOf = (end: TransferEnd): TftpEvent => {
    switch (end.kind) {
      case 'finished':
        return { kind: 'finished', ...about() };
      case 'timed-out':
        return { kind: 'timed-out', allSent: state.sent === blockCount(plan), ...about() };
      case 'aborted': {
        // OVMF says 8, some ROMs say 0; either way the client left right after it had learned the size.
        const probe = granted.has('tsize') && state.acknowledged === 0 && (end.code === tftpError.optionNegotiation || end.code === 0);
        return probe ? { kind: 'probed', ...about() } : { kind: 'aborted', code: end.code, message: end.message, ...about() };
      }
      default:
        return assertNever(end);
    }
  };

  const apply = (step: TransferStep): void => {
    state = step.state;
    if (step.end) {
      if (step.end.kind === 'timed-out') say(tftpError.undefined, 'no acknowledgement');
      finish(eventOf(step.end));
      return;
    }
    if (step.send?.kind === 'options') transmit(encodeTftp({ kind: 'option-acknowledgement', options: granted })).catch(() => {});
    if (step.send?.kind === 'blocks') sender.send(step.send.first, step.send.last);
  };

  const advance = (input: TransferInput): void => {
    if (over) return;
    apply(advanceTransfer(plan, state, input, now()));
    if (!over && state.deadlineMs < firesAtMs && firesAtMs < Infinity) watch();
  };

  // One timer that looks at the deadline when it fires: moving it at every acknowledgement would cost more than the block. Only when
  // the deadline has come nearer, after a back-off, it is set anew.
  let firesAtMs = Infinity;
  const watch = (): void => {
    clearTimeout(timer);
    const waitMs = Math.max(minTimerMs, state.deadlineMs - now());
    firesAtMs = now() + waitMs;
    timer = setTimeout(() => {
      firesAtMs = Infinity;
      advance({ kind: 'timeout' });
      if (!over) watch();
    }, waitMs);
  };

  socket.onMessage((bytes, from) => {
    if (over) return;
    if (from.port !== client.port || from.address !== client.address) {
      if (now() - strangerAtMs < strangerPauseMs) return;
      strangerAtMs = now();
      socket.send(encodeTftp({ kind: 'error', code: tftpError.unknownTransferId, message: 'unknown transfer' }), from).catch(() => {});
      onEvent({ kind: 'stranger', stranger: from, client, path: request.path });
      return;
    }
    const packet = decodeTftp(bytes);
    // Anything but ACK and ERROR makes no sense here; a damaged packet is a lost one.
    if (packet.ok && (packet.value.kind === 'acknowledgement' || packet.value.kind === 'error')) advance(packet.value);
  });

  apply(beginTransfer(plan, startedAtMs));
  watch();

  return {
    isFresh: () => state.acknowledged === 0,
    ended,
    cancel: (message) => {
      if (!over && message !== null) say(tftpError.undefined, message);
      finish(null);
    },
  };
};
