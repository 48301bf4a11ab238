// Asks for the path of an image file on the station's own disk, its name and its labels. Progress shows on the screen
// behind, so the dialog may be closed while the station reads.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { TextArea, TextField } from '../../kit/field.tsx';
import { bridge } from '../../store/bridge.ts';
import { act } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import { LabelsField } from './labels-field.tsx';
import { parseLabels } from './labels.ts';
import page from '../page.module.css';
import type { Result } from '../../../agent/protocol/failure.ts';

const words = WORDS.images;

const nameFromPath = (path: string): string =>
  (path.split(/[\\/]/).at(-1) ?? '').replace(/\.(img|raw|iso|qcow2|vhdx?|vmdk)?(\.(gz|xz|zst|bz2))?$/i, '');

export const ImportDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const [path, setPath] = useState('');
  const [name, setName] = useState<string | null>(null);
  const [labels, setLabels] = useState('');
  const [notes, setNotes] = useState('');
  const first = useRef<HTMLInputElement>(null);
  const parsed = parseLabels(labels);
  const desktop = bridge();
  const chosenName = name ?? nameFromPath(path);
  const ready = path.trim() !== '' && chosenName.trim() !== '' && parsed.bad === null;
  const submit = (): Promise<Result<unknown>> => {
    const argument = { path: path.trim(), name: chosenName.trim(), labels: parsed.labels, notes };
    return act('images.import', argument, words.imported(chosenName));
  };
  return (
    <FormDialog
      onClose={onClose}
      title={words.importTitle}
      description={words.importText}
      firstFocus={first}
      submit={words.start}
      working={words.importing(chosenName)}
      ready={ready}
      onSubmit={submit}
    >
      {desktop === null ? null : (
        <div className={page['buttons']}>
          <Button onClick={() => void desktop.chooseImage().then((chosen) => chosen !== null && setPath(chosen))}>{words.choose}</Button>
        </div>
      )}
      <TextField ref={first} label={words.path} value={path} onChange={(event) => setPath(event.target.value)} mono />
      <TextField label={words.name} value={chosenName} maxLength={120} onChange={(event) => setName(event.target.value)} />
      <LabelsField text={labels} rows={3} onChange={setLabels} />
      <TextArea label={words.notes} rows={2} value={notes} maxLength={4000} onChange={(event) => setNotes(event.target.value)} />
    </FormDialog>
  );
};
