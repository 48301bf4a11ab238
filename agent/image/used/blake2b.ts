// BLAKE2b with 32 bytes of output and no key (RFC 7693), one of the checksums that Btrfs may have; Node has only the one of 64 bytes, which is
// another function. Words of 64 bits are pairs of 32: with BigInt a large filesystem would take minutes.
const BLOCK_BYTES = 128;
const OUTPUT_BYTES = 32;
/** Low and high halves of the eight words of SHA-512's start. */
const START = new Uint32Array([
  0xf3bc_c908, 0x6a09_e667, 0x84ca_a73b, 0xbb67_ae85, 0xfe94_f82b, 0x3c6e_f372, 0x5f1d_36f1, 0xa54f_f53a, 0xade6_82d1, 0x510e_527f,
  0x2b3e_6c1f, 0x9b05_688c, 0xfb41_bd6b, 0x1f83_d9ab, 0x137e_2179, 0x5be0_cd19,
]); // prettier-ignore
const SIGMA: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
const ROUNDS = 12;
/** Which words of the state each of the eight steps of a round mixes. */
const STEPS: readonly (readonly [a: number, b: number, c: number, d: number])[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];

export const blake2b256 = (bytes: Uint8Array): Buffer => {
  const hash = Uint32Array.from(START);
  hash[0] = (hash[0] ?? 0) ^ 0x0101_0000 ^ OUTPUT_BYTES;
  const block = Buffer.alloc(BLOCK_BYTES);
  const last = Math.max(0, Math.ceil(bytes.length / BLOCK_BYTES) - 1) * BLOCK_BYTES;
  for (let at = 0; at <= last; at += BLOCK_BYTES) {
    block.fill(0).set(bytes.subarray(at, at + BLOCK_BYTES));
    compress(hash, block, Math.min(bytes.length, at + BLOCK_BYTES), at === last);
  }
  const output = Buffer.alloc(OUTPUT_BYTES);
  for (let n = 0; n < OUTPUT_BYTES / 4; n++) output.writeUInt32LE(hash[n] ?? 0, n * 4);
  return output;
};

const v = new Uint32Array(32);
const m = new Uint32Array(32);

const compress = (hash: Uint32Array, block: Buffer, done: number, isLast: boolean): void => {
  v.set(hash, 0);
  v.set(START, 16);
  v[24] = (v[24] ?? 0) ^ (done >>> 0);
  v[25] = (v[25] ?? 0) ^ Math.floor(done / 2 ** 32);
  if (isLast) {
    v[28] = ~(v[28] ?? 0);
    v[29] = ~(v[29] ?? 0);
  }
  for (let n = 0; n < 32; n++) m[n] = block.readUInt32LE(n * 4);
  for (let round = 0; round < ROUNDS; round++) {
    const order = SIGMA[round % SIGMA.length] ?? [];
    for (let step = 0; step < 8; step++) {
      const [a, b, c, d] = STEPS[step] ?? [0, 0, 0, 0];
      add(a, b);
      addWord(a, order[2 * step] ?? 0);
      turn(d, a, 32);
      add(c, d);
      turn(b, c, 24);
      add(a, b);
      addWord(a, order[2 * step + 1] ?? 0);
      turn(d, a, 16);
      add(c, d);
      turn(b, c, 63);
    }
  }
  for (let n = 0; n < 16; n++) hash[n] = (hash[n] ?? 0) ^ (v[n] ?? 0) ^ (v[n + 16] ?? 0);
};

const plus = (at: number, low: number, high: number): void => {
  const sum = (v[at] ?? 0) + low;
  v[at] = sum;
  v[at + 1] = (v[at + 1] ?? 0) + high + (sum > 0xffff_ffff ? 1 : 0);
};
const add = (to: number, from: number): void => plus(2 * to, v[2 * from] ?? 0, v[2 * from + 1] ?? 0);
const addWord = (to: number, word: number): void => plus(2 * to, m[2 * word] ?? 0, m[2 * word + 1] ?? 0);

/** `v[to] = (v[to] ^ v[with]) >>> bits`, turning. */
const turn = (to: number, other: number, bits: 16 | 24 | 32 | 63): void => {
  const low = (v[2 * to] ?? 0) ^ (v[2 * other] ?? 0);
  const high = (v[2 * to + 1] ?? 0) ^ (v[2 * other + 1] ?? 0);
  const [l, h] =
    bits === 32
      ? [high, low]
      : bits === 63
        ? [(low << 1) | (high >>> 31), (high << 1) | (low >>> 31)]
        : [(low >>> bits) | (high << (32 - bits)), (high >>> bits) | (low << (32 - bits))];
  v[2 * to] = l;
  v[2 * to + 1] = h;
};
