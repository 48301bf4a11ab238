// At most one job beside the order loop: what the station hears of a job that does not run, was cut off, or names no one disk.
import { describe, expect, test } from 'vitest';
import { createDeployment } from '../../agent/deployment.ts';
import type { DeployOrder } from '../../agent/deployment.ts';
import { createTerminal } from '../../agent/console/terminal.ts';
import { noTools } from '../../agent/disk/tools.ts';
import type { AgentEnvironment } from '../../agent/environment.ts';
import type { StationLink } from '../../agent/link/station-link.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Report } from '../../agent/protocol/messages.ts';
import { disk, inventory } from '../machines/fixtures.ts';

const ORDER: DeployOrder = {
  kind: 'deploy',
  jobId: 'job-1',
  osoid: 'a'.repeat(64),
  manifestSha256: 'b'.repeat(64),
  disk: { serial: null, wwn: null, sizeBytes: 1000 },
  contentHash: 'c'.repeat(64),
  eraseCeilingBytes: 1000,
  consentId: 'consent-1',
  growLastPartition: false,
  operator: 'Ada',
  siteName: 'Site A',
};

const createRig = (interruptedJobId: string | null = null) => {
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
      for (const report of reports) if (report.kind === 'failed') failures.push([report.jobId, report.failure.code]);
      return Promise.resolve(success(null));
    },
    requestRecord: never,
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
      return Promise.resolve(null);
    },
    describe: never,
    localBoot: never,
    tools: noTools(),
    screen: createTerminal({ video: null, serial: () => undefined, now: () => 0 }),
    memory: { load: () => null, save: () => undefined },
    leave: never,
    setClock: never,
    workers: 0,
  };
  const deployment = createDeployment({ environment, link, trustedKeys: new Map(), signal: new AbortController().signal });
  return { deployment, failures, held, looked };
};

const nameless = (path: string) => ({ ...disk(), serial: null, wwn: null, sizeBytes: 1000, path });

describe('a deployment', () => {
  test('two disks that the order fits equally well: neither is even looked at', async () => {
    const { deployment, failures, looked } = createRig();
    deployment.start(ORDER, { ...inventory(), disks: [nameless('/dev/sda'), nameless('/dev/sdb')] });
    await deployment.stop();
    expect(failures).toEqual([['job-1', 'disk.indistinct']]);
    expect(looked).toEqual([]);
  });

  test('one such disk is looked up; the job is remembered while it runs', async () => {
    const { deployment, failures, held, looked } = createRig();
    deployment.start(ORDER, { ...inventory(), disks: [nameless('/dev/sda')] });
    await deployment.stop();
    expect(looked).toEqual(['/dev/sda']);
    expect(failures).toEqual([['job-1', 'disk.replaced']]);
    expect(held).toEqual(['job-1', null]);
  });

  test('cancelling a job that does not run here is answered', async () => {
    const { deployment, failures } = createRig();
    await deployment.cancel('job-9');
    expect(failures).toEqual([['job-9', 'deploy.cancelled']]);
  });

  test('a job in which an earlier run of the agent ended is told, once', async () => {
    const { deployment, failures, held } = createRig('job-7');
    await deployment.tellOfInterrupted();
    expect(failures).toEqual([['job-7', 'agent.restarted']]);
    expect(held).toEqual([null]);
    const other = createRig();
    await other.deployment.tellOfInterrupted();
    expect(other.failures).toEqual([]);
  });
});
