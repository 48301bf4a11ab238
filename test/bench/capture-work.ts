// Child of the capture figure: runs the agent's own sender over a file, for a station that lacks everything and keeps nothing, and
// prints the user and system seconds that it took without the start of the program.
import { stat } from 'node:fs/promises';
import { createSender } from '../../agent/capture/read-send.ts';
import { usedPieces } from '../../agent/capture/pieces.ts';
import { openSourceDisk } from '../../agent/disk/source-disk.ts';
import { SLOT_BYTES } from '../../agent/disk/workbench.ts';
import { success } from '../../agent/protocol/failure.ts';

const [path = ''] = process.argv.slice(2);
const { size } = await stat(path);
const opened = await openSourceDisk(path, size);
if (!opened.ok) throw new Error(opened.failure.message);
const layout = { diskSizeBytes: size, chunkSizeBytes: 256 * 1024 };
const all = [{ offsetBytes: 0, lengthBytes: size }];
const never = (): never => {
  throw new Error('nothing is published here');
};
const sender = createSender(
  {
    sink: {
      missing: (ids) => Promise.resolve(success(ids.map((_, index) => index))),
      send: () => Promise.resolve(success(null)),
      table: never,
      publish: never,
    },
    workers: 1,
    signal: new AbortController().signal,
  },
  {
    disk: opened.value,
    survey: {
      used: { usedBytes: size, clearFree: () => false, isFree: () => false, ranges: () => all, rangesIn: () => all, bitmap: () => null },
      hidden: null,
    },
    chunkSizeBytes: layout.chunkSizeBytes,
  },
);
/** The thread is up and its code is loaded: on a target that is a bundle, here it is TypeScript that Node strips first. */
await sender.run(usedPieces([{ offsetBytes: 0, lengthBytes: Math.min(size, SLOT_BYTES) }], layout, SLOT_BYTES), () => undefined);
const before = process.cpuUsage();
await sender.run(usedPieces(all, layout, SLOT_BYTES), () => undefined);
const { user, system } = process.cpuUsage(before);
await sender.stop();
await opened.value.close();
process.stdout.write(`${user / 1e6} ${system / 1e6}\n`);
