// Frees room, after saying what would go. Emptying the trash is a choice of its own: there is no way back from it.
import { useState } from 'react';
import { success } from '../../../agent/protocol/failure.ts';
import { CheckField } from '../../kit/check-field.tsx';
import { Problem } from '../../kit/panel.tsx';
import { startWork } from '../../store/library-work.ts';
import { useAnswer } from '../../store/use-answer.ts';
import { WORDS } from '../../words/screens.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import styles from './library.module.css';

const words = WORDS.library;

export const GcDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const [emptyTrash, setEmpty] = useState(false);
  const trash = useAnswer('images.deleted', {}).value ?? [];
  const preview = useAnswer('library.gc', { emptyTrash, dryRun: true });
  return (
    <ConfirmDialog
      title={words.gcTitle}
      confirm={emptyTrash ? words.gcDoEmpty : words.gcDo}
      onClose={onClose}
      onConfirm={() => {
        void startWork('gc', { emptyTrash, dryRun: false });
        return Promise.resolve(success(null));
      }}
    >
      <p>{words.gcText}</p>
      {trash.length === 0 ? null : <CheckField label={words.gcEmpty(trash.length)} checked={emptyTrash} onChange={setEmpty} />}
      {emptyTrash ? (
        <ul className={styles['names']} aria-label={words.gcGone}>
          {trash.map((image) => (
            <li key={image.osoid}>
              {image.name} {WORDS.images.revision(image.revision)}
            </li>
          ))}
        </ul>
      ) : null}
      {preview.failure === null ? (
        <p role="status">
          {preview.value === undefined
            ? words.gcLooking
            : words.gcPreview(preview.value.freedBytes, preview.value.removedPacks, preview.value.repackedPacks)}
        </p>
      ) : (
        <Problem tone="ask" title={preview.failure.message} next={preview.failure.next} code={preview.failure.code} />
      )}
    </ConfirmDialog>
  );
};
