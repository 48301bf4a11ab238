// The decision: policies and a person's word become one order to the agent. A job that has begun goes before both.
import type { Decision } from '../../agent/protocol/decision.ts';
import type { Trace } from '../../preload/contract/policy.ts';
import { resolve } from '../matching/resolve.ts';
import type { Job } from '../jobs/job-rows.ts';
import { decide, decisionOf } from './decide.ts';
import type { Decided } from './decide.ts';
import { note, send, sendToOwnDisk } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from './machine.ts';

/** What the policies say of a machine now. */
export const traceOf = (parts: Parts, machine: Machine): Trace =>
  resolve({
    policies: parts.policies.list(),
    facts: parts.machines.facts(machine.id),
    used: (name) => parts.policies.used(name, machine.id),
  });

/** Decides for a machine whose inventory is in, and orders what follows. */
export const decideFor = (parts: Parts, machine: Machine): Machine => {
  const job = parts.jobs.active(machine.id);
  if (job !== null) return goOnWith(parts, machine, job);
  const trace = traceOf(parts, machine);
  return carryOut(parts, machine, trace, decideNow(parts, machine, trace));
};

/** Decides again after policies, images or facts changed; machines that are being written or are done are left alone. */
export const reconsider = (parts: Parts, machine: Machine): Machine => {
  const isOpen = ['inventoried', 'matched', 'unmatched', 'ambiguous', 'waiting', 'failed'].includes(machine.state);
  if (!isOpen || machine.inventory === null || !parts.machines.isOnline(machine)) return machine;
  const trace = traceOf(parts, machine);
  const decided = decideNow(parts, machine, trace);
  // A question that stands is not asked anew: somebody may be about to answer it.
  const stands = decided.kind === 'assess' && decided.image.osoid === machine.osoid && machine.question?.kind === 'erase';
  if (stands && !decided.rewrite) return parts.machines.change(machine.id, { trace, policy: decided.by?.name ?? null });
  return carryOut(parts, parts.machines.move(machine.id, 'inventoried'), trace, decided);
};

const decideNow = (parts: Parts, machine: Machine, trace: Trace): Decided =>
  decide({
    override: parts.overrides.get(machine.id),
    resolution: trace.resolution,
    images: parts.images(),
    tie: parts.machines.rivalsOf(machine),
    failedAttempts: machine.failedAttempts,
    lastFailure: parts.jobs.ofMachine(machine.id).at(-1)?.failure?.message ?? null,
  });

const carryOut = (parts: Parts, machine: Machine, trace: Trace, decided: Decided): Machine => {
  const outcome = trace.resolution.kind === 'matched' ? trace.resolution.outcome : null;
  switch (decided.kind) {
    case 'assess': {
      const { image, by } = decided;
      if (by === null) parts.policies.release(machine.id);
      else parts.policies.reserve(by.name, machine.id);
      const why = by === null ? 'chosen by a person' : `policy "${by.name}"`;
      note(parts, machine, 'machine.matched', `Image "${image.name}" (${why}).`);
      const says = `"${image.name}" was decided (${why}); the agent compares it with its disks.`;
      const matched = { trace, outcome, osoid: image.osoid, imageName: image.name, policy: by?.name ?? null, says };
      return send(parts, parts.machines.move(machine.id, 'matched', matched), { kind: 'assess', decision: decisionOf(decided) });
    }
    case 'boot-local': {
      parts.policies.reserve(decided.policy, machine.id);
      note(parts, machine, 'machine.sent-to-disk', `Policy "${decided.policy}" lets it boot its own disk.`);
      const order = { osoid: null, reason: `Boots its own disk, as policy "${decided.policy}" says.`, localBoot: null };
      return sendToOwnDisk(parts, machine, order, { trace, outcome, policy: decided.policy });
    }
    case 'hold': {
      parts.policies.release(machine.id);
      const { state, question } = decided;
      const says = 'reason' in question ? question.reason : 'Held.';
      note(parts, machine, 'machine.held', says, { level: 'warn' });
      const held = parts.machines.move(machine.id, state, { trace, outcome, question, says, osoid: null, imageName: null, policy: null });
      return send(parts, held, { kind: 'assess', decision: decisionOf(decided) });
    }
  }
};

/** A job that was cut short: the agent looks at the very disk that the job was given, and nothing is decided anew. */
const goOnWith = (parts: Parts, machine: Machine, job: Job): Machine => {
  const image = parts.images().find((candidate) => candidate.osoid === job.osoid && candidate.trust === 'trusted');
  if (image === undefined) {
    const failure = {
      code: 'image.gone',
      message: `Image "${job.imageName}" of the unfinished job is no longer in the library.`,
      next: 'Plug in the disk that has it and let the machine try again.',
    };
    parts.jobs.fail(job.id, failure);
    parts.consents.end(job.consentId, failure.message);
    return parts.machines.move(machine.id, 'failed', { failure, says: failure.message, jobId: null });
  }
  const { serial, wwn } = job.disk;
  const diskHint = { ...(serial === null ? {} : { serial }), ...(wwn === null ? {} : { wwn }) };
  const override = parts.overrides.get(machine.id);
  const rewrite = override?.kind === 'deploy' && override.osoid === job.osoid && override.rewrite;
  const decision: Decision = decisionOf({ kind: 'assess', image, diskHint, rewrite, by: null });
  const says = `Goes on with "${job.imageName}"; the agent looks for the disk it had begun.`;
  const matched = parts.machines.move(machine.id, 'matched', { osoid: job.osoid, imageName: job.imageName, jobId: job.id, says });
  return send(parts, matched, { kind: 'assess', decision });
};
