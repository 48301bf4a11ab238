// One machine's journey, from the agent's hello to the reboot into its own disk, in the order in which it happens. Every
// report of an agent and every word of a person enters here; every order leaves through `sendOrder`.
import { assertNever, failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { InventoryAnswer, Report } from '../../agent/protocol/messages.ts';
import type { Trace } from '../../preload/contract/policy.ts';
import type { JobView, MachineDetail, MachineView } from '../../preload/contract/views.ts';
import { durably } from '../database/open.ts';
import type { Database } from '../database/open.ts';
import { mayHaveRecord } from '../jobs/provenance-right.ts';
import type { ProvenanceRequest } from '../jobs/provenance-right.ts';
import type { Job } from '../jobs/job-rows.ts';
import { isActive } from '../jobs/jobs.ts';
import { assessed } from './assessment-step.ts';
import type { Approval } from './consent.ts';
import { createConsents } from './consent-rows.ts';
import { decideFor, reconsider, traceOf } from './decision-step.ts';
import { firmwareDefault, note, send, sendToOwnDisk } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from './machine.ts';
import { createOverrides } from './override-rows.ts';
import { approve, bootOwnDisk, cancel, hold, requestDeploy, retry } from './person-step.ts';
import { orderWork, workFailed, workFinished } from './work-step.ts';

export type JourneyOptions = Omit<Parts, 'consents' | 'overrides' | 'rescans'> & {
  readonly database: Database;
  /** Takes an order back that was sent in the same breath. */
  readonly withdrawOrder: (sessionId: string, sequence: number) => void;
  /** Called when an agent says that it leaves; its session is over. */
  readonly endSession: (sessionId: string) => void;
  /** Beside someone else's server: an agent that nobody answers goes back to its own disk after this time; null: it waits. */
  readonly ownDiskAfterMs: number | null;
};

export type Journey = {
  onHello(session: { readonly sessionId: string; readonly bootMac: string }): void;
  onInventory(session: { readonly sessionId: string; readonly bootMac: string }, inventory: Inventory): Result<InventoryAnswer>;
  onReport(sessionId: string, report: Report): Result<null>;
  /** Any request of an agent, long polls too. */
  onContact(sessionId: string): void;
  /** Whether the station may sign the provenance record that this session asks for. */
  onProvenanceAsked(sessionId: string, request: ProvenanceRequest): Result<Job>;

  onApprove(machineId: string, approval: Approval): Result<JobView>;
  onDeployRequest(machineId: string, wish: Parameters<typeof requestDeploy>[2]): Result<MachineView>;
  onBootLocal(machineId: string): Result<MachineView>;
  onHold(machineId: string): Result<MachineView>;
  onRetry(machineId: string): Result<MachineView>;
  onFact(machineId: string, fact: string, value: string): Result<MachineDetail>;
  onCancel(jobId: string): Result<JobView>;

  detail(machineId: string): Result<MachineDetail>;
  explain(machineId: string): Result<Trace>;
  /** Policies or images changed: machines that wait are decided again. */
  onRulesChanged(): void;
  /** Call every few seconds. */
  tick(): void;
};

export const createJourney = (options: JourneyOptions): Journey => {
  let sent: { readonly sessionId: string; readonly sequence: number }[] = [];
  const sendOrder: Parts['sendOrder'] = (sessionId, order) => {
    const sequence = options.sendOrder(sessionId, order);
    if (sequence !== null) sent.push({ sessionId, sequence });
    return sequence;
  };
  const parts: Parts = {
    ...options,
    sendOrder,
    consents: createConsents(options),
    overrides: createOverrides(options),
    rescans: new Map(),
  };
  const { machines, jobs } = parts;
  const sessionsHeard = new Set<string>();
  /**
   * One report or one word of a person changes everything that it changes, or nothing: where it cannot be saved (a full disk), its
   * orders are taken back before they leave, and what is in memory is read again.
   */
  const atomically = <T>(work: () => T): T => {
    sent = [];
    try {
      return options.database.transaction(work)();
    } catch (error) {
      for (const { sessionId, sequence } of sent) options.withdrawOrder(sessionId, sequence);
      jobs.reload();
      machines.reload();
      throw error;
    }
  };

  const withMachine = <T>(machineId: string, work: (machine: Machine) => Result<T>): Result<T> => {
    const machine = machines.get(machineId);
    return machine.ok ? work(machine.value) : machine;
  };
  const viewAfter = (machineId: string, work: (machine: Machine) => Result<unknown>): Result<MachineView> =>
    withMachine(machineId, (machine) => {
      const done = atomically(() => work(machine));
      return done.ok ? machines.view(machineId) : done;
    });
  const contact = (sessionId: string): void => {
    machines.contact(sessionId);
    if (sessionsHeard.has(sessionId)) return;
    sessionsHeard.add(sessionId);
    const machine = machines.ofSession(sessionId);
    if (machine !== null) atomically(() => orderAgain(parts, machine));
  };
  const detail = (machineId: string): Result<MachineDetail> => machines.detail(machineId, jobs.ofMachine(machineId));

  return {
    onHello: ({ sessionId, bootMac }) => {
      sessionsHeard.add(sessionId);
      atomically(() => machines.hello(sessionId, bootMac));
    },

    onInventory: ({ sessionId, bootMac }, inventory) => {
      sessionsHeard.add(sessionId);
      const before = machines.ofSession(sessionId);
      // A repeated inventory must not call an agent away from the disk it is writing.
      if (before?.state === 'working') return success({ machineId: before.id, machineName: machines.nameOf(before.id) });
      const machine = atomically(() => {
        const found = machines.inventory(sessionId, inventory, bootMac);
        if (found.machine.id !== before?.id) jobs.reload();
        return decideFor(parts, found.machine);
      });
      return success({ machineId: machine.id, machineName: machines.nameOf(machine.id) });
    },

    onReport: (sessionId, report) => {
      contact(sessionId);
      const machine = machines.ofSession(sessionId);
      if (machine === null) return failed('agent.machine-unknown', 'No machine is known by this session.', 'Send the inventory first.');
      const heard = (): Result<null> => atomically(() => hear(parts, options, machine, report));
      // An assessment may end in a consent, by the arming of the site.
      return report.kind === 'assessment' ? durably(options.database, heard) : heard();
    },

    onContact: contact,

    onProvenanceAsked: (sessionId, request) => {
      const machine = machines.ofSession(sessionId);
      const job = jobs.get(request.jobId);
      const view = jobs.view(request.jobId);
      if (!job.ok) return job;
      const allowed = mayHaveRecord(machine?.id ?? '', request, job.value, view.ok ? view.value.steps : []);
      return allowed.ok ? job : allowed;
    },

    onApprove: (machineId, approval) =>
      withMachine(machineId, (machine) => {
        const job = durably(options.database, () => atomically(() => approve(parts, machine, approval)));
        return job.ok ? jobs.view(job.value.id) : job;
      }),
    onDeployRequest: (machineId, wish) => viewAfter(machineId, (machine) => requestDeploy(parts, machine, wish)),
    onBootLocal: (machineId) => viewAfter(machineId, (machine) => bootOwnDisk(parts, machine)),
    onHold: (machineId) => viewAfter(machineId, (machine) => hold(parts, machine)),
    onRetry: (machineId) => viewAfter(machineId, (machine) => retry(parts, machine)),
    onFact: (machineId, fact, value) => {
      const machine = machines.setFact(machineId, fact, value);
      if (!machine.ok) return machine;
      atomically(() => reconsider(parts, machine.value));
      return detail(machineId);
    },
    onCancel: (jobId) => {
      const job = jobs.get(jobId);
      if (!job.ok) return job;
      const done = withMachine(job.value.machineId, (machine) => atomically(() => cancel(parts, machine, job.value)));
      return done.ok ? jobs.view(jobId) : done;
    },

    detail,
    explain: (machineId) => withMachine(machineId, (machine) => success(traceOf(parts, machine))),
    onRulesChanged: () => {
      for (const machine of machines.online()) atomically(() => reconsider(parts, machine));
    },
    tick: () => {
      machines.sweep();
      for (const machine of machines.online()) letGo(parts, options.ownDiskAfterMs, machine);
    },
  };
};

/** The station was restarted while this agent ran: what was ordered and not yet begun may have been lost, so it is ordered again. */
const orderAgain = (parts: Parts, machine: Machine): void => {
  const job = parts.jobs.active(machine.id);
  if (machine.state === 'working' && job?.state === 'queued') orderWork(parts, machine, job);
  else if (machine.state === 'inventoried' || machine.state === 'matched') decideFor(parts, parts.machines.move(machine.id, 'inventoried'));
  else if (machine.state === 'provisioned') send(parts, machine, { kind: 'boot-local', osoid: machine.osoid, reason: machine.says });
};

/** One report of an agent. What belongs to an ended job or an older order is dropped: reports repeat when a cable was out. */
const hear = (parts: Parts, options: JourneyOptions, machine: Machine, report: Report): Result<null> => {
  switch (report.kind) {
    case 'assessment':
      if (report.sequence === machine.orderSequence && machine.state === 'matched') assessed(parts, machine, report.assessment);
      return success(null);
    case 'step':
    case 'progress':
    case 'finished':
    case 'failed':
      return hearOfWork(parts, machine, report);
    case 'refused':
      if (report.sequence === machine.orderSequence) orderRefused(parts, machine, report);
      return success(null);
    case 'log':
      note(parts, machine, 'agent.logged', report.text, { level: report.level });
      return success(null);
    case 'leaving':
      leaving(parts, machine, report);
      if (machine.sessionId !== null) {
        parts.machines.left(machine.sessionId);
        options.endSession(machine.sessionId);
      }
      return success(null);
    default:
      return assertNever(report);
  }
};

type WorkReport = Extract<Report, { kind: 'step' | 'progress' | 'finished' | 'failed' }>;

const hearOfWork = (parts: Parts, machine: Machine, report: WorkReport): Result<null> => {
  const job = parts.jobs.get(report.jobId);
  if (!job.ok) return job;
  if (job.value.machineId !== machine.id) return failed('job.not-yours', 'This job is not on this machine.', 'The report was dropped.');
  if (!isActive(job.value) || machine.state !== 'working') return success(null);
  if (report.kind === 'step') parts.jobs.step(report);
  else if (report.kind === 'progress') parts.jobs.progressed(report);
  else if (report.kind === 'finished') workFinished(parts, machine, job.value, report.result);
  else workFailed(parts, machine, job.value, report.failure);
  return success(null);
};

/** The agent would not carry out an order: it could not check it, or its own look at the disk said otherwise. */
const orderRefused = (parts: Parts, machine: Machine, { failure }: Extract<Report, { kind: 'refused' }>): void => {
  const job = parts.jobs.active(machine.id);
  if (job !== null && machine.state === 'working') return void workFailed(parts, machine, job, failure);
  if (machine.bootMac !== null) parts.localBoots.drop(machine.bootMac);
  parts.policies.release(machine.id);
  note(parts, machine, 'agent.refused', `${failure.message} (${failure.code})`, { level: 'error' });
  if (!['matched', 'waiting', 'provisioned', 'inventoried'].includes(machine.state)) return;
  const question = { kind: 'refused' as const, failures: [failure] };
  parts.machines.move(machine.id, 'failed', { failure, question, says: failure.message });
};

const leaving = (parts: Parts, machine: Machine, { how, localBoot }: Extract<Report, { kind: 'leaving' }>): void => {
  // Only what the station ordered may skip the agent at the next boot.
  if (how === 'boot-local' && machine.state === 'provisioned' && machine.bootMac !== null) {
    parts.localBoots.put(machine.bootMac, localBoot ?? parts.localBoots.peek(machine.bootMac) ?? firmwareDefault(machine));
  }
  note(parts, machine, 'agent.left', how === 'reboot' ? 'The agent reboots the machine.' : 'The agent boots the own disk.');
};

const letGo = (parts: Parts, ownDiskAfterMs: number | null, machine: Machine): void => {
  if (ownDiskAfterMs === null || !['unmatched', 'ambiguous', 'waiting'].includes(machine.state)) return;
  if (parts.now() - machine.stateAtMs < ownDiskAfterMs) return;
  note(parts, machine, 'machine.sent-to-disk', 'Nobody answered its question in time; it goes back to its own disk.', { level: 'warn' });
  sendToOwnDisk(parts, machine, { osoid: null, reason: 'Nobody answered in time; it boots its own disk.', localBoot: null }, {});
};
