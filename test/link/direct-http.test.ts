// Batches over our own sockets, against a server that answers byte by byte as told: the memory holds the answer or the call fails.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDirectHttp } from '../../agent/link/direct-http.ts';
import { parseAnswerHead } from '../../agent/link/answer-head.ts';

type Answer = (socket: Socket) => void | Promise<void>;

let server: Server;
let answers: Answer[];
let connections: Socket[];
let requests: string[];
beforeEach(async () => {
  answers = [];
  connections = [];
  requests = [];
  server = createServer((socket) => {
    connections.push(socket);
    let heard = '';
    socket.on('error', () => {});
    socket.on('data', (part) => {
      heard += part.toString('latin1');
      // Every request of these tests has the body `ask`.
      while (heard.includes('\r\n\r\nask')) {
        const end = heard.indexOf('\r\n\r\nask') + 7;
        requests.push(heard.slice(0, end));
        heard = heard.slice(end);
        void answers.shift()?.(socket);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of connections) socket.destroy();
  server.close();
  await once(server, 'close');
});

const never = new AbortController().signal;
const http = () => createDirectHttp(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
const post = (from: ReturnType<typeof http>, into: Uint8Array, signal = never) =>
  from.post({ path: '/library/x', headers: { 'x-proof': '1' }, body: Buffer.from('ask'), into, signal, onBytes: () => {} });
const ok = (body: string | Buffer, fields = ''): Buffer =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n`), Buffer.from(body)]);

describe('an answer', () => {
  test('is read whole however it is cut, straight into the memory given and nowhere else', async () => {
    const whole = ok('rackside');
    const direct = http();
    for (let cutAt = 1; cutAt < whole.length; cutAt++) {
      answers.push(async (socket) => {
        socket.write(whole.subarray(0, cutAt));
        await new Promise((resolve) => setImmediate(resolve));
        socket.write(whole.subarray(cutAt));
      });
      const memory = Buffer.alloc(24, '.');
      const answer = await post(direct, memory.subarray(8, 16));
      expect([answer.status, Buffer.from(answer.bytes).toString(), memory.toString()]).toEqual([
        200,
        'rackside',
        '........rackside........',
      ]);
    }
    expect(connections).toHaveLength(1);
    expect(requests[0]).toMatch(/^POST \/library\/x HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nx-proof: 1\r\ncontent-length: 3\r\n\r\nask$/);
  });

  test('of megabytes fills shared memory', async () => {
    const body = Buffer.alloc(4 * 1024 * 1024, 'chunks and more ');
    const shared = Buffer.from(new SharedArrayBuffer(body.length + 4096));
    answers.push((socket) => void socket.write(ok(body)));
    expect(body.equals((await post(http(), shared)).bytes)).toBe(true);
  });

  test('keeps its status, and an empty body is one', async () => {
    const direct = http();
    answers.push(
      (socket) => void socket.write('HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\n{}'),
      (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
      (socket) => void socket.write('HTTP/1.1 204 No Content\r\n\r\n'),
    );
    const memory = Buffer.alloc(8);
    for (const [status, length] of [
      [503, 2],
      [200, 0],
      [204, 0],
    ]) {
      const answer = await post(direct, memory);
      expect([answer.status, answer.bytes.length]).toEqual([status, length]);
    }
  });

  test('with `connection: close` is the last on its connection; requests at once have one each', async () => {
    const direct = http();
    answers.push((socket) => void socket.write(ok('one', 'Connection: close\r\n')));
    await post(direct, Buffer.alloc(8));
    const waiting: Socket[] = [];
    const both: Answer = (socket) => {
      waiting.push(socket);
      if (waiting.length === 2) for (const one of waiting) one.write(ok('two'));
    };
    answers.push(both, both);
    await Promise.all([post(direct, Buffer.alloc(8)), post(direct, Buffer.alloc(8))]);
    expect(connections).toHaveLength(3);
  });
});

describe('a call fails, and the next one has a new connection', () => {
  test.each<[string, Answer, string]>([
    ['the connection ends before the answer', (socket) => void socket.destroy(), 'ended'],
    ['it ends in the head', (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-le'), 'ended'],
    ['it ends in the body', (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc'), 'ended'],
    ['no length', (socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\nabc'), 'does not say its length'],
    [
      'chunked',
      (socket) => void socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'),
      'does not say its length',
    ],
    ['longer than the memory', (socket) => void socket.write(ok('123456789')), 'has 9 bytes'],
    ['longer than it says', (socket) => void socket.write(Buffer.concat([ok('abc'), Buffer.from('d')])), 'longer than it says'],
    ['two lengths', (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\nContent-Length: 2\r\n\r\nab'), 'comes twice'],
    ['no HTTP', (socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n\r\n'), 'begins with'],
    ['a head without end', (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`), 'too long'],
  ])('%s', async (_what, answer, why) => {
    const direct = http();
    const memory = Buffer.alloc(16, '.');
    answers.push(answer);
    await expect(post(direct, memory.subarray(0, 8))).rejects.toThrow(why);
    expect(memory.subarray(8).toString()).toBe('........');
    answers.push((socket) => void socket.write(ok('fine')));
    expect(Buffer.from((await post(direct, memory)).bytes).toString()).toBe('fine');
    expect(connections).toHaveLength(2);
  });

  test('no station', async () => {
    const direct = createDirectHttp('http://127.0.0.1:1');
    await expect(post(direct, Buffer.alloc(8))).rejects.toThrow('ECONNREFUSED');
  });

  test('an abort: what comes afterwards is written nowhere', async () => {
    const direct = http();
    const memory = Buffer.alloc(8, '.');
    const stop = new AbortController();
    const half = Promise.withResolvers<Socket>();
    answers.push((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nab', () => half.resolve(socket));
    });
    const asked = post(direct, memory, stop.signal);
    const socket = await half.promise;
    while (memory.toString() !== 'ab......') await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error('cancelled'));
    await expect(asked).rejects.toThrow('cancelled');
    socket.write('cdefgh');
    await once(socket, 'close');
    expect(memory.toString()).toBe('ab......');
    await expect(post(direct, memory, stop.signal)).rejects.toThrow('cancelled');
  });
});

test('a kept connection that the station closed is not used again', async () => {
  const direct = http();
  answers.push(
    (socket) => void socket.end(ok('one')),
    (socket) => void socket.write(ok('two')),
  );
  await post(direct, Buffer.alloc(8));
  const [first] = connections;
  if (first !== undefined && !first.closed) await once(first, 'close');
  expect(Buffer.from((await post(direct, Buffer.alloc(8))).bytes).toString()).toBe('two');
});

test('heads that are none', () => {
  const head = (text: string) => parseAnswerHead(Buffer.from(text));
  expect(head('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n')).toBe('more');
  expect(head('HTTP/1.1 200\r\nContent-Length: 12\r\nConnection: Keep-Alive\r\n\r\nxx')).toEqual({
    status: 200,
    headBytes: 60,
    bodyBytes: 12,
    keepsOpen: true,
  });
  for (const text of [
    'HTTP/1.0 200 OK\r\ncontent-length: 1',
    'HTTP/1.1 100 Continue',
    'HTTP/1.1 200 OK\r\n: 1',
    'HTTP/1.1 200 OK\r\ncontent-length: -1',
  ])
    expect(typeof head(`${text}\r\n\r\n`)).toBe('string');
});
