// What a person should know after two libraries came together: names that mean two things, and things that have two names. Pure.
import type { ImageSummary } from './images.ts';

export type NameConflict = {
  /** `same-name`: two contents; `two-names`: one content; `two-edits`: both stations changed the same; `same-revision`: of one line. */
  readonly kind: 'same-name' | 'two-names' | 'two-edits' | 'same-revision';
  readonly names: readonly string[];
  readonly osoids: readonly string[];
};

type Named = Pick<ImageSummary, 'osoid' | 'name' | 'revision' | 'lineageId'> & {
  readonly description: Pick<ImageSummary['description'], 'disputed'>;
};

/** `before` is what each library called its images, `after` what the merged one does. */
export const nameConflicts = (ours: readonly Named[], theirs: readonly Named[], after: readonly Named[]): readonly NameConflict[] => {
  const conflicts: NameConflict[] = [];
  for (const their of theirs) {
    for (const our of ours) {
      if (our.osoid === their.osoid) {
        if (our.name !== their.name) conflicts.push({ kind: 'two-names', names: [our.name, their.name], osoids: [our.osoid] });
      } else if (our.name === their.name) {
        const osoids = [our.osoid, their.osoid];
        if (our.lineageId !== their.lineageId) conflicts.push({ kind: 'same-name', names: [our.name], osoids });
        else if (our.revision === their.revision) conflicts.push({ kind: 'same-revision', names: [our.name], osoids });
      }
    }
  }
  for (const image of after)
    if (image.description.disputed.length > 0) conflicts.push({ kind: 'two-edits', names: [image.name], osoids: [image.osoid] });
  return conflicts;
};
