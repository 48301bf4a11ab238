// The pipe over real WebSockets on loopback: typed calls, cancel, resume, stalled and malicious clients.
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket as NodeSocket } from 'ws';
import { failed, success } from '../../agent/protocol/failure.ts';
import { connect, startRig, TOKEN } from './harness.ts';
import { emptySnapshot, handlersWith, removed, stationView } from './station-stub.ts';
import type { PipeOptions } from '../../main/pipe/pipe-server.ts';
import type { Noted, Rig } from './harness.ts';

const open: { close: () => unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const rig = async (options: Partial<PipeOptions> = {}): Promise<Rig> => {
  const started = await startRig(options);
  open.push({ close: started.stop });
  return started;
};
const client = (of: Rig, options: Parameters<typeof connect>[1] = {}): Noted => {
  const connected = connect(of.listener.pipeUrl, options);
  open.push(connected);
  return connected;
};
const raw = async (of: Rig): Promise<{ socket: NodeSocket; next: () => Promise<Record<string, unknown>> }> => {
  const socket = new NodeSocket(of.listener.pipeUrl, ['rackside', `token.${TOKEN}`]);
  const arrived: Record<string, unknown>[] = [];
  const waiting: ((frame: Record<string, unknown>) => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString('utf8')) as Record<string, unknown>;
    const first = waiting.shift();
    if (first) first(frame);
    else arrived.push(frame);
  });
  await once(socket, 'open');
  open.push({ close: () => socket.terminate() });
  const next = (): Promise<Record<string, unknown>> => {
    const ready = arrived.shift();
    return ready ? Promise.resolve(ready) : new Promise((resolve) => waiting.push(resolve));
  };
  return { socket, next };
};
const removedIds = (noted: Noted): string[] =>
  noted.events.flatMap((event) => (event.name === 'machine.removed' ? [event.payload.id] : []));

describe('calls', () => {
  test('an answer comes back typed, a failure as a failure, a bug as pipe.bug and in the log', async () => {
    const bugs: unknown[] = [];
    const station = await rig({
      onBug: (error) => bugs.push(error),
      handlers: handlersWith({
        'station.get': async () => success(stationView),
        'jobs.list': async () => failed('jobs.closed', 'No.', 'Wait.'),
        'images.list': async () => {
          throw new Error('oops');
        },
      }),
    });
    const window = client(station);
    expect(await window.call('station.get', {})).toEqual(success(stationView));
    expect(await window.call('jobs.list', {})).toMatchObject({ ok: false, failure: { code: 'jobs.closed' } });
    expect(await window.call('images.list', {})).toMatchObject({ ok: false, failure: { code: 'pipe.bug' } });
    expect(bugs).toHaveLength(1);
  });

  test('a bad argument is refused with its place and reason, before the handler', async () => {
    const seen: unknown[] = [];
    const station = await rig({
      handlers: handlersWith({ 'machines.get': async (argument) => (seen.push(argument), failed('x.y', '', '')) }),
    });
    const answer = await client(station).call('machines.get', { machineId: 7 as unknown as string });
    expect(answer).toMatchObject({ ok: false, failure: { code: 'pipe.bad-argument', message: expect.stringContaining('machineId') } });
    expect(seen).toEqual([]);
  });

  test('an answer that the contract does not know is a failure, not a value', async () => {
    const station = await rig({
      handlers: handlersWith({ 'station.get': async () => success({ name: 1 } as unknown as typeof stationView) }),
    });
    expect(await client(station).call('station.get', {})).toMatchObject({ ok: false, failure: { code: 'pipe.unreadable-answer' } });
  });

  test('cancel reaches the handler and the caller at once', async () => {
    let reason: unknown;
    let running!: () => void;
    const started = new Promise<void>((resolve) => (running = resolve));
    let ended!: () => void;
    const stopped = new Promise<void>((resolve) => (ended = resolve));
    const station = await rig({
      handlers: handlersWith({
        'preflight.run': (_argument, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              reason = signal.reason;
              resolve(failed('preflight.stopped', '', ''));
              ended();
            });
            running();
          }),
      }),
    });
    const stop = new AbortController();
    const answer = client(station).call('preflight.run', {}, { signal: stop.signal });
    await started;
    stop.abort();
    expect(await answer).toMatchObject({ ok: false, failure: { code: 'pipe.cancelled' } });
    await stopped;
    expect(reason).toBe('pipe.cancelled');
  });

  test('every pending call fails with pipe.link-lost when the link drops, and the handler is told', async () => {
    let running = 0;
    const reasons: unknown[] = [];
    let both!: () => void;
    const started = new Promise<void>((resolve) => (both = resolve));
    const station = await rig({
      handlers: handlersWith({
        'preflight.run': (_argument, { signal }) =>
          new Promise(() => {
            signal.addEventListener('abort', () => reasons.push(signal.reason));
            if (++running === 2) both();
          }),
      }),
    });
    const window = client(station);
    const answers = [window.call('preflight.run', {}), window.call('preflight.run', {})];
    await started;
    await station.relisten();
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: false, failure: { code: 'pipe.link-lost' } });
    expect(reasons).toEqual(['pipe.link-lost', 'pipe.link-lost']);
    await window.until(({ links }) => links.at(-1) === 'up');
    expect(window.links).toContain('down');
  });

  test('a call without a link fails at once', async () => {
    const station = await rig();
    const { pipeUrl } = station.listener;
    await station.stop();
    open.splice(0);
    const window = connect(pipeUrl);
    open.push(window);
    await window.until(({ links }) => links.includes('down'));
    expect(await window.call('station.get', {})).toMatchObject({ ok: false, failure: { code: 'pipe.link-lost' } });
  });

  test('a wrong token ends a one-attempt client', async () => {
    const station = await rig();
    const command = client(station, { token: 'wrong', reconnect: false });
    expect(await command.call('station.get', {})).toMatchObject({ ok: false, failure: { code: 'pipe.link-lost' } });
    await command.until(({ links }) => links.at(-1) === 'closed');
  });
});

