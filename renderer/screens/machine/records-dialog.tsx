// Every merge and split of records, the latest first, each with its way back.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Blank } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { useAnswer } from '../../store/use-answer.ts';
import { dateTime } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { Refusal } from '../refusal.tsx';
import page from '../page.module.css';
import rows from '../rows.module.css';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { RecordChangeView } from '../../../preload/contract/views.ts';

const words = WORDS.records;

const Change = ({ change, onUndo }: { readonly change: RecordChangeView; readonly onUndo: () => void }) => (
  <li className={rows['row']}>
    <span className={rows['wrap']}>
      {change.kind === 'merge' ? words.wasMerged(change.otherName, change.keptName) : words.wasSplit(change.otherName, change.keptName)}
      <br />
      <span className={rows['dim']}>{words.by(change.operator, dateTime(change.atMs))}</span>
    </span>
    {change.undoneAtMs === null ? (
      <Button onClick={onUndo}>{words.undo}</Button>
    ) : (
      <span className={rows['dim']}>{words.undone(dateTime(change.undoneAtMs))}</span>
    )}
  </li>
);

export const RecordsDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const { value, failure, reload } = useAnswer('machines.changes', {});
  const [refused, setRefused] = useState<Failure | null>(null);
  const first = useRef<HTMLButtonElement>(null);
  const undo = async (changeId: number): Promise<void> => {
    const result = await call('machines.undo', { changeId });
    setRefused(result.ok ? null : result.failure);
    if (result.ok) tell(words.undid);
    reload();
  };
  const problem = refused ?? failure;
  return (
    <Dialog
      open
      onClose={onClose}
      title={words.listTitle}
      description={words.listText}
      closeLabel={WORDS.common.close}
      firstFocus={first}
      footer={
        <Button ref={first} onClick={onClose}>
          {WORDS.common.close}
        </Button>
      }
    >
      <div className={page['form']}>
        <Refusal failure={problem} />
        {value === undefined ? (
          failure === null ? (
            <Blank kind="loading" title={WORDS.common.loading} />
          ) : null
        ) : value.length === 0 ? (
          <p>{words.listEmpty}</p>
        ) : (
          <ol className={rows['list']}>
            {value
              .toSorted((a, b) => b.id - a.id)
              .map((change) => (
                <Change key={change.id} change={change} onUndo={() => void undo(change.id)} />
              ))}
          </ol>
        )}
      </div>
    </Dialog>
  );
};
