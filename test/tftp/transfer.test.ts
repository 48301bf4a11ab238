import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advanceTransfer, beginTransfer, blockCount } from '../../main/tftp/transfer.ts';
import type { TransferInput, TransferPlan, TransferState, TransferStep } from '../../main/tftp/transfer.ts';

const plan = (parts: Partial<TransferPlan> = {}): TransferPlan => ({
  sizeBytes: 5000,
  blockSizeBytes: 512,
  windowSize: 1,
  offersOptions: false,
  timeoutCeilingMs: 4000,
  ...parts,
});
const ack = (block: number): TransferInput => ({ kind: 'acknowledgement', block });
const blocks = (first: number, last = first) => ({ kind: 'blocks', first, last });

/** Drives a machine and keeps what it sent. */
const drive = (transferPlan: TransferPlan, nowMs = 0) => {
  let step: TransferStep = beginTransfer(transferPlan, nowMs);
  return {
    first: step.send,
    feed: (input: TransferInput, atMs = nowMs) => {
      step = advanceTransfer(transferPlan, step.state, input, atMs);
      return step.end ?? step.send;
    },
    state: (): TransferState => step.state,
  };
};

test.each([
  [0, 1],
  [1, 1],
  [511, 1],
  [512, 2],
  [513, 2],
  [1024, 3],
])('%i bytes in blocks of 512 make %i', (sizeBytes, count) => expect(blockCount(plan({ sizeBytes }))).toBe(count));

describe('lock-step', () => {
  test('block after block to the end', () => {
    const machine = drive(plan({ sizeBytes: 1024 }));
    expect(machine.first).toEqual(blocks(1));
    expect(machine.feed(ack(1))).toEqual(blocks(2));
    expect(machine.feed(ack(2))).toEqual(blocks(3));
    expect(machine.feed(ack(3))).toEqual({ kind: 'finished' });
    expect(machine.feed(ack(3))).toBeNull();
  });

  test('options first, then the acknowledgement of block 0', () => {
    const machine = drive(plan({ offersOptions: true }));
    expect(machine.first).toEqual({ kind: 'options' });
    expect(machine.feed(ack(1))).toBeNull();
    expect(machine.feed(ack(0))).toEqual(blocks(1));
    expect(machine.feed(ack(0))).toBeNull();
  });

  test('a duplicate acknowledgement sends nothing (Sorcerer’s Apprentice)', () => {
    const machine = drive(plan());
    machine.feed(ack(1));
    expect([ack(1), ack(1), ack(0), ack(3), ack(9999)].map((input) => machine.feed(input))).toEqual([null, null, null, null, null]);
  });

  test('an empty file is one empty block', () => {
    const machine = drive(plan({ sizeBytes: 0 }));
    expect(machine.first).toEqual(blocks(1));
    expect(machine.feed(ack(1))).toEqual({ kind: 'finished' });
  });

  test('acknowledgements across the roll-over', () => {
    const long = plan({ sizeBytes: 70_000 * 512 });
    const machine = drive(long);
    for (let block = 1; block < 65_535; block += 1) machine.feed(ack(block));
    expect(machine.feed(ack(65_535))).toEqual(blocks(65_536));
    expect(machine.feed(ack(0))).toEqual(blocks(65_537));
    expect(machine.feed(ack(1))).toEqual(blocks(65_538));
  });

  test('an ERROR ends it', () => {
    expect(drive(plan()).feed({ kind: 'error', code: 8, message: 'User aborted' })).toEqual({
      kind: 'aborted',
      code: 8,
      message: 'User aborted',
    });
  });
});

describe('the timer', () => {
  const timeout: TransferInput = { kind: 'timeout' };

  test('starts at 300 ms, doubles to its ceiling, and gives up one that never answered after six tries and fifteen seconds', () => {
    const machine = drive(plan());
    const waits: number[] = [];
    let nowMs = 0;
    for (;;) {
      const { deadlineMs } = machine.state();
      waits.push(deadlineMs - nowMs);
      nowMs = deadlineMs;
      const answer = machine.feed(timeout, nowMs);
      if (answer?.kind === 'timed-out') break;
      expect(answer).toEqual(blocks(1));
    }
    expect(waits).toEqual([300, 600, 1200, 2400, 4000, 4000, 4000]);
    expect(nowMs).toBeGreaterThanOrEqual(15_000);
  });

  test('one that has opened a file and reads it half a minute later, as GRUB does with the initrd, is not given up', () => {
    const machine = drive(plan({ offersOptions: true }));
    expect(machine.feed(ack(0), 10)).toEqual(blocks(1));
    let nowMs = 10;
    while (nowMs < 40_000) {
      nowMs = machine.state().deadlineMs;
      expect(machine.feed(timeout, nowMs)).toEqual(blocks(1));
    }
    expect(machine.feed(ack(1), nowMs + 10)).toEqual(blocks(2));
    while (machine.feed(timeout, machine.state().deadlineMs)?.kind !== 'timed-out') nowMs = machine.state().deadlineMs;
    expect(nowMs).toBeLessThan(2 * 60_000);
  });

  test('a timeout before its deadline does nothing', () => expect(drive(plan()).feed(timeout, 299)).toBeNull());

  test('adapts to the round trip, and not to a block that was sent twice (Karn)', () => {
    const machine = drive(plan());
    machine.feed(ack(1), 100);
    const measured = machine.state().timeoutMs;
    expect(measured).toBe(300);
    for (let block = 2; block < 8; block += 1) machine.feed(ack(block), 100 * block);
    expect(machine.state().timeoutMs).toBeLessThan(measured);
    machine.feed(timeout, machine.state().deadlineMs);
    const backedOff = machine.state().timeoutMs;
    machine.feed(ack(8), machine.state().deadlineMs - 1);
    expect(machine.state().timeoutMs).toBe(backedOff);
  });

  test('repeats the options', () => {
    const machine = drive(plan({ offersOptions: true }));
    expect(machine.feed(timeout, 300)).toEqual({ kind: 'options' });
  });
});

