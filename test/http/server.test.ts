import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { failureAnswer } from '../../main/http/answer.ts';
import { readJson, statusOfBodyFailure } from '../../main/http/request.ts';
import { pathPattern } from '../../main/http/routes.ts';
import type { Route } from '../../main/http/routes.ts';
import { startHttp } from '../../main/http/server.ts';
import type { HttpEvent, HttpOptions, RunningHttp } from '../../main/http/server.ts';

const content = randomBytes(3 * 1024 * 1024 + 77);
const etag = createHash('sha256').update(content).digest('hex');
let folder: string;
let server: RunningHttp;
let base: string;
let events: HttpEvent[];
let woken: (() => void)[];
let pollSignals: AbortSignal[];
let streamsEnded: number;

const get = (path: string, handle: Route['handle'], method = 'GET'): Route => ({ method, match: pathPattern(path), handle });

const routes = (): readonly Route[] => [
  get('/file', () => ({ kind: 'file', path: join(folder, 'file'), sizeBytes: content.length, etag })),
  get('/overlaid', () => ({
    kind: 'file',
    path: join(folder, 'file'),
    sizeBytes: content.length,
    overlay: { offset: 1024 * 1024 - 3, bytes: Buffer.from('OVERLAY') },
  })),
  get('/shrunk', () => ({ kind: 'file', path: join(folder, 'file'), sizeBytes: content.length + 1 })),
  get('/empty', () => ({ kind: 'bytes', bytes: Buffer.alloc(0) })),
  get('/bytes', () => ({ kind: 'bytes', bytes: Buffer.from('0123456789'), etag: 'ten', contentType: 'text/plain' })),
  get('/crash', () => Promise.reject(new Error('a bug'))),
  get(
    '/json',
    async (request) => {
      const body = await readJson(request, z.object({ count: z.number() }), 1000);
      return body.ok
        ? { kind: 'json', value: { doubled: body.value.count * 2 } }
        : failureAnswer(statusOfBodyFailure(body.failure.code), body.failure);
    },
    'POST',
  ),
  get('/poll', async (request) => {
    pollSignals.push(request.signal);
    wake();
    await once(request.signal, 'abort');
    return { kind: 'json', value: null };
  }),
  get('/stream', () => ({
    kind: 'stream',
    chunks: (async function* () {
      try {
        for (;;) yield Buffer.alloc(64 * 1024);
      } finally {
        streamsEnded += 1;
        wake();
      }
    })(),
  })),
  get('/three', () => ({
    kind: 'stream',
    chunks: (async function* () {
      yield* [Buffer.from('one '), Buffer.from('two '), Buffer.from('three')];
    })(),
  })),
];

const wake = (): void => woken.splice(0).forEach((resolve) => resolve());
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise<void>((resolve) => woken.push(resolve));
};

const start = async (options: Partial<HttpOptions> = {}) =>
  startHttp({
    address: '127.0.0.1',
    port: 0,
    routes: routes(),
    onEvent: (event) => {
      events.push(event);
      wake();
    },
    ...options,
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-http-'));
  await writeFile(join(folder, 'file'), content);
  events = [];
  woken = [];
  pollSignals = [];
  streamsEnded = 0;
  const started = await start();
  if (!started.ok) throw new Error(started.failure.message);
  server = started.value;
  base = `http://127.0.0.1:${server.address.port}`;
});

afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** Unlike `once`, a reset on the way is no failure. */
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => void socket.once('close', () => resolve()));

