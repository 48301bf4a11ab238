// What a person says to one machine: yes, this image, your own disk, hold, try again.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { BuildJob, DeployJob, Job } from '../jobs/job-rows.ts';
import { isActive } from '../jobs/jobs.ts';
import { beginBuild } from './build-step.ts';
import { whyBoundElsewhere } from './bound-image.ts';
import { checkApproval, consentHash } from './consent.ts';
import type { Approval } from './consent.ts';
import { decideFor, decideNow, optionsOf, reconsider, resolutionOf } from './decision-step.ts';
import { wishOf } from './deploy-options.ts';
import { hintOf } from './disk-hint.ts';
import { stopJob } from './job-cancel.ts';
import { note, refuseWhileWorking, send, sendToOwnDisk } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { LibraryImage } from './decided.ts';
import type { Machine } from '../machines/machine.ts';
import { besideDecided, sameBeside } from './beside.ts';
import type { AcceptedSignature } from './override-rows.ts';
import { keyOf } from '../recipes/correspond.ts';
import { coverRest, sameSetQuestion } from './set-step.ts';
import { isUsable } from './usable-image.ts';
import { beginWork } from './work-step.ts';

/** Yes to the question on the screen. Failures: `consent.*`, `image.gone`. */
export const approve = (parts: Parts, machine: Machine, approval: Approval): Result<DeployJob | BuildJob> => {
  const checked = checkApproval(machine.question, parts.machines.isOnline(machine), approval);
  if (!checked.ok) return checked;
  const { disk, osoid, recipe } = checked.value;
  const contentHash = disk.content?.hash ?? '';
  const identity = { serial: disk.serial, wwn: disk.wwn, sizeBytes: disk.sizeBytes };
  const subject = { machineId: machine.id, sessionId: machine.sessionId ?? '', disk: identity, contentHash, osoid };
  if (consentHash(subject) !== approval.consentHash) {
    return failed('consent.changed', 'The machine has booted again since it asked.', 'It asks anew in a moment; approve that question.');
  }
  if (recipe === undefined) {
    const image = usableImage(parts, machine, osoid);
    if (!image.ok) return image;
    const decided = decideNow(parts, machine, resolutionOf(parts, machine));
    const options = optionsOf(decided, osoid);
    if (options === null)
      return failed('consent.changed', `It is no longer to be given "${image.value.name}".`, 'Read what the machine asks now.');
    if (!sameBeside(checked.value.beside, besideDecided(decided)))
      return failed(
        'consent.changed',
        'What grows, or its own settings, are no longer those that were shown.',
        'Read what the disk gets now.',
      );
    beginWork(parts, machine, image.value, { consent: parts.consents.give(subject, null), options });
  } else {
    const decided = decideNow(parts, machine, resolutionOf(parts, machine));
    if (decided.kind !== 'build' || decided.entry.sha256 !== osoid || !sameSetQuestion(checked.value, decided.set))
      return failed('consent.changed', `It is no longer to be built by recipe "${recipe.id}".`, 'Read what the machine asks now.');
    beginBuild(parts, machine, decided, parts.consents.give(subject, null));
    if (decided.set !== undefined) coverRest(parts, machine, decided.set, subject);
  }
  const job = parts.jobs.active(machine.id);
  if (job === null || job.kind === 'capture' || job.kind === 'verify') throw new Error(`an approval made no job on ${machine.id}`);
  return success(job);
};

/**
 * This image, whatever the policies say. One whose signature is not trusted only if the person accepts that in so many words, which
 * is kept with the choice; the same for one that is bound to another machine. Failures: `job.running`, `image.gone`, `image.untrusted`,
 * `image.bound-to-machine`, `disk.unknown`, `deploy.grow-*`, `settings.*`.
 */
export const requestDeploy = (
  parts: Parts,
  machine: Machine,
  wish: {
    readonly osoid: string;
    readonly diskSerial: string | null;
    readonly rewrite: boolean;
    readonly acceptUntrusted?: boolean | undefined;
    readonly grow?: string | undefined;
    readonly settings?: unknown;
    readonly acceptBound?: boolean | undefined;
  },
): Result<Machine> => {
  const busy = refuseWhileWorking(parts, machine);
  if (!busy.ok) return busy;
  const image = parts.images().find((candidate) => candidate.osoid === wish.osoid);
  if (image === undefined) return imageGone(wish.osoid);
  const accepted = acceptSignature(image, wish.acceptUntrusted === true);
  if (!accepted.ok) return accepted;
  const bound = whyBoundElsewhere(image, parts.machines.facts(machine.id));
  if (bound !== null && wish.acceptBound !== true)
    return failed('image.bound-to-machine', bound, 'Choose another image. To deploy it all the same, on your word: --accept-bound.');
  const diskHint = hintOf(machine, wish.diskSerial);
  if (!diskHint.ok) return diskHint;
  const options = wishOf(wish, image, machine.inventory === null ? null : parts.machines.facts(machine.id));
  if (!options.ok) return options;
  parts.overrides.put(machine.id, {
    kind: 'deploy',
    osoid: wish.osoid,
    diskHint: diskHint.value,
    rewrite: wish.rewrite,
    accepted: accepted.value,
    options: options.value,
    acceptsBound: bound !== null,
  });
  const { operator } = parts.sites.current();
  note(parts, machine, 'machine.ordered', `${operator} chose "${image.name}".`);
  if (accepted.value !== null) {
    const { verdict, keyId, manifestSha256 } = accepted.value;
    const what = verdict === 'broken' ? 'its signature is wrong' : `this station does not trust its key ${keyId}`;
    const text = `${operator} accepted "${image.name}" (${image.osoid}, manifest ${manifestSha256}) although ${what}.`;
    note(parts, machine, 'signature.overridden', text, { level: 'warn' });
  }
  if (bound !== null) note(parts, machine, 'binding.overridden', `${operator} accepted: ${bound}`, { level: 'warn' });
  return success(decideAnew(parts, machine, `"${image.name}" was chosen for it; it is asked when its agent is back.`));
};

