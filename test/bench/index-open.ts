// Opening the library of a full 2 TiB image as a station left it: every pack's index and the image's chunk table, read and checked in a
// process of its own. Beside it find, cat and sha256sum over the same files, which do no more than list, read and hash them.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { generateSigningKey } from '../../agent/image/signature.ts';
import { openLibrary } from '../../main/library/library.ts';
import { interleave, sizeLine, timeLine, median } from './figure.ts';
import type { Suite } from './figure.ts';
import { lackOf, nodeCommand, steady } from './host.ts';
import { writeLargeLibrary } from './index-open-library.ts';

const CHUNKS = 2 * 1024 * 1024;
const LIMIT_SECONDS = 2;
const LIMIT_BYTES = 400_000_000;

export const indexOpenSuite: Suite = {
  figures: ['index-open-time', 'index-open-memory'],
  whyNot: () => (process.platform === 'linux' ? lackOf(['sha256sum']) : 'peak memory is read from /proc'),
  run: async (context) => {
    const folder = join(context.folder, 'library');
    const key = generateSigningKey();
    const osoid = writeLargeLibrary(folder, Math.round(CHUNKS * context.scale), key);
    // A station has had it open for writing.
    const written = await openLibrary({ folder, trustedKeys: () => new Map(), signingKey: key });
    if (!written.ok) throw new Error(written.failure.message);
    await written.value.close();
    const reader = steady(nodeCommand('test/bench/index-open-reader.ts', [folder, osoid, Buffer.from(key.publicKey).toString('hex')]));
    const plain = steady(['sh', '-c', 'find packs | wc -l; cat packs/joined.idx images/*/chunks.bin | sha256sum']);
    const run = ([program = '', ...args]: readonly string[], cwd: string): string => execFileSync(program, args, { cwd, encoding: 'utf8' });
    const peaks: number[] = [];
    const pairs = await interleave(
      context,
      'index',
      {
        ours: () => {
          const { seconds, peakBytes } = JSON.parse(run(reader, process.cwd())) as { seconds: number; peakBytes: number };
          peaks.push(peakBytes);
          return Promise.resolve(seconds);
        },
        reference: () => {
          const startedAt = performance.now();
          run(plain, folder);
          return Promise.resolve((performance.now() - startedAt) / 1000);
        },
      },
      (seconds) => `${seconds.toFixed(2)} s`,
    );
    return [timeLine('index-open-time', pairs, LIMIT_SECONDS), sizeLine('index-open-memory', median(peaks), LIMIT_BYTES)];
  },
};
