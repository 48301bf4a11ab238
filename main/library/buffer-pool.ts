// Read buffers that are used again. A fresh buffer of a megabyte or more for every batch costs more in garbage collection than
// reading and sending the batch does.

export type Borrowed = { readonly bytes: Buffer; release(): void };

export type BufferPool = {
  /** A buffer of at least `lengthBytes`, cut to it. Larger ones than the pool keeps are made for the occasion. */
  borrow(lengthBytes: number): Borrowed;
};

/** A batch of 16 chunks that do not compress, with gaps between them in the pack. */
const KEPT_BYTES = 5 * 1024 * 1024;
const KEPT_MOST = 16;

export const createBufferPool = (): BufferPool => {
  const free: Buffer[] = [];
  return {
    borrow: (lengthBytes) => {
      const whole = lengthBytes > KEPT_BYTES ? Buffer.allocUnsafeSlow(lengthBytes) : (free.pop() ?? Buffer.allocUnsafeSlow(KEPT_BYTES));
      let isOut = true;
      return {
        bytes: whole.subarray(0, lengthBytes),
        release: () => {
          if (isOut && whole.length === KEPT_BYTES && free.length < KEPT_MOST) free.push(whole);
          isOut = false;
        },
      };
    },
  };
};
