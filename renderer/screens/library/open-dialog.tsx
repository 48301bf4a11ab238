// Opens another library beside those that are open, on the station's own disk.
import { useRef, useState } from 'react';
import { TextField } from '../../kit/field.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import type { LibraryView } from '../../../preload/contract/library-views.ts';

const words = WORDS.libraries;

export const OpenDialog = ({ onOpened, onClose }: { readonly onOpened: (open: LibraryView[]) => void; readonly onClose: () => void }) => {
  const [path, setPath] = useState('');
  const first = useRef<HTMLInputElement>(null);
  return (
    <FormDialog
      title={words.openTitle}
      description={words.openText}
      submit={words.openDo}
      ready={path.trim() !== ''}
      firstFocus={first}
      onClose={onClose}
      onSubmit={async () => {
        const result = await call('library.open', { path: path.trim() });
        if (!result.ok) return result;
        onOpened(result.value);
        tell(words.opened(path.trim()));
        return result;
      }}
    >
      <TextField ref={first} label={words.path} value={path} mono onChange={(event) => setPath(event.target.value)} />
    </FormDialog>
  );
};
