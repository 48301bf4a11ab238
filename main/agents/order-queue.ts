// Signed orders waiting for one session. The agent asks for what comes after the last sequence it has seen, so an order
// that was answered into a cut cable is answered again.
import type { SigningKey } from '../../agent/image/signature.ts';
import { signBytes } from '../../agent/image/signature.ts';
import type { TrustedKey } from '../../agent/protocol/decision.ts';
import type { Order, OrderBody, Signed } from '../../agent/protocol/messages.ts';

export type OrderQueue = {
  /** The sequence the order got. */
  push(order: Order, nowAtMs: number): number;
  /** Orders after `sequence`: at once when there are some, else when one comes, else empty after `waitMs` or on `signal`. */
  after(sequence: number, waitMs: number, signal: AbortSignal): Promise<readonly Signed[]>;
  sequence(): number;
  /** Takes back an order in the same breath in which it was pushed; its number is not used again. */
  withdraw(sequence: number): void;
  /** Ends every wait. */
  close(): void;
};

/** An agent that is this far behind has lost its session anyway. */
const KEPT = 64;

/** Neither reads a disk nor judges an image. */
const JUDGES_NOTHING: ReadonlySet<Order['kind']> = new Set(['show', 'cancel', 'reboot']);

export const createOrderQueue = (options: {
  readonly sessionId: string;
  readonly key: SigningKey;
  readonly start: number;
  /** As they are now: people change them while agents run. */
  readonly trustedKeys: () => readonly TrustedKey[];
}): OrderQueue => {
  let sequence = options.start;
  let kept: readonly { readonly sequence: number; readonly signed: Signed }[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const resume of waiting) resume();
  };
  const pending = (after: number): readonly Signed[] => kept.filter((entry) => entry.sequence > after).map((entry) => entry.signed);

  return {
    push: (order, nowAtMs) => {
      sequence += 1;
      const keys = JUDGES_NOTHING.has(order.kind) ? {} : { trustedKeys: [...options.trustedKeys()] };
      const body: OrderBody = { sessionId: options.sessionId, sequence, issuedAtMs: nowAtMs, ...keys, order };
      kept = [...kept, { sequence, signed: signText(options.key, JSON.stringify(body)) }].slice(-KEPT);
      wake();
      return sequence;
    },
    after: async (seen, waitMs, signal) => {
      // Orders numbered before a restart are gone; numbering goes on beyond whatever the agent has seen.
      sequence = Math.max(sequence, seen);
      if (pending(seen).length > 0 || signal.aborted) return pending(seen);
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, waitMs);
        signal.addEventListener('abort', done, { once: true });
        waiting.add(done);
      });
      return pending(seen);
    },
    sequence: () => sequence,
    withdraw: (taken) => void (kept = kept.filter((entry) => entry.sequence !== taken)),
    close: wake,
  };
};

/** What an agent believes: the text with the station's signature over it. */
export const signText = (key: SigningKey, body: string): Signed => ({
  body,
  keyId: key.keyId,
  signature: Buffer.from(signBytes(key, 'order', Buffer.from(body))).toString('base64'),
});
