// Carries out one order on the disk that it names: a deploy, a capture, a build or a deep check, from the look at that disk to the last
// report. What each of them does is in the file of its name.
import type { AgentEnvironment } from './environment.ts';
import { sameDisk } from './assess.ts';
import { build } from './build.ts';
import type { Built } from './build.ts';
import type { BuildOrder } from './build/types.ts';
import { capture } from './capture.ts';
import { readFirmwareBoot } from './capture/firmware-boot.ts';
import type { CaptureOrder } from './capture/types.ts';
import { deploy } from './deploy.ts';
import type { DeployOptions, ImageSource } from './deploy.ts';
import { indistinct } from './disk/candidates.ts';
import type { TargetDevice } from './disk/target-disk.ts';
import { createJobVoice } from './job-voice.ts';
import type { JobVoice } from './job-voice.ts';
import type { StationLink } from './link/station-link.ts';
import { bootModeOf } from './local-boot.ts';
import { BATCH_CHUNKS } from './image/chunk.ts';
import type { TrustedKeys } from './image/signature.ts';
import { failed, success } from './protocol/failure.ts';
import type { Result } from './protocol/failure.ts';
import type { Disk, TableMark } from './protocol/disk.ts';
import type { Inventory } from './protocol/inventory.ts';
import { WIRE } from './protocol/messages.ts';
import type { Order, Report } from './protocol/messages.ts';
import { hasDrifted } from './protocol/verify.ts';
import { verify } from './verify.ts';
import type { VerifyOrder } from './verify/types.ts';

export type DeployOrder = Extract<Order, { kind: 'deploy' }>;
export type JobOrder = DeployOrder | CaptureOrder | BuildOrder | VerifyOrder;

export type RunJob = {
  readonly environment: AgentEnvironment;
  readonly link: StationLink;
  /** As they are when a job begins. */
  readonly trustedKeys: () => TrustedKeys;
};

/** The disk of the order, and how the work on it is told. */
type OnDisk = Pick<JobVoice, 'reporter'> & {
  readonly disk: Disk;
  readonly device: TargetDevice;
  readonly voice: Pick<DeployOptions, 'onStep' | 'onProgress'>;
};
type Ending = { readonly phase: string; readonly report: Report | null };

/**
 * Ends with the last report heard; a failure is one of them, a bug is thrown. `over` is called where the station may hold the job for
 * ended before it has.
 */
