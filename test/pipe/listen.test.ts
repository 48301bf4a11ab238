// The window listener as a browser, a foreign page and a stranger meet it.
import { request } from 'node:http';
import { join } from 'node:path';
import { mkdir, rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket as NodeSocket } from 'ws';
import { startWindowListener } from '../../main/pipe/listen.ts';
import { startRig, TOKEN } from './harness.ts';
import type { IncomingHttpHeaders } from 'node:http';
import type { Rig } from './harness.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

type Answer = { status: number; headers: IncomingHttpHeaders; text: string };
// node:http rather than fetch: fetch forbids Host and Origin, and normalises the paths that we want to try.
const ask = (path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { host, port } = rig.listener.address;
    const outgoing = request(
      { host, port, path, method, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString('utf8') }),
        );
      },
    );
    outgoing.on('error', reject).end(body);
  });
const login = (token: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask('/session', { 'content-type': 'application/json', ...headers }, 'POST', JSON.stringify({ token }));
const upgrade = (protocols: string[], headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve) => {
    const socket = new NodeSocket(rig.listener.pipeUrl, protocols, { headers });
    socket.on('open', () => (socket.terminate(), resolve(101)));
    socket.on('unexpected-response', (_request, response) => (response.resume(), resolve(response.statusCode ?? 0)));
    socket.on('error', () => undefined);
  });

describe('the document', () => {
  test('carries a fresh nonce that its policy names', async () => {
    const [one, two] = [await ask('/'), await ask('/index.html')];
    const nonce = (answer: Answer): string => /nonce="([^"]+)"/.exec(answer.text)?.[1] ?? '';
    expect(nonce(one)).toMatch(/^[A-Za-z0-9+/]{24}$/);
    expect(nonce(one)).not.toBe(nonce(two));
    expect(one.headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${nonce(one)}'`);
    expect(one.headers['content-security-policy']).not.toContain('unsafe');
    expect(one.headers['cache-control']).toBe('no-store');
  });

  test.each(['/../package.json', '/assets/../../etc/passwd', '/%2e%2e/package.json', '/assets/secret.key', '/assets', '/nothing', '//'])(
    '%s is not served',
    async (path) => {
      const answer = await ask(path);
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.text)).toMatchObject({ ok: false, failure: { code: 'window.not-found' } });
    },
  );

  test('a file comes with its type, an ETag that answers 304, and may be kept for ever', async () => {
    const file = await ask('/assets/a.js');
    expect(file).toMatchObject({ status: 200, text: 'export {};' });
    expect(file.headers['content-type']).toContain('text/javascript');
    expect(file.headers['cache-control']).toContain('immutable');
    expect((await ask('/assets/a.js', { 'if-none-match': String(file.headers.etag) })).status).toBe(304);
    expect(await ask('/assets/a.js', {}, 'HEAD')).toMatchObject({ status: 200, text: '' });
    expect((await ask('/assets/a.js', {}, 'DELETE')).status).toBe(405);
  });
});

describe('the session', () => {
  test('the right token becomes a cookie that opens the pipe; a wrong one is a 401 in JSON', async () => {
    const wrong = await login('guess');
    expect(wrong.status).toBe(401);
    expect(JSON.parse(wrong.text)).toMatchObject({ ok: false, failure: { code: 'window.wrong-token' } });
    const right = await login(TOKEN);
    const cookie = right.headers['set-cookie']?.[0] ?? '';
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    const pair = cookie.split(';')[0] ?? '';
    expect((await ask('/session', { cookie: pair })).status).toBe(200);
    expect((await ask('/session')).status).toBe(401);
    expect(await upgrade(['rackside'], { cookie: pair })).toBe(101);
    expect(await upgrade(['rackside'], { cookie: `${pair}x` })).toBe(401);
    await rig.relisten();
    expect(await upgrade(['rackside'], { cookie: pair })).toBe(101);
  });

  test.each(['', '{', '[]', '{"token":1}', '{"token":"x","more":1}', 'x'.repeat(5000)])('a malformed body (%#) is a 401', async (body) => {
    expect((await ask('/session', {}, 'POST', body)).status).toBe(401);
  });

  test('the pipe opens with Bearer or subprotocol token, and not without', async () => {
    expect(await upgrade(['rackside'])).toBe(401);
    expect(await upgrade(['rackside', `token.${TOKEN}`])).toBe(101);
    expect(await upgrade(['rackside', 'token.guess'])).toBe(401);
    expect(await upgrade(['rackside'], { authorization: `Bearer ${TOKEN}` })).toBe(101);
    expect(await upgrade(['rackside'], { authorization: 'Bearer guess' })).toBe(401);
    expect(await upgrade(['other'], { authorization: `Bearer ${TOKEN}` })).toBe(404);
  });
});

describe('foreign pages', () => {
  test('a foreign Host or Origin gets nothing, even with the token', async () => {
    expect((await ask('/', { host: 'evil.example' })).status).toBe(421);
    expect((await login(TOKEN, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await login(TOKEN, { origin: 'null' })).status).toBe(403);
    const token = ['rackside', `token.${TOKEN}`];
    expect(await upgrade(token, { origin: 'http://evil.example' })).toBe(403);
    expect(await upgrade(token, { host: 'evil.example' })).toBe(421);
    expect(await upgrade(token, { origin: `http://localhost:${rig.listener.address.port}` })).toBe(101);
    expect(await upgrade(token, { origin: 'app://rackside' })).toBe(101);
  });
});

describe('starting', () => {
  const start = (options: Partial<Parameters<typeof startWindowListener>[0]>) =>
    startWindowListener({ port: 0, token: TOKEN, bundleFolder: rig.folder, pipe: rig.pipe, ...options });

  test('an unbuilt window, a taken port and an open address are failures with a next step', async () => {
    const empty = join(rig.folder, 'empty');
    await mkdir(empty);
    expect(await start({ bundleFolder: empty })).toMatchObject({ ok: false, failure: { code: 'window.bundle-missing' } });
    await rm(empty, { recursive: true });
    expect(await start({ bundleFolder: empty })).toMatchObject({ ok: false, failure: { code: 'window.bundle-missing' } });
    expect(await start({ port: rig.listener.address.port })).toMatchObject({ ok: false, failure: { code: 'window.port-taken' } });
    expect(await start({ host: '0.0.0.0' })).toMatchObject({ ok: false, failure: { code: 'window.tls-wanted' } });
  });
});
