// Turns "send blocks 5 to 8" into datagrams from a ring of reused packet buffers; the only asynchronous part of a transfer.
import { dataHeaderBytes, writeDataHeader } from './codec.ts';
import type { BlockSource } from './source.ts';
import type { TransferPlan } from './transfer.ts';

export interface BlockSender {
  /** Replaces whatever range was still to be sent. */
  send(first: number, last: number): void;
  stop(): void;
}

interface Slot {
  bytes: Buffer;
  /** Sends that the socket has not finished; such a buffer must not be written again. */
  pending: number;
}

/** `transmit` resolves when the socket has let go of the bytes. `onBroken` is called once, when the file cannot be read any more. */
export const createBlockSender = (
  plan: TransferPlan,
  source: BlockSource,
  transmit: (packet: Buffer) => Promise<void>,
  onBroken: (error: unknown) => void,
): BlockSender => {
  const slots: Slot[] = [];
  let next = 1;
  let last = 0;
  let running = false;
  let stopped = false;

  const slotFor = (block: number): Slot => {
    const index = block % (plan.windowSize + 1);
    const held = slots[index];
    if (held && held.pending === 0) return held;
    const fresh: Slot = { bytes: Buffer.allocUnsafe(dataHeaderBytes + plan.blockSizeBytes), pending: 0 };
    slots[index] = fresh;
    return fresh;
  };

  const transmitBlock = (block: number): boolean => {
    const position = (block - 1) * plan.blockSizeBytes;
    const length = Math.max(0, Math.min(plan.blockSizeBytes, plan.sizeBytes - position));
    const slot = slotFor(block);
    if (!source.copy(position, length, slot.bytes, dataHeaderBytes)) return false;
    writeDataHeader(slot.bytes, block);
    slot.pending += 1;
    const whole = dataHeaderBytes + length === slot.bytes.length;
    const release = (): void => {
      slot.pending -= 1;
    };
    // A send that fails (cable out) is a lost packet: the timer repeats it.
    transmit(whole ? slot.bytes : slot.bytes.subarray(0, dataHeaderBytes + length)).then(release, release);
    return true;
  };

  const run = async (): Promise<void> => {
    running = true;
    try {
      while (!stopped && next <= last) {
        const block = next;
        if (transmitBlock(block)) next = block + 1;
        // While this waits, an acknowledgement may have moved `next`; the loop looks again.
        else await source.load((block - 1) * plan.blockSizeBytes, plan.blockSizeBytes);
      }
    } catch (error) {
      if (!stopped) onBroken(error);
      stopped = true;
    } finally {
      running = false;
    }
  };

  return {
    send: (first, lastBlock) => {
      next = first;
      last = lastBlock;
      if (!running) void run();
    },
    stop: () => {
      stopped = true;
    },
  };
};
