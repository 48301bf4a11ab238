// One transfer to one client as a pure state machine: what came in and what time it is → what to send next (RFC 1350, 7440).
// Blocks are counted without end here; the codec rolls them over to 0 after 65535.

export interface TransferPlan {
  readonly sizeBytes: number;
  readonly blockSizeBytes: number;
  /** Blocks sent per acknowledgement (RFC 7440); 1 = lock-step. */
  readonly windowSize: number;
  /** An OACK goes first and waits for the acknowledgement of block 0. */
  readonly offersOptions: boolean;
  readonly timeoutCeilingMs: number;
}

export type TransferEnd =
  | { readonly kind: 'finished' }
  | { readonly kind: 'aborted'; readonly code: number; readonly message: string }
  | { readonly kind: 'timed-out' };

export interface TransferState {
  readonly phase: 'offering' | 'sending' | 'ended';
  /** Last block the client has confirmed; 0 = none. */
  readonly acknowledged: number;
  /** Last block sent. */
  readonly sent: number;
  /** Timeouts in a row without progress. */
  readonly tries: number;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly sentAtMs: number;
  readonly progressAtMs: number;
  /** Nothing was sent twice since the last progress, so an acknowledgement measures the round trip (Karn). */
  readonly clean: boolean;
  /** A repeat is on its way; further duplicates say nothing new. */
  readonly repeating: boolean;
  readonly roundTripMs: number | null;
  readonly roundTripVariationMs: number;
  /** Blocks sent again, for the wire log. */
  readonly repeatedBlocks: number;
}

export type TransferInput =
  | { readonly kind: 'acknowledgement'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'timeout' };

export interface TransferStep {
  readonly state: TransferState;
  /** What to send now; blocks `first` to `last`, both included. */
  readonly send: { readonly kind: 'options' } | { readonly kind: 'blocks'; readonly first: number; readonly last: number } | null;
  /** Set once, with the last step. */
  readonly end: TransferEnd | null;
}

const firstTimeoutMs = 300;
/** Below this a busy station would take its own delay for a loss. */
const minTimeoutMs = 200;
/** Both must be reached: six repeats, and long enough for a client that verifies what it got before it reads on. */
const maxTries = 6;
const patienceMs = 15_000;
/**
 * For one that has answered: GRUB 2.12 opens the initrd with the script and reads it when the kernel asks, which it has unpacked by then.
 * A transfer given up meanwhile costs it the boot ("Failed to load initrd").
 */
const busyPatienceMs = 60_000;

/** A file whose size is a multiple of the block size ends with an empty block (RFC 1350 section 6). */
export const blockCount = (plan: TransferPlan): number => Math.floor(plan.sizeBytes / plan.blockSizeBytes) + 1;

export const beginTransfer = (plan: TransferPlan, nowMs: number): TransferStep => {
  const idle: TransferState = {
    phase: plan.offersOptions ? 'offering' : 'sending',
    acknowledged: 0,
    sent: 0,
    tries: 0,
    timeoutMs: Math.min(firstTimeoutMs, plan.timeoutCeilingMs),
    deadlineMs: nowMs + firstTimeoutMs,
    sentAtMs: nowMs,
    progressAtMs: nowMs,
    clean: true,
    repeating: false,
    roundTripMs: null,
    roundTripVariationMs: 0,
    repeatedBlocks: 0,
  };
  return plan.offersOptions ? { state: idle, send: { kind: 'options' }, end: null } : sendWindow(plan, idle, nowMs);
};

export const advanceTransfer = (plan: TransferPlan, state: TransferState, input: TransferInput, nowMs: number): TransferStep => {
  if (state.phase === 'ended') return nothing(state);
  switch (input.kind) {
    case 'error':
      return ended(state, { kind: 'aborted', code: input.code, message: input.message });
    case 'timeout':
      return nowMs < state.deadlineMs ? nothing(state) : afterTimeout(plan, state, nowMs);
    case 'acknowledgement':
      return afterAcknowledgement(plan, state, input.block, nowMs);
  }
};

