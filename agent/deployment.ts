// At most one deploy at a time, running beside the order loop: an order starts it, reports carry it, a cancel or the end of
// the boot stops it at the next safe point.
import type { AgentEnvironment } from './environment.ts';
import { deploy } from './deploy.ts';
import { indistinct } from './disk/candidates.ts';
import type { TargetDevice } from './disk/target-disk.ts';
import { createReporter } from './link/reporter.ts';
import type { StationLink } from './link/station-link.ts';
import { sameDisk } from './assess.ts';
import type { TrustedKeys } from './image/signature.ts';
import { failed, success } from './protocol/failure.ts';
import type { Failure, Result } from './protocol/failure.ts';
import type { Disk } from './protocol/disk.ts';
import type { Inventory } from './protocol/inventory.ts';
import { BATCH_CHUNKS, WIRE } from './protocol/messages.ts';
import type { JobStepName, Order } from './protocol/messages.ts';

export type DeployOrder = Extract<Order, { kind: 'deploy' }>;

export type Deployment = {
  start(order: DeployOrder, inventory: Inventory): Result<null>;
  isRunning(): boolean;
  /** Ends the job; one that does not run here is answered at once, so that nobody waits for it for ever. */
  cancel(jobId: string): Promise<void>;
  /** Tells of the job in which an earlier run of the agent, on this same boot, ended without a word. */
  tellOfInterrupted(): Promise<void>;
  stop(): Promise<void>;
};

const STEP_WORDS: Readonly<Record<JobStepName, string>> = {
  check: 'Checking the disk and the order',
  'void-record': 'Marking the disk as being written',
  compare: 'Comparing the disk with the image',
  'fetch-write': 'Writing the image',
  wipe: 'Clearing what does not belong to the image',
  'read-back': 'Reading everything back',
  table: 'Fitting the partition table to the disk',
  grow: 'Growing the last partition',
  'boot-entry': 'Setting the boot entry',
  record: 'Recording what was installed',
};

const NOT_RUNNING: Failure = {
  code: 'deploy.cancelled',
  message: 'The job was not running on this machine any more.',
  next: 'Order it again to continue where it stopped, or choose another image; until then the disk may not boot.',
};
const INTERRUPTED: Failure = {
  code: 'agent.restarted',
  message: 'The agent ended in the middle of the job and was started again.',
  next: 'If this repeats, the machine may have too little memory; send its log to the developers.',
};

export const createDeployment = (boot: {
  readonly environment: AgentEnvironment;
  readonly link: StationLink;
  readonly trustedKeys: TrustedKeys;
  readonly signal: AbortSignal;
}): Deployment => {
  const { environment, link } = boot;
  let current: { readonly jobId: string; readonly abort: AbortController; readonly done: Promise<void> } | null = null;

  const reach = async (
    order: DeployOrder,
    inventory: Inventory,
  ): Promise<Result<{ readonly disk: Disk; readonly device: TargetDevice }>> => {
    const disk = inventory.disks.find((candidate) => sameDisk(candidate, order.disk));
    const twin = disk === undefined ? null : indistinct(disk, inventory.disks);
    if (twin !== null) return { ok: false, failure: twin };
    const device = disk === undefined ? null : await environment.device(disk);
    if (disk !== undefined && device !== null) return success({ disk, device });
    return failed(
      'disk.replaced',
      'The disk that the order names is no longer in this machine.',
      'Look at the disks again, then approve again.',
    );
  };

  const run = async (order: DeployOrder, inventory: Inventory, signal: AbortSignal): Promise<void> => {
    const { screen } = environment;
    const reporter = createReporter((reports) => link.report(reports));
    const { jobId } = order;
    let number = 0;
    const reached = await reach(order, inventory);
    const result = !reached.ok
      ? reached
      : await deploy({
          order,
          device: reached.value.device,
          trustedKeys: boot.trustedKeys,
          firmware: inventory.firmware?.kind ?? 'bios',
          readContentHash: async () => (await environment.describe(reached.value.disk, boot.trustedKeys)).content?.hash ?? null,
          source: {
            manifest: () => link.fetchLibrary(WIRE.manifest(order.osoid), null),
            signature: () => link.fetchLibrary(WIRE.signature(order.osoid), null),
            chunkTable: () => link.fetchLibrary(WIRE.chunkTable(order.osoid), null),
            chunks: (hashes, _signal, into) => link.fetchLibrary(WIRE.chunks(order.osoid), { hashes: hashes.slice(0, BATCH_CHUNKS) }, into),
          },
          requestRecord: async (identity) => {
            // The station signs once it has heard of the read-back; after a cut that report may still be on its way.
            await reporter.drain();
            return link.requestRecord({ jobId, osoid: order.osoid, manifestSha256: order.manifestSha256, disk: identity });
          },
          tools: environment.tools,
          workers: environment.workers,
          signal,
          onStep: (step, state, note) => {
            if (state === 'started') screen.show({ phase: STEP_WORDS[step], progress: null, waitingFor: null, failure: null });
            if (note !== '') screen.log(`${STEP_WORDS[step]}: ${note}`);
            reporter.send({ kind: 'step', jobId, step, state, note });
          },
          onProgress: (progress) => {
            number += 1;
            screen.show({ progress: { ...progress, step: STEP_WORDS[progress.step] } });
            reporter.send({ kind: 'progress', jobId, number, ...progress });
          },
        });
    if (result.ok) {
      screen.show({ phase: 'Installed and read back', progress: null });
      reporter.send({ kind: 'finished', jobId, result: result.value });
    } else {
      screen.show({ phase: 'Not installed', progress: null, failure: result.failure });
      reporter.send({ kind: 'failed', jobId, failure: result.failure });
    }
    await reporter.drain();
  };

  const stop = async (): Promise<void> => {
    current?.abort.abort();
    await current?.done;
  };

  return {
    start: (order, inventory) => {
      if (current !== null && current.jobId === order.jobId) return success(null);
      if (current !== null) return failed('job.busy', 'This machine is still at another job.', 'Wait for it or cancel it.');
      const abort = new AbortController();
      const done = run(order, inventory, AbortSignal.any([boot.signal, abort.signal]))
        .catch(async (error: unknown) => {
          const failure = {
            code: 'agent.bug',
            message: `The agent failed: ${String(error)}.`,
            next: 'Send the log to the developers; deploying again is safe.',
          };
          environment.screen.show({ failure });
          await link.report([{ kind: 'failed', jobId: order.jobId, failure }]);
        })
        .finally(() => {
          current = null;
          if (!boot.signal.aborted) link.holdJob(null);
        });
      current = { jobId: order.jobId, abort, done };
      link.holdJob(order.jobId);
      return success(null);
    },
    isRunning: () => current !== null,
    cancel: async (jobId) => {
      if (current?.jobId === jobId) await stop();
      else await link.report([{ kind: 'failed', jobId, failure: NOT_RUNNING }]);
    },
    tellOfInterrupted: async () => {
      const jobId = link.interruptedJobId;
      if (jobId === null) return;
      await link.report([{ kind: 'failed', jobId, failure: INTERRUPTED }]);
      link.holdJob(null);
    },
    stop,
  };
};
