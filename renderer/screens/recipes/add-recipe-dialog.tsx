// Adds a recipe from its folder on the station's own disk.
import { useRef, useState } from 'react';
import { TextField } from '../../kit/field.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { go } from '../../store/route.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';

const words = WORDS.recipes;

export const AddRecipeDialog = ({ onAdded, onClose }: { readonly onAdded: () => void; readonly onClose: () => void }) => {
  const [path, setPath] = useState('');
  const first = useRef<HTMLInputElement>(null);
  return (
    <FormDialog
      title={words.addTitle}
      description={words.addText}
      submit={words.addDo}
      working={words.adding}
      ready={path.trim() !== ''}
      firstFocus={first}
      onClose={onClose}
      onSubmit={async () => {
        const result = await call('recipes.add', { path: path.trim() });
        if (!result.ok) return result;
        const { id, version } = result.value.recipe;
        onAdded();
        tell(words.added(id, version));
        go('recipes', id);
        return result;
      }}
    >
      <TextField ref={first} label={words.path} value={path} mono onChange={(event) => setPath(event.target.value)} />
    </FormDialog>
  );
};
