// The software target's TFTP against a server of a few lines that misbehaves as real ones do.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTftp } from './tftp-client.ts';

const never = new AbortController().signal;
const [DATA, ACK, ERROR, OACK] = [3, 4, 5, 6];

let server: Socket;
let asked: Buffer[];
beforeEach(async () => {
  asked = [];
  server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => void server.close());

const place = () => ({ address: '127.0.0.1', port: server.address().port });
const packet = (kind: number, number: number, body: string | Buffer = ''): Buffer =>
  Buffer.concat([Buffer.from([0, kind, number >> 8, number & 255]), Buffer.from(body)]);
const oack = (text: string): Buffer => Buffer.concat([Buffer.from([0, OACK ?? 0]), Buffer.from(text)]);
/** `answer` gives what follows a read request (number null) or an acknowledgement. */
const serve = (answer: (acknowledged: number | null) => readonly Buffer[]): void =>
  void server.on('message', (message, sender) => {
    asked.push(message);
    const isAck = message.readUInt16BE(0) === ACK;
    for (const reply of answer(isAck ? message.readUInt16BE(2) : null)) server.send(reply, sender.port, sender.address);
  });

test('a server without options sends blocks of 512 bytes, one at a time', async () => {
  const blocks = [Buffer.alloc(512, 'a'), Buffer.alloc(512, 'b'), Buffer.from('end')];
  serve((acknowledged) => {
    const block = blocks[acknowledged ?? 0];
    return block === undefined ? [] : [packet(DATA ?? 0, (acknowledged ?? 0) + 1, block)];
  });
  expect((await readTftp('f', place(), never))?.equals(Buffer.concat(blocks))).toBe(true);
  expect(asked[0]?.subarray(2).toString('ascii')).toBe('f\0octet\0blksize\x001468\0tsize\x000\0windowsize\x0016\0');
});

test('in a window, a lost block is asked for again and a repeated one is not taken twice', async () => {
  const block = (number: number): Buffer => packet(DATA ?? 0, number, number < 3 ? Buffer.alloc(8, String(number)) : 'x');
  let isLost = true;
  serve((acknowledged) => {
    if (acknowledged === null) return [oack('blksize\x008\0windowsize\x004\0')];
    // Block 1 is lost on its first way.
    if (acknowledged === 0 && isLost) return ((isLost = false), [block(2)]);
    return acknowledged === 0 ? [block(1), block(1), block(2), block(3)] : [];
  });
  expect((await readTftp('f', place(), never))?.toString()).toBe('1111111122222222x');
});

test('"not found" is an answer, another error is not', async () => {
  const errors = [packet(ERROR ?? 0, 1, 'none\0'), packet(ERROR ?? 0, 2, 'denied\0')];
  serve(() => errors.splice(0, 1));
  expect(await readTftp('f', place(), never)).toBeNull();
  await expect(readTftp('f', place(), never)).rejects.toThrow('TFTP error 2: denied');
});

test('power off ends the read, also when it came before', async () => {
  const power = new AbortController();
  serve(() => (power.abort(), []));
  await expect(readTftp('f', place(), power.signal)).rejects.toThrow('powered off');
  await expect(readTftp('f', place(), power.signal)).rejects.toThrow('powered off');
});
