// The agent has held the decision against its own disks: it is installed already, may be written, or cannot be.
import type { Assessment } from '../../agent/protocol/decision.ts';
import { assertNever } from '../../agent/protocol/failure.ts';
import type { Disk, DiskIdentity } from '../../agent/protocol/disk.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { DeployJob } from '../jobs/job-rows.ts';
import { imageNameOf } from '../recipes/correspond.ts';
import { whyAsk } from './arming-step.ts';
import { besideDecided } from './beside.ts';
import { consentHash, eraseNames, isNamed, sameDisk } from './consent.ts';
import type { ConsentSubject, EraseQuestion } from './consent.ts';
import { decideFor, decideNow, optionsOf, resolutionOf } from './decision-step.ts';
import { note, send, sendToOwnDisk, show } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { isCovered, questionOf } from './set-step.ts';
import { isUsable } from './usable-image.ts';
import { beginBuild } from './build-step.ts';
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
    case 'ready-to-build':
      return readyToBuild(parts, machine, assessment);
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
  const job = parts.jobs.activeDeploy(machine.id);
  if (job !== null) {
    // The job's last report was lost with the station or the cable; the disk itself is the proof.
    parts.jobs.finish(job.id, null);
    parts.consents.end(job.consentId, 'used');
    note(parts, machine, 'job.finished', `"${job.imageName}" is on the disk; its last report had been lost.`, { jobId: job.id });
  }
  if (startsOfOwnDisk(parts, machine) >= OWN_DISK_STARTS_MAX) return refused(parts, machine, [doesNotStay(machine)]);
  note(parts, machine, 'machine.already-installed', `Its disk already has "${machine.imageName ?? found.osoid}"; nothing is downloaded.`);
  tellOfOtherSettings(parts, machine, found.disk);
  const order = {
    osoid: found.osoid,
    reason: `"${machine.imageName ?? 'The image'}" is already on its disk; it boots it.`,
    localBoot: found.localBoot,
  };
  return sendToOwnDisk(parts, machine, order, { failedAttempts: 0, jobId: null });
};

/** The image is what was decided; its settings may not be. It boots all the same: only a fresh write brings others. */
const tellOfOtherSettings = (parts: Parts, machine: Machine, disk: DiskIdentity): void => {
  const decided = decideNow(parts, machine, resolutionOf(parts, machine));
  if (decided.kind !== 'assess' || decided.settings === null) return;
  const record = machine.inventory?.disks.find((candidate) => sameDisk(candidate, disk))?.provenance;
  if (record?.settingsSha256 === decided.settings.sha256) return;
  const was = record?.settingsSha256 === undefined ? 'It was written with no settings, other' : 'It was written with other settings';
  const text = `${was} than it is to have now, and boots as it is. Deploy it with rewrite to give it these.`;
  note(parts, machine, 'machine.settings-differ', text, { level: 'warn' });
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
  if (found.osoid !== machine.osoid || machine.sessionId === null) return machine;
  const override = parts.overrides.get(machine.id);
  const image = parts.images().find((candidate) => candidate.osoid === machine.osoid && isUsable(candidate, override));
  // Gone or trusted no more while the agent was silent: nobody decided anew then.
  if (image === undefined) return decideFor(parts, parts.machines.move(machine.id, 'inventoried'));
  const job = parts.jobs.activeDeploy(machine.id);
  const difference = job === null ? null : whyNotResumed(parts, machine, job, found);
  if (job !== null) {
    if (difference === null) return orderWork(parts, machine, job);
    endUnfinished(parts, machine, job, difference);
  }
  const disk = asInventoried(machine, found);
  if (disk === undefined) return lookAgain(parts, machine);
  const subject = {
    machineId: machine.id,
    sessionId: machine.sessionId,
    disk: found.disk,
    contentHash: found.contentHash,
    osoid: found.osoid,
  };
  const { osoid, name, dataBytes } = image;
  const covered = isCovered(parts, machine, disk, { osoid });
  const why = covered ? null : whyAsk(parts, machine, disk);
  const decided = decideNow(parts, machine, resolutionOf(parts, machine));
  const beside = besideDecided(decided);
  if (why !== null) {
    const voided = difference === null ? null : `The yes that was given no longer holds: ${difference}.`;
    const warning = [voided, writtenUnrecorded(parts, machine, found)].filter((text) => text !== null).join(' ');
    const more = { ...(beside === undefined ? {} : { beside }), ...(warning === '' ? {} : { warning }) };
    return askToErase(parts, machine, { osoid, imageName: name, fetchBytes: dataBytes, ...more, disk, subject, why });
  }
  const options = optionsOf(decided, osoid);
  if (options === null) return decideFor(parts, parts.machines.move(machine.id, 'inventoried'));
  if (covered) return beginWork(parts, machine, image, { consent: parts.consents.give(subject, null), options });
  const working = beginWork(parts, machine, image, { consent: parts.consents.give(subject, parts.arming.current()), options });
  parts.arming.used(machine.id);
  return working;
};

