// One member of a set in the form: its name, what it is, and its place in the order.
import { Button } from '../../kit/button.tsx';
import { SelectField, TextField } from '../../kit/field.tsx';
import { DownIcon, NoIcon, UpIcon } from '../../kit/icons.tsx';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import { badLabel, isSetName } from './set-form.ts';
import styles from './sets.module.css';
import type { RecipeView } from '../../../preload/contract/recipe.ts';
import type { MemberForm, MemberKind } from './set-form.ts';

const words = WORDS.sets;
const KINDS: readonly MemberKind[] = ['recipe', 'labels', 'osoid'];

type MemberEditorProps = {
  readonly member: MemberForm;
  readonly number: number;
  readonly of: number;
  readonly recipes: readonly RecipeView[];
  readonly onChange: (part: Partial<MemberForm>) => void;
  readonly onMove: (by: -1 | 1) => void;
  readonly onDrop: () => void;
};

const Value = ({ member, recipes, onChange }: Pick<MemberEditorProps, 'member' | 'recipes' | 'onChange'>) => {
  const images = useStation((state) => state.images);
  const none = { value: '', label: words.choose };
  switch (member.kind) {
    case 'recipe': {
      const known = recipes.map(({ recipe }) => ({
        value: recipe.id,
        label: recipe.name === recipe.id ? recipe.id : `${recipe.id} · ${recipe.name}`,
      }));
      // One that is named and not here any more is shown, so that saving does not lose it unseen.
      const strange =
        member.recipe === '' || known.some(({ value }) => value === member.recipe) ? [] : [{ value: member.recipe, label: member.recipe }];
      return (
        <SelectField
          label={words.recipe}
          value={member.recipe}
          choices={[none, ...known, ...strange]}
          onChange={(event) => onChange({ recipe: event.target.value })}
        />
      );
    }
    case 'osoid': {
      const known = [...images.values()].map((image) => ({
        value: image.osoid,
        label: `${image.name} ${WORDS.images.revision(image.revision)}`,
      }));
      const strange = member.osoid === '' || images.has(member.osoid) ? [] : [{ value: member.osoid, label: member.osoid.slice(0, 12) }];
      return (
        <SelectField
          label={words.image}
          value={member.osoid}
          choices={[none, ...known, ...strange]}
          onChange={(event) => onChange({ osoid: event.target.value })}
        />
      );
    }
    case 'labels': {
      const bad = badLabel(member.labels);
      return (
        <TextField
          label={words.labels}
          help={words.labelsHelp}
          error={bad === null ? null : words.labelsBad(bad)}
          value={member.labels}
          mono
          onChange={(event) => onChange({ labels: event.target.value })}
        />
      );
    }
  }
};

export const MemberEditor = ({ member, number, of, recipes, onChange, onMove, onDrop }: MemberEditorProps) => {
  const title = member.name.trim() || words.member(number);
  return (
    <fieldset className={styles['editor']} aria-label={words.member(number)}>
      <div className={styles['editorTools']}>
        <span className={styles['editorTitle']}>{words.member(number)}</span>
        <Button look="quiet" inert={number === 1} aria-label={words.up(title)} onClick={() => onMove(-1)}>
          <UpIcon size={16} aria-hidden="true" />
        </Button>
        <Button look="quiet" inert={number === of} aria-label={words.down(title)} onClick={() => onMove(1)}>
          <DownIcon size={16} aria-hidden="true" />
        </Button>
        <Button look="quiet" inert={of === 1} aria-label={words.drop(title)} onClick={onDrop}>
          <NoIcon size={16} aria-hidden="true" />
        </Button>
      </div>
      <TextField
        label={words.memberName}
        value={member.name}
        maxLength={80}
        error={member.name === '' || isSetName(member.name.trim()) ? null : words.nameBad}
        onChange={(event) => onChange({ name: event.target.value })}
      />
      <SelectField
        label={words.is}
        value={member.kind}
        choices={KINDS.map((kind) => ({ value: kind, label: words.kinds[kind] }))}
        onChange={(event) => onChange({ kind: KINDS.find((kind) => kind === event.target.value) ?? 'recipe' })}
      />
      <Value member={member} recipes={recipes} onChange={onChange} />
    </fieldset>
  );
};