describe('events', () => {
  test('a new window starts from a snapshot and then gets every event in order', async () => {
    const station = await rig();
    station.pipe.publish(removed('before'));
    const window = client(station);
    await window.until(({ events }) => events.length === 1);
    for (let index = 0; index < 100; index += 1) station.pipe.publish(removed(`m${index}`));
    await window.until(({ events }) => events.length === 101);
    expect(window.events[0]?.name).toBe('snapshot');
    expect(removedIds(window)).toEqual(Array.from({ length: 100 }, (_, index) => `m${index}`));
  });

  test('a window that was away gets exactly what it missed and no second snapshot', async () => {
    const station = await rig();
    const window = client(station);
    await window.until(({ events }) => events.length === 1);
    station.pipe.publish(removed('a'));
    await window.until(({ events }) => events.length === 2);
    const back = station.relisten();
    station.pipe.publish(removed('b'));
    await back;
    station.pipe.publish(removed('c'));
    await window.until(() => removedIds(window).includes('c'));
    station.pipe.publish(removed('d'));
    await window.until(() => removedIds(window).includes('d'));
    expect(removedIds(window)).toEqual(['a', 'b', 'c', 'd']);
    expect(window.events.filter((event) => event.name === 'snapshot')).toHaveLength(1);
  });

  test('a window that was away for longer than the ring remembers gets a fresh snapshot', async () => {
    const station = await rig({ ring: { events: 3, characters: 1_000_000 } });
    const window = client(station);
    await window.until(({ events }) => events.length === 1);
    const back = station.relisten();
    await window.until(({ links }) => links.includes('down'));
    for (const id of ['1', '2', '3', '4', '5']) station.pipe.publish(removed(id));
    await back;
    await window.until(({ events }) => events.filter((event) => event.name === 'snapshot').length === 2);
    expect(removedIds(window)).toEqual([]);
  });

  test('a station that restarted has another epoch: a fresh snapshot', async () => {
    const station = await rig();
    const { socket, next } = await raw(station);
    socket.send(JSON.stringify({ kind: 'hello', epoch: 'of-an-earlier-life', seq: 12 }));
    expect(await next()).toMatchObject({ kind: 'hello', seq: 0 });
    expect(await next()).toMatchObject({ kind: 'event', name: 'snapshot' });
  });

  test('a client that only calls gets no events', async () => {
    const station = await rig({ handlers: handlersWith({ 'station.get': async () => success(stationView) }) });
    const { socket, next } = await raw(station);
    station.pipe.publish(removed('unheard'));
    socket.send(JSON.stringify({ kind: 'call', id: 1, name: 'station.get', argument: {} }));
    expect(await next()).toMatchObject({ kind: 'answer', id: 1, ok: true });
  });

  test('a client that stops reading is closed at the byte limit, others go on', async () => {
    const station = await rig({ stallLimitBytes: 256 * 1024, snapshot: emptySnapshot });
    const reader = client(station);
    await reader.until(({ events }) => events.length === 1);
    const { socket, next } = await raw(station);
    socket.send(JSON.stringify({ kind: 'hello', epoch: null, seq: 0 }));
    await next();
    socket.pause();
    expect(station.pipe.clients()).toBe(2);
    const long = 'x'.repeat(64 * 1024);
    for (let sent = 1; station.pipe.clients() === 2; sent += 1) {
      expect(sent).toBeLessThan(2_000);
      station.pipe.publish(removed(long));
      await reader.until(({ events }) => events.length === 1 + sent);
    }
    expect(station.pipe.clients()).toBe(1);
    station.pipe.publish(removed('still here'));
    await reader.until(() => removedIds(reader).includes('still here'));
  });
});