/** The image leaves its disk no room for a record, so that only the station remembers: no proof, and a person should know of it. */
const writtenUnrecorded = (parts: Parts, machine: Machine, found: Ready): string | null => {
  const job = parts.jobs.lastDeployed(machine.id);
  if (job === null || job.result?.recorded !== false || job.osoid !== found.osoid || !sameDisk(job.disk, found.disk)) return null;
  const at = new Date(job.endedAtMs ?? parts.now()).toISOString().slice(0, 16).replace('T', ' ');
  return `This station wrote "${job.imageName}" to this disk on ${at} UTC; the image leaves no room for a record of it there, so the disk cannot say so. To keep what is on it, boot its own disk.`;
};

/** The disk as the inventory shows it, if it still holds the same. */
const asInventoried = (machine: Machine, found: Pick<Ready, 'disk' | 'contentHash'>): Disk | undefined =>
  machine.inventory?.disks.find((candidate) => sameDisk(candidate, found.disk) && candidate.content?.hash === found.contentHash);

/** The agent found a disk to build on: a person is always asked, for what a script makes was never shown to anybody. */
const readyToBuild = (parts: Parts, machine: Machine, found: Extract<Assessment, { kind: 'ready-to-build' }>): Machine => {
  const decided = decideNow(parts, machine, resolutionOf(parts, machine));
  if (machine.sessionId === null) return machine;
  // Another recipe, an image or another machine's build has come in between.
  if (decided.kind !== 'build' || decided.entry.sha256 !== found.recipeSha256)
    return decideFor(parts, parts.machines.move(machine.id, 'inventoried'));
  const disk = asInventoried(machine, found);
  if (disk === undefined) return lookAgain(parts, machine);
  const { recipe, sha256: osoid } = decided.entry;
  const { contentHash } = found;
  const subject = { machineId: machine.id, sessionId: machine.sessionId, disk: found.disk, contentHash, osoid };
  if (isCovered(parts, machine, disk, { recipe: osoid })) return beginBuild(parts, machine, decided, parts.consents.give(subject, null));
  return askToErase(parts, machine, {
    osoid,
    imageName: imageNameOf(recipe, decided.key),
    recipe: { id: recipe.id, version: recipe.version },
    ...questionOf(decided.set),
    fetchBytes: recipe.payloads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    disk,
    subject,
    why: 'what is built is not known before',
    ...(recipe.kind === 'installer' ? { warning: "A vendor's installer does it, to which every disk of the machine is open." } : {}),
  });
};

/**
 * Null when the consent of the job still covers this disk. The agent, before its first write, compares the content once more, or
 * finds its own work marker of this very job on the disk; here we see to machine, disk and boot.
 */
const whyNotResumed = (parts: Parts, machine: Machine, job: DeployJob, found: Ready): string | null => {
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

const endUnfinished = (parts: Parts, machine: Machine, job: DeployJob, difference: string): void => {
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

type Asking = Pick<EraseQuestion, 'osoid' | 'imageName' | 'fetchBytes' | 'disk' | 'recipe' | 'set' | 'beside'> & {
  readonly subject: ConsentSubject;
  readonly why: string;
  readonly warning?: string;
};

const askToErase = (parts: Parts, machine: Machine, { subject, why, warning, ...asked }: Asking): Machine => {
  const { disk, imageName, recipe, set } = asked;
  const does = recipe === undefined ? `write "${imageName}"` : `build "${imageName}" by recipe "${recipe.id}" version ${recipe.version}`;
  const member = set === undefined ? '' : ` (member ${set.number} of ${set.of}, "${set.member}", of set "${set.name}")`;
  const covers = set === undefined || set.covers.length === 0 ? '' : ` The same yes covers, on the same disk: ${set.covers.join(', ')}.`;
  const more = `${warning === undefined ? '' : ` ${warning}`}${covers}`;
  const says = `Waiting for consent to erase disk ${eraseNames(disk)[0] ?? disk.path} and ${does}${member}.${more}`;
  note(parts, machine, 'consent.asked', `${says} Asked because ${why}.`);
  show(parts, machine, says, 'consent');
  const question = {
    kind: 'erase' as const,
    ...asked,
    untouched: machine.inventory?.disks.filter((other) => !sameDisk(other, disk) || other.path !== disk.path) ?? [],
    consentHash: consentHash(subject),
  };
  return parts.machines.move(machine.id, 'waiting', { question, says });
};

/** Disk too small, wrong firmware, no candidate …: nothing was touched, and the reasons go to both screens. */
const refused = (parts: Parts, machine: Machine, failures: readonly Failure[]): Machine => {
  const [failure] = failures;
  const job = parts.jobs.activeDeploy(machine.id);
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
