// Asks for the path of an image file on the station's own disk, its name and its labels. Progress shows on the screen
// behind, so the dialog may be closed while the station reads.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { TextArea, TextField } from '../../kit/field.tsx';
import { Problem } from '../../kit/panel.tsx';
import { bridge } from '../../store/bridge.ts';
import { act } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import { parseLabels } from './labels.ts';
import page from '../page.module.css';
import type { Failure } from '../../../agent/protocol/failure.ts';

const words = WORDS.images;

const nameFromPath = (path: string): string =>
  (path.split(/[\\/]/).at(-1) ?? '').replace(/\.(img|raw|iso|qcow2|vhdx?|vmdk)?(\.(gz|xz|zst|bz2))?$/i, '');

export const ImportDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const [path, setPath] = useState('');
  const [name, setName] = useState<string | null>(null);
  const [labels, setLabels] = useState('');
  const [notes, setNotes] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);
  const [working, setWorking] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const parsed = parseLabels(labels);
  const desktop = bridge();
  const chosenName = name ?? nameFromPath(path);
  const ready = path.trim() !== '' && chosenName.trim() !== '' && parsed.bad === null && !working;
  const submit = async (): Promise<void> => {
    setWorking(true);
    setFailure(null);
    const argument = { path: path.trim(), name: chosenName.trim(), labels: parsed.labels, notes };
    const result = await act('images.import', argument, words.imported(chosenName));
    setWorking(false);
    if (result.ok) onClose();
    else setFailure(result.failure);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={words.importTitle}
      description={words.importText}
      closeLabel={WORDS.common.close}
      firstFocus={first}
      footer={
        <>
          <Button onClick={onClose}>{working ? WORDS.common.close : WORDS.common.cancel}</Button>
          <Button look="act" type="submit" form="import" inert={!ready}>
            {working ? words.importing(chosenName) : words.start}
          </Button>
        </>
      }
    >
      <form
        id="import"
        className={page['form']}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void submit();
        }}
      >
        {desktop === null ? null : (
          <div className={page['buttons']}>
            <Button onClick={() => void desktop.chooseImage().then((chosen) => chosen !== null && setPath(chosen))}>{words.choose}</Button>
          </div>
        )}
        <TextField ref={first} label={words.path} value={path} onChange={(event) => setPath(event.target.value)} mono />
        <TextField label={words.name} value={chosenName} maxLength={120} onChange={(event) => setName(event.target.value)} />
        <TextArea
          label={words.labels}
          help={words.labelsHelp}
          error={parsed.bad === null ? null : words.labelsBad(parsed.bad)}
          rows={3}
          value={labels}
          onChange={(event) => setLabels(event.target.value)}
          mono
        />
        <TextArea label={words.notes} rows={2} value={notes} maxLength={4000} onChange={(event) => setNotes(event.target.value)} />
        {failure === null ? null : <Problem title={failure.message} next={failure.next} code={failure.code} />}
      </form>
    </Dialog>
  );
};
