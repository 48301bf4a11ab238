// Another name, other labels, other notes for an image. Its content, its id and what is on disks stay as they are.
import { useRef, useState } from 'react';
import { success } from '../../../agent/protocol/failure.ts';
import { TextArea, TextField } from '../../kit/field.tsx';
import { act } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import { LabelsField } from './labels-field.tsx';
import { parseLabels } from './labels.ts';
import type { Result } from '../../../agent/protocol/failure.ts';
import type { ImageView } from '../../../preload/contract/views.ts';

const words = WORDS.images;

const asText = (labels: ImageView['labels']): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n');

export const DescribeDialog = ({ image, onClose }: { readonly image: ImageView; readonly onClose: () => void }) => {
  const [name, setName] = useState(image.name);
  const [labels, setLabels] = useState(() => asText(image.labels));
  const [notes, setNotes] = useState(image.notes);
  const first = useRef<HTMLInputElement>(null);
  const parsed = parseLabels(labels);
  const ready = name.trim() !== '' && parsed.bad === null;
  const save = (): Promise<Result<unknown>> => {
    // Only what changed: an edit of another station may be on its way for the rest.
    const change = {
      ...(name.trim() === image.name ? {} : { name: name.trim() }),
      ...(labels === asText(image.labels) ? {} : { labels: { ...parsed.labels } }),
      ...(notes === image.notes ? {} : { notes }),
    };
    if (Object.keys(change).length === 0) return Promise.resolve(success(null));
    return act('images.describe', { osoid: image.osoid, ...change }, words.described);
  };
  return (
    <FormDialog
      onClose={onClose}
      title={words.describeTitle(image.name)}
      description={words.describeText}
      firstFocus={first}
      submit={WORDS.common.save}
      ready={ready}
      onSubmit={save}
    >
      <TextField ref={first} label={words.name} value={name} maxLength={120} onChange={(event) => setName(event.target.value)} />
      <LabelsField text={labels} rows={3} onChange={setLabels} />
      <TextArea label={words.notes} rows={3} value={notes} maxLength={4000} onChange={(event) => setNotes(event.target.value)} />
    </FormDialog>
  );
};
