import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import npmTftp from 'tftp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failed } from '../../agent/protocol/failure.ts';
import type { TftpEvent } from '../../main/tftp/events.ts';
import { startTftp } from '../../main/tftp/service.ts';
import type { RunningTftp, TftpOptions } from '../../main/tftp/service.ts';
import type { TftpFile } from '../../main/tftp/source.ts';
import { openLoopback } from './loopback.ts';
import { ack, openRawClient, read } from './raw-client.ts';
import type { RawClient } from './raw-client.ts';

const content = randomBytes(300_000);
let folder: string;
let server: RunningTftp | undefined;
let client: RawClient;
let events: TftpEvent[];
let woken: (() => void)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-tftp-'));
  await writeFile(join(folder, 'file'), content);
  client = await openRawClient();
  events = [];
  woken = [];
});

afterEach(async () => {
  client.close();
  await server?.stop();
  server = undefined;
  await rm(folder, { recursive: true });
});

const start = async (options: Partial<TftpOptions> = {}): Promise<RunningTftp> => {
  const files: Record<string, TftpFile> = {
    memory: { kind: 'bytes', bytes: content },
    file: { kind: 'file', path: join(folder, 'file'), sizeBytes: content.length },
    shrunk: { kind: 'file', path: join(folder, 'file'), sizeBytes: content.length + 1 },
    gone: { kind: 'file', path: join(folder, 'gone'), sizeBytes: 5 },
    small: { kind: 'bytes', bytes: Buffer.from('small') },
  };
  const started = await startTftp({
    openDatagrams: openLoopback(),
    port: 0,
    resolve: async (path) => files[path.replace(/^\//, '')] ?? null,
    onEvent: (event) => {
      events.push(event);
      for (const wake of woken.splice(0)) wake();
    },
    ...options,
  });
  if (!started.ok) throw new Error(started.failure.message);
  server = started.value;
  return started.value;
};

const eventOf = async <Kind extends TftpEvent['kind']>(kind: Kind): Promise<TftpEvent & { kind: Kind }> => {
  for (;;) {
    const found = events.find((event) => event.kind === kind);
    if (found) return found as TftpEvent & { kind: Kind };
    await new Promise<void>((resolve) => woken.push(resolve));
  }
};

describe('npm tftp, an implementation of its own', () => {
  const sizes = [
    { blockSize: 512, windowSize: 1 },
    { blockSize: 1428, windowSize: 1 },
    { blockSize: 1468, windowSize: 8 },
  ];
  test.each(sizes)('npm tftp as a client downloads a file: blocks of $blockSize, windows of $windowSize', async (size) => {
    const { address } = await start();
    const { get } = npmTftp.createClient({ host: address.address, port: address.port, ...size });
    const target = join(folder, 'copy');
    for (const name of ['file', 'memory']) {
      await promisify(get.bind(npmTftp.createClient({ host: address.address, port: address.port, ...size })))(name, target);
      expect((await readFile(target)).equals(content)).toBe(true);
    }
    const finished = await eventOf('finished');
    expect(finished).toMatchObject({
      path: 'file',
      bytes: content.length,
      blockSizeBytes: size.blockSize,
      windowSize: size.windowSize,
    });
    // A window goes again after 200 ms of silence, which a busy computer can make of its own: none where there was no time for it.
    expect(finished.repeatedBlocks).toBeLessThanOrEqual(Math.floor(finished.durationMs / 200) * size.windowSize);
  });
});

describe('refusals', () => {
  const table = [
    { name: 'an unknown file', packet: read('/no/such'), code: 1, reason: 'not-found' },
    { name: 'a path out of the table', packet: read('../../../../etc/passwd'), code: 1, reason: 'not-found' },
    { name: 'writing', packet: { ...read('small'), kind: 'write' as const }, code: 2, reason: 'read-only' },
    { name: 'mail', packet: read('small', {}, 'mail'), code: 4, reason: 'mode' },
    { name: 'a file of another size than the table says', packet: read('shrunk'), code: 0, reason: 'unreadable' },
    { name: 'a file that is gone', packet: read('gone'), code: 0, reason: 'unreadable' },
  ] as const;
  test.each(table)('$name', async ({ packet, code, reason }) => {
    const { address, activeTransfers } = await start();
    client.send(packet, address);
    const { packet: answer, from } = await client.next();
    expect(answer).toMatchObject({ kind: 'error', code });
    expect(from.port).not.toBe(address.port);
    expect(await eventOf('refused')).toMatchObject({ reason });
    while (activeTransfers() > 0) await new Promise(setImmediate);
  });

  test('a table that throws is answered, and the server lives on', async () => {
    const { address } = await start({
      resolve: async (path) => (path === 'bug' ? Promise.reject(new Error('bug')) : { kind: 'bytes', bytes: content }),
    });
    client.send(read('bug'), address);
    expect((await client.next()).packet).toMatchObject({ kind: 'error', code: 0 });
    client.send(read('memory'), address);
    expect((await client.next()).packet).toMatchObject({ kind: 'data', block: 1 });
  });

  test('the failure of the socket factory is the failure of starting', async () => {
    const started = await startTftp({
      openDatagrams: async () => failed('network.port-taken', 'taken', 'stop it'),
      port: 69,
      resolve: async () => null,
      onEvent: () => {},
    });
    expect(started).toMatchObject({ ok: false, failure: { code: 'network.port-taken' } });
  });
});

describe('hostile and clumsy clients', () => {
  test('one-byte datagrams at the transfer’s port change nothing', async () => {
    const { address } = await start();
    client.send(read('small'), address);
    const { from } = await client.next();
    for (const bytes of [[], [0], [0, 4], [0, 4, 0], [255, 255, 255, 255]]) client.send(Buffer.from(bytes), from);
    client.send(ack(1), from);
    expect(await eventOf('finished')).toMatchObject({ path: 'small', bytes: 5 });
  });

  test('garbage at the listening port is told and not answered', async () => {
    const { address } = await start();
    client.send(Buffer.from([1]), address);
    client.send(ack(1), address);
    expect(await eventOf('malformed')).toMatchObject({ sizeBytes: 1 });
    client.send(read('no'), address);
    expect((await client.next()).packet).toMatchObject({ kind: 'error', code: 1 });
    expect(client.waiting()).toBe(0);
  });

  test('a stranger gets ERROR 5 and the transfer goes on', async () => {
    const { address } = await start();
    const stranger = await openRawClient();
    client.send(read('memory', { blksize: '1468' }), address);
    const { from } = await client.next();
    stranger.send(ack(0), from);
    stranger.send({ kind: 'error', code: 0, message: 'stop that' }, from);
    expect((await stranger.next()).packet).toMatchObject({ kind: 'error', code: 5 });
    expect(await eventOf('stranger')).toMatchObject({ path: 'memory', stranger: { port: stranger.port } });
    client.send(ack(0), from);
    expect((await client.next()).packet).toMatchObject({ kind: 'data', block: 1 });
    expect(stranger.waiting()).toBe(0);
    stranger.close();
  });

  test('ERROR 8 after the size is a probe, not a failure', async () => {
    const { address } = await start();
    client.send(read('memory', { tsize: '0', blksize: '1468', windowsize: '4' }), address);
    const { packet, from } = await client.next();
    expect(packet).toEqual({
      kind: 'option-acknowledgement',
      options: new Map([
        ['tsize', '300000'],
        ['blksize', '1468'],
        ['windowsize', '4'],
      ]),
    });
    client.send({ kind: 'error', code: 8, message: 'User aborted the transfer' }, from);
    expect(await eventOf('probed')).toMatchObject({ path: 'memory', sizeBytes: 300_000 });
  });

  test('ERROR in the middle is an abort', async () => {
    const { address } = await start();
    client.send(read('memory'), address);
    const { from } = await client.next();
    client.send(ack(1), from);
    await client.next();
    client.send({ kind: 'error', code: 3, message: 'Disk full' }, from);
    expect(await eventOf('aborted')).toMatchObject({ code: 3, message: 'Disk full', bytes: 512 });
  });

  test('the same request twice is one transfer; another request from the same port replaces it', async () => {
    const { address, activeTransfers } = await start();
    client.send(read('memory'), address);
    client.send(read('memory'), address);
    const first = await client.next();
    expect(activeTransfers()).toBe(1);
    client.send(read('small'), address);
    const second = await client.next();
    expect(second.packet).toMatchObject({ kind: 'data', block: 1, bytes: Buffer.from('small') });
    expect(second.from.port).not.toBe(first.from.port);
    client.send(ack(1), second.from);
    expect(await eventOf('finished')).toMatchObject({ path: 'small' });
  });

  test('above the limit of transfers nobody is answered, and later they are', async () => {
    const { address } = await start({ maxTransfers: 1 });
    const late = await openRawClient();
    client.send(read('small'), address);
    const { from } = await client.next();
    late.send(read('small'), address);
    expect(await eventOf('busy')).toMatchObject({ client: { port: late.port } });
    client.send(ack(1), from);
    await eventOf('finished');
    while ((server?.activeTransfers() ?? 0) > 0) await new Promise(setImmediate);
    late.send(read('small'), address);
    expect((await late.next()).packet).toMatchObject({ kind: 'data', block: 1 });
    late.close();
  });

  test('a client that falls silent is repeated to and then given up', async () => {
    // Every look at this clock is three seconds later, so that the patience of fifteen is over at once.
    let nowMs = 0;
    const { address } = await start({ now: () => (nowMs += 3000) });
    client.send(read('small', { timeout: '1' }), address);
    expect((await client.next()).packet.kind).toBe('option-acknowledgement');
    expect((await client.next()).packet.kind).toBe('option-acknowledgement');
    expect(await eventOf('timed-out')).toMatchObject({ allSent: false, bytes: 0 });
  });

  test('a file that is cut while it is sent ends the transfer with ERROR', async () => {
    const { address } = await start();
    client.send(read('file', { blksize: '1468' }), address);
    const { from } = await client.next();
    await writeFile(join(folder, 'file'), 'short');
    client.send(ack(0), from);
    let answer = await client.next();
    for (let block = 1; answer.packet.kind === 'data'; block += 1) {
      client.send(ack(block), from);
      answer = await client.next();
    }
    expect(answer.packet).toMatchObject({ kind: 'error', code: 0 });
    expect(await eventOf('broken')).toMatchObject({ path: 'file' });
  });
});

test('stop tells the client and closes everything', async () => {
  const { address, stop, activeTransfers } = await start();
  client.send(read('memory'), address);
  await client.next();
  await stop();
  expect(activeTransfers()).toBe(0);
  expect((await client.next()).packet).toMatchObject({ kind: 'error', message: 'the station stops serving' });
});

test('sixteen downloads at once, each whole', async () => {
  const { address } = await start();
  const get = (name: string, target: string): Promise<void> =>
    new Promise((resolve, reject) =>
      npmTftp
        .createClient({ host: address.address, port: address.port, blockSize: 1428 })
        .get(name, target, (error) => (error ? reject(error) : resolve())),
    );
  const targets = Array.from({ length: 16 }, (_, index) => join(folder, `copy-${index}`));
  await Promise.all(targets.map((target, index) => get(index % 2 === 0 ? 'file' : 'memory', target)));
  for (const target of targets) expect((await readFile(target)).equals(content)).toBe(true);
});
