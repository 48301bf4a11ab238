// What a capture costs the machine in processor time, beside `zstd -3 -T1` of the same bytes: hashing every chunk, finding zeros, and
// compressing chunk by chunk, as the agent's sender does it on one thread. Reading is part of both sides; the station's answers are not.
import { join } from 'node:path';
import { secondsOf, timedShell, writeContent } from './content.ts';
import { costLine, interleave } from './figure.ts';
import type { Suite } from './figure.ts';
import { lackOf, nodeCommand } from './host.ts';

const LIMIT = 1.25;

export const captureSuite: Suite = {
  figures: ['capture-cpu'],
  whyNot: () => (process.platform === 'linux' ? lackOf(['zstd', 'bash']) : 'processor time of a child is read through bash on Linux'),
  run: async (context) => {
    const path = await writeContent(context);
    const ours = () => secondsOf(context, nodeCommand(join(import.meta.dirname, 'capture-work.ts'), [path]));
    const reference = () => secondsOf(context, timedShell(`zstd -3 -T1 -q -c ${path} > /dev/null`));
    const pairs = await interleave(context, 'processor time of a capture', { ours, reference }, (seconds) => `${seconds.toFixed(2)} s`);
    return [costLine('capture-cpu', 'cpu s', pairs, LIMIT)];
  },
};
