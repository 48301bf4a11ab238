// What came by import under one name, held against what is here, before anything of it is switched on.
import { useRef } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { act } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import { DifferenceTable } from '../difference-table.tsx';
import { PolicyPreview } from './policy-preview.tsx';
import page from '../page.module.css';
import styles from './policies-screen.module.css';
import type { PolicyView } from '../../../preload/contract/views.ts';

const words = WORDS.policies;

type ArrivedDialogProps = { readonly view: PolicyView; readonly onClose: () => void };

export const ArrivedDialog = ({ view: { policy, arrived }, onClose }: ArrivedDialogProps) => {
  const firstFocus = useRef<HTMLButtonElement>(null);
  if (arrived === null) return null;
  const { difference, source } = arrived;
  const { name } = policy;
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={words.arrivedTitle(name)}
      description={difference.kind === 'new' ? words.arrivedNew(source) : words.arrivedChanged(source)}
      closeLabel={WORDS.common.close}
      firstFocus={firstFocus}
      footer={
        <>
          <Button ref={firstFocus} onClick={onClose}>
            {WORDS.common.cancel}
          </Button>
          <Button onClick={() => void act('policies.discard', { name }).then((result) => result.ok && onClose())}>{words.discard}</Button>
          <Button
            look="act"
            onClick={() =>
              void act('policies.enable', { name, enabled: true, seen: difference.hash }).then((result) => result.ok && onClose())
            }
          >
            {words.switchOn}
          </Button>
        </>
      }
    >
      <div className={page['form']}>
        {difference.says === null ? null : <p>{difference.says}</p>}
        {difference.kind === 'new' ? (
          <pre className={styles['json']}>{JSON.stringify(arrived.policy, null, 2)}</pre>
        ) : (
          <DifferenceTable fields={difference.fields} />
        )}
        <PolicyPreview text={JSON.stringify(arrived.policy)} switchOn />
      </div>
    </Dialog>
  );
};
