// The decision: policies and a person's word become one order to the agent. A job that has begun goes before both.
import type { Decision } from '../../agent/protocol/decision.ts';
import type { Resolution, Trace } from '../../preload/contract/policy.ts';
import { resolve, resolveBriefly, resolveOnly } from '../matching/resolve.ts';
import type { ResolveInput } from '../matching/resolve.ts';
import type { DeployJob, DeployJobOptions } from '../jobs/job-rows.ts';
import { besideDecided, sameBeside } from './beside.ts';
import { buildCut } from './build-step.ts';
import { goOnReading } from './reading-job.ts';
import { decide, decisionOf } from './decide.ts';
import type { Decided, DecidedBy } from './decided.ts';
import { jobOptionsOf } from './deploy-options.ts';
import { installerReturned } from './install-step.ts';
import { note, send, sendToOwnDisk } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { imageNameOf } from '../recipes/correspond.ts';
import type { EraseQuestion } from './consent.ts';
import { placeWords } from './decide-set.ts';
import { sameSetQuestion } from './set-step.ts';
import { traceLines } from './trace-lines.ts';
import { isUsable } from './usable-image.ts';

/** Policies that a machine's record explains; `rackside policies explain` and the window fetch the others when they are wanted. */
const KEPT_MOST = 100;

const asked = (parts: Parts, machine: Machine): ResolveInput => ({
  policies: parts.policies.entries(),
  fields: parts.fields(),
  facts: parts.machines.facts(machine.id),
  used: (name) => parts.policies.used(name, machine.id),
});

/** What the policies say of a machine now. */
export const resolutionOf = (parts: Parts, machine: Machine): Resolution => resolveOnly(asked(parts, machine));
const traceOf = (parts: Parts, machine: Machine): Trace => resolveBriefly(asked(parts, machine), KEPT_MOST);
/** The same with every policy from the `from`th on, `most` of them. */
export const explain = (parts: Parts, machine: Machine, page: { readonly from: number; readonly most: number }): Trace =>
  resolve(asked(parts, machine), page);

/** Decides for a machine whose inventory is in, and orders what follows. */
export const decideFor = (parts: Parts, machine: Machine): Machine => {
  const job = parts.jobs.active(machine.id);
  if (job?.kind === 'deploy') return goOnWith(parts, machine, job);
  if (job?.kind === 'build') {
    const boot = parts.installers.ofJob(job.id);
    if (boot !== null && boot.phase !== 'preparing') return installerReturned(parts, machine, job, boot);
    return decideFor(parts, buildCut(parts, machine, job));
  }
  const reading = job === null ? null : goOnReading(parts, machine, job);
  if (reading !== null) return reading;
  const trace = traceOf(parts, machine);
  return carryOut(parts, machine, trace, decideNow(parts, machine, trace.resolution));
};

/** Decides again after policies, images or facts changed; machines that are being written or are done are left alone. */
export const reconsider = (parts: Parts, machine: Machine): Machine => {
  const isOpen = ['inventoried', 'matched', 'unmatched', 'ambiguous', 'waiting', 'failed'].includes(machine.state);
  if (!isOpen || machine.inventory === null || !parts.machines.isOnline(machine)) return machine;
  const trace = traceOf(parts, machine);
  const decided = decideNow(parts, machine, trace.resolution);
  // A question that stands is not asked anew: somebody may be about to answer it.
  if (machine.question?.kind === 'erase' && isAsked(machine.question, machine, decided)) {
    const by = 'by' in decided ? decided.by : null;
    takePlace(parts, machine, by);
    return parts.machines.change(machine.id, { trace, policy: by?.name ?? null });
  }
  return carryOut(parts, parts.machines.move(machine.id, 'inventoried'), trace, decided);
};

/** What a machine was put back to may be out of date: policies, images and facts changed while it was at work. */
export const reconsiderIfChanged = (parts: Parts, machine: Machine): Machine =>
  stands(machine, decideNow(parts, machine, resolutionOf(parts, machine))) ? machine : reconsider(parts, machine);

