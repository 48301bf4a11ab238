import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { alignedMemory } from '../../agent/disk/aligned-memory.ts';
import { createDirectHttp } from '../../agent/link/direct-http.ts';
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

  test('sends what lies in shared memory, as the frames of a capture do', async () => {
    const session = { id: SESSION.id, keyHex: SESSION.key, nextCounter: () => 1 };
    const text = 'rack '.repeat(60_000);
    const body = Buffer.from(alignedMemory(512 * 1024), 4096, text.length);
    body.write(text);
    await ask({ session, method: 'POST', body });
    expect(station.seen.map(({ isProven, body: heard }) => [isProven, heard === text])).toEqual([[true, true]]);
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

test('a body that takes longer than any silence may last arrives on a link that only is slow', { timeout: 60_000 }, async () => {
  const body = new Uint8Array(24 * 1024 * 1024);
  const timeoutMs = 6000;
  let taken = 0;
  let allowed = 0;
  /** Takes a forty-fifth every 200 ms, as a slow link would, whatever the kernel would buffer. */
  const slow = createServer((socket) => {
    const timer = setInterval(() => {
      allowed += body.length / 45;
      socket.resume();
    }, 200);
    socket.on('close', () => clearInterval(timer));
    socket.on('data', (part: Buffer) => {
      taken += part.length;
      if (taken >= body.length) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
      else if (taken >= allowed) socket.pause();
    });
  });
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
  const startedAtMs = performance.now();
  const sent = await requestBytes(url, { method: 'POST', path: '/x', body, session: null, timeoutMs, signal: never });
  expect(sent).toMatchObject({ ok: true });
  // Else it would prove nothing.
  expect(performance.now() - startedAtMs).toBeGreaterThan(timeoutMs);
  await new Promise((resolve) => slow.close(resolve));
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
    // On a busy computer the question may not have reached it within those 30 ms.
    station.scripts.length = 0;
    expect(await code(ask())).toBe('link.lost');
    await station.start();
    expect(await code(ask())).toBeNull();
  });

  const over = (how: string) => (how === 'node:http' ? undefined : { http: createDirectHttp(station.url), into: new Uint8Array(16) });

  test.each(['node:http', 'our own sockets'])('a silence in the middle of an answer ends with the time given (%s)', async (how) => {
    station.scripts.push((_request, response) => (response.writeHead(200, { 'content-length': '10' }).write('abc'), true));
    const answer = await ask({ method: 'POST', timeoutMs: 50, direct: over(how) });
    expect(answer.ok ? null : [answer.failure.code, answer.failure.message]).toEqual([
      'link.lost',
      'The station did not answer (nothing came for 0.05 s).',
    ]);
  });

  test.each(['node:http', 'our own sockets'])('an answer that takes longer than that, but comes, is waited for (%s)', async (how) => {
    station.scripts.push((_request, response) => {
      response.writeHead(200, { 'content-length': '8' });
      let sent = 0;
      const drip = setInterval(() => {
        response.write('r');
        if ((sent += 1) === 8) clearInterval(drip);
      }, 100);
      return true;
    });
    const answer = await ask({ method: 'POST', timeoutMs: 500, direct: over(how) });
    expect(answer.ok && Buffer.from(answer.value).toString()).toBe('rrrrrrrr');
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
