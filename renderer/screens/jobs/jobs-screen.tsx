// Every job of this station, newest first; one opened shows its steps and result.
import { useMemo } from 'react';
import { Button } from '../../kit/button.tsx';
import { Lamp, ToneText } from '../../kit/lamp.tsx';
import { Blank } from '../../kit/panel.tsx';
import { act } from '../../store/notices.ts';
import { go } from '../../store/route.ts';
import { useProgress, useStation } from '../../store/station-store.ts';
import { dateTime, duration, percent } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { JobSteps } from './job-steps.tsx';
import page from '../page.module.css';
import styles from './jobs-screen.module.css';
import type { JobView } from '../../../preload/contract/views.ts';
import type { Tone } from '../../words/machine.ts';

const TONES: Readonly<Record<JobView['state'], Tone>> = { queued: 'idle', running: 'work', done: 'ok', failed: 'fail', cancelled: 'idle' };

const JobState = ({ job }: { readonly job: JobView }) => {
  const progress = useProgress(job.machineId);
  const fraction = job.state === 'running' && progress?.jobId === job.id ? ` ${percent(progress.fraction)}` : '';
  return (
    <ToneText tone={TONES[job.state]}>
      {WORDS.jobs.states[job.state]}
      {fraction}
    </ToneText>
  );
};

const JobRow = ({ job, open }: { readonly job: JobView; readonly open: boolean }) => (
  <li className={styles['job']}>
    <details open={open}>
      <summary className={styles['summary']}>
        <Lamp tone={TONES[job.state]} />
        <span className={styles['cell']}>
          <strong>{job.machineName}</strong>
          <span className={styles['dim']}>{job.imageName}</span>
        </span>
        <span className={styles['cell']}>
          <JobState job={job} />
          <span className={styles['dim']}>{job.failure?.message ?? (job.attempt > 1 ? WORDS.jobs.attempt(job.attempt) : '')}</span>
        </span>
        <span className={styles['right']}>
          <span>{job.endedAtMs === null ? '' : duration(job.endedAtMs - job.createdAtMs)}</span>
          <span className={styles['dim']}>{dateTime(job.createdAtMs)}</span>
        </span>
      </summary>
      <div className={styles['inside']}>
        <p className={styles['dim']}>
          {WORDS.jobs.by(job.operator)} · {job.siteName}
        </p>
        <JobSteps job={job} />
        <div className={page['buttons']}>
          <Button onClick={() => go('rack', job.machineId)}>{WORDS.jobs.machine}</Button>
          {job.state === 'running' || job.state === 'queued' ? (
            <Button onClick={() => void act('jobs.cancel', { jobId: job.id }, WORDS.machine.said.cancelled)}>
              {WORDS.machine.actions.cancelJob}
            </Button>
          ) : null}
        </div>
      </div>
    </details>
  </li>
);

export const JobsScreen = ({ selected }: { readonly selected: string | null }) => {
  const jobs = useStation((state) => state.jobs);
  const list = useMemo(() => [...jobs.values()].toSorted((a, b) => b.createdAtMs - a.createdAtMs), [jobs]);
  return (
    <div className={page['page']}>
      <h1 className={page['title']}>{WORDS.screens.jobs}</h1>
      {list.length === 0 ? (
        <Blank kind="nothing" title={WORDS.jobs.emptyTitle} text={WORDS.jobs.empty} />
      ) : (
        <ol className={styles['list']}>
          {list.map((job) => (
            <JobRow key={job.id} job={job} open={job.id === selected} />
          ))}
        </ol>
      )}
    </div>
  );
};
