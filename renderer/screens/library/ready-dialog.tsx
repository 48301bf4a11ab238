// Asks whether everything for a site is on this disk; the answer stands on the Library screen.
import { useRef, useState } from 'react';
import { success } from '../../../agent/protocol/failure.ts';
import { CheckField } from '../../kit/check-field.tsx';
import { TextField } from '../../kit/field.tsx';
import { startWork } from '../../store/library-work.ts';
import { useStation } from '../../store/station-store.ts';
import { READY_WORDS } from '../../words/carrying.ts';
import { FormDialog } from '../form-dialog.tsx';

const words = READY_WORDS;
const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());

export const ReadyDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const here = useStation((state) => state.station?.siteName ?? '');
  const [site, setSite] = useState('');
  const [path, setPath] = useState('');
  const [verify, setVerify] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  return (
    <FormDialog
      title={words.title}
      description={words.text}
      submit={words.go}
      ready
      firstFocus={first}
      onClose={onClose}
      onSubmit={() => {
        void startWork('ready', { site: orNull(site), path: orNull(path), verify });
        return Promise.resolve(success(null));
      }}
    >
      <TextField
        ref={first}
        label={words.site}
        help={words.siteHelp}
        value={site}
        placeholder={here}
        maxLength={200}
        onChange={(event) => setSite(event.target.value)}
      />
      <TextField label={words.path} help={words.pathHelp} value={path} mono onChange={(event) => setPath(event.target.value)} />
      <CheckField label={words.verify} checked={verify} onChange={setVerify} />
    </FormDialog>
  );
};
