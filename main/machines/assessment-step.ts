// The agent has held the decision against its own disks: it is installed already, may be written, or cannot be.
import type { Assessment } from '../../agent/protocol/decision.ts';
import { assertNever } from '../../agent/protocol/failure.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { Job } from '../jobs/job-rows.ts';
import { whyNotAuto } from './arming.ts';
import { consentHash, eraseNames, isNamed, sameDisk } from './consent.ts';
import type { ConsentSubject } from './consent.ts';
import type { LibraryImage } from './decide.ts';
import { note, send, sendToOwnDisk, show } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from './machine.ts';
import { beginWork, orderWork } from './work-step.ts';

const RESCANS_MAX = 3;
/** A disk that lay about for longer may have been used for something else meanwhile, with the job's marker still on it. */
const RESUME_MOST_MS = 24 * 60 * 60_000;

/** A system that does not start comes back over the network; a person who restarts machines does it less often than this. */
const OWN_DISK_STARTS_MAX = 4;
const OWN_DISK_WINDOW_MS = 15 * 60_000;

type Ready = Extract<Assessment, { kind: 'ready' }>;

export const assessed = (parts: Parts, machine: Machine, assessment: Assessment): Machine => {
  switch (assessment.kind) {
    case 'already-installed':
      return alreadyInstalled(parts, machine, assessment);
    case 'ready':
      return ready(parts, machine, assessment);
    case 'refused':
      return refused(parts, machine, assessment.failures);
    case 'holding':
      return machine;
    default:
      return assertNever(assessment);
  }
};

/** The disk's own record names the image: boot it, download nothing. */
const alreadyInstalled = (parts: Parts, machine: Machine, found: Extract<Assessment, { kind: 'already-installed' }>): Machine => {
  if (found.osoid !== machine.osoid) return machine;
  const job = parts.jobs.active(machine.id);
  if (job !== null) {
    // The job's last report was lost with the station or the cable; the disk itself is the proof.
    parts.jobs.finish(job.id, null);
    parts.consents.end(job.consentId, 'used');
    note(parts, machine, 'job.finished', `"${job.imageName}" is on the disk; its last report had been lost.`, { jobId: job.id });
  }
  if (startsOfOwnDisk(parts, machine) >= OWN_DISK_STARTS_MAX) return refused(parts, machine, [doesNotStay(machine)]);
  note(parts, machine, 'machine.already-installed', `Its disk already has "${machine.imageName ?? found.osoid}"; nothing is downloaded.`);
  const order = {
    osoid: found.osoid,
    reason: `"${machine.imageName ?? 'The image'}" is already on its disk; it boots it.`,
    localBoot: found.localBoot,
  };
  return sendToOwnDisk(parts, machine, order, { failedAttempts: 0, jobId: null });
};

/** How often its own disk was started lately because of what is on it. */
const startsOfOwnDisk = (parts: Parts, machine: Machine): number =>
  parts.events
    .lastOf(machine.id, 200)
    .filter(({ kind, atMs }) => kind === 'machine.already-installed' && parts.now() - atMs < OWN_DISK_WINDOW_MS).length;

const doesNotStay = (machine: Machine): Failure => ({
  code: 'machine.does-not-start',
  message: `"${machine.imageName ?? 'The image'}" is on its disk, and the machine came back from it ${OWN_DISK_STARTS_MAX} times within a quarter of an hour.`,
  next: 'Look at its own screen while it starts from its disk; then boot its own disk again, or deploy again with rewrite.',
});

const ready = (parts: Parts, machine: Machine, found: Ready): Machine => {
  const image = parts.images().find((candidate) => candidate.osoid === machine.osoid);
  if (found.osoid !== machine.osoid || image === undefined || machine.sessionId === null) return machine;
  const job = parts.jobs.active(machine.id);
  if (job !== null) {
    const difference = whyNotResumed(parts, machine, job, found);
    if (difference === null) return orderWork(parts, machine, job);
    endUnfinished(parts, machine, job, difference);
  }
  const disk = machine.inventory?.disks.find(
    (candidate) => sameDisk(candidate, found.disk) && candidate.content?.hash === found.contentHash,
  );
  if (disk === undefined) return lookAgain(parts, machine);
  const subject = {
    machineId: machine.id,
    sessionId: machine.sessionId,
    disk: found.disk,
    contentHash: found.contentHash,
    osoid: found.osoid,
  };
  const why = whyAsk(parts, machine, disk);
  if (why === null) {
    parts.arming.used();
    return beginWork(parts, machine, image, parts.consents.give(subject, 'armed'));
  }
  return askToErase(parts, machine, { image, disk, subject, why });
};

