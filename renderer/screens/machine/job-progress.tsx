// The running job of a machine, step by step, with a way to stop it; or the result of the last one.
import { Button } from '../../kit/button.tsx';
import { Section } from '../../kit/panel.tsx';
import { act } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { JobSteps } from '../jobs/job-steps.tsx';
import { WORDS } from '../../words/screens.ts';
import type { JobView, MachineView } from '../../../preload/contract/views.ts';

export const JobProgress = ({ machine, jobs }: { readonly machine: MachineView; readonly jobs: readonly JobView[] }) => {
  const live = useStation((state) => (machine.jobId === null ? undefined : state.jobs.get(machine.jobId)));
  const job = live ?? jobs.find((one) => one.id === machine.jobId);
  if (job === undefined) return null;
  const running = job.state === 'running' || job.state === 'queued';
  return (
    <Section
      title={`${WORDS.machine.job}: ${job.imageName} · ${WORDS.jobs.states[job.state]}`}
      aside={
        running ? (
          <Button look="quiet" onClick={() => void act('jobs.cancel', { jobId: job.id }, WORDS.machine.said.cancelled)}>
            {WORDS.machine.actions.cancelJob}
          </Button>
        ) : null
      }
    >
      <JobSteps job={job} />
    </Section>
  );
};
