// Child of the restore figure: node restore-work.ts FRAMES DEVICE writes the content of restore-frames.ts to a block device the way
// the agent's step fetch-write does, with one thread, and prints the user and system seconds that it took without the start of the program.
import { open, readFile } from 'node:fs/promises';
import { openBlockDisk } from '../../agent/disk/block-disk.ts';
import { planFetch } from '../../agent/disk/fetch-plan.ts';
import { fetchAndWrite } from '../../agent/disk/fetch-write.ts';
import type { FetchChunks } from '../../agent/disk/fetch-write.ts';
import { systemTools } from '../../agent/disk/tools.ts';
import { openWorkbench } from '../../agent/disk/workbench.ts';
import { FRAME_HEADER_BYTES, parseFrameHeader } from '../../agent/image/chunk.ts';
import { parseChunkTable } from '../../agent/image/chunk-table.ts';
import { success } from '../../agent/protocol/failure.ts';

const [framesPath = '', device = ''] = process.argv.slice(2);
await using frames = await open(`${framesPath}.bin`, 'r');
const { size } = await frames.stat();
const table = parseChunkTable(await readFile(`${framesPath}.chunks`));
const disk = await openBlockDisk(device, systemTools());
if (!table.ok || !disk.ok) throw new Error('what the figure made cannot be opened');

/** Where each frame lies: what a station looks up in its index. */
const places = new Map<string, { readonly at: number; readonly length: number }>();
const header = Buffer.alloc(FRAME_HEADER_BYTES);
for (let at = 0; at < size;) {
  await frames.read(header, 0, FRAME_HEADER_BYTES, at);
  const parsed = parseFrameHeader(header);
  if (!parsed.ok) throw new Error(parsed.failure.message);
  const length = FRAME_HEADER_BYTES + parsed.value.encodedLength;
  places.set(parsed.value.chunkId, { at, length });
  at += length;
}

/** Neighbours in one read, as a batch comes over a connection. */
const fetchChunks: FetchChunks = async (chunkIds, _signal, into) => {
  if (into === undefined) throw new Error('no memory to read into');
  let filled = 0;
  for (let n = 0; n < chunkIds.length;) {
    const first = placeOf(chunkIds[n]);
    let length = 0;
    for (; n < chunkIds.length && placeOf(chunkIds[n]).at === first.at + length; n++) length += placeOf(chunkIds[n]).length;
    await frames.read(into, filled, length, first.at);
    filled += length;
  }
  return success(into.subarray(0, filled));
};
const placeOf = (chunkId = ''): { readonly at: number; readonly length: number } => {
  const place = places.get(chunkId);
  if (place === undefined) throw new Error(`no frame of chunk ${chunkId}`);
  return place;
};

const bench = openWorkbench(disk.value, table.value, [], { workers: 1, signal: new AbortController().signal });
const write = async (wrongData: Uint8Array): Promise<void> => {
  const plan = planFetch(table.value, wrongData, bench.arena.slotBytes);
  await fetchAndWrite(bench, plan, { fetchChunks, heldChunk: -1, onBytes: () => undefined });
};
const wrong = new Uint8Array(table.value.hashes.length / 32);
/** The thread is up and its code is loaded: on a target that is a bundle, here it is TypeScript that Node strips first. */
await write(wrong.map((_, n) => (n < 16 ? 1 : 0)));
const before = process.cpuUsage();
await write(wrong.fill(1));
await disk.value.flush();
const { user, system } = process.cpuUsage(before);
await bench.pool.stop();
await disk.value.close();
process.stdout.write(`${user / 1e6} ${system / 1e6}\n`);
