// A build on its machine: from a consent to the order, to its image, and from its end to the reboot into what was built, or to a failure.
// Each run of a script is one consent: whatever cuts it short, the machine asks again before anything is run once more.
import type { LocalBoot } from '../../agent/protocol/decision.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { CaptureResult } from '../../agent/protocol/capture.ts';
import type { RecipePayload } from '../../agent/protocol/recipe.ts';
import type { BuildJob, Job } from '../jobs/job-rows.ts';
import { isActive } from '../jobs/jobs.ts';
import { imageNameOf } from '../recipes/correspond.ts';
import { enterStage } from '../machines/boot-timeline.ts';
import { sameDisk } from './consent.ts';
import type { Consent } from './consent-rows.ts';
import type { Decided } from './decided.ts';
import { ATTEMPTS_MAX, VOIDING, holdAfterFailures, writingCancelled } from './ended-work.ts';
import { note, send, sendToOwnDisk } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { goOnWithSet } from './set-step.ts';

export type DecidedBuild = Extract<Decided, { kind: 'build' }>;

/** A consent becomes a job and its order. */
export const beginBuild = (parts: Parts, machine: Machine, { entry, key }: DecidedBuild, consent: Consent): Machine => {
  const { recipe, sha256 } = entry;
  const job = parts.jobs.createBuild(
    {
      kind: 'build',
      machineId: machine.id,
      consentId: consent.id,
      policy: machine.policy,
      imageName: imageNameOf(recipe, key),
      disk: consent.disk,
      contentHash: consent.contentHash,
      wish: { labels: recipe.image.labels, notes: recipe.note, sha256, key },
    },
    consent,
  );
  const disk = consent.disk.serial ?? consent.disk.wwn ?? `of ${consent.disk.sizeBytes} bytes`;
  const text = `${consent.operator} agreed to erase disk ${disk} and build "${job.imageName}" on it by recipe "${recipe.id}" version ${recipe.version}.`;
  note(parts, machine, 'consent.given', text, { jobId: job.id });
  return orderBuild(parts, machine, job);
};

/** Sends the job's order, the first time or again: always with what the consent was given for. */
export const orderBuild = (parts: Parts, machine: Machine, job: BuildJob): Machine => {
  const entry = parts.recipes.bySha256(job.wish.sha256);
  if (entry === null) return buildFailed(parts, machine, job, RECIPE_GONE);
  parts.jobs.started(job.id);
  const { recipe, sha256 } = entry;
  if (recipe.kind !== 'script' && recipe.kind !== 'installer') throw new Error(`recipe ${recipe.id} is not for a machine`);
  const { id, version, name, timeLimitMinutes } = recipe;
  const work = recipe.kind === 'script' ? { script: recipe.script, payloads: recipe.payloads } : installerPart(parts, machine, job);
  const says = `Building "${job.imageName}" by recipe "${id}" version ${version}.`;
  const boot = enterStage(machine.boot, 'build', parts.now());
  const working = parts.machines.move(machine.id, 'working', { jobId: job.id, says, boot });
  return send(parts, working, {
    kind: 'build',
    jobId: job.id,
    recipe: { id, version, name, sha256 },
    ...work,
    timeLimitMinutes,
    facts: [...parts.machines.facts(machine.id)],
    imageName: job.imageName,
    disk: job.disk,
    contentHash: job.contentHash,
    eraseCeilingBytes: job.disk.sizeBytes,
    consentId: job.consentId,
  });
};

/** What the agent does around a vendor's installer: first it makes the disk ready, later it captures it. */
const installerPart = (parts: Parts, machine: Machine, job: BuildJob) => {
  const disk = machine.inventory?.disks.find((one) => sameDisk(one, job.disk));
  const { phase } =
    parts.installers.ofJob(job.id) ??
    parts.installers.begin({ jobId: job.id, mac: machine.bootMac ?? '', recipeSha256: job.wish.sha256, diskPath: disk?.path ?? '' });
  return { part: phase === 'collecting' ? ('collect' as const) : ('prepare' as const), script: '', payloads: [] };
};

/** The image is in the library, with the facts and the key; record and boot follow. */
export const imageBuilt = (parts: Parts, machine: Machine, job: BuildJob, result: CaptureResult): void => {
  const image = `"${result.name}" r${result.revision} (${result.osoid.slice(0, 12)})`;
  if (!isActive(job)) {
    const text = `${image} was complete before its build was stopped: it is in the library.`;
    note(parts, machine, 'capture.finished-late', text, { jobId: job.id });
    return;
  }
  parts.jobs.built(job.id, result);
  const text = result.alreadyPresent ? `Built; the library had this very content already as ${image}.` : `Built and stored as ${image}.`;
  note(parts, machine, 'build.stored', text, { jobId: job.id });
};