const stands = (machine: Machine, decided: Decided): boolean => {
  const { question, state } = machine;
  if (question?.kind === 'erase') return isAsked(question, machine, decided);
  // It failed with this image, and would only fail again; another one may do.
  if (state === 'failed')
    return decided.kind === 'assess' ? decided.image.osoid === machine.osoid : decided.kind === 'hold' || decided.kind === 'build';
  return decided.kind === 'hold' && decided.state === state && JSON.stringify(decided.question) === JSON.stringify(question);
};

const isAsked = (question: EraseQuestion, machine: Machine, decided: Decided): boolean =>
  sameSetQuestion(question, decided.set) &&
  (decided.kind === 'build'
    ? question.osoid === decided.entry.sha256
    : decided.kind === 'assess' &&
      question.recipe === undefined &&
      decided.image.osoid === machine.osoid &&
      !decided.rewrite &&
      sameBeside(question.beside, besideDecided(decided)));

/** A place under its policy's limit may have been given back, or a build ended: who was held for it is decided again. */
export const admit = (parts: Parts, machine: Machine): Machine =>
  isFullNoMore(parts, machine) || isBuiltNoMore(parts, machine) ? reconsider(parts, machine) : machine;

const isFullNoMore = (parts: Parts, machine: Machine): boolean =>
  machine.state === 'waiting' &&
  machine.trace?.resolution.kind === 'limit-reached' &&
  resolutionOf(parts, machine).kind !== 'limit-reached';

const isBuiltNoMore = (parts: Parts, machine: Machine): boolean =>
  machine.state === 'waiting' &&
  (machine.outcome?.kind === 'build' || machine.outcome?.kind === 'set') &&
  machine.question?.kind === 'choose' &&
  decideNow(parts, machine, resolutionOf(parts, machine)).kind !== 'hold';

/** It asks for nothing, and will go on by itself. */
export const waitsForBuild = (parts: Parts, { id, state, outcome, question }: Machine): boolean => {
  if (state !== 'waiting' || question?.kind !== 'choose') return false;
  const members = outcome?.kind === 'set' ? (parts.sets.current(outcome.set)?.set.members ?? []) : [];
  const recipes = outcome?.kind === 'build' ? [outcome.recipe] : members.flatMap((member) => ('recipe' in member ? member.recipe : []));
  return (
    parts.jobs.builds().some(({ machineId, wish }) => machineId !== id && recipes.includes(wish.key.id)) ||
    parts.constructions.running().some(({ key }) => recipes.includes(key.id))
  );
};

/** What is decided for a machine, carried out by nobody yet. */
export const decideNow = (parts: Parts, machine: Machine, resolution: Resolution): Decided =>
  decide({
    override: parts.overrides.get(machine.id),
    resolution,
    images: parts.images(),
    tie: parts.machines.rivalsOf(machine),
    failedAttempts: machine.failedAttempts,
    lastFailure: parts.jobs.ofMachine(machine.id).at(-1)?.failure?.message ?? null,
    facts: parts.machines.facts(machine.id),
    fields: parts.fields(),
    onDisk: machine.inventory?.disks.flatMap(({ provenance }) => (provenance.verdict === 'trusted' ? (provenance.osoid ?? []) : [])) ?? [],
    built: [...parts.jobs.builtImages(), ...parts.constructions.built()],
    constructing: parts.constructions.of,
    recipe: parts.recipes.current,
    imageSet: parts.sets.current,
    setRun: parts.setRuns.open(machine.id)?.set.name ?? null,
    building: parts.jobs
      .builds()
      .filter(({ machineId }) => machineId !== machine.id)
      .map(({ machineId, wish }) => ({ machineName: parts.machines.nameOf(machineId), key: wish.key })),
  });

/** What a job that begins now carries beside the image; null where something else is decided by now. */
export const optionsOf = (decided: Decided, osoid: string): DeployJobOptions | null =>
  decided.kind === 'assess' && decided.image.osoid === osoid ? jobOptionsOf(decided.wish, decided.settings) : null;

/** Under the limit of the policy that decided; none where a person did. */
const takePlace = (parts: Parts, machine: Machine, by: DecidedBy): void => {
  if (by === null) parts.policies.release(machine.id);
  else parts.policies.reserve(by.name, machine.id);
};

