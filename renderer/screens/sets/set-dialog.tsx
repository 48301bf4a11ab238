// A set as a form, new or one that is here. The station is the judge of it; only what it could not even read is held back.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { SelectField, TextField } from '../../kit/field.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { go } from '../../store/route.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import { MemberEditor } from './member-editor.tsx';
import { changeMember, dropMember, formOf, isReady, isSetName, moveMember, setOf, withMember } from './set-form.ts';
import styles from './sets.module.css';
import type { ImageSet } from '../../../preload/contract/image-set.ts';
import type { RecipeView } from '../../../preload/contract/recipe.ts';

const words = WORDS.sets;
/** As the station takes them. */
const MEMBERS_MOST = 16;

type SetDialogProps = { readonly from: ImageSet | null; readonly recipes: readonly RecipeView[]; readonly onClose: () => void };

export const SetDialog = ({ from, recipes, onClose }: SetDialogProps) => {
  const [form, setForm] = useState(() => formOf(from));
  const first = useRef<HTMLInputElement>(null);
  const finals = form.members.map(({ name }) => name.trim()).filter((name) => name !== '');
  return (
    <FormDialog
      title={from === null ? words.addTitle : words.editTitle(from.name)}
      description={words.formText}
      submit={words.save}
      working={words.saving}
      ready={isReady(form)}
      firstFocus={first}
      wide
      onClose={onClose}
      onSubmit={async () => {
        const set = setOf(form);
        const result = await call('sets.save', { name: words.form, text: JSON.stringify(set) });
        if (!result.ok) return result;
        tell(words.saved(set.name));
        go('sets', set.name);
        return result;
      }}
    >
      {from === null ? (
        <TextField
          ref={first}
          label={words.name}
          help={words.nameHelp}
          value={form.name}
          maxLength={80}
          error={form.name === '' || isSetName(form.name.trim()) ? null : words.nameBad}
          onChange={(event) => setForm({ ...form, name: event.target.value })}
        />
      ) : null}
      <TextField
        {...(from === null ? {} : { ref: first })}
        label={words.note}
        value={form.note}
        maxLength={2000}
        onChange={(event) => setForm({ ...form, note: event.target.value })}
      />
      <div className={styles['editors']}>
        {form.members.map((member, index) => (
          <MemberEditor
            key={member.key}
            member={member}
            number={index + 1}
            of={form.members.length}
            recipes={recipes}
            onChange={(part) => setForm((before) => changeMember(before, member.key, part))}
            onMove={(by) => setForm((before) => moveMember(before, member.key, by))}
            onDrop={() => setForm((before) => dropMember(before, member.key))}
          />
        ))}
      </div>
      <div>
        <Button inert={form.members.length >= MEMBERS_MOST} onClick={() => setForm(withMember)}>
          {words.addMember}
        </Button>
      </div>
      <SelectField
        label={words.final}
        value={finals.includes(form.final) ? form.final : ''}
        choices={[{ value: '', label: words.finalLast }, ...[...new Set(finals)].map((name) => ({ value: name, label: name }))]}
        onChange={(event) => setForm({ ...form, final: event.target.value })}
      />
    </FormDialog>
  );
};
