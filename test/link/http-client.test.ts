import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isLinkTrouble, requestBytes, requestJson } from '../../agent/link/http-client.ts';
import type { Request } from '../../agent/link/http-client.ts';
import { answerWith, cut, cutMidAnswer, SESSION, startStation } from './rig.ts';
import type { FakeStation } from './rig.ts';

let station: FakeStation;
beforeEach(async () => {
  station = await startStation();
});
afterEach(() => station.stop());

const never = new AbortController().signal;
const ask = (change: Partial<Request> = {}) =>
  requestBytes(station.url, { method: 'GET', path: '/x', body: null, session: null, timeoutMs: 10_000, signal: never, ...change });
const code = async (asked: ReturnType<typeof ask>): Promise<string | null> => {
  const result = await asked;
  return result.ok ? null : result.failure.code;
};

describe('a request', () => {
  test('proves its session over method, path with query and body, with a counter that rises', async () => {
    let counter = 0;
    const session = { id: SESSION.id, keyHex: SESSION.key, nextCounter: () => (counter += 1) };
    await ask({ session, path: '/x?after=3' });
    await ask({ session, method: 'POST', body: new TextEncoder().encode('{"ü":1}') });
    expect(station.seen.map(({ counter: sent, isProven, body }) => [sent, isProven, body])).toEqual([
      [1, true, ''],
      [2, true, '{"ü":1}'],
    ]);
  });

  test('gets every byte, of known length or not', async () => {
    const bytes = Buffer.alloc(300_000, 'r');
    station.scripts.push(
      (_request, response) => (response.writeHead(200, { 'content-length': String(bytes.length) }).end(bytes), true),
      (_request, response) => (response.write(bytes.subarray(0, 100_000)), response.end(bytes.subarray(100_000)), true),
      (_request, response) => (response.writeHead(200).end(), true),
    );
    for (const expected of [bytes, bytes, Buffer.alloc(0)]) {
      const answer = await ask();
      expect(answer.ok && bytes.subarray(0, expected.length).equals(answer.value)).toBe(true);
      expect(answer.ok && answer.value.length).toBe(expected.length);
    }
  });
});

describe('trouble with the link passes', () => {
  test.each([
    ['cut before the answer', cut],
    ['cut in the middle of an answer of known length', cutMidAnswer],
    [
      'cut in the middle of an answer of unknown length',
      (request, response) => (response.write('half', () => request.socket.destroy()), true),
    ],
    ['a server error that is not ours', answerWith(502, '<html>')],
  ] satisfies [string, FakeStation['scripts'][number]][])('%s', async (_what, script) => {
    station.scripts.push(script);
    expect(isLinkTrouble((await code(ask())) ?? '')).toBe(true);
    expect(await code(ask())).toBeNull();
  });

  test('no station, and one that says nothing', async () => {
    station.scripts.push(() => true);
    expect(await code(ask({ timeoutMs: 30 }))).toBe('link.lost');
    await station.stop();
    expect(await code(ask())).toBe('link.lost');
    await station.start();
    expect(await code(ask())).toBeNull();
  });

  test('a silence in the middle of an answer ends with the time given', async () => {
    station.scripts.push((_request, response) => (response.writeHead(200, { 'content-length': '10' }).write('abc'), true));
    expect(await code(ask({ timeoutMs: 50 }))).toBe('link.lost');
  });
});

describe('refusals do not pass', () => {
  test("the station's own failure comes as it is", async () => {
    const failure = { code: 'agent.token-invalid', message: 'Used.', next: 'Boot again.' };
    station.scripts.push(answerWith(401, JSON.stringify({ failure })));
    expect(await ask()).toEqual({ ok: false, failure });
  });

  test.each([
    [404, '<html>'],
    [403, '{"failure":{"code":"NOT A CODE"}}'],
    [400, 'null'],
    [302, ''],
  ])('%i %s', async (status, text) => {
    station.scripts.push(answerWith(status, text));
    expect(await code(ask())).toBe('link.refused');
  });

  test('who cancels is told so', async () => {
    const stop = new AbortController();
    station.scripts.push(() => (stop.abort(), true));
    expect(await code(ask({ signal: stop.signal }))).toBe('link.cancelled');
    expect(await code(ask({ signal: stop.signal }))).toBe('link.cancelled');
    expect(isLinkTrouble('link.cancelled')).toBe(false);
  });

  test('an answer of another shape, or none, is not believed', async () => {
    const schema = z.object({ a: z.number() });
    const json = () =>
      requestJson(station.url, { method: 'POST', path: '/x', body: {}, session: null, timeoutMs: 10_000, signal: never }, schema);
    station.scripts.push(answerWith(200, '{"a":"1"}'), answerWith(200, '{'), answerWith(200, '{"a":1}'));
    for (const _wrong of [1, 2]) expect(await json()).toMatchObject({ ok: false, failure: { code: 'link.answer-invalid' } });
    expect(await json()).toEqual({ ok: true, value: { a: 1 } });
  });
});
