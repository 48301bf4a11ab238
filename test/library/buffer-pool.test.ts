// Buffers come back only when they are released, and never twice.
import { expect, test } from 'vitest';
import { createBufferPool } from '../../main/library/buffer-pool.ts';

test('a released buffer is used again, one that is out is not', () => {
  const pool = createBufferPool();
  const first = pool.borrow(100);
  const second = pool.borrow(100);
  expect(second.bytes.buffer).not.toBe(first.bytes.buffer);
  first.release();
  first.release();
  const third = pool.borrow(50);
  const fourth = pool.borrow(50);
  expect(third.bytes.buffer).toBe(first.bytes.buffer);
  expect(fourth.bytes.buffer).not.toBe(first.bytes.buffer);
  expect(third.bytes).toHaveLength(50);
});

test('more than the pool keeps is made for the occasion', () => {
  const pool = createBufferPool();
  const large = pool.borrow(6 * 1024 * 1024);
  large.release();
  expect(pool.borrow(10).bytes.buffer).not.toBe(large.bytes.buffer);
});
