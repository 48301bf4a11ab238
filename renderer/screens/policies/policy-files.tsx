// The policies as one file: out of this station, and in from another one. A file that is not taken stays on the screen with its reasons.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Problem } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { act, tell } from '../../store/notices.ts';
import { saveFile } from '../../store/save-file.ts';
import { WORDS } from '../../words/screens.ts';
import styles from './policies-screen.module.css';
import { textOfBytes } from '../../../agent/protocol/text-bytes.ts';
import { encodingNote } from '../../../preload/contract/encoding-words.ts';
import { fitsFrame } from '../../../preload/contract/pipe.ts';
import { POLICY_FILE_MAX } from '../../../preload/contract/policy.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';

const words = WORDS.policies;
/** Notices at once; the preview of what came tells them all. */
const SHADOWED_SHOWN = 3;

const save = async (): Promise<void> => {
  const file = await act('policies.export', {});
  if (!file.ok) return;
  saveFile({ name: 'policies.json', mediaType: 'application/json', text: file.value.text });
};

export const PolicyFiles = () => {
  const input = useRef<HTMLInputElement>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [note, setNote] = useState<string | null>(null);
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setFailure(null);
    setNote(null);
    const read = textOfBytes(new Uint8Array(await file.arrayBuffer()));
    if (read.kind === 'no-text') return setFailure(words.notText(file.name, read.line));
    const { text } = read;
    if (text.length > POLICY_FILE_MAX || !fitsFrame(text)) return setFailure(words.tooLong(file.name));
    const done = await call('policies.import', { name: file.name, text });
    if (!done.ok) return setFailure(done.failure);
    setNote(encodingNote(file.name, read));
    const { differences, onlyHere, source, shadowed } = done.value;
    const count = (kind: 'new' | 'changed' | 'same'): number => differences.filter((one) => one.kind === kind).length;
    tell(words.imported(source, { new: count('new'), changed: count('changed'), same: count('same'), onlyHere: onlyHere.length }));
    for (const says of shadowed.slice(0, SHADOWED_SHOWN)) tell(words.importedShadowed(says));
  };
  return (
    <>
      <Button look="quiet" onClick={() => input.current?.click()}>
        {words.import}
      </Button>
      <Button look="quiet" onClick={() => void save()}>
        {words.export}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        aria-label={words.file}
        tabIndex={-1}
        className={styles['file']}
        onChange={(event) => {
          const { files } = event.target;
          // Cleared, so that the same file can be given again once it is corrected.
          void take(files?.[0]).finally(() => {
            if (input.current !== null) input.current.value = '';
          });
        }}
      />
      {failure === null ? null : (
        <div className={styles['refused']}>
          <Problem title={failure.message} next={failure.next} code={failure.code} />
        </div>
      )}
      {note === null ? null : (
        <div className={styles['refused']} role="status">
          <Problem tone="ask" title={words.guessed} next={note} />
        </div>
      )}
    </>
  );
};