/**
 * Null when the consent of the job still covers this disk. The agent, before its first write, compares the content once more, or
 * finds its own work marker of this very job on the disk; here we see to machine, disk and boot.
 */
const whyNotResumed = (parts: Parts, machine: Machine, job: Job, found: Ready): string | null => {
  if (job.osoid !== found.osoid) return 'another image was decided';
  if (!sameDisk(job.disk, found.disk)) return 'another disk was found';
  if (parts.consents.get(job.consentId)?.sessionId === machine.sessionId) return null;
  const steps = parts.jobs.view(job.id);
  const times = steps.ok ? steps.value.steps : [];
  const hasWritten = times.some(({ step }) => step !== 'check');
  if (!hasWritten) return 'the machine has booted again before anything was written';
  const heardAtMs = Math.max(...times.map(({ startedAtMs, endedAtMs }) => endedAtMs ?? startedAtMs));
  if (parts.now() - heardAtMs > RESUME_MOST_MS) return 'the job was cut short more than a day ago';
  return isNamed(found.disk) ? null : 'the disk has neither serial nor WWN, so that it may be another one';
};

const endUnfinished = (parts: Parts, machine: Machine, job: Job, difference: string): void => {
  const failure = {
    code: 'consent.voided',
    message: `The consent no longer holds: ${difference}.`,
    next: 'Read what would be erased now and approve again.',
  };
  parts.consents.end(job.consentId, difference);
  parts.jobs.fail(job.id, failure);
  parts.machines.change(machine.id, { jobId: null });
  note(parts, machine, 'consent.voided', failure.message, { level: 'warn', jobId: job.id });
};

/** The inventory is older than the assessment: a fresh one ends in a fresh decision. */
const lookAgain = (parts: Parts, machine: Machine): Machine => {
  const times = (parts.rescans.get(machine.id) ?? 0) + 1;
  parts.rescans.set(machine.id, times % RESCANS_MAX);
  if (times === RESCANS_MAX) {
    const next = 'Look for a program or a controller that writes to it, then let the machine try again.';
    return refused(parts, machine, [{ code: 'disk.unstable', message: 'What its disk holds is different every time it is read.', next }]);
  }
  const waiting = parts.machines.move(machine.id, 'inventoried', { says: 'Its disks changed; the agent looks again.' });
  return send(parts, waiting, { kind: 'rescan' });
};

const whyAsk = (parts: Parts, machine: Machine, disk: Disk): string | null => {
  const resolution = machine.trace?.resolution;
  if (resolution?.kind !== 'matched' || resolution.policy !== machine.policy || machine.osoid === null) return 'a person chose the image';
  const { policy: name, consent, replaceExisting, outcome } = resolution;
  const policy = { name, consent, replaceExisting, isNewest: outcome.kind === 'deploy-newest' };
  return whyNotAuto(parts.arming.current(), parts.sites.current().siteId, parts.now(), {
    machineId: machine.id,
    policy,
    osoid: machine.osoid,
    disk,
  });
};

type Asking = { readonly image: LibraryImage; readonly disk: Disk; readonly subject: ConsentSubject; readonly why: string };

const askToErase = (parts: Parts, machine: Machine, { image, disk, subject, why }: Asking): Machine => {
  const says = `Waiting for consent to erase disk ${eraseNames(disk)[0] ?? disk.path} and write "${image.name}".`;
  note(parts, machine, 'consent.asked', `${says} Asked because ${why}.`);
  show(parts, machine, says, 'consent');
  const question = {
    kind: 'erase' as const,
    osoid: image.osoid,
    imageName: image.name,
    disk,
    untouched: machine.inventory?.disks.filter((other) => !sameDisk(other, disk) || other.path !== disk.path) ?? [],
    fetchBytes: image.dataBytes,
    consentHash: consentHash(subject),
  };
  return parts.machines.move(machine.id, 'waiting', { question, says });
};

/** Disk too small, wrong firmware, no candidate …: nothing was touched, and the reasons go to both screens. */
const refused = (parts: Parts, machine: Machine, failures: readonly Failure[]): Machine => {
  const [failure] = failures;
  const job = parts.jobs.active(machine.id);
  if (job !== null && failure !== undefined) {
    parts.jobs.fail(job.id, failure);
    parts.consents.end(job.consentId, failure.message);
  }
  parts.policies.release(machine.id);
  const says = failures.map(({ message }) => message).join(' ');
  note(parts, machine, 'machine.refused', says, { level: 'error' });
  return parts.machines.move(machine.id, 'failed', {
    question: { kind: 'refused', failures: [...failures] },
    failure: failure ?? null,
    says,
    jobId: null,
  });
};
