// What enters a machine's journey from people, through a window or the command line: their answers, wishes and facts, and what they are
// shown before they give one. What they were shown is not saved; what they said is.
import { success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ArmingPreview, ArmWish } from '../../preload/contract/arming.ts';
import type { ChoiceProposal, ChoiceWish } from '../../preload/contract/choice.ts';
import type { Outlook } from '../../preload/contract/outlook.ts';
import type { Policy, PolicyPreview, Trace } from '../../preload/contract/policy.ts';
import type { JobView, MachineDetail, MachineView } from '../../preload/contract/views.ts';
import type { Job } from '../jobs/job-rows.ts';
import { answerAtStation } from './answer-step.ts';
import { answerArmed, arm, asking, previewArming } from './arming-step.ts';
import { requestCapture } from './capture-step.ts';
import type { CaptureRequest } from './capture-step.ts';
import { proposeFor } from './choice-step.ts';
import type { Approval } from './consent.ts';
import { explain, reconsider } from './decision-step.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { outlookFor } from './outlook.ts';
import type { OutlookWish } from './outlook.ts';
import { approve, bootOwnDisk, cancel, hold, requestDeploy, retry } from './person-step.ts';
import { previewFor } from './preview-step.ts';
import type { RecordChange } from '../machines/record-change-rows.ts';
import { changeRecords } from './record-step.ts';
import type { RecordWish } from './record-step.ts';
import type { Saving } from './saving.ts';
import { requestVerify } from './verify-step.ts';
import type { VerifyRequest } from './verify-step.ts';

export type FromPeople = {
  detail(machineId: string): Result<MachineDetail>;
  /** Every policy's trace from the `from`th on, `most` of them. */
  explain(machineId: string, page: { readonly from: number; readonly most: number }): Result<Trace>;
  /** What its disk would get beside the image; nothing is ordered. `wish` null: of what is decided now. */
  outlook(machineId: string, wish: OutlookWish | null): Result<Outlook>;
  /** The image that a person chose for a machine, whatever the policies say. */
  chosenImage(machineId: string): string | null;

  onApprove(machineId: string, approval: Approval): Result<JobView>;
  onDeployRequest(machineId: string, wish: Parameters<typeof requestDeploy>[2]): Result<MachineView>;
  onCaptureRequest(machineId: string, wish: CaptureRequest): Result<JobView>;
  onVerifyRequest(machineId: string, wish: VerifyRequest): Result<JobView>;
  onBootLocal(machineId: string): Result<MachineView>;
  onHold(machineId: string): Result<MachineView>;
  onRetry(machineId: string): Result<MachineView>;
  onCancel(jobId: string): Result<JobView>;

  onFact(machineId: string, fact: string, value: string): Result<MachineDetail>;
  /** What people were asked, at the station. */
  onAnswer(machineId: string, values: Readonly<Record<string, string>>): Result<MachineDetail>;
  onRecordChange(wish: RecordWish): Result<RecordChange>;

  /** What these policies would change for every machine that was ever read; nothing is saved. */
  previewPolicies(policies: readonly Policy[], switchOn: boolean): PolicyPreview;
  /** A person's choice for a machine as a policy for all like it; nothing is saved. */
  onChoice(wish: ChoiceWish): Result<Omit<ChoiceProposal, 'saved'>>;
  previewArming(): ArmingPreview;
  /** From here on `auto` policies write what the preview showed, machines that ask already first. */
  onArm(wish: ArmWish): Result<null>;
};

export const fromPeople = (parts: Parts, { atomically, durably }: Saving): FromPeople => {
  const { machines, jobs } = parts;
  const withMachine = <T>(machineId: string, work: (machine: Machine) => Result<T>): Result<T> => {
    const machine = machines.get(machineId);
    return machine.ok ? work(machine.value) : machine;
  };
  const viewAfter = (machineId: string, work: (machine: Machine) => Result<unknown>): Result<MachineView> =>
    withMachine(machineId, (machine) => {
      const done = atomically(() => work(machine));
      return done.ok ? machines.view(machineId) : done;
    });
  const jobAfter = (machineId: string, work: (machine: Machine) => Result<Job>): Result<JobView> =>
    withMachine(machineId, (machine) => {
      const job = atomically(() => work(machine));
      return job.ok ? jobs.view(job.value.id) : job;
    });
  const askingToBuild = (): readonly Machine[] =>
    machines.online().filter(({ question }) => question?.kind === 'erase' && question.recipe !== undefined);
  const detail = (machineId: string): Result<MachineDetail> => machines.detail(machineId, jobs.ofMachine(machineId));

  return {
    detail,
    explain: (machineId, page) => withMachine(machineId, (machine) => success(explain(parts, machine, page))),
    outlook: (machineId, wish) => withMachine(machineId, (machine) => outlookFor(parts, machine, wish)),
    chosenImage: (machineId) => {
      const override = parts.overrides.get(machineId);
      return override?.kind === 'deploy' ? override.osoid : null;
    },

    onApprove: (machineId, approval) =>
      withMachine(machineId, (machine) => {
        const job = durably(() => atomically(() => approve(parts, machine, approval)));
        // Like machines that ask for the same build wait for this one now.
        if (job.ok && job.value.kind === 'build') for (const other of askingToBuild()) atomically(() => reconsider(parts, other));
        return job.ok ? jobs.view(job.value.id) : job;
      }),
    onDeployRequest: (machineId, wish) => viewAfter(machineId, (machine) => requestDeploy(parts, machine, wish)),
    onCaptureRequest: (machineId, wish) => jobAfter(machineId, (machine) => requestCapture(parts, machine, wish)),
    onVerifyRequest: (machineId, wish) => jobAfter(machineId, (machine) => requestVerify(parts, machine, wish)),
    onBootLocal: (machineId) => viewAfter(machineId, (machine) => bootOwnDisk(parts, machine)),
    onHold: (machineId) => viewAfter(machineId, (machine) => hold(parts, machine)),
    onRetry: (machineId) => viewAfter(machineId, (machine) => retry(parts, machine)),
    onCancel: (jobId) => {
      const job = jobs.get(jobId);
      if (!job.ok) return job;
      const done = withMachine(job.value.machineId, (machine) => atomically(() => cancel(parts, machine, job.value)));
      return done.ok ? jobs.view(jobId) : done;
    },

    onFact: (machineId, fact, value) => {
      const machine = machines.setFact(machineId, fact, value);
      if (!machine.ok) return machine;
      atomically(() => reconsider(parts, machine.value));
      return detail(machineId);
    },
    onAnswer: (machineId, values) =>
      withMachine(machineId, (machine) => {
        const done = durably(() => atomically(() => answerAtStation(parts, machine, values)));
        return done.ok ? detail(machineId) : done;
      }),
    onRecordChange: (wish) => atomically(() => changeRecords(parts, wish)),

    previewPolicies: (policies, switchOn) => previewFor(parts, policies, switchOn),
    onChoice: (wish) => withMachine(wish.machineId, (machine) => proposeFor(parts, machine, wish)),
    previewArming: () => previewArming(parts),
    onArm: (wish) =>
      durably(() => {
        const armed = atomically(() => arm(parts, wish));
        if (armed.ok) for (const machine of asking(parts)) atomically(() => answerArmed(parts, machine));
        return armed;
      }),
  };
};