describe('hostile clients', () => {
  const frames: readonly [string, string, string][] = [
    ['not JSON', '{', 'pipe.bad-frame'],
    ['null', 'null', 'pipe.bad-frame'],
    ['a number', '1', 'pipe.bad-frame'],
    ['an array', '[]', 'pipe.bad-frame'],
    ['an unknown kind', '{"kind":"quit"}', 'pipe.bad-frame'],
    ['a call without an id', '{"kind":"call","name":"station.get","argument":{}}', 'pipe.bad-frame'],
    ['a negative id', '{"kind":"call","id":-1,"name":"station.get","argument":{}}', 'pipe.bad-frame'],
    ['extra properties', '{"kind":"cancel","id":1,"extra":1}', 'pipe.bad-frame'],
    ['an unknown call', '{"kind":"call","id":1,"name":"station.explode","argument":{}}', 'pipe.unknown-call'],
    ['constructor', '{"kind":"call","id":1,"name":"constructor","argument":{}}', 'pipe.unknown-call'],
    ['__proto__', '{"kind":"call","id":1,"name":"__proto__","argument":{}}', 'pipe.unknown-call'],
    ['hasOwnProperty', '{"kind":"call","id":1,"name":"hasOwnProperty","argument":{}}', 'pipe.unknown-call'],
    ['a polluting argument', '{"kind":"call","id":1,"name":"station.get","argument":{"__proto__":{"x":1},"y":1}}', 'pipe.bad-argument'],
  ];
  test.each(frames)('%s is answered with a failure, and the pipe goes on', async (_title, text, code) => {
    const station = await rig({ handlers: handlersWith({ 'station.get': async () => success(stationView) }) });
    const { socket, next } = await raw(station);
    socket.send(text);
    expect(await next()).toMatchObject({ kind: 'answer', ok: false, failure: { code } });
    socket.send('{"kind":"call","id":2,"name":"station.get","argument":{}}');
    expect(await next()).toMatchObject({ kind: 'answer', id: 2, ok: true });
  });

  test('a binary frame is a bad frame', async () => {
    const { socket, next } = await raw(await rig());
    socket.send(Buffer.from([0xff, 0xfe]));
    expect(await next()).toMatchObject({ ok: false, failure: { code: 'pipe.bad-frame' } });
  });

  test('a frame beyond the limit closes that client only', async () => {
    const station = await rig();
    const { socket } = await raw(station);
    socket.send('x'.repeat(1024 * 1024 + 1));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1009);
    const window = client(station);
    await window.until(({ events }) => events.length === 1);
  });

  test('a call beyond the limit is refused before it is sent, and the link stays', async () => {
    const window = client(await rig());
    await window.until(({ events }) => events.length === 1);
    const long = { name: 'plan.csv', text: 'Комната, '.repeat(90_000), replace: false };
    expect(await window.call('plan.import', long)).toMatchObject({ ok: false, failure: { code: 'pipe.too-long' } });
    expect(await window.call('station.get', {})).toMatchObject({ failure: { code: 'test.not-scripted' } });
    expect(window.links).not.toContain('down');
  });

  test('more calls than allowed, and a number that is in use, are refused', async () => {
    const station = await rig({ maxCallsPerClient: 2, handlers: handlersWith({ 'preflight.run': () => new Promise(() => undefined) }) });
    const { socket, next } = await raw(station);
    const call = (id: number): void => socket.send(JSON.stringify({ kind: 'call', id, name: 'preflight.run', argument: {} }));
    call(1);
    call(1);
    expect(await next()).toMatchObject({ id: 1, ok: false, failure: { code: 'pipe.duplicate-id' } });
    call(2);
    call(3);
    expect(await next()).toMatchObject({ id: 3, ok: false, failure: { code: 'pipe.too-many-calls' } });
  });
});
