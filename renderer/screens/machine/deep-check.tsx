// The last deep check of a machine's disk: it stays in sight after the job has ended, until another one or a deploy makes it old.
import { Section } from '../../kit/panel.tsx';
import { dateTime } from '../../words/numbers.ts';
import { VERIFY_WORDS } from '../../words/verify.ts';
import { VerifyFound } from '../jobs/verify-found.tsx';
import type { JobView, MachineView } from '../../../preload/contract/views.ts';

export const DeepCheck = ({ machine, jobs }: { readonly machine: MachineView; readonly jobs: readonly JobView[] }) => {
  const last = jobs.findLast(({ kind, state }) => state === 'done' && kind !== 'capture');
  // While its own job is shown, so is the result.
  if (last?.verified == null || last.id === machine.jobId) return null;
  return (
    <Section title={`${VERIFY_WORDS.title}: ${last.imageName} · ${dateTime(last.endedAtMs ?? last.createdAtMs)}`}>
      <VerifyFound result={last.verified} />
    </Section>
  );
};
