// A deep check's result as a person reads it at the terminal.
import { expect, test } from 'vitest';
import type { VerifyResult } from '../../agent/protocol/verify.ts';
import { verifyLines } from '../../main/command/verify-command.ts';

const MIB = 1024 * 1024;
const SAME: VerifyResult = {
  osoid: 'a'.repeat(64),
  chunkSizeBytes: MIB / 4,
  chunks: { same: 40, different: 0, own: 2 },
  bytes: { same: 10 * MIB, different: 0, own: MIB / 2 },
  fetchBytes: MIB / 2,
  remainsBytes: 0,
  places: [],
  ranges: [],
  ownRanges: [],
  ownFrom: 'job',
  table: [{ number: 2, change: 'longer' }],
  seconds: 1,
};

test('the same: what our own steps rewrote is no drift, and nothing is to be fetched', () => {
  const text = verifyLines(SAME).join('\n');
  expect(text).toMatch(/^as its image has it\n40 chunks same, 0 different/);
  expect(text).toContain('as the deploy reported');
  expect(text).toContain('partition 2 longer than in the image, by a deploy or the system');
  expect(text).not.toContain('--rewrite');
});

test('drifted: where, and what a deploy fetches; a long list is cut', () => {
  const ranges = Array.from({ length: 15 }, (_, n) => ({ offsetBytes: n * 2 * MIB, lengthBytes: MIB }));
  const text = verifyLines({
    ...SAME,
    chunks: { same: 10, different: 30, own: 2 },
    bytes: { same: 10 * MIB, different: 15 * MIB, own: MIB / 2 },
    places: [
      { number: 2, name: 'root', bytes: 14 * MIB },
      { number: null, name: '', bytes: MIB },
    ],
    ranges,
    ownFrom: 'disk',
    table: [{ number: null, change: 'changed' }],
    fetchBytes: 15 * MIB,
  }).join('\n');
  expect(text).toMatch(/^differs from its image\n/);
  expect(text).toContain('partition 2 "root": ');
  expect(text).toContain('outside of the partitions: ');
  expect(text).toContain('bytes 0 to 1048575');
  expect(text).toContain('and 3 more places');
  expect(text).toContain('table: the table itself changed');
  expect(text).toMatch(/--rewrite.*fetch/);
});

test('a table edited and not a chunk different is drift', () => {
  expect(verifyLines({ ...SAME, table: [{ number: 1, change: 'missing' }] })[0]).toBe('differs from its image');
});

test('what came back to the library is said first, and where the rest may be', () => {
  const lines = (missing: number, returned: number) => verifyLines({ ...SAME, heal: { missing, returned, bytesSent: MIB } });
  expect(lines(0, 0)[0]).toBe('the library lacks nothing of this image');
  expect(lines(3, 3).slice(0, 2)).toEqual(['3 of 3 chunks that the library lacked came back (1.0 MB travelled)', 'as its image has it']);
  expect(lines(3, 1)[1]).toMatch(/^2 are still missing: rackside verify ANOTHER-MACHINE --heal, or rackside library repair --from FOLDER$/);
});
