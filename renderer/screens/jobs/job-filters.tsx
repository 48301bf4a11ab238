// The filter over the jobs: by state, by kind, by any name in them; each choice says how many it leaves.
import { SelectField, TextField } from '../../kit/field.tsx';
import { WORDS } from '../../words/screens.ts';
import { jobsFor } from './job-filter.ts';
import styles from './jobs-screen.module.css';
import type { JobView } from '../../../preload/contract/views.ts';
import type { JobFilter } from './job-filter.ts';

const words = WORDS.jobs;
const STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
const KINDS = ['deploy', 'capture', 'build', 'verify'] as const;

type JobFiltersProps = {
  readonly filter: JobFilter;
  readonly jobs: readonly JobView[];
  readonly onChange: (filter: JobFilter) => void;
};

export const JobFilters = ({ filter, jobs, onChange }: JobFiltersProps) => {
  const count = (part: Partial<JobFilter>): number => jobsFor(jobs, { ...filter, ...part }).length;
  return (
    <div className={styles['filters']}>
      <SelectField
        label={words.filterState}
        value={filter.state ?? ''}
        onChange={(event) => onChange({ ...filter, state: STATES.find((one) => one === event.target.value) ?? null })}
        choices={[
          { value: '', label: words.any(count({ state: null })) },
          ...STATES.map((state) => ({ value: state, label: words.some(words.states[state], count({ state })) })),
        ]}
      />
      <SelectField
        label={words.filterKind}
        value={filter.kind ?? ''}
        onChange={(event) => onChange({ ...filter, kind: KINDS.find((one) => one === event.target.value) ?? null })}
        choices={[
          { value: '', label: words.any(count({ kind: null })) },
          ...KINDS.map((kind) => ({ value: kind, label: words.some(words.kinds[kind], count({ kind })) })),
        ]}
      />
      <TextField label={words.filterText} value={filter.text} onChange={(event) => onChange({ ...filter, text: event.target.value })} />
    </div>
  );
};