export const runJob = async (
  { environment, link, trustedKeys }: RunJob,
  order: JobOrder,
  inventory: Inventory,
  signal: AbortSignal,
  over: () => void,
): Promise<void> => {
  const { screen, tools, workers } = environment;
  const { jobId } = order;
  const { firmware, secureBoot } = bootModeOf(inventory);

  const reach = async (): Promise<Result<{ readonly disk: Disk; readonly device: TargetDevice }>> => {
    const disk = inventory.disks.find((candidate) => sameDisk(candidate, order.disk));
    const twin = disk === undefined ? null : indistinct(disk, inventory.disks);
    if (twin !== null) return { ok: false, failure: twin };
    const device = disk === undefined ? null : await environment.device(disk);
    if (disk !== undefined && device !== null) return success({ disk, device });
    return failed(
      'disk.replaced',
      'The disk that the order names is no longer in this machine.',
      'Look at the disks again, then order again for the disk that is there.',
    );
  };
  const readContentHash = async (disk: Disk): Promise<string | null> =>
    (await environment.describe(disk, trustedKeys())).content?.hash ?? null;
  const imageSource = (osoid: string): ImageSource => ({
    manifest: () => link.fetchLibrary(WIRE.manifest(osoid), null),
    signature: () => link.fetchLibrary(WIRE.signature(osoid), null),
    chunkTable: () => link.fetchLibrary(WIRE.chunkTable(osoid), null),
    chunks: (hashes, laneSignal, into) =>
      link.fetchLibrary(WIRE.chunks(osoid), { hashes: hashes.slice(0, BATCH_CHUNKS) }, { into, signal: laneSignal }),
  });

  const onDisk = async <T>(work: (on: OnDisk) => Promise<Result<T>>, done: (value: T) => Ending, notDone: string): Promise<void> => {
    const { reporter, ...voice } = createJobVoice(jobId, screen, (reports) => link.report(reports));
    const reached = await reach();
    const result = reached.ok ? await work({ ...reached.value, reporter, voice }) : reached;
    if (result.ok) {
      const { phase, report } = done(result.value);
      screen.show({ phase, progress: null });
      if (report !== null) reporter.send(report);
    } else {
      screen.show({ phase: notDone, progress: null, failure: result.failure });
      reporter.send({ kind: 'failed', jobId, failure: result.failure });
    }
    await reporter.drain();
  };

  switch (order.kind) {
    case 'deploy':
      return onDisk(
        ({ disk, device, reporter, voice }) =>
          deploy({
            order,
            device,
            trustedKeys: trustedKeys(),
            firmware,
            secureBoot,
            readContentHash: () => readContentHash(disk),
            source: imageSource(order.osoid),
            requestRecord: async (identity, table) => {
              // The station signs once it has heard of the read-back; after a cut that report may still be on its way.
              await reporter.drain();
              return link.requestRecord({
                jobId,
                osoid: order.osoid,
                manifestSha256: order.manifestSha256,
                disk: identity,
                ...tableWords(table),
              });
            },
            tools,
            workers,
            signal,
            ...voice,
          }),
        (result) => ({ phase: 'Installed and read back', report: { kind: 'finished', jobId, result } }),
        'Not installed',
      );

    case 'capture': {
      const sink = link.captureSink(jobId);
      return onDisk(
        ({ disk, device, reporter, voice }) =>
          capture({
            order,
            logicalSectorBytes: disk.logicalSectorBytes,
            open: () => device.openSource(),
            openOverlay: device.openOverlay,
            boot: () => readFirmwareBoot(tools, firmware),
            sink: {
              ...sink,
              publish: async (image) => {
                // The job ends with the answer: what was reported before it must have been heard.
                await reporter.drain();
                // That took its time, and nobody waits here any more once the job was cancelled.
                if (signal.aborted) return failed('link.cancelled', 'The request was cancelled.', 'Nothing to do.');
                over();
                return sink.publish(image);
              },
            },
            workers,
            signal,
            ...voice,
          }),
        // It ends well at the station, by the image: there is nothing to report then.
        ({ name, revision }) => ({ phase: `Captured as ${name} r${revision}`, report: null }),
        'Not captured',
      );
    }

    case 'verify':
      return onDisk(
        ({ disk, device, voice }) =>
          verify({
            order,
            device,
            logicalSectorBytes: disk.logicalSectorBytes,
            trustedKeys: trustedKeys(),
            source: imageSource(order.osoid),
            healSink: link.healSink(jobId),
            workers,
            signal,
            ...voice,
          }),
        (result) => ({
          phase: hasDrifted(result) ? 'Checked: it differs from its image' : 'Checked: as its image has it',
          report: { kind: 'verified', jobId, result },
        }),
        'Not checked',
      );

    // What it built is published long before it ends; the record and the boot follow.
    case 'build':
      return onDisk(
        ({ disk, device, reporter, voice }) =>
          build({
            order,
            device,
            logicalSectorBytes: disk.logicalSectorBytes,
            trustedKeys: trustedKeys(),
            firmware,
            secureBoot,
            readContentHash: () => readContentHash(disk),
            scripts: environment.scripts,
            fetchPayload: (sha256, from) => link.fetchLibrary(`${WIRE.payload(jobId, sha256)}?at=${from}`, null),
            fetchManifest: (osoid) => link.fetchLibrary(WIRE.manifest(osoid), null),
            sink: link.captureSink(jobId),
            requestRecord: async (image, identity, table) => {
              await reporter.drain();
              return link.requestRecord({ jobId, ...image, disk: identity, ...tableWords(table) });
            },
            onLog: (text) => {
              for (const line of text.split('\n')) screen.log(line);
              reporter.send({ kind: 'log', level: 'info', text });
            },
            tools,
            workers,
            signal,
            ...voice,
          }),
        (result) =>
          'prepared' in result
            ? { phase: 'Ready for the installer', report: { kind: 'prepared', jobId } }
            : { phase: 'Built, captured and recorded', report: { kind: 'built', jobId, ...(result as Built) } },
        'Not built',
      );
  }
};

const tableWords = (table: TableMark | null): { readonly table?: TableMark } => (table === null ? {} : { table });
