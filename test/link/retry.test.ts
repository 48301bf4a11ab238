import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { patiently } from '../../agent/link/retry.ts';
import { failed, success } from '../../agent/protocol/failure.ts';

const lost = failed('link.lost', 'Gone.', 'Wait.');
const busy = failed('link.station-busy', 'Busy.', 'Wait.');
const never = new AbortController().signal;

// node:timers/promises is out of the fake timers' reach: chance is taken away instead, and the shortest wait is 125 ms.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

test('tries again while the link is the trouble, and counts', async () => {
  const answers = [lost, busy, success('there')];
  const tries: [string, number][] = [];
  const result = await patiently(() => Promise.resolve(answers.shift() ?? lost), {
    signal: never,
    onTrouble: (failure, count) => tries.push([failure.code, count]),
  });
  expect(result).toEqual(success('there'));
  expect(tries).toEqual([
    ['link.lost', 1],
    ['link.station-busy', 2],
  ]);
});

test('any other failure is the answer at once', async () => {
  const attempt = vi.fn<() => Promise<ReturnType<typeof failed>>>().mockResolvedValue(failed('agent.token-invalid', 'No.', 'No.'));
  const onTrouble = vi.fn<() => void>();
  expect(await patiently(attempt, { signal: never, onTrouble })).toMatchObject({ failure: { code: 'agent.token-invalid' } });
  expect(attempt).toHaveBeenCalledTimes(1);
  expect(onTrouble).not.toHaveBeenCalled();
});

test('a cancel ends the wait, and no further attempt is made', async () => {
  const stop = new AbortController();
  const attempt = vi.fn<() => Promise<typeof lost>>().mockResolvedValue(lost);
  const result = await patiently(attempt, { signal: stop.signal, onTrouble: () => void setImmediate(() => stop.abort()) });
  expect(result).toEqual(lost);
  expect(attempt).toHaveBeenCalledTimes(1);
  expect(await patiently(attempt, { signal: stop.signal, onTrouble: () => expect.fail('too late for trouble') })).toEqual(lost);
});
