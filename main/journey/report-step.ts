// What an agent reports of itself: its assessment, the steps and the end of its job, what it would not do, and that it leaves.
import { assertNever, failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Report } from '../../agent/protocol/messages.ts';
import { isActive } from '../jobs/jobs.ts';
import { answerAtMachine } from './answer-step.ts';
import { assessed } from './assessment-step.ts';
import { buildFailed, buildFinished } from './build-step.ts';
import { diskPrepared } from './install-step.ts';
import { firmwareDefault, note } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { readingFailed, readingLeft } from './reading-end.ts';
import { diskVerified } from './verify-step.ts';
import { workFailed, workFinished } from './work-step.ts';

/** One report of an agent. What belongs to an ended job or an older order is dropped: reports repeat when a cable was out. */
export const hear = (parts: Parts, endSession: (sessionId: string) => void, machine: Machine, report: Report): Result<null> => {
  switch (report.kind) {
    case 'assessment':
      if (report.sequence === machine.orderSequence && machine.state === 'matched') assessed(parts, machine, report.assessment);
      return success(null);
    case 'step':
    case 'progress':
    case 'finished':
    case 'built':
    case 'prepared':
    case 'verified':
    case 'failed':
      return hearOfWork(parts, machine, report);
    case 'refused':
      if (report.sequence === machine.orderSequence) orderRefused(parts, machine, report);
      return success(null);
    case 'answers':
      answerAtMachine(parts, machine, report.answers);
      return success(null);
    case 'log':
      note(parts, machine, 'agent.logged', report.text, { level: report.level });
      return success(null);
    case 'leaving':
      leaving(parts, readingLeft(parts, machine), report);
      if (machine.sessionId !== null) {
        parts.machines.left(machine.sessionId);
        endSession(machine.sessionId);
      }
      return success(null);
    default:
      return assertNever(report);
  }
};

type WorkReport = Extract<Report, { kind: 'step' | 'progress' | 'finished' | 'built' | 'prepared' | 'verified' | 'failed' }>;

const hearOfWork = (parts: Parts, machine: Machine, report: WorkReport): Result<null> => {
  const job = parts.jobs.get(report.jobId);
  if (!job.ok) return job;
  if (job.value.machineId !== machine.id) return failed('job.not-yours', 'This job is not on this machine.', 'The report was dropped.');
  if (!isActive(job.value) || machine.state !== 'working') return success(null);
  if (report.kind === 'step') parts.jobs.step(report);
  else if (report.kind === 'progress') parts.jobs.progressed(report);
  else if (job.value.kind === 'capture') {
    // It ends well by its image, never by an agent's word.
    if (report.kind === 'failed') readingFailed(parts, machine, job.value, report.failure);
  } else if (job.value.kind === 'verify') {
    if (report.kind === 'verified') diskVerified(parts, machine, job.value, report.result);
    else if (report.kind === 'failed') readingFailed(parts, machine, job.value, report.failure);
  } else if (job.value.kind === 'build') {
    if (report.kind === 'prepared') diskPrepared(parts, machine, job.value);
    else if (report.kind === 'built') buildFinished(parts, machine, job.value, report);
    else if (report.kind === 'failed') buildFailed(parts, machine, job.value, report.failure);
  } else if (report.kind === 'finished') workFinished(parts, machine, job.value, report.result);
  else if (report.kind === 'failed') workFailed(parts, machine, job.value, report.failure);
  return success(null);
};

/** The agent would not carry out an order: it could not check it, or its own look at the disk said otherwise. */
const orderRefused = (parts: Parts, machine: Machine, { failure }: Extract<Report, { kind: 'refused' }>): void => {
  const job = parts.jobs.active(machine.id);
  if (job !== null && machine.state === 'working') {
    if (job.kind === 'capture' || job.kind === 'verify') readingFailed(parts, machine, job, failure);
    else if (job.kind === 'build') buildFailed(parts, machine, job, failure);
    else workFailed(parts, machine, job, failure);
    return;
  }
  if (machine.bootMac !== null) parts.localBoots.drop(machine.bootMac);
  parts.policies.release(machine.id);
  note(parts, machine, 'agent.refused', `${failure.message} (${failure.code})`, { level: 'error' });
  if (!['matched', 'waiting', 'provisioned', 'inventoried'].includes(machine.state)) return;
  const question = { kind: 'refused' as const, failures: [failure] };
  parts.machines.move(machine.id, 'failed', { failure, question, says: failure.message });
};

const leaving = (parts: Parts, machine: Machine, { how, localBoot, byFirmware }: Extract<Report, { kind: 'leaving' }>): void => {
  const { localBoots } = parts;
  const { bootMac } = machine;
  // Only what the station ordered may skip the agent at the next boot. Where the firmware starts the disk itself nobody asks for our
  // answer: left over, it would start whatever disk is there at a later network boot.
  if (how === 'boot-local' && machine.state === 'provisioned' && bootMac !== null)
    if (byFirmware !== true || !localBoots.leaveToFirmware(bootMac))
      localBoots.put(bootMac, localBoot ?? localBoots.peek(bootMac) ?? firmwareDefault(machine));
  note(parts, machine, 'agent.left', how === 'reboot' ? 'The agent reboots the machine.' : 'The agent boots the own disk.');
};
