// The station's own fields: how people are asked for what no machine can measure.
import { useState } from 'react';
import { labelOf } from '../../../agent/protocol/fields.ts';
import { Button } from '../../kit/button.tsx';
import { Blank } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { useAnswer } from '../../store/use-answer.ts';
import { useLastEvent } from '../../store/use-last-event.ts';
import { WORDS } from '../../words/screens.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { SubScreens } from '../sub-screens.tsx';
import { FieldDialog } from './field-dialog.tsx';
import { FieldsTable } from './fields-table.tsx';
import page from '../page.module.css';
import styles from './fields.module.css';
import type { StationField } from '../../../preload/contract/fields.ts';

const words = WORDS.fields;

export const FieldsScreen = () => {
  const isEmpty = useStation((state) => state.fields.length === 0);
  const { value: recipes = [] } = useAnswer('recipes.list', {}, useLastEvent('recipe.'));
  const [editing, setEditing] = useState<{ readonly from: StationField | null } | null>(null);
  const [removing, setRemoving] = useState<StationField | null>(null);
  const add = <Button onClick={() => setEditing({ from: null })}>{words.add}</Button>;
  return (
    <div className={page['page']}>
      <div className={page['head']}>
        <h1 className={page['title']}>{WORDS.screens.fields}</h1>
        <SubScreens current="fields" />
        {isEmpty ? null : add}
      </div>
      {isEmpty ? (
        <Blank kind="nothing" title={words.emptyTitle} text={words.empty}>
          {add}
        </Blank>
      ) : (
        <>
          <p className={page['lead']}>{words.lead}</p>
          <div className={styles['frame']}>
            <FieldsTable recipes={recipes} onEdit={(from) => setEditing({ from })} onRemove={setRemoving} />
          </div>
        </>
      )}
      {editing === null ? null : <FieldDialog from={editing.from} onClose={() => setEditing(null)} />}
      {removing === null ? null : (
        <ConfirmDialog
          title={words.removeTitle(labelOf(removing))}
          confirm={words.removeDo}
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            const result = await call('fields.remove', { name: removing.name });
            if (result.ok) tell(words.removed(labelOf(removing)));
            return result;
          }}
        >
          <p>{words.removeText}</p>
        </ConfirmDialog>
      )}
    </div>
  );
};
