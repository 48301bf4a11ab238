// The steps of a job with their seconds, and at its end what was fetched, kept and verified.
import { cx } from '../../kit/class-names.ts';
import { Pairs, Problem } from '../../kit/panel.tsx';
import { useTicking } from '../../store/clock.ts';
import { useProgress } from '../../store/progress-slice.ts';
import { STEPS } from '../../words/machine.ts';
import { bytes, duration, elapsed, rate } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { VerifyFound } from './verify-found.tsx';
import styles from './job-steps.module.css';
import type { JobView, Progress } from '../../../preload/contract/views.ts';

type Step = JobView['steps'][number];

const Time = ({ step }: { readonly step: Step }) => {
  const text = useTicking((nowMs) =>
    step.endedAtMs === null ? elapsed(nowMs - step.startedAtMs) : duration(step.endedAtMs - step.startedAtMs),
  );
  return <span className={styles['time']}>{text}</span>;
};

const progressWords = (progress: Progress): string =>
  [`${bytes(progress.bytesDone)} of ${bytes(progress.bytesTotal)}`, progress.bytesPerSecond > 0 ? rate(progress.bytesPerSecond) : null]
    .filter(Boolean)
    .join(' · ');

const capturedName = ({ name, revision, alreadyPresent }: NonNullable<JobView['captured']>): string =>
  `${name} ${WORDS.images.revision(revision)}${alreadyPresent ? ` (${WORDS.jobs.alreadyPresent})` : ''}`;

export const JobSteps = ({ job }: { readonly job: JobView }) => {
  const progress = useProgress(job.machineId);
  return (
    <>
      <ol className={styles['steps']}>
        {job.steps.map((step) => {
          const now = step.endedAtMs === null && job.endedAtMs === null;
          const note = now && progress?.jobId === job.id && progress.step === step.step ? progressWords(progress) : step.note;
          return (
            <li key={`${step.step} ${step.startedAtMs}`} className={cx(styles['step'], now && styles['now'])}>
              <span>{STEPS[step.step]}</span>
              <span className={styles['note']}>{note}</span>
              <Time step={job.endedAtMs !== null && step.endedAtMs === null ? { ...step, endedAtMs: job.endedAtMs } : step} />
            </li>
          );
        })}
      </ol>
      {job.failure === null ? null : <Problem title={job.failure.message} next={job.failure.next} code={job.failure.code} />}
      {job.result === null ? null : (
        <Pairs
          rows={[
            [WORDS.jobs.took, duration(job.result.seconds * 1000)],
            [WORDS.jobs.fetched, bytes(job.result.bytesFetched)],
            [WORDS.jobs.inPlace, bytes(job.result.bytesInPlace)],
            [WORDS.jobs.verified, bytes(job.result.bytesVerified)],
          ]}
        />
      )}
      {job.verified === null ? null : <VerifyFound result={job.verified} />}
      {job.captured === null ? null : (
        <Pairs
          rows={[
            [WORDS.jobs.captured, capturedName(job.captured)],
            [WORDS.jobs.took, duration(job.captured.seconds * 1000)],
            [WORDS.jobs.data, bytes(job.captured.dataBytes)],
            [WORDS.jobs.sent, bytes(job.captured.bytesSent)],
          ]}
        />
      )}
    </>
  );
};
