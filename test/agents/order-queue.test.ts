import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { generateSigningKey, verifyBytes } from '../../agent/image/signature.ts';
import { orderBodySchema, ordersAnswerSchema } from '../../agent/protocol/messages.ts';
import type { Signed } from '../../agent/protocol/messages.ts';
import { createOrderQueue, signText } from '../../main/agents/order-queue.ts';

const key = generateSigningKey();
const never = new AbortController().signal;
const RESCAN = { kind: 'rescan' } as const;
const queueAt = (start: number) => createOrderQueue({ sessionId: 's', key, start, trustedKeys: () => [] });
const numbers = (signed: readonly Signed[]): readonly number[] =>
  signed.map(({ body }) => orderBodySchema.parse(JSON.parse(body)).sequence);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('orders waiting for a session', () => {
  test('what waits is answered at once, and again until the agent has seen it', async () => {
    const queue = queueAt(0);
    queue.push(RESCAN, 5);
    queue.push(RESCAN, 6);
    expect(numbers(await queue.after(0, 1000, never))).toEqual([1, 2]);
    expect(numbers(await queue.after(0, 1000, never))).toEqual([1, 2]);
    expect(numbers(await queue.after(1, 1000, never))).toEqual([2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('an order wakes every poll at once', async () => {
    const queue = queueAt(0);
    const polls = [queue.after(0, 25_000, never), queue.after(0, 25_000, never)];
    queue.push(RESCAN, 5);
    // No timer was moved: only the order can have woken them.
    expect((await Promise.all(polls)).map(numbers)).toEqual([[1], [1]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('an order taken back in the same breath reaches nobody, and its number is not used again', async () => {
    const queue = queueAt(0);
    const poll = queue.after(0, 25_000, never);
    queue.withdraw(queue.push(RESCAN, 5));
    expect(numbers(await poll)).toEqual([]);
    queue.push(RESCAN, 6);
    expect(numbers(await queue.after(0, 1000, never))).toEqual([2]);
  });

  test('an order carries the keys that are trusted when it is given; a line for the screen carries none', async () => {
    let trusted = [{ keyId: 'one', publicKey: 'AAAA' }];
    const queue = createOrderQueue({ sessionId: 's', key, start: 0, trustedKeys: () => trusted });
    queue.push(RESCAN, 5);
    trusted = [...trusted, { keyId: 'two', publicKey: 'BBBB' }];
    queue.push(RESCAN, 6);
    trusted = [];
    queue.push(RESCAN, 7);
    queue.push({ kind: 'show', text: 'hello', waitingFor: null }, 8);
    const bodies = (await queue.after(0, 1000, never)).map(({ body }) => orderBodySchema.parse(JSON.parse(body)));
    expect(bodies.map(({ trustedKeys }) => trustedKeys?.map(({ keyId }) => keyId))).toEqual([['one'], ['one', 'two'], [], undefined]);
  });

  test('a poll ends empty after its time, and not before', async () => {
    const ended = vi.fn<(orders: readonly Signed[]) => void>();
    const poll = queueAt(0).after(0, 25_000, never).then(ended);
    await vi.advanceTimersByTimeAsync(24_999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await poll;
    expect(ended).toHaveBeenCalledWith([]);
  });

  test('an agent that left and a station that stops end the poll, and nothing of it is left', async () => {
    const queue = queueAt(0);
    const gone = new AbortController();
    const left = queue.after(0, 25_000, gone.signal);
    gone.abort();
    expect(await left).toEqual([]);
    const stopped = queue.after(0, 25_000, never);
    queue.close();
    expect(await stopped).toEqual([]);
    expect(await queue.after(0, 25_000, gone.signal)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('numbers go on beyond the stored mark and beyond whatever the agent has seen', async () => {
    const queue = queueAt(41);
    expect(queue.push(RESCAN, 5)).toBe(42);
    const poll = queue.after(70, 25_000, never);
    expect(queue.push(RESCAN, 6)).toBe(71);
    expect(numbers(await poll)).toEqual([71]);
  });

  test('never more than one answer may hold are kept', async () => {
    const queue = queueAt(0);
    for (let index = 0; index < 100; index += 1) queue.push(RESCAN, 5);
    const orders = await queue.after(0, 1000, never);
    expect(ordersAnswerSchema.safeParse({ orders }).success).toBe(true);
    expect(numbers(orders).at(-1)).toBe(100);
  });

  test('an order is signed for its purpose, its session and its number', async () => {
    const queue = queueAt(0);
    queue.push(RESCAN, 1234);
    const [signed] = await queue.after(0, 1000, never);
    if (signed === undefined) return expect.fail('no order');
    const signature = Buffer.from(signed.signature, 'base64');
    expect(JSON.parse(signed.body)).toEqual({ sessionId: 's', sequence: 1, issuedAtMs: 1234, trustedKeys: [], order: RESCAN });
    expect(signed.keyId).toBe(key.keyId);
    expect(verifyBytes(key.publicKey, 'order', Buffer.from(signed.body), signature)).toBe(true);
    expect(verifyBytes(key.publicKey, 'manifest', Buffer.from(signed.body), signature)).toBe(false);
    expect(verifyBytes(key.publicKey, 'order', Buffer.from(signed.body.replace('"s"', '"t"')), signature)).toBe(false);
    expect(signText(key, signed.body)).toEqual(signed);
  });
});
