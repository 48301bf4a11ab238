import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createReporter } from '../../agent/link/reporter.ts';
import type { Report } from '../../agent/protocol/messages.ts';

const progress = (number: number): Report => ({
  kind: 'progress',
  jobId: 'j',
  number,
  step: 'fetch-write',
  bytesDone: number,
  bytesTotal: 1000,
  bytesPerSecond: 1,
});
const step = (note: string): Report => ({ kind: 'step', jobId: 'j', step: 'check', state: 'done', note });
const failedReport: Report = { kind: 'failed', jobId: 'j', failure: { code: 'a.b', message: 'm', next: 'n' } };
const nameOf = (report: Report): string =>
  report.kind === 'progress' ? `progress ${report.number}` : report.kind === 'step' ? `step ${report.note}` : report.kind;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Posts that are answered at once, each noted with its time. */
const noted = () => {
  const calls: { readonly atMs: number; readonly names: readonly string[] }[] = [];
  const reporter = createReporter(async (reports) => calls.push({ atMs: performance.now(), names: reports.map(nameOf) }));
  return { calls, reporter, names: () => calls.flatMap(({ names }) => names) };
};

test('progress is told at most four times a second, the newest of it, and its last word is heard', async () => {
  const { calls, reporter, names } = noted();
  for (let number = 1; number <= 400; number += 1) {
    reporter.send(progress(number));
    await vi.advanceTimersByTimeAsync(5);
  }
  // Two seconds: the first at once and one a quarter of a second.
  expect(calls.length).toBeLessThanOrEqual(9);
  expect(calls.length).toBeGreaterThanOrEqual(8);
  for (const [index, call] of calls.entries()) if (index > 0) expect(call.atMs - (calls[index - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(250);
  await reporter.drain();
  expect(names().at(-1)).toBe('progress 400');
  expect(vi.getTimerCount()).toBe(0);
});

test('a step is told at once, after the progress that was before it', async () => {
  const { reporter, names } = noted();
  reporter.send(progress(1));
  reporter.send(progress(2));
  reporter.send(progress(3));
  reporter.send(step('a'));
  await vi.advanceTimersByTimeAsync(0);
  expect(names()).toEqual(['progress 1', 'progress 3', 'step a']);
});

test('over a slow link one call is open at a time, nothing is lost or out of order, and drain waits for all of it', async () => {
  const told: string[] = [];
  let open = 0;
  let release: (() => void)[] = [];
  const reporter = createReporter(async (reports) => {
    open += 1;
    expect(open).toBe(1);
    await new Promise<void>((resolve) => release.push(resolve));
    told.push(...reports.map(nameOf));
    open -= 1;
  });
  for (let index = 0; index < 200; index += 1) reporter.send(step(String(index)));
  reporter.send(failedReport);
  let isDrained = false;
  const drained = reporter.drain().then(() => (isDrained = true));
  while (told.length < 201) {
    expect(isDrained).toBe(false);
    const waiting = release;
    release = [];
    for (const resolve of waiting) resolve();
    await vi.advanceTimersByTimeAsync(0);
  }
  await drained;
  expect(told).toEqual([...Array.from({ length: 200 }, (_, index) => `step ${index}`), 'failed']);
});

test('a call never carries more than the protocol allows', async () => {
  const { calls, reporter } = noted();
  for (let index = 0; index < 500; index += 1) reporter.send(step(String(index)));
  await reporter.drain();
  expect(Math.max(...calls.map(({ names }) => names.length))).toBeLessThanOrEqual(256);
  expect(calls.flatMap(({ names }) => names)).toHaveLength(500);
});

test('nothing said needs no draining', async () => {
  const { calls, reporter } = noted();
  await reporter.drain();
  expect(calls).toEqual([]);
});
