// Running programs: every way to end is an answer, none an exception.
import { expect, test } from 'vitest';
import { noTools, systemTools } from '../../agent/disk/tools.ts';

test('exit code and output come back', async () => {
  expect(await systemTools().run('sh', ['-c', 'echo out; echo err >&2; exit 3'])).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
  expect((await systemTools().run('true', [])).code).toBe(0);
});

test('a program that is not there is 127', async () => {
  expect((await systemTools().run('rackside-no-such-program', [])).code).toBe(127);
  expect((await noTools().run('true', [])).code).toBe(127);
});

test('a program that was stopped is -1', async () => {
  expect((await systemTools().run('sleep', ['60'], { timeoutMs: 50 })).code).toBe(-1);
  const abort = new AbortController();
  const running = systemTools().run('sleep', ['60'], { signal: abort.signal });
  abort.abort();
  expect((await running).code).toBe(-1);
});
