// Every job of this station, newest first; one opened shows its steps and result.
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Lamp, ToneText } from '../../kit/lamp.tsx';
import { Blank } from '../../kit/panel.tsx';
import { useTicking } from '../../store/clock.ts';
import { act } from '../../store/notices.ts';
import { useProgress } from '../../store/progress-slice.ts';
import { go } from '../../store/route.ts';
import { useStation } from '../../store/station-store.ts';
import { STEPS } from '../../words/machine.ts';
import { dateTime, duration, elapsed, moment, percent, rate } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { ConstructionsCard } from '../recipes/constructions-card.tsx';
import { JobFilters } from './job-filters.tsx';
import { NO_FILTER, jobsFor } from './job-filter.ts';
import { JobSteps } from './job-steps.tsx';
import { useNear } from './use-near.ts';
import page from '../page.module.css';
import rows from '../rows.module.css';
import styles from './jobs-screen.module.css';
import type { JobView } from '../../../preload/contract/views.ts';
import type { JobFilter } from './job-filter.ts';
import type { Tone } from '../../words/machine.ts';

const TONES: Readonly<Record<JobView['state'], Tone>> = { queued: 'idle', running: 'work', done: 'ok', failed: 'fail', cancelled: 'idle' };

/** The state with its share done, and under it what went wrong or what is done now. */
const JobState = ({ job, isNear }: { readonly job: JobView; readonly isNear: boolean }) => {
  // Of 500 running jobs only those in sight follow their progress.
  const latest = useProgress(isNear && job.state === 'running' ? job.machineId : '');
  const progress = latest?.jobId === job.id ? latest : undefined;
  const now =
    progress === undefined
      ? null
      : [STEPS[progress.step], progress.bytesPerSecond > 0 ? rate(progress.bytesPerSecond) : null].filter(Boolean).join(' · ');
  return (
    <span className={rows['cell']}>
      <ToneText tone={TONES[job.state]}>
        {WORDS.jobs.states[job.state]}
        {progress === undefined ? '' : ` ${percent(progress.fraction)}`}
      </ToneText>
      <span className={rows['dim']}>{job.failure?.message ?? now ?? (job.attempt > 1 ? WORDS.jobs.attempt(job.attempt) : '')}</span>
    </span>
  );
};

const JobTimes = ({ job }: { readonly job: JobView }) => {
  const took = useTicking((nowMs) =>
    job.endedAtMs === null ? elapsed(nowMs - job.createdAtMs) : duration(job.endedAtMs - job.createdAtMs),
  );
  const began = useTicking((nowMs) => moment(job.createdAtMs, nowMs));
  return (
    <span className={rows['right']}>
      <span>{took}</span>
      <span className={rows['dim']}>{began}</span>
    </span>
  );
};

const JobInside = ({ job }: { readonly job: JobView }) => (
  <div className={styles['inside']}>
    <p className={rows['dim']}>
      {WORDS.jobs.by(job.operator)} · {job.siteName} · {dateTime(job.createdAtMs)}
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
);

/** One of hundreds: draws again only when its own job changes, and its inside exists only while it is open. */
const JobRow = memo(function JobRow({ job, selected }: { readonly job: JobView; readonly selected: boolean }) {
  const [open, setOpen] = useState(selected);
  const row = useRef<HTMLLIElement>(null);
  const isNear = useNear(row);
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  return (
    <li ref={row} className={styles['job']}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className={styles['summary']}>
          <Lamp tone={TONES[job.state]} />
          <span className={rows['cell']}>
            <strong>{job.machineName}</strong>
            <span className={rows['dim']}>{job.imageName}</span>
          </span>
          <JobState job={job} isNear={isNear} />
          {isNear ? <JobTimes job={job} /> : null}
        </summary>
        {open ? <JobInside job={job} /> : null}
      </details>
    </li>
  );
});

export const JobsScreen = ({ selected }: { readonly selected: string | null }) => {
  const jobs = useStation((state) => state.jobs);
  const all = useMemo(() => [...jobs.values()].toSorted((a, b) => b.createdAtMs - a.createdAtMs), [jobs]);
  const [filter, setFilter] = useState<JobFilter>(NO_FILTER);
  const fitting = useMemo(() => jobsFor(all, filter), [all, filter]);
  // The one that is asked for by the address is shown whatever the filter says.
  const list = fitting.some(({ id }) => id === selected) ? fitting : [...all.filter(({ id }) => id === selected), ...fitting];
  return (
    <div className={page['page']}>
      <h1 className={page['title']}>{WORDS.screens.jobs}</h1>
      <ConstructionsCard />
      {all.length === 0 ? null : <JobFilters filter={filter} jobs={all} onChange={setFilter} />}
      {list.length === 0 ? (
        all.length === 0 ? (
          <Blank kind="nothing" title={WORDS.jobs.emptyTitle} text={WORDS.jobs.empty} />
        ) : (
          <Blank kind="nothing" title={WORDS.jobs.nothingFits}>
            <Button onClick={() => setFilter(NO_FILTER)}>{WORDS.jobs.showAll}</Button>
          </Blank>
        )
      ) : (
        <ol className={rows['list']}>
          {list.map((job) => (
            // Another key, so that the one that is asked for by the address is drawn open.
            <JobRow key={job.id === selected ? `selected ${job.id}` : job.id} job={job} selected={job.id === selected} />
          ))}
        </ol>
      )}
    </div>
  );
};
