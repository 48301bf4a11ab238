// Bounded memory and bounded concurrency: what keeps a 512 MB machine alive and a failed job from touching the disk again.
import { expect, test } from 'vitest';
import { createArena, isArenaMemory } from '../../agent/disk/aligned-memory.ts';
import { runConcurrently } from '../../agent/disk/concurrent.ts';

const never = new AbortController().signal;

test('slots do not overlap, are aligned, and the next taker waits for a release in turn', async () => {
  const arena = createArena(2, 65_536);
  const [a, b] = [await arena.take(never), await arena.take(never)];
  a.bytes.fill(1);
  b.bytes.fill(2);
  expect(a.bytes.every((byte) => byte === 1)).toBe(true);
  expect([a.bytes.byteOffset % 4096, b.bytes.byteOffset % 4096, isArenaMemory(a.bytes)]).toEqual([0, 0, true]);
  const order: string[] = [];
  const third = arena.take(never).then((slot) => (order.push('third'), slot));
  const fourth = arena.take(never).then((slot) => (order.push('fourth'), slot));
  b.release();
  expect((await third).offsetBytes).toBe(b.offsetBytes);
  a.release();
  await fourth;
  expect(order).toEqual(['third', 'fourth']);
  expect(() => a.release()).toThrow('released twice');
});

test('an abort wakes a waiting taker and costs no slot', async () => {
  const arena = createArena(1, 65_536);
  const slot = await arena.take(never);
  const abort = new AbortController();
  const waiting = arena.take(abort.signal);
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  slot.release();
  (await arena.take(never)).release();
});

test('no more than the lanes run at once, and every item runs', async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  await runConcurrently(
    Array.from({ length: 50 }, (_, n) => n),
    4,
    never,
    async (item) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      seen.push(item);
      running -= 1;
    },
  );
  expect(most).toBe(4);
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
});

test('the first failure is the one reported, the rest are told to stop and waited for', async () => {
  const ended: number[] = [];
  const work = runConcurrently([1, 2, 3, 4, 5, 6], 3, never, async (item, signal) => {
    if (item === 2) throw new Error('two');
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await new Promise(setImmediate);
    ended.push(item);
  });
  await expect(work).rejects.toThrow('two');
  expect(ended.toSorted()).toEqual([1, 3]);
});

test("the caller's abort ends the work with its reason", async () => {
  const abort = new AbortController();
  const work = runConcurrently([1, 2, 3], 1, abort.signal, async () => abort.abort(new Error('cancelled')));
  await expect(work).rejects.toThrow('cancelled');
});
