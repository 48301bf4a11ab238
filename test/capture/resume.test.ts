// Captures that are cut: what has arrived is not sent again, nothing is swept while one lives, and a full library is left as it was.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CaptureSink } from '../../agent/capture/types.ts';
import { lacksTools, makeGptDisk, noise, writeAt } from '../image/real-disk.ts';
import { MIB, codeOf, createRig, cutting, jobFor, valueOf } from './rig.ts';
import type { Rig } from './rig.ts';

const job = jobFor(32 * MIB);

let rig: Rig;
let disk = '';
let whole: { readonly osoid: string; readonly sentBytes: number } = { osoid: '', sentBytes: 0 };
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-resume-'));
  if (lacksTools()) return;
  disk = await makeGptDisk(folder);
  // The ESP is kept to the last byte: 3.5 MiB that do not compress, in fourteen chunks.
  await writeAt(disk, 1.25 * MIB, noise('the bulk', 3.5 * MIB));
  const uncut = await createRig();
  const { result, sentBytes } = await uncut.run(disk);
  whole = { osoid: valueOf(result).osoid, sentBytes };
  await uncut.close();
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.close());

const filesIn = async (): Promise<readonly string[]> =>
  (await readdir(rig.libraryFolder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .filter((name) => !['rackside-library.json', 'lock.json'].includes(name));

const before = (call: keyof CaptureSink, number: number, work: () => Promise<void>): CaptureSink => rig.sinkBefore(job, call, number, work);

describe.skipIf(lacksTools())('a capture that is cut', () => {
  test.each([
    ['stopped', 'send', 1],
    ['stopped', 'missing', 2],
    ['stopped', 'table', 1],
    ['stopped', 'publish', 1],
    ['killed', 'send', 1],
    ['killed', 'send', 2],
    ['killed', 'publish', 1],
  ] as const)('by a station that is %s before %s %i goes on, and ends in the same image', async (how, call, number) => {
    const { osoid, sentBytes } = whole;
    const run = await rig.run(disk, { sink: before(call, number, () => rig.restart(how)) });
    expect(valueOf(run.result)).toMatchObject({ osoid, alreadyPresent: false });
    // A station that is stopped keeps everything; one that is killed loses the pack in its memory. A batch may be on its way twice.
    if (how === 'stopped') expect(run.sentBytes).toBeLessThan(sentBytes * 2);
    expect(valueOf(await rig.library.verify()).problems).toEqual([]);
    expect(valueOf(await rig.library.show(osoid)).missingChunks).toBe(0);
  });

  test('a stopped station is sent nothing again', async () => {
    const { sentBytes } = whole;
    const run = await rig.run(disk, { sink: before('publish', 1, () => rig.restart('stopped')) });
    valueOf(run.result);
    expect(run.sentBytes).toBe(sentBytes);
  });

  test('asked to publish again until it has, it publishes once and leaves nothing open', async () => {
    const sink = rig.sinkOf(job);
    const publish: CaptureSink['publish'] = async (image) => {
      const first = sink.publish(image);
      let isOver = false;
      void first.finally(() => (isOver = true));
      const others: ReturnType<CaptureSink['publish']>[] = [];
      for (; !isOver; await new Promise((resolve) => setImmediate(resolve))) others.push(sink.publish(image));
      const answers = new Set((await Promise.all(others)).map((answer) => (answer.ok ? answer.value.osoid : answer.failure.code)));
      expect([...answers]).toEqual([valueOf(await first).osoid]);
      return first;
    };
    valueOf((await rig.run(disk, { sink: { ...sink, publish } })).result);
    expect(codeOf(await rig.library.collect())).toBe('ok');
  });

  test.each([
    ['publish', 'capture.incomplete'],
    ['publish', 'capture.table-missing'],
    ['send', 'capture.not-asked'],
  ] as const)('by a station that loses everything for ever (%s) ends, and with a step that a person can take', async (call, code) => {
    const failure = { code, message: 'Something is not there.', next: 'The agent sends it again by itself.' };
    let calls = 0;
    const forgetful = () => ((calls += 1), Promise.resolve({ ok: false as const, failure }));
    const { result } = await rig.run(disk, { sink: { ...rig.sinkOf(job), [call]: forgetful } });
    expect(result).toMatchObject({ ok: false, failure: { code, next: expect.stringContaining("station's log") as string } });
    expect(calls).toBeGreaterThan(3);
    expect(calls).toBeLessThan(50);
  });

  test.each(['same station', 'stopped', 'killed'] as const)('by the agent is begun again, and only the rest travels (%s)', async (how) => {
    const { osoid, sentBytes } = whole;
    const cut = new AbortController();
    const first = await rig.run(disk, { signal: cut.signal, sink: before('publish', 1, () => cutting(cut)) });
    expect(codeOf(first.result)).toBe('capture.cancelled');
    expect(first.sentBytes).toBe(sentBytes);
    if (how !== 'same station') await rig.restart(how);
    const second = await rig.run(disk);
    expect(valueOf(second.result)).toMatchObject({ osoid });
    expect(second.sentBytes).toBe(how === 'killed' ? sentBytes : 0);
  });

  test('nothing that it brought is swept while its job lives, and all of it once the job has ended', async () => {
    const cut = new AbortController();
    await rig.run(disk, { signal: cut.signal, sink: before('publish', 1, () => cutting(cut)) });
    await rig.restart('stopped');
    await rig.captures.resume([job]);
    const packs = await filesIn();
    expect(packs.filter((name) => name.endsWith('.pack'))).toHaveLength(1);
    const other = valueOf(await rig.library.importImage({ sourcePath: disk, name: 'other', allowNoPartitionTable: true }));
    valueOf(await rig.library.deleteImage(other.osoid));
    expect(await filesIn()).toEqual(expect.arrayContaining([...packs]));
    expect((await rig.run(disk)).sentBytes).toBe(0);
  });

  test.each([
    ['fails', 'failed', { code: 'capture.read-failed', message: '', next: '' }, true],
    ['fills the library', 'failed', { code: 'library.full', message: '', next: '' }, false],
    ['is stopped by a person', 'cancelled', null, false],
  ] as const)('one that %s keeps what it brought, or takes it back', async (_what, state, failure, isKept) => {
    const cut = new AbortController();
    await rig.run(disk, { signal: cut.signal, sink: before('publish', 1, () => cutting(cut)) });
    rig.captures.onJob({ id: job.id, kind: 'capture', state, failure });
    await rig.restart('stopped');
    expect((await filesIn()).some((name) => name.endsWith('.pack'))).toBe(isKept);
    expect(valueOf(await rig.library.list()).images).toEqual([]);
  });

  test('a full library ends it clearly, has no part of the image, and takes it once there is room', async () => {
    rig.setFull(true);
    const full = await rig.run(disk);
    expect(codeOf(full.result)).toBe('library.full');
    rig.captures.onJob({ id: job.id, kind: 'capture', state: 'failed', failure: full.result.ok ? null : full.result.failure });
    await rig.restart('stopped');
    expect(await filesIn()).toEqual([]);
    rig.setFull(false);
    expect(valueOf((await rig.run(disk)).result)).toMatchObject({ alreadyPresent: false });
    expect(valueOf(await rig.library.verify()).problems).toEqual([]);
  });
});
