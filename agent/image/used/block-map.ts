// Which blocks of a volume are in use: one bit a block in pages, and no memory for pages that are all used or all free, so that 2 TiB
// of 4 KiB blocks cost at most 64 MiB. A map begins all used: a block is free only once somebody has said so.
const PAGE_BYTES = 4096;
const PAGE_BLOCKS = PAGE_BYTES * 8;

/** A stretch of bytes; what it is relative to is said where one is given. */
export type ByteRange = { readonly offsetBytes: number; readonly lengthBytes: number };

export type BlockMap = {
  readonly sizeBytes: number;
  readonly blockSizeBytes: number;
  /** Frees the blocks that lie wholly in the range; the first and last of the volume may be short. */
  readonly free: (offsetBytes: number, lengthBytes: number) => void;
  /** Marks every block that the range touches as used. */
  readonly use: (offsetBytes: number, lengthBytes: number) => void;
  /** The used stretches in order; neighbours are one. */
  readonly ranges: () => Generator<ByteRange>;
  /** The same for a part of the volume, cut off at its ends. */
  readonly rangesIn: (offsetBytes: number, lengthBytes: number) => Generator<ByteRange>;
  readonly usedBytes: () => number;
  /** One bit a block, least significant first, 1 = used; the bits after the last block are 0. */
  readonly bits: () => Uint8Array;
};

type Page = 'used' | 'free' | Uint8Array;

/** `originBytes` (at most 0) is where block 0 begins, for filesystems whose blocks are not aligned to the volume. */
export const createBlockMap = (volume: {
  readonly sizeBytes: number;
  readonly blockSizeBytes: number;
  readonly originBytes?: number;
}): BlockMap => {
  const { sizeBytes, blockSizeBytes, originBytes = 0 } = volume;
  const blockCount = Math.ceil((sizeBytes - originBytes) / blockSizeBytes);
  const pages: Page[] = Array.from({ length: Math.ceil(blockCount / PAGE_BLOCKS) }, () => 'used');

  const set = (first: number, end: number, state: 'used' | 'free'): void => {
    for (let at = Math.max(0, first); at < Math.min(end, blockCount);) {
      const index = Math.floor(at / PAGE_BLOCKS);
      const from = at - index * PAGE_BLOCKS;
      const to = Math.min(PAGE_BLOCKS, end - index * PAGE_BLOCKS);
      if (from === 0 && to === PAGE_BLOCKS) pages[index] = state;
      else if (pages[index] !== state) fillBits(pageBits(pages, index), from, to, state);
      at = (index + 1) * PAGE_BLOCKS;
    }
  };
  function* blockRuns(first: number, end: number): Generator<readonly [from: number, to: number]> {
    for (let index = Math.floor(first / PAGE_BLOCKS); index * PAGE_BLOCKS < end; index++) {
      const base = index * PAGE_BLOCKS;
      const page = pages[index] ?? 'free';
      const [from, to] = [Math.max(0, first - base), Math.min(PAGE_BLOCKS, end - base)];
      if (page === 'used') yield [base + from, base + to];
      else if (page !== 'free') for (const run of bitRuns(page, from, to, 1)) yield [base + run[0], base + run[1]];
    }
  }
  function* rangesIn(offsetBytes: number, lengthBytes: number): Generator<ByteRange> {
    const endBytes = Math.min(sizeBytes, offsetBytes + lengthBytes);
    const clip = (start: number, end: number): ByteRange => {
      const from = Math.max(offsetBytes, originBytes + start * blockSizeBytes);
      return { offsetBytes: from, lengthBytes: Math.min(endBytes, originBytes + end * blockSizeBytes) - from };
    };
    const first = Math.floor((offsetBytes - originBytes) / blockSizeBytes);
    let open: readonly [number, number] | null = null;
    for (const run of blockRuns(first, Math.ceil((endBytes - originBytes) / blockSizeBytes))) {
      if (open !== null && open[1] !== run[0]) yield clip(open[0], open[1]);
      open = open !== null && open[1] === run[0] ? [open[0], run[1]] : run;
    }
    if (open !== null) yield clip(open[0], open[1]);
  }
  const ranges = (): Generator<ByteRange> => rangesIn(0, sizeBytes);

  return {
    sizeBytes,
    blockSizeBytes,
    free: (offsetBytes, lengthBytes) => {
      const endBytes = offsetBytes + lengthBytes;
      const end = endBytes >= sizeBytes ? blockCount : Math.floor((endBytes - originBytes) / blockSizeBytes);
      const first = offsetBytes <= 0 ? 0 : Math.ceil((offsetBytes - originBytes) / blockSizeBytes);
      set(first, end, 'free');
    },
    use: (offsetBytes, lengthBytes) => {
      if (lengthBytes <= 0) return;
      const end = Math.ceil((offsetBytes + lengthBytes - originBytes) / blockSizeBytes);
      set(Math.floor((offsetBytes - originBytes) / blockSizeBytes), end, 'used');
    },
    ranges,
    rangesIn,
    usedBytes: () => {
      let total = 0;
      for (const range of ranges()) total += range.lengthBytes;
      return total;
    },
    bits: () => {
      const all = new Uint8Array(Math.ceil(blockCount / 8));
      for (const [index, page] of pages.entries()) {
        if (page === 'used') all.fill(0xff, index * PAGE_BYTES, (index + 1) * PAGE_BYTES);
        else if (page !== 'free') all.set(page.subarray(0, all.length - index * PAGE_BYTES), index * PAGE_BYTES);
      }
      if (blockCount % 8 !== 0) all[all.length - 1] = (all.at(-1) ?? 0) & (0xff >> (8 - (blockCount % 8)));
      return all;
    },
  };
};

const pageBits = (pages: Page[], index: number): Uint8Array => {
  const page = pages[index] ?? 'used';
  if (typeof page !== 'string') return page;
  const bits = new Uint8Array(PAGE_BYTES).fill(page === 'used' ? 0xff : 0);
  pages[index] = bits;
  return bits;
};

const fillBits = (bits: Uint8Array, from: number, to: number, state: 'used' | 'free'): void => {
  const put = (at: number, mask: number): void => {
    bits[at] = state === 'used' ? (bits[at] ?? 0) | mask : (bits[at] ?? 0) & ~mask;
  };
  const firstByte = from >> 3;
  const lastByte = to >> 3;
  const headMask = (0xff << (from & 7)) & 0xff;
  const tailMask = 0xff >> (8 - (to & 7));
  if (firstByte === lastByte) put(firstByte, headMask & tailMask);
  else {
    put(firstByte, headMask);
    bits.fill(state === 'used' ? 0xff : 0, firstByte + 1, lastByte);
    if (tailMask !== 0) put(lastByte, tailMask);
  }
};

/** The runs `[from, to)` of bits of one value in `[first, end)`, least significant bit first; bytes of one value are skipped whole. */
export function* bitRuns(bits: Uint8Array, first: number, end: number, value: 0 | 1): Generator<readonly [from: number, to: number]> {
  const all = value === 1 ? 0xff : 0;
  let start = -1;
  for (let at = first; at < end;) {
    const byte = bits[at >>> 3] ?? 0;
    const isUniform = (at & 7) === 0 && at + 8 <= end && (byte === 0 || byte === 0xff);
    const matches = isUniform ? byte === all : ((byte >> (at & 7)) & 1) === value;
    if (matches && start < 0) start = at;
    if (!matches && start >= 0) {
      yield [start, at];
      start = -1;
    }
    at += isUniform ? 8 : 1;
  }
  if (start >= 0) yield [start, end];
}
