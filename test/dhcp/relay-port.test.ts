import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OPTION } from '../../main/dhcp/options.ts';
import { relayPorts } from '../../main/dhcp/relay-port.ts';
import { clientPacket } from './packets.ts';

const portsOf = (information: Uint8Array | null): readonly string[] =>
  relayPorts(clientPacket('discover', { options: information === null ? new Map() : new Map([[OPTION.relayInformation, information]]) }));
const sub = (code: number, value: string | Uint8Array): Uint8Array => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(code, bytes.length), bytes]);
};
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

test.each([
  ['no option', null, []],
  ['an empty one', Buffer.alloc(0), []],
  ['a circuit id in words (Aruba, Juniper)', sub(1, 'ge-0/0/7.0'), ['ge-0/0/7.0']],
  ['with a remote id', Buffer.concat([sub(2, 'sw-12'), sub(1, 'Gi1/0/7')]), ['Gi1/0/7', 'sw-12 Gi1/0/7']],
  [
    'in bytes (Cisco: VLAN 10, module 1, port 7)',
    Buffer.concat([sub(1, hex('0004000a0107')), sub(2, hex('000652540000aa01'))]),
    ['0004000a0107', '000652540000aa01 0004000a0107'],
  ],
  ['other sub-options alone', sub(5, hex('0a090000')), []],
  ['one that is cut', Buffer.concat([sub(1, 'Gi1/0/7'), hex('0209aa')]), ['Gi1/0/7']],
  ['a name with a control character is no text', sub(1, 'Gi\u001b[2J'), ['47691b5b324a']],
] as const)('%s', (_title, information, expected) => {
  expect(portsOf(information)).toEqual(expected);
});

test('any bytes give names or none', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 255 }), (bytes) => portsOf(bytes).every((name) => /^[\x20-\x7e]+$/.test(name))));
});
