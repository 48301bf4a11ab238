// 200,000 packets that no client would send, first at the codec, then through it at running transfer machines.
import { expect, test } from 'vitest';
import { decodeTftp, encodeTftp } from '../../main/tftp/codec.ts';
import { negotiate } from '../../main/tftp/negotiate.ts';
import { advanceTransfer, beginTransfer, blockCount } from '../../main/tftp/transfer.ts';

/** mulberry32: a failure must be the same failure at the next run. */
const random = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const samples = [
  encodeTftp({
    kind: 'read',
    path: 'efi/shimx64.efi',
    mode: 'octet',
    options: new Map([
      ['tsize', '0'],
      ['blksize', '1468'],
      ['windowsize', '4'],
    ]),
  }),
  encodeTftp({ kind: 'write', path: 'x', mode: 'netascii', options: new Map([['timeout', '6']]) }),
  encodeTftp({ kind: 'acknowledgement', block: 3 }),
  encodeTftp({ kind: 'error', code: 8, message: 'User aborted the transfer' }),
  encodeTftp({ kind: 'option-acknowledgement', options: new Map([['blksize', '512']]) }),
  encodeTftp({ kind: 'data', block: 1, bytes: Buffer.from('some content') }),
];

const packets = 200_000;

test(`${packets} random and mutated packets: the codec answers each, the machine never leaves its file`, () => {
  const next = random(20_261_122);
  const below = (limit: number): number => Math.floor(next() * limit);
  const packet = (): Buffer => {
    if (below(4) === 0) return Buffer.from(Array.from({ length: below(64) }, () => below(256)));
    const bytes = Buffer.from(samples[below(samples.length)] ?? []);
    for (let changes = below(4); changes > 0; changes -= 1) bytes[below(bytes.length)] = below(256);
    return below(3) === 0 ? bytes.subarray(0, below(bytes.length + 1)) : bytes;
  };
  const begin = () => {
    const request = {
      kind: 'read' as const,
      path: 'x',
      mode: 'octet',
      options: new Map([
        ['windowsize', String(1 + below(8))],
        ['blksize', String(8 + below(1461))],
      ]),
    };
    const { plan } = negotiate(request, below(200_000));
    return { plan, ...beginTransfer(plan, 0) };
  };
  const kinds = new Map<string, number>();
  let machine = begin();
  for (let count = 0; count < packets; count += 1) {
    const decoded = decodeTftp(packet());
    const kind = decoded.ok ? decoded.value.kind : decoded.failure.code;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (machine.end) machine = begin();
    const { plan, state } = machine;
    const input = !decoded.ok
      ? { kind: 'timeout' as const }
      : decoded.value.kind === 'error' || decoded.value.kind === 'acknowledgement'
        ? decoded.value
        : null;
    // Now and then what a client would send, so that machines get into their middle.
    const real =
      below(2) === 0 ? { kind: 'acknowledgement' as const, block: (state.acknowledged + below(plan.windowSize + 1)) & 0xffff } : null;
    const step = advanceTransfer(plan, state, real ?? input ?? { kind: 'timeout' }, count * 10);
    const last = blockCount(plan);
    expect(step.state.acknowledged <= step.state.sent && step.state.sent <= last).toBe(true);
    const sent = step.send?.kind === 'blocks' ? step.send : { first: 1, last: 1 };
    expect(sent.first >= 1 && sent.first <= sent.last && sent.last <= last).toBe(true);
    machine = { plan, ...step };
  }
  expect([...kinds.keys()].toSorted()).toEqual([
    'acknowledgement',
    'data',
    'error',
    'option-acknowledgement',
    'read',
    'tftp.malformed',
    'write',
  ]);
}, 30_000);
