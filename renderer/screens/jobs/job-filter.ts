// Which jobs a person wants to see. Pure.
import type { JobView } from '../../../preload/contract/views.ts';

export type JobFilter = {
  readonly state: JobView['state'] | null;
  readonly kind: JobView['kind'] | null;
  /** Every word of it occurs in the machine's, the image's, the operator's or the site's name. */
  readonly text: string;
};
export const NO_FILTER: JobFilter = { state: null, kind: null, text: '' };

export const jobsFor = (jobs: readonly JobView[], { state, kind, text }: JobFilter): readonly JobView[] => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return jobs.filter((job) => {
    if (state !== null && job.state !== state) return false;
    if (kind !== null && job.kind !== kind) return false;
    const hay = `${job.machineName} ${job.imageName} ${job.operator} ${job.siteName}`.toLowerCase();
    return words.every((word) => hay.includes(word));
  });
};
