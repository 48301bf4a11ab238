// A vendor's installer on its machine: the agent makes the disk ready and restarts the machine, the installer works on its own, and when the
// machine comes back to the network its disk is captured as what was built. The station hears of it only at its beginning and end.
import type { Failure } from '../../agent/protocol/failure.ts';
import type { BuildJob } from '../jobs/job-rows.ts';
import { isActive } from '../jobs/jobs.ts';
import type { InstallerBoot } from '../recipes/installer-boots.ts';
import { saysWhenFinished } from '../recipes/installer-files.ts';
import { buildFailed, orderBuild } from './build-step.ts';
import { sameDisk } from './consent.ts';
import { holdAfterFailures } from './ended-work.ts';
import { note, send } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';

/** From the restart to the first file that the installer's loader asks for; the slowest servers take over ten minutes. */
const START_MOST_MS = 30 * 60_000;
/** Its result may be captured so often: nothing is erased by that. */
const COLLECT_MOST = 3;

/** The disk has neither table nor record any more: the machine may restart. */
export const diskPrepared = (parts: Parts, machine: Machine, job: BuildJob): Machine => {
  const boot = parts.installers.ofJob(job.id);
  if (boot === null || boot.phase !== 'preparing') return machine;
  parts.installers.enter(job.id, 'ready');
  return restartIntoInstaller(parts, machine, job);
};

/** The first time, or again where the order may have been lost with the station. */
export const restartIntoInstaller = (parts: Parts, machine: Machine, job: BuildJob): Machine => {
  const says = `Restarts into the installer that builds "${job.imageName}".`;
  return send(parts, parts.machines.change(machine.id, { says }), { kind: 'reboot', reason: 'the installer starts from the network' });
};

/** The machine was handed the installer. */
export const installerStarted = (parts: Parts, boot: InstallerBoot): void => {
  const job = activeBuild(parts, boot);
  if (job === null || boot.phase !== 'ready') return;
  parts.installers.enter(job.id, 'installing');
  parts.jobs.step({ kind: 'step', jobId: job.id, step: 'install', state: 'started', note: '' });
  const machine = parts.machines.change(job.machineId, {
    says: `The installer of recipe "${job.wish.key.id}" is at work; ${comesBack(parts, boot)}`,
  });
  note(parts, machine, 'installer.started', `The installer of recipe "${job.wish.key.id}" was handed out.`, { jobId: job.id });
};

/** It runs and reaches the station: from here on a machine that stays away is busy, or stands at a question on its own screen. */
export const installerRead = (parts: Parts, boot: InstallerBoot, name: string): void => {
  const job = activeBuild(parts, boot);
  if (job === null || boot.phase !== 'installing' || boot.finishedAtMs !== null) return;
  const machine = parts.machines.change(job.machineId, {
    says: `The installer of recipe "${job.wish.key.id}" has read its answers and is at work; ${comesBack(parts, boot)}`,
  });
  note(parts, machine, 'installer.read-answers', `The installer has read ${name}.`, { jobId: job.id });
};

export const installerFinished = (parts: Parts, boot: InstallerBoot): void => {
  const job = activeBuild(parts, boot);
  if (job === null || boot.phase !== 'installing' || boot.finishedAtMs !== null) return;
  parts.installers.finished(job.id);
  const machine = parts.machines.change(job.machineId, { says: 'The installer says that it is done; the machine restarts.' });
  note(parts, machine, 'installer.finished', 'The installer says that it is done.', { jobId: job.id });
};

