// Steps and progress as the station hears them.
import { expect, test } from 'vitest';
import { createJournal } from '../../agent/deploy/journal.ts';
import type { DeployProgress } from '../../agent/deploy/types.ts';

const setUp = () => {
  let nowMs = 0;
  const said: string[] = [];
  const progress: DeployProgress[] = [];
  const journal = createJournal({
    now: () => nowMs,
    signal: new AbortController().signal,
    onStep: (step, state, note) => said.push(`${step} ${state}${note === '' ? '' : `: ${note}`}`),
    onProgress: (one) => progress.push(one),
  });
  return { journal, said, progress, pass: (ms: number) => (nowMs += ms) };
};

test('progress comes at most four times a second, with the rate, and once more at the end', async () => {
  const { journal, progress, pass } = setUp();
  await journal.step('compare', async (step) => {
    const meter = step.progress(1000);
    for (let n = 0; n < 100; n++) {
      pass(20);
      meter.add(10);
    }
  });
  expect(progress.length).toBeLessThanOrEqual(2 * 4 + 1);
  expect(progress[0]).toEqual({ step: 'compare', bytesDone: 130, bytesTotal: 1000, bytesPerSecond: 500 });
  expect(progress.at(-1)).toEqual({ step: 'compare', bytesDone: 1000, bytesTotal: 1000, bytesPerSecond: 500 });
});

test('the rate is that of the last seconds, not of the whole step', async () => {
  const { journal, progress, pass } = setUp();
  await journal.step('fetch-write', async (step) => {
    const meter = step.progress(100_000);
    for (let n = 0; n < 40; n++) {
      pass(250);
      meter.add(1000);
    }
    for (let n = 0; n < 40; n++) {
      pass(250);
      meter.add(10);
    }
  });
  expect(progress[39]?.bytesPerSecond).toBe(4000);
  expect(progress[79]?.bytesPerSecond).toBe(40);
});

test('a step that throws is started and never done', async () => {
  const { journal, said } = setUp();
  await journal.step('check', async ({ note }) => note('resumed'));
  await expect(journal.step('compare', () => Promise.reject(new Error('disk gone')))).rejects.toThrow('disk gone');
  expect(said).toEqual(['check started', 'check done: resumed', 'compare started']);
});
