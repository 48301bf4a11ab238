// At most one job beside the order loop: what the station hears of a job that does not run, was cut off, or names no one disk.
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { CaptureOrder } from '../../agent/capture/types.ts';
import { createCurrentJob } from '../../agent/current-job.ts';
import type { DeployOrder } from '../../agent/run-job.ts';
import { noKeyboard } from '../../agent/console/asking.ts';
import { createTerminal } from '../../agent/console/terminal.ts';
import { noScripts } from '../../agent/build/script-host.ts';
import { fileDevice } from '../../agent/disk/target-devices.ts';
import { noTools } from '../../agent/disk/tools.ts';
import type { AgentEnvironment } from '../../agent/environment.ts';
import type { StationLink } from '../../agent/link/station-link.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Report } from '../../agent/protocol/messages.ts';
import { disk, inventory } from '../journey/fixtures.ts';

const ORDER: DeployOrder = {
  kind: 'deploy',
  jobId: 'job-1',
  osoid: 'a'.repeat(64),
  manifestSha256: 'b'.repeat(64),
  disk: { serial: null, wwn: null, sizeBytes: 1000 },
  contentHash: 'c'.repeat(64),
  eraseCeilingBytes: 1000,
  consentId: 'consent-1',
  grow: 'none',
  operator: 'Ada',
  siteName: 'Site A',
};

type Rigging = {
  readonly device?: AgentEnvironment['device'];
  readonly captureSink?: StationLink['captureSink'];
  readonly onReport?: (report: Report) => void;
};

const createRig = (interruptedJobId: string | null = null, rigging: Rigging = {}) => {
  const failures: (readonly [string, string])[] = [];
  const held: (string | null)[] = [];
  const looked: string[] = [];
  const never = (): never => expect.fail('not in these tests');
  const link: StationLink = {
    answer: {
      nonce: '',
      protocol: 1,
      sessionId: 's',
      sessionKey: '',
      nowAtMs: 0,
      stationName: 'Station',
      siteName: 'Site A',
      kitId: '',
      trustedKeys: [],
    },
    interruptedJobId,
    holdJob: (jobId) => void held.push(jobId),
    sendInventory: never,
    nextOrders: never,
    report: (reports: readonly Report[]) => {
      for (const report of reports) {
        if (report.kind === 'failed') failures.push([report.jobId, report.failure.code]);
        rigging.onReport?.(report);
      }
      return Promise.resolve(success(null));
    },
    requestRecord: never,
    healSink: never,
    captureSink: rigging.captureSink ?? never,
    fetchLibrary: () => Promise.resolve(failed('library.none', 'There is no library.', '')),
  };
  const environment: AgentEnvironment = {
    words: { station: '', token: '', stationKey: '', stage2: '', mac: '' },
    agentVersion: 'test',
    architecture: 'x64',
    readInventory: never,
    listenToSwitches: never,
    device: (wanted) => {
      looked.push(wanted.path);
      return rigging.device?.(wanted) ?? Promise.resolve(null);
    },
    describe: never,
    localBoot: never,
    tools: noTools(),
    scripts: noScripts(),
    screen: createTerminal({ video: null, serial: () => undefined, now: () => 0 }),
    keyboard: noKeyboard,
    drafts: { load: () => null, save: () => undefined },
    memory: { load: () => null, save: () => undefined },
    startDiskNext: never,
    leave: never,
    setClock: never,
    workers: 0,
  };
  const job = createCurrentJob({ environment, link, trustedKeys: () => new Map(), signal: new AbortController().signal });
  return { job, failures, held, looked };
};

const CAPTURE: CaptureOrder = { kind: 'capture', jobId: 'job-2', disk: ORDER.disk, imageName: 'golden' };

const nameless = (path: string) => ({ ...disk(), serial: null, wwn: null, sizeBytes: 1000, path });

describe('a job', () => {
  test('two disks that the order fits equally well: neither is even looked at', async () => {
    const { job, failures, looked } = createRig();
    job.start(ORDER, { ...inventory(), disks: [nameless('/dev/sda'), nameless('/dev/sdb')] });
    await job.stop();
    expect(failures).toEqual([['job-1', 'disk.indistinct']]);
    expect(looked).toEqual([]);
  });

  test('one such disk is looked up; the job is remembered while it runs', async () => {
    const { job, failures, held, looked } = createRig();
    job.start(ORDER, { ...inventory(), disks: [nameless('/dev/sda')] });
    await job.stop();
    expect(looked).toEqual(['/dev/sda']);
    expect(failures).toEqual([['job-1', 'disk.replaced']]);
    expect(held).toEqual(['job-1', null]);
  });

  test('a capture that is cancelled while its last report is on its way is not published', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rackside-job-'));
    const path = join(folder, 'disk');
    const sector = Buffer.alloc(512);
    // One partition of a megabyte's half.
    sector.set([0, 0, 0, 0, 0x83, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0], 446);
    sector.set([0x55, 0xaa], 510);
    await writeFile(path, sector);
    await truncate(path, 1024 * 1024);
    const identity = { ...ORDER.disk, sizeBytes: 1024 * 1024 };
    let published = 0;
    const cancelled: Promise<void>[] = [];
    const { job, failures } = createRig(null, {
      device: () => Promise.resolve(fileDevice(path, identity, 512, noTools())),
      captureSink: () => ({
        missing: () => Promise.resolve(success([])),
        send: () => expect.fail('nothing was asked for'),
        table: () => Promise.resolve(success(null)),
        publish: () => ((published += 1), Promise.resolve(failed('job.ended', 'It has ended.', ''))),
      }),
      onReport: (report) => {
        if (report.kind === 'step' && report.step === 'publish' && report.state === 'started') cancelled.push(job.cancel('job-2'));
      },
    });
    job.start({ ...CAPTURE, disk: identity }, { ...inventory(), disks: [{ ...nameless('/dev/sda'), sizeBytes: identity.sizeBytes }] });
    await vi.waitFor(() => expect(cancelled).toHaveLength(1));
    await Promise.all(cancelled);
    await rm(folder, { recursive: true });
    expect(failures).toEqual([['job-2', 'capture.cancelled']]);
    expect(published).toBe(0);
  });

  test('cancelling a job that does not run here is answered', async () => {
    const { job, failures } = createRig();
    await job.cancel('job-9');
    expect(failures).toEqual([['job-9', 'deploy.cancelled']]);
  });

  test('a job in which an earlier run of the agent ended is told, once', async () => {
    const { job, failures, held } = createRig('job-7');
    await job.tellOfInterrupted();
    expect(failures).toEqual([['job-7', 'agent.restarted']]);
    expect(held).toEqual([null]);
    const other = createRig();
    await other.job.tellOfInterrupted();
    expect(other.failures).toEqual([]);
  });
});