/** One request over a bare socket; resolves with all that came, when the server has closed or reset. */
const bare = async (
  text: string,
  whileOpen: (socket: Socket) => void = () => {},
): Promise<{ readonly text: string; readonly reset: boolean }> => {
  const socket = connect(server.address.port, '127.0.0.1');
  socket.setEncoding('latin1');
  let heard = '';
  let reset = false;
  socket.on('data', (data: string) => {
    heard += data;
    whileOpen(socket);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => (reset = error.code === 'ECONNRESET'));
  socket.write(text);
  await closed(socket);
  return { text: heard, reset };
};

describe('files', () => {
  test('whole, with length, validator and type', async () => {
    const response = await fetch(`${base}/file`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-length': String(content.length),
      etag: `"${etag}"`,
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
  });

  test.each([
    ['bytes=0-9', 0, 10],
    ['bytes=1048570-2097160', 1_048_570, 2_097_161],
    ['bytes=3145728-', 3_145_728, content.length],
    ['bytes=-77', content.length - 77, content.length],
  ])('%s', async (range, first, end) => {
    const response = await fetch(`${base}/file`, { headers: { range } });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${first}-${end - 1}/${content.length}`);
    expect(response.headers.get('content-length')).toBe(String(end - first));
    expect(Buffer.from(await response.arrayBuffer()).equals(content.subarray(first, end))).toBe(true);
  });

  test('a range beyond the end', async () => {
    const response = await fetch(`${base}/file`, { headers: { range: 'bytes=99999999-' } });
    expect([response.status, response.headers.get('content-range')]).toEqual([416, `bytes */${content.length}`]);
  });

  test('HEAD tells the same and sends nothing; If-None-Match saves the transfer', async () => {
    const head = await fetch(`${base}/file`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), (await head.arrayBuffer()).byteLength]).toEqual([
      200,
      String(content.length),
      0,
    ]);
    const unchanged = await fetch(`${base}/file`, { headers: { 'if-none-match': `"${etag}"` } });
    expect([unchanged.status, (await unchanged.arrayBuffer()).byteLength]).toEqual([304, 0]);
  });

  test('an overlay across the border of two reads, and in a range', async () => {
    const wanted = Buffer.from(content);
    wanted.set(Buffer.from('OVERLAY'), 1024 * 1024 - 3);
    expect(Buffer.from(await (await fetch(`${base}/overlaid`)).arrayBuffer()).equals(wanted)).toBe(true);
    const range = await fetch(`${base}/overlaid`, { headers: { range: 'bytes=1048575-1048577' } });
    expect(await range.text()).toBe('ERL');
  });

  test('a file that is not as recorded is a failure, not a short body', async () => {
    const response = await fetch(`${base}/shrunk`);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ failure: { code: 'http.file-unreadable' } });
  });

  test('eight clients at once share buffers and get what is theirs', async () => {
    const bodies = await Promise.all(Array.from({ length: 8 }, async () => Buffer.from(await (await fetch(`${base}/file`)).arrayBuffer())));
    for (const body of bodies) expect(body.equals(content)).toBe(true);
  });

  test('a client that leaves half way is told as such and leaves no file open', async () => {
    const sent = httpRequest(`${base}/file`).end();
    const [response] = await once(sent, 'response');
    response.destroy();
    sent.on('error', () => {});
    await until(() => events.some((event) => event.kind === 'answered' && !event.complete));
    expect(events.some((event) => event.kind === 'crashed')).toBe(false);
    expect(Buffer.from(await (await fetch(`${base}/file`)).arrayBuffer()).equals(content)).toBe(true);
  });
});

describe('bytes, streams and JSON', () => {
  test('bytes take ranges too; an empty body is one', async () => {
    expect(await (await fetch(`${base}/bytes`, { headers: { range: 'bytes=2-4' } })).text()).toBe('234');
    const empty = await fetch(`${base}/empty`);
    expect([empty.status, empty.headers.get('content-length'), await empty.text()]).toEqual([200, '0', '']);
  });

  test('a stream arrives in order; one that nobody reads any more is ended', async () => {
    expect(await (await fetch(`${base}/three`)).text()).toBe('one two three');
    const abort = new AbortController();
    const response = await fetch(`${base}/stream`, { signal: abort.signal });
    await response.body?.getReader().read();
    abort.abort();
    await until(() => streamsEnded === 1);
  });

  test('a body of the agreed shape, and all others by name', async () => {
    const post = async (body: string) => {
      const response = await fetch(`${base}/json`, { method: 'POST', body });
      return [response.status, await response.json()];
    };
    expect(await post('{"count": 21}')).toEqual([200, { doubled: 42 }]);
    expect(await post('{"count": "x"}')).toMatchObject([400, { failure: { code: 'http.bad-shape' } }]);
    expect(await post('{')).toMatchObject([400, { failure: { code: 'http.bad-json' } }]);
    expect(await post(JSON.stringify({ count: 1, more: 'x'.repeat(2000) }))).toMatchObject([
      413,
      { failure: { code: 'http.body-too-large' } },
    ]);
  });

  test('a body without a length is cut off at its limit as well', async () => {
    const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
    const { text: heard } = await bare(`POST /json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`);
    expect(heard).toContain(' 413 ');
  });

  test('many requests over one kept connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let count = 0; count < 30; count += 1) {
      const [response] = (await once(httpRequest(`${base}/bytes`, { agent }).end(), 'response')) as [IncomingMessage];
      expect(await text(response)).toBe('0123456789');
    }
    agent.destroy();
    await until(() => events.length === 30);
    expect(new Set(events.map((event) => event.kind === 'answered' && event.client.port)).size).toBe(1);
  });
});

describe('names and methods', () => {
  test.each([
    ['/nothing', 404, 'http.not-found'],
    ['/../../etc/passwd', 404, 'http.not-found'],
    ['/%2e%2e/%2e%2e/etc/passwd', 404, 'http.not-found'],
    ['/%zz', 400, 'http.bad-target'],
    ['/crash', 500, 'http.crashed'],
  ])('%s', async (path, status, code) => {
    const { text: heard } = await bare(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(heard).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(heard).toContain(`"code":"${code}"`);
  });

  test('another method is refused with those that are possible', async () => {
    const response = await fetch(`${base}/bytes`, { method: 'DELETE' });
    expect([response.status, ((await response.json()) as { failure: { message: string } }).failure.message]).toEqual([
      405,
      'DELETE is not possible here; GET, HEAD is.',
    ]);
  });

  test('doubled slashes, as shim asks', async () => {
    const { text: heard } = await bare('GET //bytes HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(heard).toMatch(/0123456789$/);
  });

  test('a crash is told with its error, once', async () => {
    await fetch(`${base}/crash`);
    expect(events.filter((event) => event.kind === 'crashed')).toMatchObject([{ path: '/crash', error: new Error('a bug') }]);
  });

  test('what is no HTTP is refused and told', async () => {
    expect((await bare('\x16\x03\x01\x02\0\x01\0\r\n\r\n')).text).toContain('400 Bad Request');
    expect(events).toMatchObject([{ kind: 'malformed', address: '127.0.0.1' }]);
  });
});

describe('connections', () => {
  test('a long poll learns that its client has gone', async () => {
    const abort = new AbortController();
    const poll = fetch(`${base}/poll`, { signal: abort.signal }).catch(() => null);
    await until(() => pollSignals.length === 1);
    expect(pollSignals[0]?.aborted).toBe(false);
    abort.abort();
    await poll;
    await until(() => events.some((event) => event.kind === 'answered' && event.path === '/poll' && !event.complete));
    expect(pollSignals[0]?.aborted).toBe(true);
  });

  test('GRUB closes its half and is reset, so that its few ports are free at the next boot', async () => {
    const request = (agent: string) => `GET /bytes HTTP/1.1\r\nHost: 10.0.0.1\r\nUser-Agent: ${agent}\r\n\r\n`;
    const grub = await bare(request('GRUB 2.12-9+deb13u2'), (socket) => socket.end());
    expect(grub.text).toMatch(/0123456789$/);
    expect(grub.reset).toBe(true);
    const other = await bare(request('curl/8'), (socket) => socket.end());
    expect(other.text).toMatch(/0123456789$/);
    expect(other.reset).toBe(false);
  });

  test('a client that takes nothing is dropped', async () => {
    const started = await start({ stallTimeoutMs: 50 });
    if (!started.ok) throw new Error(started.failure.message);
    const socket = connect(started.value.address.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.pause();
    await until(() => events.length > 0);
    expect(events).toMatchObject([{ kind: 'answered', path: '/stream', complete: false }]);
    socket.destroy();
    await started.value.stop();
  });

  test('a peer from elsewhere is turned away before it says anything', async () => {
    const started = await start({ allowPeer: (address) => address !== '127.0.0.1' });
    if (!started.ok) throw new Error(started.failure.message);
    const socket = connect(started.value.address.port, '127.0.0.1');
    socket.on('error', () => {});
    await closed(socket);
    expect(events).toEqual([{ kind: 'peer-refused', address: '127.0.0.1' }]);
    await started.value.stop();
  });

  test('stop ends polls and downloads', async () => {
    const poll = fetch(`${base}/poll`).catch(() => 'ended');
    await until(() => pollSignals.length === 1);
    await server.stop();
    expect(await poll).toBe('ended');
  });
});

describe('starting', () => {
  test('on a taken port', async () => {
    const second = await start({ port: server.address.port });
    expect(second).toMatchObject({ ok: false, failure: { code: 'http.port-taken' } });
  });
  test('on an address of nobody', async () => {
    const nowhere = await start({ address: '192.0.2.1' });
    expect(nowhere).toMatchObject({ ok: false, failure: { code: 'http.address-missing' } });
  });
});
