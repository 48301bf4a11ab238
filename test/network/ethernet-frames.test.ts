// Frames as switches and hosts send them, and any bytes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arpProbe, otherHolder, parseBpdu } from '../../main/network/ethernet-frames.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const TO_BRIDGES = '0180c2000000 525400000001 0026';
/** Root, cost, bridge, port; age 0, maximum 20 s, hello 2 s; then the forward delay. */
const ROOT = '8000525400000001 00000000 8000525400000001 8001 0000 1400 0200';

test.each([
  ['STP, 15 s', `${TO_BRIDGES} 424203 0000 00 00 00 ${ROOT} 0f00`, { protocol: 'STP', forwardDelaySeconds: 15 }],
  ['RSTP, 4 s', `${TO_BRIDGES} 424203 0000 02 02 3c ${ROOT} 0400 00`, { protocol: 'RSTP', forwardDelaySeconds: 4 }],
  ['MSTP', `${TO_BRIDGES} 424203 0000 03 02 7c ${ROOT} 0f00 00 0000`, { protocol: 'MSTP', forwardDelaySeconds: 15 }],
  [
    'Rapid PVST+',
    `01000ccccccd 525400000001 0032 aaaa0300000c010b 0000 02 02 3c ${ROOT} 0f00 00`,
    { protocol: 'RSTP', forwardDelaySeconds: 15 },
  ],
  ['a change notice has no delay', `${TO_BRIDGES} 424203 0000 00 80`, null],
  ['an unknown version', `${TO_BRIDGES} 424203 0000 07 00 00 ${ROOT} 0f00`, null],
  ['cut', `${TO_BRIDGES} 424203 0000 00 00 00 ${ROOT} 0f`, null],
  ['CDP', '01000ccccccc 525400000001 0026 aaaa0300000c2000 02b4', null],
  ['ARP', '', null],
])('%s', (_title, frame, expected) => {
  expect(parseBpdu(hex(frame))).toEqual(expected);
});

const [MINE, OTHER] = ['52:54:00:00:00:01', '52:54:00:00:00:02'];
const ask = arpProbe(MINE, '10.77.0.1');
/** What a host that has the address answers. */
const answer = (mac: string, address: string): Uint8Array => {
  const frame = Uint8Array.from(ask);
  frame.set([0, 2], 20);
  frame.set(hex(mac.replaceAll(':', '')), 22);
  frame.set(address.split('.').map(Number), 28);
  return frame;
};

test('the question names no sender: nobody learns an address from it', () => {
  expect(Buffer.from(ask).toString('hex')).toBe(
    'ffffffffffff 525400000001 0806 0001 0800 06 04 0001 525400000001 00000000 000000000000 0a4d0001'.replaceAll(' ', ''),
  );
  expect(otherHolder(ask, '10.77.0.1', OTHER)).toBeNull();
});

test('who has our address, and only who is not us', () => {
  expect(otherHolder(answer(OTHER, '10.77.0.1'), '10.77.0.1', MINE)).toBe(OTHER);
  expect(otherHolder(answer(MINE, '10.77.0.1'), '10.77.0.1', MINE)).toBeNull();
  expect(otherHolder(answer(OTHER, '10.77.0.2'), '10.77.0.1', MINE)).toBeNull();
  expect(otherHolder(answer(OTHER, '10.77.0.1').subarray(0, 40), '10.77.0.1', MINE)).toBeNull();
});

test('any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      parseBpdu(bytes);
      otherHolder(bytes, '10.77.0.1', MINE);
    }),
  );
});