describe('windows (RFC 7440)', () => {
  const window4 = plan({ windowSize: 4, sizeBytes: 512 * 10 });

  test('a window per acknowledgement, the last one shorter', () => {
    const machine = drive(window4);
    expect(machine.first).toEqual(blocks(1, 4));
    expect(machine.feed(ack(4))).toEqual(blocks(5, 8));
    expect(machine.feed(ack(8))).toEqual(blocks(9, 11));
    expect(machine.feed(ack(11))).toEqual({ kind: 'finished' });
  });

  test('an acknowledgement inside the window starts it anew from there, once', () => {
    const machine = drive(window4);
    machine.feed(ack(4));
    expect(machine.feed(ack(6))).toEqual(blocks(7, 10));
    expect(machine.feed(ack(6))).toBeNull();
    expect(machine.feed(ack(10))).toEqual(blocks(11));
    expect(machine.state().repeatedBlocks).toBe(2);
  });

  test('the first block of a window was lost: the repeated acknowledgement brings the window again, once', () => {
    const machine = drive(window4);
    machine.feed(ack(4));
    expect(machine.feed(ack(4))).toEqual(blocks(5, 8));
    expect(machine.feed(ack(4))).toBeNull();
    expect(machine.feed(ack(8))).toEqual(blocks(9, 11));
  });

  test('a timeout repeats the whole window', () => {
    const machine = drive(window4);
    expect(machine.feed({ kind: 'timeout' }, 300)).toEqual(blocks(1, 4));
  });
});

/** A client that follows RFC 7440 over a wire that loses, doubles and delays; whatever happens, the file arrives whole. */
test('any loss, duplication and window: the client gets every block in order', () => {
  const events = fc.infiniteStream(fc.constantFrom('pass', 'pass', 'pass', 'pass', 'lose', 'double'));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 0, max: 6000 }),
      fc.boolean(),
      events,
      (windowSize, sizeBytes, offersOptions, luck) => {
        const transferPlan = plan({ windowSize, sizeBytes, offersOptions, blockSizeBytes: 100 });
        let nowMs = 0;
        let step = beginTransfer(transferPlan, nowMs);
        let received = 0;
        let inWindow = 0;
        const fate = (): string => luck.next().value ?? 'pass';
        const acknowledgements: number[] = [];
        const take = (block: number): void => {
          if (block === received + 1) {
            received = block;
            inWindow += 1;
            if (inWindow < windowSize && received < blockCount(transferPlan)) return;
          }
          inWindow = 0;
          acknowledgements.push(received);
        };
        for (let round = 0; round < 5000; round += 1) {
          if (step.end) break;
          if (step.send?.kind === 'options' && fate() !== 'lose') acknowledgements.push(0);
          if (step.send?.kind === 'blocks')
            for (let block = step.send.first; block <= step.send.last; block += 1) {
              const what = fate();
              if (what !== 'lose') take(block);
              if (what === 'double') take(block);
            }
          const next = acknowledgements.shift();
          nowMs += 1;
          if (next === undefined) {
            nowMs = Math.max(nowMs, step.state.deadlineMs);
            step = advanceTransfer(transferPlan, step.state, { kind: 'timeout' }, nowMs);
          } else step = fate() === 'lose' ? { ...step, send: null } : advanceTransfer(transferPlan, step.state, ack(next & 0xffff), nowMs);
        }
        // A wire that loses seven times in a row ends in a time-out; a machine that is stuck ends in neither.
        expect(step.end?.kind === 'finished' ? received === blockCount(transferPlan) : step.end?.kind === 'timed-out').toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});
