// A script's output on its way to the screens: bounded in rate and length, and nothing of it lost without a word.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLineFeed } from '../../agent/build/line-feed.ts';

const sent: string[] = [];
beforeEach(() => {
  sent.length = 0;
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());
const feed = () => createLineFeed((text) => void sent.push(text));

test('lines go out once a second, together, and the rest at the end', () => {
  const lines = feed();
  lines.add('one');
  lines.add('two');
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1000);
  vi.advanceTimersByTime(5000);
  expect(sent).toEqual(['one\ntwo']);
  lines.add('three');
  lines.stop();
  vi.advanceTimersByTime(5000);
  expect(sent).toEqual(['one\ntwo', 'three']);
});
test('a flood is cut to what a report takes, and counted', () => {
  const lines = feed();
  for (let n = 0; n < 100_000; n++) lines.add(`line ${n}`);
  lines.stop();
  expect(sent).toHaveLength(1);
  expect(sent[0]?.length).toBeLessThan(2000);
  const shown = sent[0]?.split('\n') ?? [];
  expect(shown.at(-1)).toBe(`(${100_000 - shown.length + 1} more lines)`);
  expect(lines.last()).toEqual([99_995, 99_996, 99_997, 99_998, 99_999].map((n) => `line ${n}`));
});
test('a line is cut, loses control characters, and of one that rewrites itself the last state counts', () => {
  const lines = feed();
  lines.add('x'.repeat(1_000_000));
  lines.add('\u001b[31mred\u0007');
  lines.add('1 %\r50 %\r100 %\r');
  lines.add('\r \r');
  lines.stop();
  expect(sent[0]?.split('\n')).toEqual(['x'.repeat(300), ' [31mred', '100 %']);
});
