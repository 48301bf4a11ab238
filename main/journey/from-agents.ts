// What enters a machine's journey from its side of the wire, in the order in which it happens: the agent's hello, its inventory, its
// reports, what it asks for while it works, and what an installer says in its place.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { CaptureResult } from '../../agent/protocol/capture.ts';
import type { InventoryAnswer, Report } from '../../agent/protocol/messages.ts';
import type { RecipePayload } from '../../agent/protocol/recipe.ts';
import { mayCapture, mayHeal } from '../jobs/sending-right.ts';
import type { ImagingJob, VerifyJob } from '../jobs/job-rows.ts';
import { mayHaveBuiltRecord, mayHaveRecord } from '../jobs/provenance-right.ts';
import type { ProvenanceRequest, RecordRight } from '../jobs/provenance-right.ts';
import type { InstallerBoot } from '../recipes/installer-boots.ts';
import { imageBuilt, orderBuild, payloadOf } from './build-step.ts';
import { captureFinished } from './capture-step.ts';
import { decideFor, reconsider } from './decision-step.ts';
import { endIfStopped, stopJob } from './job-cancel.ts';
import { installerFinished, installerRead, installerStarted, restartIntoInstaller } from './install-step.ts';
import { send } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { orderReading } from './reading-job.ts';
import { hear } from './report-step.ts';
import type { Saving } from './saving.ts';
import { libraryHeard, orderWork } from './work-step.ts';

type Session = { readonly sessionId: string; readonly bootMac: string };

export type FromAgents = {
  onHello(session: Session): void;
  onInventory(session: Session, inventory: Inventory): Result<InventoryAnswer>;
  onReport(sessionId: string, report: Report): Result<null>;
  /** Any request of an agent, long polls too. */
  onContact(sessionId: string): void;
  /** These sessions will never be heard again. */
  forgetSessions(ids: readonly string[]): void;

  /** Whether a person accepted this image for the machine of this session, although its signature is not trusted. */
  acceptsSignature(sessionId: string, osoid: string): boolean;
  /** Its job waits for a library whose disk is away, or (null) goes on. */
  onLibrary(sessionId: string, failure: Failure | null): void;
  /** Whether the station may sign the provenance record that this session asks for. */
  onProvenanceAsked(sessionId: string, request: ProvenanceRequest): Result<RecordRight>;
  /** The capture or build for which this session may ask, send and publish. Codes: `job.unknown`, `job.ended`, `capture.not-yours`. */
  onCaptureAsked(sessionId: string, jobId: string): Result<ImagingJob>;
  /** The deep check of the machine of this session that is to heal the library. Codes: `job.unknown`, `job.ended`, `heal.not-yours`. */
  onHealAsked(sessionId: string, jobId: string): Result<VerifyJob>;
  /** Codes: `job.unknown`, `build.not-yours`, `recipe.payload-missing`. */
  onPayloadAsked(sessionId: string, jobId: string, sha256: string): Result<RecipePayload>;
  /** The image of a capture or a build is in the library. */
  onCaptured(jobId: string, result: CaptureResult): void;

  /** A machine was handed its vendor's installer. */
  onInstallerStarted(boot: InstallerBoot): void;
  /** The installer was given one of its answer files. */
  onInstallerRead(boot: InstallerBoot, name: string): void;
  /** The installer says that it is done. */
  onInstallerFinished(boot: InstallerBoot): void;
};

