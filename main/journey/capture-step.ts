// A capture on its machine: from a person's word to the order, and from its end back to where the machine was. It touches neither
// disk nor decision, so that a question that stood before stands afterwards.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { IdentityKind } from '../../agent/protocol/identity.ts';
import type { CaptureResult } from '../../agent/protocol/capture.ts';
import type { CaptureJob } from '../jobs/job-rows.ts';
import { isActive } from '../jobs/jobs.ts';
import { chooseSource } from './capture-disk.ts';
import { note } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { goBack } from './reading-end.ts';
import { beforeOf, callBack, orderReading, readableInventory } from './reading-job.ts';

/** The manifest's limit for `key=value`. */
const LABEL_MOST = 64;
const LABELS_MOST = 64;

export type CaptureRequest = {
  readonly name: string;
  readonly diskSerial: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly notes: string;
  readonly redactSerials: boolean;
  /** Kinds of identity to take out of the image. */
  readonly neutralise: readonly IdentityKind[];
};

/** Failures: `job.running`, `machine.offline`, `machine.not-ready`, `capture.label-too-long`, and those of the choice of disk. */
export const requestCapture = (parts: Parts, machine: Machine, wish: CaptureRequest): Result<CaptureJob> => {
  const inventory = readableInventory(parts, machine, 'capture');
  if (!inventory.ok) return inventory;
  const labels = Object.entries(wish.labels).map(([key, value]) => `${key}=${value}`);
  const long = labels.find((label) => label.length > LABEL_MOST);
  if (long !== undefined || labels.length > LABELS_MOST) {
    return failed(
      'capture.label-too-long',
      long === undefined
        ? `An image takes ${LABELS_MOST} labels, not ${labels.length}.`
        : `The label ${long.slice(0, 20)}… has more than ${LABEL_MOST} letters.`,
      'Put long texts into the notes.',
    );
  }
  const disk = chooseSource(inventory.value.disks, wish.diskSerial);
  if (!disk.ok) return disk;
  const { serial, wwn, sizeBytes } = disk.value;
  const job = parts.jobs.createCapture({
    kind: 'capture',
    machineId: machine.id,
    imageName: wish.name,
    disk: { serial, wwn, sizeBytes },
    wish: {
      labels: wish.labels,
      notes: wish.notes,
      redactSerials: wish.redactSerials,
      neutralise: wish.neutralise,
      before: beforeOf(machine),
    },
  });
  const { operator } = parts.sites.current();
  note(parts, machine, 'capture.ordered', `${operator} captures disk ${serial ?? wwn ?? `of ${sizeBytes} bytes`} as "${wish.name}".`, {
    jobId: job.id,
  });
  callBack(parts, machine);
  orderReading(parts, machine, job);
  return success(job);
};

export const captureFinished = (parts: Parts, machine: Machine, job: CaptureJob, result: CaptureResult): Machine => {
  const image = `"${result.name}" r${result.revision} (${result.osoid.slice(0, 12)})`;
  if (!isActive(job)) {
    note(parts, machine, 'capture.finished-late', `${image} was complete before its capture was stopped: it is in the library.`, {
      jobId: job.id,
    });
    return machine;
  }
  parts.jobs.captured(job.id, result);
  const says = result.alreadyPresent
    ? `Its disk was captured; the library had this very content already as ${image}.`
    : `Its disk was captured as ${image}.`;
  note(parts, machine, 'job.finished', says, { jobId: job.id });
  return goBack(parts, machine, job, says);
};
