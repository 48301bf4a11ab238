// Decompressing .zst files of any number of frames (RFC 8878 §3.1). Node's decoder takes one frame and is unsure about what
// follows, so frame boundaries are found here: pzstd and `cat a.zst b.zst` make many, with skippable frames between.
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdDecompress } from 'node:zlib';

const MAGIC = 0xfd2fb528;
/** 2 GiB of memory, as `zstd --long=31` asks for; a frame takes no more than it says that it needs. */
const MOST_WINDOW_LOG = 31;
const isSkippable = (magic: number): boolean => magic >= 0x184d2a50 && magic <= 0x184d2a5f;

/** Thrown when the input ends inside a frame. */
export class TruncatedInput extends Error {}
/** Thrown when the input is not what its format allows. */
export class CorruptInput extends Error {}

/** The raw bytes of all frames in order. Throws the two errors above, or zlib's own for damage inside a block. */
export async function* decompressZstd(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = byteSource(input);
  for (;;) {
    const magicBytes = await source.peek(4);
    if (magicBytes.length === 0) return;
    if (magicBytes.length < 4) throw new TruncatedInput('the file ends inside a frame');
    const magic = magicBytes.readUInt32LE(0);
    if (isSkippable(magic)) for await (const _ of skippableFrame(source));
    else if (magic !== MAGIC) throw new CorruptInput('something that is not zstd follows a frame');
    else yield* decompressFrame(source);
  }
}

async function* decompressFrame(source: ByteSource): AsyncGenerator<Uint8Array> {
  const decompressor = createZstdDecompress({ chunkSize: 1024 * 1024, params: { [constants.ZSTD_d_windowLogMax]: MOST_WINDOW_LOG } });
  const output = new PassThrough({ readableHighWaterMark: 4 * 1024 * 1024 });
  let problem: unknown;
  const feeding = pipeline(dataFrame(source), decompressor, output).catch((error: unknown) => {
    problem = error;
  });
  try {
    for await (const piece of output) yield piece as Uint8Array;
  } catch (error) {
    problem ??= error;
  } finally {
    output.destroy();
  }
  await feeding;
  if (problem !== undefined) throw problem;
}

/** §3.1.1: header, blocks up to the one marked last, optional checksum. */
async function* dataFrame(source: ByteSource): AsyncGenerator<Uint8Array> {
  const start = await source.take(5);
  yield start;
  const descriptor = start.readUInt8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const contentSizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const rest = (singleSegment ? 0 : 1) + dictionaryBytes + contentSizeBytes;
  if (rest > 0) yield await source.take(rest);
  for (let isLast = false; !isLast;) {
    const header = await source.take(3);
    yield header;
    const word = header.readUIntLE(0, 3);
    isLast = (word & 1) === 1;
    const type = (word >> 1) & 3;
    if (type === 3) throw new CorruptInput('a block of a reserved kind');
    const length = type === 1 ? 1 : word >> 3;
    if (length > 0) yield await source.take(length);
  }
  if ((descriptor & 0x04) !== 0) yield await source.take(4);
}

async function* skippableFrame(source: ByteSource): AsyncGenerator<Uint8Array> {
  const header = await source.take(8);
  for (let left = header.readUInt32LE(4); left > 0; left -= Math.min(left, 65536)) yield await source.take(Math.min(left, 65536));
}

type ByteSource = { readonly peek: (count: number) => Promise<Buffer>; readonly take: (count: number) => Promise<Buffer> };

/** At most one input piece and one block (128 KiB, bounded by its 21-bit length) are held at a time. */
const byteSource = (input: AsyncIterable<Uint8Array>): ByteSource => {
  const iterator = input[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const peek = async (count: number): Promise<Buffer> => {
    const parts = [held];
    let length = held.length;
    while (length < count) {
      const next = await iterator.next();
      if (next.done === true) break;
      parts.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
      length += next.value.length;
    }
    if (parts.length > 1) held = Buffer.concat(parts);
    return held.subarray(0, count);
  };
  return {
    peek,
    take: async (count) => {
      const bytes = await peek(count);
      if (bytes.length < count) throw new TruncatedInput('the file ends inside a frame');
      held = held.subarray(count);
      return bytes;
    },
  };
};
