// A real station on loopback for the deploy figure, in a process of its own: node deploy-station.ts FOLDER CONTENT_BYTES. It makes an
// image, imports it, consents to every machine, and serves the same image as a .zst file beside it. Prints JSON lines: `{"ready":…}`
// once, then `{"job":…}` for every job that ended.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startHttp } from '../../main/http/server.ts';
import { pathPattern } from '../../main/http/routes.ts';
import { buildWindow } from '../../scripts/build.ts';
import type { JobView } from '../../preload/contract/views.ts';
import { writeDemoImage } from '../rack/demo-image.ts';
import { need, startRehearsal } from '../rack/rehearsal.ts';
import type { Wire } from '../rack/firmware/boot-chain.ts';

export type StationReady = {
  readonly wire: Wire;
  readonly zstUrl: string;
  readonly imagePath: string;
  readonly imageBytes: number;
  readonly contentBytes: number;
};
export type StationSays = { readonly ready: StationReady } | { readonly job: JobView; readonly number: number };

const POLICY = {
  name: 'bench',
  rank: 100,
  when: { all: [{ fact: 'memory.size', atLeast: '1 GiB' }] },
  outcome: { kind: 'deploy-newest', labels: { bench: 'yes' } },
  consent: 'ask',
  note: 'Every machine gets the one image.',
} as const;

const [folder = '', contentBytes = ''] = process.argv.slice(2);
const say = (words: StationSays): void => void process.stdout.write(`${JSON.stringify(words)}\n`);
await mkdir(folder, { recursive: true });
const imagePath = join(folder, 'image.raw');
// The image is full: zeros would be a gift to ours, which does not write them where they are.
const { sizeBytes } = await writeDemoImage(imagePath, { contentBytes: Number(contentBytes), seed: 7, rootBytes: Number(contentBytes) });
execFileSync('zstd', ['-q', '-T0', imagePath]);

// The station serves its window too, and a fresh clone has none yet; it is said on standard error, which nobody measures.
await buildWindow();
const ended = new Set<string>();
const rehearsal = await startRehearsal({
  folder: join(folder, 'site'),
  autoConsent: true,
  onEvent: (event) => {
    if (event.name !== 'job.changed') return;
    const job = event.payload;
    if ((job.result === null && job.failure === null) || ended.has(job.id)) return;
    ended.add(job.id);
    say({ job, number: ended.size });
  },
});
await need(rehearsal.call('images.import', { path: imagePath, name: 'bench', labels: { bench: 'yes' }, notes: '' }));
await need(rehearsal.call('policies.add', { policy: POLICY as never }));
const zst = { path: `${imagePath}.zst`, sizeBytes: statSync(`${imagePath}.zst`).size };
const files = await need(
  startHttp({
    address: '127.0.0.1',
    port: 0,
    onEvent: () => undefined,
    routes: [{ method: 'GET', match: pathPattern('/image.raw.zst'), handle: () => ({ kind: 'file', ...zst }) }],
  }),
);
const zstUrl = `http://127.0.0.1:${files.address.port}/image.raw.zst`;
say({ ready: { wire: rehearsal.wire(), zstUrl, imagePath, imageBytes: sizeBytes, contentBytes: Number(contentBytes) } });
process.on('SIGTERM', () => {
  void Promise.all([rehearsal.stop(), files.stop()]).then(() => process.exit(0));
});