/** The agent runs on it again. */
export const installerReturned = (parts: Parts, machine: Machine, job: BuildJob, boot: InstallerBoot): Machine => {
  const fail = (code: string, message: string, next: string): Machine => buildFailed(parts, machine, job, { code, message, next });
  const again = 'Look at what its own screen says while the installer runs; then approve again.';
  const recipe = parts.recipes.bySha256(boot.recipeSha256)?.recipe;
  if (boot.phase === 'ready')
    return fail(
      'installer.not-started',
      'The machine came back without having started the installer.',
      'It must boot from its network card, by BIOS or UEFI PXE: not from a stick, and not by UEFI HTTP boot. Then approve again.',
    );
  if (boot.phase === 'installing' && boot.finishedAtMs === null && recipe?.kind === 'installer' && saysWhenFinished(recipe))
    return fail('installer.not-finished', 'The machine came back before the installer said that it was done.', again);
  const disk = machine.inventory?.disks.find((one) => sameDisk(one, job.disk));
  if (disk === undefined)
    return fail('disk.replaced', 'The disk that was installed is no longer in this machine.', 'Look at its disks, then approve again.');
  if (disk.content?.table === 'none' || (disk.content?.partitions.length ?? 0) === 0)
    return fail('installer.nothing-installed', 'The machine came back from the installer, and its disk has no partitions.', again);
  if (boot.phase === 'collecting' && job.attempt >= COLLECT_MOST)
    return fail('build.interrupted', `Capturing what was installed was cut short ${COLLECT_MOST} times.`, again);
  if (boot.phase === 'collecting') parts.jobs.retry(job.id, CUT_SHORT);
  parts.installers.enter(job.id, 'collecting');
  note(parts, machine, 'installer.returned', 'The machine came back from the installer; its disk is captured.', { jobId: job.id });
  return orderBuild(parts, machine, job);
};

const CUT_SHORT: Failure = {
  code: 'build.interrupted',
  message: 'The machine was restarted while its disk was read.',
  next: 'It is read again.',
};

/** Those that have not come back in time: held, by name. Call it every few seconds. */
export const endOverdueInstallers = (parts: Parts): void => {
  for (const boot of parts.installers.all()) {
    const job = activeBuild(parts, boot);
    if (job === null) {
      parts.installers.drop(boot.jobId);
      continue;
    }
    const minutes = timeLimitMinutes(parts, boot);
    const sinceMs = parts.now() - boot.phaseAtMs;
    const isOverdue = boot.phase === 'ready' ? sinceMs > START_MOST_MS : boot.phase === 'installing' && sinceMs > minutes * 60_000;
    if (!isOverdue) continue;
    const failure: Failure =
      boot.phase === 'ready'
        ? {
            code: 'installer.not-started',
            message: 'The machine did not come back to start the installer.',
            next: 'Look at its own screen; let it boot from the network, then let it try again.',
          }
        : {
            code: 'installer.timed-out',
            message: `The machine did not come back from the installer within ${minutes} minutes.`,
            next: 'Look at its own screen. If its new system runs, capture it once it boots from the network; else let it try again.',
          };
    const machine = parts.machines.get(job.machineId);
    if (!machine.ok) continue;
    note(parts, machine.value, 'job.failed', `${failure.message} ${failure.next} (${failure.code})`, { level: 'error', jobId: job.id });
    parts.jobs.fail(job.id, failure);
    parts.consents.end(job.consentId, failure.message);
    parts.installers.drop(job.id);
    if (machine.value.state === 'working') holdAfterFailures(parts, machine.value, machine.value.failedAttempts + 1, failure);
    else parts.machines.change(job.machineId, { jobId: null, failedAttempts: machine.value.failedAttempts + 1, says: failure.message });
  }
};

const timeLimitMinutes = (parts: Parts, boot: InstallerBoot): number =>
  parts.recipes.bySha256(boot.recipeSha256)?.recipe.timeLimitMinutes ?? 30;

const comesBack = (parts: Parts, boot: InstallerBoot): string =>
  `it comes back by itself, within ${timeLimitMinutes(parts, boot)} minutes of its start.`;

const activeBuild = (parts: Parts, boot: InstallerBoot): BuildJob | null => {
  const job = parts.jobs.get(boot.jobId);
  return job.ok && job.value.kind === 'build' && isActive(job.value) ? job.value : null;
};