const carryOut = (parts: Parts, machine: Machine, trace: Trace, decided: Decided): Machine => {
  const outcome = trace.resolution.kind === 'matched' ? trace.resolution.outcome : null;
  if (decided.set !== undefined) parts.setRuns.at(machine.id, decided.set);
  // Held, it may go on with its set once what holds it is gone.
  else if (decided.kind !== 'hold') parts.setRuns.close(machine.id);
  const of = decided.set === undefined ? '' : ` (${placeWords(decided.set)})`;
  switch (decided.kind) {
    case 'assess': {
      const { image, by } = decided;
      takePlace(parts, machine, by);
      const why = by === null ? 'chosen by a person' : `policy "${by.name}"`;
      note(parts, machine, 'machine.matched', `Image "${image.name}" (${why})${of}.`);
      const says = `"${image.name}" was decided (${why}); the agent compares it with its disks.`;
      const matched = { trace, outcome, osoid: image.osoid, imageName: image.name, policy: by?.name ?? null, says };
      return send(parts, parts.machines.move(machine.id, 'matched', matched), { kind: 'assess', decision: decisionOf(decided) });
    }
    case 'build': {
      const { entry, key, by } = decided;
      const { id, version } = entry.recipe;
      parts.policies.reserve(by.name, machine.id);
      note(
        parts,
        machine,
        'machine.matched',
        `No image corresponds; recipe "${id}" version ${version} builds one (policy "${by.name}")${of}.`,
      );
      const says = `Recipe "${id}" builds its image (policy "${by.name}")${of}; the agent looks for a disk to build it on.`;
      const matched = { trace, outcome, osoid: null, imageName: imageNameOf(entry.recipe, key), policy: by.name, says };
      return send(parts, parts.machines.move(machine.id, 'matched', matched), { kind: 'assess', decision: decisionOf(decided) });
    }
    case 'construct': {
      const { entry, key, by } = decided;
      const facts = parts.machines.facts(machine.id);
      parts.constructions.ensure({ entry, key, facts, machineId: machine.id });
      note(
        parts,
        machine,
        'machine.matched',
        `No image corresponds; the station makes one by recipe "${entry.recipe.id}" (policy "${by.name}").`,
      );
      return carryOut(parts, machine, trace, decideNow(parts, machine, trace.resolution));
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
      const decision = decisionOf(decided);
      const lines = traceLines(trace);
      return send(parts, held, { kind: 'assess', decision: decision.kind === 'hold' ? { ...decision, trace: lines } : decision });
    }
  }
};

/** A job that was cut short: the agent looks at the very disk that the job was given, and nothing is decided anew. */
const goOnWith = (parts: Parts, machine: Machine, job: DeployJob): Machine => {
  const override = parts.overrides.get(machine.id);
  const image = parts.images().find((candidate) => candidate.osoid === job.osoid && isUsable(candidate, override));
  if (image === undefined) {
    const failure = {
      code: 'image.gone',
      message: `Image "${job.imageName}" of the unfinished job is no longer in the library.`,
      next: 'Plug in the disk that has it and let the machine try again.',
    };
    parts.jobs.fail(job.id, failure);
    parts.consents.end(job.consentId, failure.message);
    parts.policies.release(machine.id);
    return parts.machines.move(machine.id, 'failed', { failure, says: failure.message, jobId: null });
  }
  const { serial, wwn } = job.disk;
  const diskHint = { ...(serial === null ? {} : { serial }), ...(wwn === null ? {} : { wwn }) };
  const rewrite = override?.kind === 'deploy' && override.osoid === job.osoid && override.rewrite;
  const decision: Decision = decisionOf({ kind: 'assess', image, diskHint, rewrite, by: null });
  const says = `Goes on with "${job.imageName}"; the agent looks for the disk it had begun.`;
  const matched = parts.machines.move(machine.id, 'matched', { osoid: job.osoid, imageName: job.imageName, jobId: job.id, says });
  return send(parts, matched, { kind: 'assess', decision });
};
