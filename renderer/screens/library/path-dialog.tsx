// Asks for another library, a folder or an exported file on the station's own disk, for what is then done with it.
import { useRef, useState } from 'react';
import { success } from '../../../agent/protocol/failure.ts';
import { TextField } from '../../kit/field.tsx';
import { startWork } from '../../store/library-work.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';

const words = WORDS.library;

const ASKS = {
  merge: { title: words.mergeTitle, text: words.mergeText, submit: words.mergeDo },
  repair: { title: words.repairTitle, text: words.repairText, submit: words.repairDo },
} as const;

type PathDialogProps = { readonly operation: keyof typeof ASKS; readonly onClose: () => void };

export const PathDialog = ({ operation, onClose }: PathDialogProps) => {
  const [path, setPath] = useState('');
  const first = useRef<HTMLInputElement>(null);
  const { title, text, submit } = ASKS[operation];
  return (
    <FormDialog
      title={title}
      description={text}
      submit={submit}
      ready={path.trim() !== ''}
      firstFocus={first}
      onClose={onClose}
      onSubmit={() => {
        // Goes on behind the dialog, where it is seen and can be stopped.
        void startWork(operation, { path: path.trim() });
        return Promise.resolve(success(null));
      }}
    >
      <TextField ref={first} label={words.path} help={words.pathHelp} value={path} mono onChange={(event) => setPath(event.target.value)} />
    </FormDialog>
  );
};