export const fromAgents = (
  parts: Parts,
  { atomically, durably }: Saving,
  /** The agent leaves; its session is over. */
  endSession: (sessionId: string) => void,
): FromAgents => {
  const { machines, jobs } = parts;
  const sessionsHeard = new Set<string>();
  const contact = (sessionId: string): void => {
    machines.contact(sessionId);
    if (sessionsHeard.has(sessionId)) return;
    sessionsHeard.add(sessionId);
    const machine = machines.ofSession(sessionId);
    if (machine !== null) atomically(() => orderAgain(parts, machine));
  };
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
        for (const id of found.replanned) {
          const other = machines.get(id);
          if (other.ok) reconsider(parts, other.value);
        }
        return decideFor(parts, endIfStopped(parts, found.machine));
      });
      return success({ machineId: machine.id, machineName: machines.nameOf(machine.id) });
    },
    onReport: (sessionId, report) => {
      contact(sessionId);
      const machine = machines.ofSession(sessionId);
      if (machine === null) return failed('agent.machine-unknown', 'No machine is known by this session.', 'Send the inventory first.');
      const heard = (): Result<null> => atomically(() => hear(parts, endSession, machine, report));
      // An assessment may end in a consent, by the arming of the site; what a person has answered must not be asked again.
      return report.kind === 'assessment' || report.kind === 'answers' ? durably(heard) : heard();
    },
    onContact: contact,
    forgetSessions: (ids) => {
      for (const id of ids) sessionsHeard.delete(id);
    },

    acceptsSignature: (sessionId, osoid) => {
      const machine = machines.ofSession(sessionId);
      const override = machine === null ? null : parts.overrides.get(machine.id);
      return override?.kind === 'deploy' && override.osoid === osoid && override.accepted !== null;
    },
    onLibrary: (sessionId, failure) => {
      const machine = machines.ofSession(sessionId);
      if (machine?.state === 'working') libraryHeard(parts, machine, failure);
    },
    onProvenanceAsked: (sessionId, request) => {
      const machine = machines.ofSession(sessionId);
      const job = jobs.get(request.jobId);
      const view = jobs.view(request.jobId);
      if (!job.ok) return job;
      if (job.value.kind === 'build') {
        const published = parts.images().find(({ osoid }) => osoid === request.osoid) ?? null;
        return mayHaveBuiltRecord(machine?.id ?? '', request, job.value, published);
      }
      return mayHaveRecord(machine?.id ?? '', request, job.value, view.ok ? view.value.steps : []);
    },
    onCaptureAsked: (sessionId, jobId) => {
      const job = jobs.get(jobId);
      return job.ok ? mayCapture(machines.ofSession(sessionId), job.value) : job;
    },
    onHealAsked: (sessionId, jobId) => {
      const job = jobs.get(jobId);
      return job.ok ? mayHeal(machines.ofSession(sessionId), job.value) : job;
    },
    onPayloadAsked: (sessionId, jobId, sha256) => {
      const job = jobs.get(jobId);
      return job.ok ? payloadOf(parts, machines.ofSession(sessionId), job.value, sha256) : job;
    },
    onCaptured: (jobId, result) => {
      const job = jobs.get(jobId);
      if (!job.ok || (job.value.kind !== 'capture' && job.value.kind !== 'build')) return;
      const { value } = job;
      const machine = machines.get(value.machineId);
      if (!machine.ok) return;
      if (value.kind === 'build') atomically(() => imageBuilt(parts, machine.value, value, result));
      else atomically(() => captureFinished(parts, machine.value, value, result));
    },

    onInstallerStarted: (boot) => atomically(() => installerStarted(parts, boot)),
    onInstallerRead: (boot, name) => atomically(() => installerRead(parts, boot, name)),
    onInstallerFinished: (boot) => atomically(() => installerFinished(parts, boot)),
  };
};

/** The station was restarted while this agent ran: what was ordered and not yet begun may have been lost, so it is ordered again. */
const orderAgain = (parts: Parts, machine: Machine): void => {
  const job = parts.jobs.active(machine.id);
  if (machine.state === 'working' && job?.cancelRequested === true) {
    stopJob(parts, machine, job);
    // It may never have heard of a job that had not begun, and would say nothing of its end.
    if (job.state === 'queued') endIfStopped(parts, machine);
  } else if (machine.state === 'working' && job?.state === 'queued') {
    if (job.kind === 'capture' || job.kind === 'verify') orderReading(parts, machine, job);
    else if (job.kind === 'build') orderBuild(parts, machine, job);
    else orderWork(parts, machine, job);
  } else if (machine.state === 'working' && job?.kind === 'build' && parts.installers.ofJob(job.id)?.phase === 'ready')
    restartIntoInstaller(parts, machine, job);
  else if (machine.state === 'inventoried' || machine.state === 'matched')
    decideFor(parts, endIfStopped(parts, parts.machines.move(machine.id, 'inventoried')));
  else if (machine.state === 'provisioned') send(parts, machine, { kind: 'boot-local', osoid: machine.osoid, reason: machine.says });
};