export const buildFinished = (
  parts: Parts,
  machine: Machine,
  job: BuildJob,
  { localBoot, recorded }: { readonly localBoot: LocalBoot; readonly recorded: boolean },
): Machine => {
  const { result } = job;
  // It ends well by its image, never by an agent's word alone.
  if (result === null) return buildFailed(parts, machine, job, NO_IMAGE);
  parts.jobs.finishBuild(job.id);
  parts.installers.drop(job.id);
  parts.consents.end(job.consentId, 'used');
  note(parts, machine, 'job.finished', `"${result.name}" was built on it and stored.`, { jobId: job.id });
  const next = goOnWithSet(parts, machine, { osoid: result.osoid, name: result.name, recorded });
  if (next !== null) return next;
  const order = { osoid: recorded ? result.osoid : null, reason: `"${result.name}" was built on its disk; it boots it.`, localBoot };
  return sendToOwnDisk(parts, machine, order, { failedAttempts: 0, jobId: null, osoid: result.osoid, imageName: result.name });
};

export const buildFailed = (parts: Parts, machine: Machine, job: BuildJob, failure: Failure): Machine => {
  note(parts, machine, 'job.failed', `${failure.message} ${failure.next} (${failure.code})`, { level: 'error', jobId: job.id });
  parts.setRuns.failed(machine.id, failure);
  if (job.cancelRequested) return buildCancelled(parts, machine, job);
  parts.jobs.fail(job.id, failure);
  parts.installers.drop(job.id);
  parts.consents.end(job.consentId, failure.message);
  const isNoAttempt = VOIDING.has(failure.code) || failure === RECIPE_GONE;
  const failedAttempts = machine.failedAttempts + (isNoAttempt ? 0 : 1);
  if (failedAttempts < ATTEMPTS_MAX) {
    const says = `${failure.message} The agent looks again.`;
    const again = parts.machines.move(machine.id, 'inventoried', { failedAttempts, jobId: null, says });
    return send(parts, again, { kind: 'rescan' });
  }
  return holdAfterFailures(parts, machine, failedAttempts, failure);
};

export const buildCancelled = (parts: Parts, machine: Machine, job: BuildJob): Machine => {
  const isInstalling = parts.installers.ofJob(job.id)?.phase === 'installing';
  parts.installers.drop(job.id);
  const more = isInstalling ? ' The installer itself goes on until the machine is switched off.' : '';
  return writingCancelled(parts, machine, job, `Building "${job.imageName}" was stopped half way.${more}`);
};

/** The machine has booted again in the middle: what is on its disk now nobody agreed to lose, and half a script is not gone on with. */
export const buildCut = (parts: Parts, machine: Machine, job: BuildJob): Machine => {
  const failure = {
    code: 'build.interrupted',
    message:
      job.result === null
        ? `The machine was restarted while "${job.imageName}" was being built on it.`
        : `The machine was restarted after "${job.result.name}" was built on it and stored, before its record was written.`,
    next: 'Read what would be erased now and approve again.',
  };
  parts.setRuns.failed(machine.id, failure);
  parts.jobs.fail(job.id, failure);
  parts.installers.drop(job.id);
  parts.consents.end(job.consentId, failure.message);
  note(parts, machine, 'job.failed', `${failure.message} ${failure.next} (${failure.code})`, { level: 'warn', jobId: job.id });
  return parts.machines.change(machine.id, { jobId: null });
};

/** Failures: `build.not-yours`, `recipe.payload-missing`. */
export const payloadOf = (parts: Pick<Parts, 'recipes'>, machine: Machine | null, job: Job, sha256: string): Result<RecipePayload> => {
  if (job.kind !== 'build' || machine === null || job.machineId !== machine.id || machine.state !== 'working' || !isActive(job))
    return failed('build.not-yours', 'This is no build of this machine.', 'Look at the jobs of this machine.');
  const payload = parts.recipes.bySha256(job.wish.sha256)?.recipe.payloads.find((one) => one.sha256 === sha256);
  return payload === undefined
    ? failed('recipe.payload-missing', 'The recipe has no such payload.', 'Boot the machine again into the current kit.')
    : success(payload);
};

const RECIPE_GONE: Failure = {
  code: 'recipe.gone',
  message: 'The recipe of the build was removed before its order was sent.',
  next: 'Add the recipe again, or choose another image or policy for the machine.',
};

const NO_IMAGE: Failure = {
  code: 'build.no-image',
  message: 'The agent says that it has built an image, and the library has none of it.',
  next: 'Let the machine try again; the boot kit and the station may differ in version.',
};