const afterTimeout = (plan: TransferPlan, state: TransferState, nowMs: number): TransferStep => {
  const hasAnswered = state.phase === 'sending' && (plan.offersOptions || state.acknowledged > 0);
  if (state.tries >= maxTries && nowMs - state.progressAtMs >= (hasAnswered ? busyPatienceMs : patienceMs))
    return ended(state, { kind: 'timed-out' });
  const timeoutMs = Math.min(state.timeoutMs * 2, plan.timeoutCeilingMs);
  const slower: TransferState = { ...state, tries: state.tries + 1, timeoutMs, clean: false, repeating: true };
  if (state.phase === 'offering')
    return { state: { ...slower, deadlineMs: nowMs + timeoutMs, sentAtMs: nowMs }, send: { kind: 'options' }, end: null };
  return sendWindow(plan, slower, nowMs);
};

const afterAcknowledgement = (plan: TransferPlan, state: TransferState, block: number, nowMs: number): TransferStep => {
  if (state.phase === 'offering')
    return block === 0 ? sendWindow(plan, { ...progressed(plan, state, nowMs), phase: 'sending' }, nowMs) : nothing(state);
  const ahead = (block - state.acknowledged) & 0xffff;
  // Older than what is confirmed, or never sent.
  if (ahead > state.sent - state.acknowledged) return nothing(state);
  if (ahead === 0) {
    // Answering a duplicate in lock-step doubles every packet from there on (Sorcerer's Apprentice, RFC 1123 4.2.3.1).
    // In a window it means "the block after this one is missing" (RFC 7440), once per repeat.
    if (plan.windowSize === 1 || state.repeating) return nothing(state);
    return sendWindow(plan, { ...state, clean: false, repeating: true }, nowMs);
  }
  const acknowledged = state.acknowledged + ahead;
  const moved: TransferState = { ...progressed(plan, state, nowMs), acknowledged };
  if (acknowledged === blockCount(plan)) return ended(moved, { kind: 'finished' });
  // Inside the window: the next block was lost, and the window starts anew from it.
  const lost = acknowledged < state.sent;
  return sendWindow(plan, { ...moved, clean: !lost, repeating: lost }, nowMs);
};

const progressed = (plan: TransferPlan, state: TransferState, nowMs: number): TransferState => ({
  ...state,
  ...(state.clean ? measured(plan, state, nowMs - state.sentAtMs) : null),
  tries: 0,
  progressAtMs: nowMs,
  clean: true,
  repeating: false,
});

/** RFC 6298 section 2, as TCP does it. */
const measured = (plan: TransferPlan, state: TransferState, sampleMs: number): Partial<TransferState> => {
  const before = state.roundTripMs ?? sampleMs;
  const variation =
    state.roundTripMs === null ? sampleMs / 2 : 0.75 * state.roundTripVariationMs + 0.25 * Math.abs(state.roundTripMs - sampleMs);
  const roundTripMs = 0.875 * before + 0.125 * sampleMs;
  const timeoutMs = Math.min(Math.max(roundTripMs + 4 * variation, minTimeoutMs), plan.timeoutCeilingMs);
  return { roundTripMs, roundTripVariationMs: variation, timeoutMs };
};

const sendWindow = (plan: TransferPlan, state: TransferState, nowMs: number): TransferStep => {
  const first = state.acknowledged + 1;
  const last = Math.min(state.acknowledged + plan.windowSize, blockCount(plan));
  return {
    state: {
      ...state,
      sent: Math.max(last, state.sent),
      deadlineMs: nowMs + state.timeoutMs,
      sentAtMs: nowMs,
      repeatedBlocks: state.repeatedBlocks + Math.max(0, state.sent - state.acknowledged),
    },
    send: { kind: 'blocks', first, last },
    end: null,
  };
};

const nothing = (state: TransferState): TransferStep => ({ state, send: null, end: null });

const ended = (state: TransferState, end: TransferEnd): TransferStep => ({ state: { ...state, phase: 'ended' }, send: null, end });
