// Progress over a real WebSocket: one frame a round with the newest of each machine, for slow windows too.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { WebSocket as NodeSocket } from 'ws';
import { connect, startRig, TOKEN } from './harness.ts';
import { emptySnapshot, removed } from './station-stub.ts';
import type { Noted, Rig } from './harness.ts';
import type { MachineView, Progress } from '../../preload/contract/views.ts';

const MACHINES = 500;
/** One machine's progress as JSON with its two UUIDs is some 240 bytes. */
const MOST_BYTES_A_MACHINE = 300;
const MOST_ROUNDS_PER_SECOND = 4;

const open: { close: () => unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});
const keep = <T extends { close: () => unknown }>(one: T): T => (open.push(one), one);

const crowd: readonly Progress[] = Array.from({ length: MACHINES }, () => ({
  machineId: randomUUID(),
  jobId: randomUUID(),
  number: 0,
  step: 'fetch-write',
  bytesDone: 1_234_567_890,
  bytesTotal: 4_123_456_789,
  bytesPerSecond: 112_345_678.25,
  fraction: 0.123_456_789_012,
}));
const at = (number: number): readonly Progress[] => crowd.map((one) => ({ ...one, number }));

/** A client's socket that the test can stop from reading; always the one opened last. */
const pausable = () => {
  const opened: NodeSocket[] = [];
  const make = function (url: string, protocols: string[]): NodeSocket {
    const socket = new NodeSocket(url, protocols);
    opened.push(socket);
    return socket;
  };
  return { Impl: make as unknown as typeof WebSocket, pause: () => opened.at(-1)?.pause(), resume: () => opened[0]?.resume() };
};

const station = async (options: Parameters<typeof startRig>[0] = {}): Promise<Rig> => {
  const rig = await startRig(options);
  keep({ close: rig.stop });
  return rig;
};
const heard = (window: Noted): readonly Progress[] =>
  window.events.flatMap((event) => (event.name === 'progress.changed' ? event.payload : []));
const rounds = (window: Noted): number => window.events.filter((event) => event.name === 'progress.changed').length;

test('500 machines that report ten times a round: four frames a second, the newest of each, bytes that a tablet can take', async () => {
  const { pipe, listener } = await station();
  const socket = new NodeSocket(listener.pipeUrl, ['rackside', `token.${TOKEN}`]);
  keep({ close: () => socket.terminate() });
  await once(socket, 'open');
  const frames: { readonly atMs: number; readonly bytes: number; readonly payload: readonly Progress[] }[] = [];
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString('utf8')) as { kind: string; payload: Progress[] };
    if (frame.kind === 'progress') frames.push({ atMs: performance.now(), bytes: data.length, payload: frame.payload });
  });
  socket.send(JSON.stringify({ kind: 'hello', epoch: null, seq: 0 }));
  await once(socket, 'message');
  const startedAtMs = performance.now();
  for (let number = 1; number <= 40; number += 1) {
    for (const one of at(number)) pipe.publish({ name: 'progress.changed', payload: [one] });
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const deadline = AbortSignal.timeout(5_000);
  while (frames.at(-1)?.payload[0]?.number !== 40) await once(socket, 'message', { signal: deadline });
  const seconds = (performance.now() - startedAtMs) / 1000;
  // The first comes at once, the others a round apart.
  expect(frames.length).toBeLessThanOrEqual(Math.ceil(seconds * MOST_ROUNDS_PER_SECOND) + 1);
  expect(frames.at(-1)?.payload).toHaveLength(MACHINES);
  for (const { bytes, payload } of frames) expect(bytes / payload.length).toBeLessThan(MOST_BYTES_A_MACHINE);
});

test('a window that stops reading is not drowned in progress; when it reads again it has the newest', async () => {
  const link = pausable();
  const { pipe, listener } = await station({ stallLimitBytes: 4 * 1024 * 1024 });
  const slow = keep(connect(listener.pipeUrl, { WebSocketImpl: link.Impl }));
  const quick = keep(connect(listener.pipeUrl));
  await Promise.all([slow, quick].map((one) => one.until(({ events }) => events.length === 1)));
  link.pause();
  // Events that it does not read fill its buffers; then progress goes on for others alone.
  for (let index = 0; index < 60; index += 1) pipe.publish(removed('x'.repeat(64 * 1024)));
  for (let number = 1; number <= 8; number += 1) {
    pipe.publish({ name: 'progress.changed', payload: [...at(number)] });
    await quick.until(() => heard(quick).at(-1)?.number === number);
  }
  expect(pipe.clients()).toBe(2);
  link.resume();
  await slow.until(() => heard(slow).at(-1)?.number === 8);
  expect(rounds(slow)).toBeLessThan(rounds(quick));
  expect(new Set(heard(slow).map((one) => one.machineId)).size).toBe(MACHINES);
});

test('a window that was away gets all progress anew; a job that ended is told no more', async () => {
  let progress: readonly Progress[] = [];
  const rig = await station({ snapshot: () => ({ ...emptySnapshot(), progress: [...progress] }) });
  const window = keep(connect(rig.listener.pipeUrl));
  await window.until(({ events }) => events.length === 1);
  const back = rig.relisten();
  await window.until(({ links }) => links.includes('down'));
  progress = at(7);
  await back;
  await window.until(() => heard(window).length === MACHINES);
  expect(window.events.filter((event) => event.name === 'snapshot')).toHaveLength(1);

  const [ended, other] = at(8);
  const machine = { id: ended!.machineId, state: 'provisioned' } as MachineView;
  rig.pipe.publish({ name: 'progress.changed', payload: [ended!] });
  rig.pipe.publish({ name: 'machine.changed', payload: machine });
  rig.pipe.publish({ name: 'progress.changed', payload: [other!] });
  await window.until(() => heard(window).at(-1)?.number === 8);
  expect(heard(window).filter(({ number }) => number === 8)).toEqual([other]);
});

test('a window that is cut at the byte limit comes back by a snapshot', async () => {
  const link = pausable();
  const { pipe, listener } = await station({ stallLimitBytes: 512 * 1024, ring: { events: 4, characters: 1024 * 1024 } });
  const slow = keep(connect(listener.pipeUrl, { WebSocketImpl: link.Impl }));
  await slow.until(({ events }) => events.length === 1);
  link.pause();
  while (pipe.clients() === 1) {
    pipe.publish(removed('x'.repeat(64 * 1024)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  link.resume();
  await slow.until(({ events }) => events.filter((event) => event.name === 'snapshot').length === 2);
  pipe.publish(removed('after'));
  await slow.until(({ events }) => events.some((event) => event.name === 'machine.removed' && event.payload.id === 'after'));
});
