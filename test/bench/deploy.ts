// One machine's deploy beside `curl | zstd -dc | dd oflag=direct`: the same image, over loopback HTTP, onto a fresh sparse file behind a
// loop device on the same disk, with direct I/O on both sides.
//
// `deploy-one`, ours: the step fetch-write as the station's journal times it, from its first request to the last write taken by
// the device: signed batches over HTTP, frame checks, decompression, SHA-256 of every chunk, direct writes. The reference verifies nothing.
// `deploy-one-whole`, ours: the whole job, with checks, compare before and the read-back of every byte after; no limit, as the reference has nothing like it.
// Both in megabytes of raw image per second.
import { join } from 'node:path';
import type { JobView } from '../../preload/contract/views.ts';
import { startProgram } from '../wire/program.ts';
import type { Program } from '../wire/program.ts';
import type { StationReady, StationSays } from './deploy-station.ts';
import { interleave, speedLine } from './figure.ts';
import type { RunContext, Suite } from './figure.ts';
import { lackOf, nodeCommand } from './host.ts';
import { makeLoopDisk } from './loop-disk.ts';

const MIB = 1024 * 1024;
const CONTENT_BYTES = 768 * MIB;
const TIMEOUT_MS = 900_000;
const LIMIT = 0.9;

type Seconds = { readonly write: number; readonly whole: number };

const isReady = process.platform === 'linux' && process.getuid?.() === 0;

export const deploySuite: Suite = {
  figures: ['deploy-one', 'deploy-one-whole'],
  whyNot: () => (isReady ? lackOf(['curl', 'zstd', 'dd', 'losetup', 'blockdev']) : 'loop devices need Linux and root'),
  run: async (context) => {
    const contentBytes = Math.max(16, Math.round((CONTENT_BYTES * context.scale) / MIB)) * MIB;
    const folder = join(context.folder, 'deploy');
    const station = node('deploy-station.ts', [folder, `${contentBytes}`]);
    try {
      const ready = await hear(station, (says) => ('ready' in says ? says.ready : null));
      let number = 0;
      const ours = async (): Promise<Seconds> => deployOurs(context, station, ready, (number += 1));
      const reference = async (): Promise<Seconds> => deployReference(context, ready);
      const show = ({ write, whole }: Seconds): string => `${write.toFixed(2)} s${write === whole ? '' : ` (${whole.toFixed(2)} s whole)`}`;
      const pairs = await interleave(context, `deploy of ${contentBytes / MIB} MiB`, { ours, reference }, show);
      const speeds = (pick: (seconds: Seconds) => number) =>
        pairs.map((pair) => ({ ours: ready.imageBytes / 1e6 / pick(pair.ours), reference: ready.imageBytes / 1e6 / pair.reference.write }));
      return [
        speedLine(
          'deploy-one',
          'MB/s',
          speeds(({ write }) => write),
          LIMIT,
        ),
        speedLine(
          'deploy-one-whole',
          'MB/s',
          speeds(({ whole }) => whole),
          null,
        ),
      ];
    } finally {
      await station.stop();
    }
  },
};

const node = (script: string, args: readonly string[]): Program => startProgram(nodeCommand(join(import.meta.dirname, script), args));

/** The first thing the station says, past or future, that `pick` wants. */
const hear = async <T>(station: Program, pick: (says: StationSays) => T | null): Promise<T> => {
  let heard: T | null = null;
  const look = (line: string): boolean => {
    if (!line.startsWith('{"')) return false;
    heard = pick(JSON.parse(line) as StationSays);
    return heard !== null;
  };
  await station.line({ test: look, toString: () => 'the station' } as unknown as RegExp, TIMEOUT_MS);
  if (heard === null) throw new Error('the station said nothing');
  return heard;
};

const deployOurs = async (context: RunContext, station: Program, ready: StationReady, number: number): Promise<Seconds> => {
  const disk = makeLoopDisk(join(context.folder, 'ours.raw'), ready.imageBytes);
  const target = node('deploy-target.ts', [JSON.stringify(ready.wire), `${number}`, disk.path, disk.loop]);
  try {
    const job = await Promise.race([
      hear(station, (says) => ('job' in says && says.number === number ? says.job : null)),
      target.ended.then(({ stderr }) => Promise.reject(new Error(`the target ended early:\n${stderr}`))),
    ]);
    return timesOf(job, ready.contentBytes);
  } finally {
    await target.stop();
    disk.remove();
  }
};

const timesOf = (job: JobView, contentBytes: number): Seconds => {
  const step = job.steps.findLast((candidate) => candidate.step === 'fetch-write');
  if (job.result === null || step === undefined || step.endedAtMs === null)
    throw new Error(`the deploy failed: ${JSON.stringify(job.failure)}`);
  // A deploy that was cut and went on wrote only part of it in its last attempt.
  if (job.result.bytesWritten < contentBytes) throw new Error(`only ${job.result.bytesWritten} bytes were written`);
  return { write: (step.endedAtMs - step.startedAtMs) / 1000, whole: job.result.seconds };
};

const deployReference = async (context: RunContext, ready: StationReady): Promise<Seconds> => {
  const disk = makeLoopDisk(join(context.folder, 'reference.raw'), ready.imageBytes);
  try {
    const pipeline = `set -o pipefail; curl -sS ${ready.zstUrl} | zstd -dc | dd of=${disk.loop} bs=4M iflag=fullblock oflag=direct status=none`;
    const startedAtMs = performance.now();
    const { code, stderr } = await startProgram(['bash', '-c', pipeline]).ended;
    const seconds = (performance.now() - startedAtMs) / 1000;
    if (code !== 0) throw new Error(`${pipeline}: ${stderr}`);
    await checkSame(ready.imagePath, disk.path);
    return { write: seconds, whole: seconds };
  } finally {
    disk.remove();
  }
};

/** A pipeline that wrote something else is no reference. */
const checkSame = async (onePath: string, otherPath: string): Promise<void> => {
  const result = await startProgram(['cmp', onePath, otherPath]).ended;
  if (result.code !== 0) throw new Error(result.stdout || result.stderr);
};
