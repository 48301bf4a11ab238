// Another station, as a process of its own: opens the library at `argv[2]`, begins an image, and does what it is told on stdin, a word a line.
import { createInterface } from 'node:readline';
import { encodeFrame } from '../../agent/image/chunk.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { openLibrary } from '../../main/library/library.ts';
import { noise } from '../image/real-disk.ts';

const [, , folder = '', sourcePath = ''] = process.argv;
const key = generateSigningKey();
const say = (result: Result<unknown>): void => void process.stdout.write(`${result.ok ? 'ok' : result.failure.code}\n`);

const library = await openLibrary({ folder, trustedKeys: () => trustedKeysOf([key.publicKey]), signingKey: key, workers: 1 });
if (!library.ok) throw new Error(library.failure.message);
const writer = await library.value.startImage();
say(writer);
if (!writer.ok) process.exit(1);

const work: Readonly<Record<string, () => Promise<unknown>>> = {
  put: async () => {
    await writer.value.put(encodeFrame(noise('of the other process', 256 * 1024)));
    say(await writer.value.flush());
  },
  import: async () => say(await library.value.importImage({ sourcePath, name: 'other', allowNoPartitionTable: true })),
  end: async () => {
    await writer.value.abandon();
    process.stdout.write('ended\n');
  },
};
for await (const word of createInterface({ input: process.stdin })) await work[word]?.();
await library.value.close();
process.exit(0);
