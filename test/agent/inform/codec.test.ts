// The judge is the station's own DHCP codec and proxy: what the stick writes they must read, and the other way round.
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { readWords, writeInform } from '../../../agent/inform/codec.ts';
import { bootClientOf } from '../../../main/dhcp/boot-client.ts';
import { decode, encode } from '../../../main/dhcp/codec.ts';
import { messageType, messageTypeOption, OPTION, textBytes } from '../../../main/dhcp/options.ts';
import { serveProxy } from '../../../main/dhcp/proxy.ts';
import { replyTo } from '../../../main/dhcp/reply.ts';

const QUESTION = { transactionId: 0xfedcba98, mac: '52:54:00:77:01:0f', address: '10.9.0.205' };
const WORDS = `rackside.station=http://10.9.0.1:8099 rackside.token=a_b-cd rackside.key=${'k'.repeat(43)} rackside.stage2=${'0'.repeat(64)}`;
const SERVER = '10.9.0.1';

const asked = () => {
  const decoded = decode(writeInform(QUESTION));
  if (!decoded.ok) throw new Error(decoded.failure.message);
  return decoded.value;
};

test('the station reads it as an INFORM of its agent', () => {
  const packet = asked();
  expect(packet).toMatchObject({ op: 1, transactionId: QUESTION.transactionId, clientAddress: QUESTION.address, yourAddress: '0.0.0.0' });
  expect(messageType(packet)).toBe('inform');
  expect(bootClientOf(packet)).toMatchObject({ firmware: 'agent', mac: QUESTION.mac, address: QUESTION.address });
  expect(writeInform(QUESTION).length).toBeGreaterThanOrEqual(300);
});

test('the proxy answers it, and its answer is read; longer words than one option holds too', () => {
  for (const words of [WORDS, `${WORDS} rackside.more=${'x'.repeat(300)}`]) {
    const { actions } = serveProxy(asked(), 67, { serverId: SERVER, answers: () => true }, () => ({ kind: 'agent', words }));
    expect(actions).toHaveLength(1);
    const packet = actions[0]?.packet;
    expect(packet && readWords(Buffer.from(encode(packet)), QUESTION)).toBe(words);
  }
});

const ack = (options: ReadonlyMap<number, Uint8Array>): Buffer => Buffer.from(encode(replyTo(asked(), 'ack', SERVER, { options })));

test.each([
  ["another server's answer, without words", ack(new Map()), QUESTION],
  ['an answer to another question', ack(new Map([[OPTION.agentWords, textBytes(WORDS)]])), { ...QUESTION, transactionId: 1 }],
  ["another machine's answer", ack(new Map([[OPTION.agentWords, textBytes(WORDS)]])), { ...QUESTION, mac: '52:54:00:77:01:01' }],
  ['words that a shell would run', ack(new Map([[OPTION.agentWords, textBytes('rackside.station=$(reboot)')]])), QUESTION],
  [
    'an OFFER',
    ack(
      new Map([
        [OPTION.agentWords, textBytes(WORDS)],
        [OPTION.messageType, messageTypeOption('offer')],
      ]),
    ),
    QUESTION,
  ],
  ['its own question', writeInform(QUESTION), QUESTION],
])('%s is no answer', (_name, packet, question) => {
  expect(readWords(packet, question)).toBeNull();
});

test('any bytes are no answer, and none throws', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => readWords(Buffer.from(bytes), QUESTION) === null));
  const good = ack(new Map([[OPTION.agentWords, textBytes(WORDS)]]));
  fc.assert(
    fc.property(fc.nat(good.length), (size) => {
      readWords(good.subarray(0, size), QUESTION);
    }),
  );
});
