// Chooses images, and where they go: a folder or one .tar file.
import { useMemo, useRef, useState } from 'react';
import { success } from '../../../agent/protocol/failure.ts';
import { SelectField, TextField } from '../../kit/field.tsx';
import { startWork } from '../../store/library-work.ts';
import { useStation } from '../../store/station-store.ts';
import { bytes } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import rows from '../rows.module.css';
import styles from './library.module.css';

const words = WORDS.library;

export const ExportDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const images = useStation((state) => state.images);
  const [path, setPath] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [documents, setDocuments] = useState<'named' | 'all'>('named');
  const first = useRef<HTMLInputElement>(null);
  const list = useMemo(
    () => [...images.values()].toSorted((a, b) => a.name.localeCompare(b.name, 'en') || b.revision - a.revision),
    [images],
  );
  // An image that was deleted meanwhile is chosen no more.
  const there = list.filter(({ osoid }) => chosen.has(osoid));
  const toggle = (osoid: string, on: boolean): void =>
    setChosen((before) => new Set(on ? [...before, osoid] : [...before].filter((one) => one !== osoid)));
  return (
    <FormDialog
      title={words.exportTitle}
      description={words.exportText}
      submit={words.exportDo}
      ready={path.trim() !== '' && (there.length > 0 || documents === 'all')}
      firstFocus={first}
      onClose={onClose}
      onSubmit={() => {
        void startWork('export', { path: path.trim(), osoids: there.map(({ osoid }) => osoid), documents });
        return Promise.resolve(success(null));
      }}
    >
      <fieldset className={styles['choices']}>
        <legend>{words.exportImages}</legend>
        <label className={rows['row']}>
          <input
            ref={first}
            type="checkbox"
            className={rows['check']}
            checked={list.length > 0 && there.length === list.length}
            onChange={(event) => setChosen(new Set(event.target.checked ? list.map(({ osoid }) => osoid) : []))}
          />
          <span>{words.exportAll}</span>
        </label>
        {list.map((image) => (
          <label key={image.osoid} className={rows['row']}>
            <input
              type="checkbox"
              className={rows['check']}
              checked={chosen.has(image.osoid)}
              onChange={(event) => toggle(image.osoid, event.target.checked)}
            />
            <span className={rows['wrap']}>
              {image.name} <span className={rows['light']}>{WORDS.images.revision(image.revision)}</span>
            </span>
            <span className={rows['right']}>{bytes(image.storedBytes)}</span>
          </label>
        ))}
      </fieldset>
      <p className={rows['dim']} role="status">
        {words.exportSize(
          there.length,
          there.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
        )}
      </p>
      <SelectField
        label={words.exportAlso}
        value={documents}
        onChange={(event) => setDocuments(event.target.value === 'all' ? 'all' : 'named')}
        choices={(['named', 'all'] as const).map((value) => ({ value, label: words.exportDocuments[value] }))}
      />
      <TextField label={words.exportPath} help={words.exportPathHelp} value={path} mono onChange={(event) => setPath(event.target.value)} />
    </FormDialog>
  );
};
