// Child of the restore figure: node restore-frames.ts CONTENT FRAMES writes the content as a library would hold it: FRAMES.bin with
// one frame a chunk, and FRAMES.chunks with the chunk table that places them.
import { open, writeFile } from 'node:fs/promises';
import { buildChunkTable } from '../../agent/image/chunk-map.ts';
import { encodeChunkTable } from '../../agent/image/chunk-table.ts';
import { CHUNK_SIZE_BYTES, encodeFrame, isAllZero } from '../../agent/image/chunk.ts';
import { createHash } from 'node:crypto';

const [contentPath = '', framesPath = ''] = process.argv.slice(2);
await using content = await open(contentPath, 'r');
await using frames = await open(`${framesPath}.bin`, 'w');
const { size } = await content.stat();
const builder = buildChunkTable(CHUNK_SIZE_BYTES);
for (let at = 0; at < size; at += CHUNK_SIZE_BYTES) {
  const { buffer, bytesRead } = await content.read(Buffer.alloc(CHUNK_SIZE_BYTES), 0, CHUNK_SIZE_BYTES, at);
  const chunk = buffer.subarray(0, bytesRead);
  if (isAllZero(chunk)) builder.add('zero', null);
  else {
    const digest = createHash('sha256').update(chunk).digest();
    builder.add('data', digest);
    await frames.write(encodeFrame(chunk, { chunkId: digest.toString('hex') }));
  }
}
await writeFile(`${framesPath}.chunks`, encodeChunkTable(builder.finish(size)));