/** Its own disk, now, as it is. Failures: `job.running`, `machine.offline`, `machine.not-ready`. */
export const bootOwnDisk = (parts: Parts, machine: Machine): Result<Machine> => {
  const busy = refuseWhileWorking(parts, machine);
  if (!busy.ok) return busy;
  if (!parts.machines.isOnline(machine))
    return failed('machine.offline', 'The agent on this machine does not answer.', 'Restart the machine; its agent will come up.');
  if (machine.state === 'seen' || machine.state === 'booting') {
    return failed('machine.not-ready', 'The inventory of this machine is not in yet.', 'Wait until the agent has read the hardware.');
  }
  parts.policies.release(machine.id);
  const { operator } = parts.sites.current();
  note(parts, machine, 'machine.sent-to-disk', `${operator} sent it to its own disk.`);
  return success(sendToOwnDisk(parts, machine, { osoid: null, reason: `Boots its own disk, as ${operator} said.`, localBoot: null }, {}));
};

/** Nothing until a person says otherwise. Failures: `job.running`. */
export const hold = (parts: Parts, machine: Machine): Result<Machine> => {
  const busy = refuseWhileWorking(parts, machine);
  if (!busy.ok) return busy;
  parts.overrides.put(machine.id, { kind: 'hold' });
  parts.policies.release(machine.id);
  note(parts, machine, 'machine.ordered', `${parts.sites.current().operator} holds it.`);
  return success(decideAnew(parts, machine, 'It is held when its agent is back.'));
};

/** Ends a hold and forgets failures; the agent looks at its disks again. Failures: `job.running`. */
export const retry = (parts: Parts, machine: Machine): Result<Machine> => {
  const busy = refuseWhileWorking(parts, machine);
  if (!busy.ok) return busy;
  if (parts.overrides.get(machine.id)?.kind === 'hold') parts.overrides.clear(machine.id);
  forgetConstruction(parts, machine);
  note(parts, machine, 'machine.ordered', `${parts.sites.current().operator} lets it try again.`);
  const fresh = parts.machines.change(machine.id, { failedAttempts: 0 });
  if (!parts.machines.isOnline(fresh) || fresh.inventory === null) {
    return success(parts.machines.change(machine.id, { says: 'It is decided anew when its agent is back.' }));
  }
  return success(send(parts, parts.machines.move(machine.id, 'inventoried', { says: 'The agent looks again.' }), { kind: 'rescan' }));
};

/** An image that the station could not make for it may be made again. */
const forgetConstruction = (parts: Parts, machine: Machine): void => {
  const entry = machine.outcome?.kind === 'build' ? parts.recipes.current(machine.outcome.recipe) : null;
  const found = entry === null ? null : keyOf(entry.recipe, parts.machines.facts(machine.id));
  if (found !== null && 'key' in found) parts.constructions.forget(found.key);
};

/** Stops a job at the next safe point; at once where no agent could be asked. Failures: `job.ended`. */
export const cancel = (parts: Parts, machine: Machine, job: Job): Result<null> => {
  if (!isActive(job)) return failed('job.ended', 'This job has ended.', 'Look at its result.');
  note(parts, machine, 'job.cancel-requested', `${parts.sites.current().operator} stops it.`, { jobId: job.id });
  parts.jobs.requestCancel(job.id);
  stopJob(parts, machine, job);
  return success(null);
};

const imageGone = (osoid: string) =>
  failed('image.gone', `The library has no trusted image ${osoid.slice(0, 12)}.`, 'Plug in the disk that has it, or choose another.');

const usableImage = (parts: Parts, machine: Machine, osoid: string): Result<LibraryImage> => {
  const override = parts.overrides.get(machine.id);
  const image = parts.images().find((candidate) => candidate.osoid === osoid && isUsable(candidate, override));
  return image === undefined ? imageGone(osoid) : success(image);
};

/** What is kept of the acceptance; null where the signature is trusted and nothing has to be accepted. */
const acceptSignature = (image: LibraryImage, accepts: boolean): Result<AcceptedSignature | null> => {
  const { name, trust, keyId, manifestSha256 } = image;
  if (trust === 'trusted') return success(null);
  if (accepts) return success({ verdict: trust, keyId, manifestSha256 });
  return failed(
    'image.untrusted',
    trust === 'broken'
      ? `The signature of "${name}" is wrong: the image was altered or damaged.`
      : `"${name}" is signed by key ${keyId}, which this station does not trust.`,
    trust === 'broken'
      ? 'Copy the image again from its source. To deploy it all the same, on your word: --accept-untrusted.'
      : `Compare the key with its owner and trust it: rackside trust add ${keyId}. To deploy this once, on your word: --accept-untrusted.`,
  );
};

const decideAnew = (parts: Parts, machine: Machine, saysMeanwhile: string): Machine => {
  if (!parts.machines.isOnline(machine) || machine.inventory === null) return parts.machines.change(machine.id, { says: saysMeanwhile });
  // A machine that was on its way to its own disk has heard its last order; a new decision calls it back if it still listens.
  if (machine.state !== 'provisioned') return reconsider(parts, parts.machines.change(machine.id, { question: null }));
  if (machine.bootMac !== null) parts.localBoots.drop(machine.bootMac);
  return decideFor(parts, parts.machines.move(machine.id, 'inventoried'));
};
