// What grows on a disk that is larger than its image: the default, nothing, one of the image's partitions, or a name that a person types.
import { SelectField, TextField } from '../../kit/field.tsx';
import { bytes } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import type { ImageView } from '../../../preload/contract/views.ts';

const words = WORDS.deploy.grow;

/** `own`: the name is typed. */
export type GrowDraft = { readonly choice: string; readonly own: string };
export const defaultGrowth: GrowDraft = { choice: 'last', own: '' };

/** As `machines.deploy` takes it; undefined: the default. */
export const growOf = ({ choice, own }: GrowDraft): string | undefined => {
  const word = choice === 'own' ? own.trim() : choice;
  return word === '' || word === 'last' ? undefined : word;
};

type GrowFieldProps = {
  readonly image: ImageView;
  readonly draft: GrowDraft;
  readonly problem: string | null;
  readonly onChange: (draft: GrowDraft) => void;
};

export const GrowField = ({ image, draft, problem, onChange }: GrowFieldProps) => {
  const partitions = image.partitions.map(({ number, name, label, filesystem, sectors }) => ({
    value: String(number),
    label: words.partition(
      number,
      [...new Set([name, label, filesystem])].filter(Boolean).join(', '),
      bytes(sectors * image.logicalSectorBytes),
    ),
  }));
  return (
    <>
      <SelectField
        label={words.label}
        error={draft.choice === 'own' ? null : problem}
        value={draft.choice}
        onChange={(event) => onChange({ ...draft, choice: event.target.value })}
        choices={[
          { value: 'last', label: words.last },
          { value: 'none', label: words.none },
          ...partitions,
          { value: 'own', label: words.own },
        ]}
      />
      {draft.choice === 'own' ? (
        <TextField
          label={words.ownLabel}
          help={words.ownHelp}
          error={problem}
          value={draft.own}
          maxLength={200}
          onChange={(event) => onChange({ ...draft, own: event.target.value })}
        />
      ) : null}
    </>
  );
};
