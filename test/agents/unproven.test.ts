// What a stranger can make the station do before anything is proven: its body is not read without a session, and slow ones among
// many end, while a machine that speaks at once is heard.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failed, success } from '../../agent/protocol/failure.ts';
import { SESSION_HEADERS } from '../../agent/protocol/messages.ts';
import { requestBytes } from '../../agent/link/http-client.ts';
import { createAdmission } from '../../main/agents/admission.ts';
import { agentRoutes } from '../../main/agents/routes.ts';
import { startHttp } from '../../main/http/server.ts';
import type { RunningHttp } from '../../main/http/server.ts';
import { codeOf, createAgentsRig, valueOf } from './rig.ts';
import type { AgentsRig } from './rig.ts';

const MIB = 1024 * 1024;
let rig: AgentsRig;
let http: RunningHttp;
let sockets: Socket[];
let refusals: number;

beforeEach(async () => {
  rig = createAgentsRig({ largeBodyPatienceMs: 500 });
  sockets = [];
  refusals = 0;
  const calls = {
    onHello: () => undefined,
    onBack: () => undefined,
    onContact: () => undefined,
    onInventory: () => failed('machine.unknown', 'Not in this test.', 'Nothing.'),
    onReport: () => undefined,
    onRecordWanted: () => failed('job.unknown', 'Not in this test.', 'Nothing.'),
    onCaptureAsked: () => failed('job.unknown', 'Not in this test.', 'Nothing.'),
    onHealAsked: () => failed('job.unknown', 'Not in this test.', 'Nothing.'),
    onPayloadAsked: () => failed('job.unknown', 'No builds here.', 'Nothing.'),
    onCaptured: () => undefined,
    onRefused: () => void (refusals += 1),
  };
  http = valueOf(await startHttp({ address: '127.0.0.1', port: 0, routes: agentRoutes(rig.agents, calls), onEvent: () => undefined }));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await http.stop();
  rig.close();
});

/** A client that says what it announces and sends no byte of its body; resolves with the status line, if one ever comes. */
const slowPost = (path: string, headers: Readonly<Record<string, string | number>>): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(http.address.port, '127.0.0.1');
    sockets.push(socket);
    const lines = Object.entries({ host: 'station', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    socket.once('data', (bytes) => resolve(bytes.toString('latin1').split('\r\n')[0] ?? ''));
    socket.once('error', reject);
  });

const proof = (id: string, counter: number, mac = '0'.repeat(64)) => ({
  [SESSION_HEADERS.id]: id,
  [SESSION_HEADERS.counter]: counter,
  [SESSION_HEADERS.mac]: mac,
});

describe('a body is not waited for', () => {
  test('when no session is named, or one that is not known here', async () => {
    const announced = { 'content-length': 4 * MIB };
    expect(await slowPost('/agent/inventory', announced)).toContain('401');
    expect(await slowPost('/agent/inventory', { ...announced, ...proof('made-up', 1) })).toContain('401');
    expect(refusals).toBe(2);
  });

  test('when the counter is used up, or the proof cannot be one', async () => {
    const session = rig.open();
    valueOf(rig.agents.authenticate(rig.request(session, 7)));
    const announced = { 'content-length': MIB };
    expect(await slowPost('/agent/report', { ...announced, ...proof(session.id, 7) })).toContain('403');
    expect(await slowPost('/agent/report', { ...announced, ...proof(session.id, 8, 'short') })).toContain('403');
    // Looking at the headers has used nothing up.
    expect(codeOf(rig.agents.authenticate(rig.request(session, 8)))).toBeNull();
  });

  test('when it is longer than a hello can be', async () => {
    expect(await slowPost('/agent/hello', { 'content-length': 16 * 1024 + 1 })).toContain('413');
  });
});

test('an agent whose session is lost hears so, however large its inventory', async () => {
  for (let counter = 1; counter <= 20; counter += 1) {
    const answer = await requestBytes(`http://127.0.0.1:${http.address.port}`, {
      method: 'POST',
      path: '/agent/inventory',
      body: new Uint8Array(3 * MIB),
      session: { id: 'lost', keyHex: '00'.repeat(32), nextCounter: () => counter },
      timeoutMs: 10_000,
      signal: new AbortController().signal,
    });
    expect(codeOf(answer)).toBe('agent.session-unknown');
  }
});

test('what comes of a refused body after the refusal is dropped, and its connection goes on', async () => {
  const socket = connect(http.address.port, '127.0.0.1');
  sockets.push(socket);
  let heard = '';
  const answers = (): number => heard.split('HTTP/1.1 401').length - 1;
  socket.on('data', (bytes) => (heard += bytes.toString('latin1')));
  const head = `POST /agent/inventory HTTP/1.1\r\nhost: station\r\ncontent-length: ${3 * MIB}\r\n\r\n`;
  socket.write(head);
  await expect.poll(answers).toBe(1);
  socket.write(Buffer.alloc(3 * MIB));
  socket.write(head);
  await expect.poll(answers).toBe(2);
});

describe('many at once', () => {
  test('hellos that never end make room for one that speaks', async () => {
    const slow = Array.from({ length: 200 }, () => slowPost('/agent/hello', { 'content-length': 100 }).catch(() => 'reset'));
    const ended = await Promise.all(slow.slice(0, 72));
    expect(ended.every((line) => line.includes('503'))).toBe(true);
    const hello = await fetch(`http://127.0.0.1:${http.address.port}/agent/hello`, { method: 'POST', body: JSON.stringify(rig.hello()) });
    expect(hello.status).toBe(200);
  });

  test('large bodies of an overheard session are bounded too', async () => {
    const session = rig.open();
    const slow = Array.from({ length: 40 }, (_, index) =>
      slowPost('/agent/inventory', { 'content-length': 4 * MIB, ...proof(session.id, index + 1) }).catch(() => 'reset'),
    );
    const ended = await Promise.all(slow.slice(0, 8));
    expect(ended.every((line) => line.includes('503'))).toBe(true);
  });
});

test('more than fits waits its turn, so that a rack that sends much ends none of its own work', async () => {
  const admission = createAdmission(2, 60_000);
  let atOnce = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, (atOnce += 1));
    await new Promise((resolve) => setImmediate(resolve));
    atOnce -= 1;
    return success(null);
  };
  const results = await Promise.all(Array.from({ length: 50 }, () => admission.run(work)));
  expect(results.map(codeOf)).toEqual(Array.from({ length: 50 }, () => null));
  expect(most).toBe(2);
});

test('one that is at it for too long is ended by one who waits, and a bug in one lets the next in', async () => {
  const admission = createAdmission(1, 50);
  const slow = admission.run(() => new Promise(() => undefined));
  const waits = admission.run(() => Promise.reject(new Error('bug')));
  const last = admission.run(() => Promise.resolve(success(null)));
  expect(codeOf(await slow)).toBe('link.station-busy');
  await expect(waits).rejects.toThrow('bug');
  expect(codeOf(await last)).toBeNull();
});

test('the oldest of too many ends, and nobody else', async () => {
  const admission = createAdmission(2);
  const finish: (() => void)[] = [];
  const work = () => admission.run<null>(() => new Promise((resolve) => finish.push(() => resolve(success(null)))));
  const [first, second, third] = [work(), work(), work()];
  expect(codeOf(await first)).toBe('link.station-busy');
  for (const end of finish) end();
  expect([codeOf(await second), codeOf(await third)]).toEqual([null, null]);
  await expect(admission.run(() => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
});
