// Checksums that Node does not have, against the vectors of their own papers and b2sum. test/wire/used-filesystems.test.ts reads Btrfs by them.
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { blake2b256 } from '../../../agent/image/used/blake2b.ts';
import { xxh64 } from '../../../agent/image/used/xxhash.ts';
import { hasProgram } from '../../../scripts/host.ts';
import { noise } from '../real-disk.ts';

const LENGTHS = [0, 1, 3, 4, 7, 8, 31, 32, 33, 63, 127, 128, 129, 255, 256, 257, 4064, 16_352];

test('XXH64', () => {
  expect(xxh64(Buffer.alloc(0)).toString(16)).toBe('ef46db3751d8e999');
  expect(xxh64(Buffer.from('a')).toString(16)).toBe('d24ec4f1a98c6e5b');
  expect(xxh64(Buffer.from('abc')).toString(16)).toBe('44bc2cf5ad770999');
});

test('BLAKE2b of 32 bytes', () => {
  expect(blake2b256(Buffer.alloc(0)).toString('hex')).toBe('0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8');
  expect(blake2b256(Buffer.from('abc')).toString('hex')).toBe('bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319');
});

describe('of any length', () => {
  const by = (program: string, args: readonly string[], bytes: Buffer): string =>
    execFileSync(program, [...args], { input: bytes, encoding: 'utf8' }).split(' ')[0] ?? '';

  test.skipIf(!hasProgram('b2sum'))('BLAKE2b is what b2sum says', () => {
    for (const length of LENGTHS) {
      const bytes = noise('blake2b', length);
      expect([length, blake2b256(bytes).toString('hex')]).toEqual([length, by('b2sum', ['-l', '256'], bytes)]);
    }
  });
});
