// The image sets of this station: which are on, and of one its members, what is stored of them and how far machines are.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { cx } from '../../kit/class-names.ts';
import { Lamp } from '../../kit/lamp.tsx';
import { Blank } from '../../kit/panel.tsx';
import { useStation } from '../../store/station-store.ts';
import { useAnswer } from '../../store/use-answer.ts';
import { useLastEvent } from '../../store/use-last-event.ts';
import { WORDS } from '../../words/screens.ts';
import { SubScreens } from '../sub-screens.tsx';
import { SetCard } from './set-card.tsx';
import { SetDialog } from './set-dialog.tsx';
import page from '../page.module.css';
import rows from '../rows.module.css';
import type { ImageSet, SetView } from '../../../preload/contract/image-set.ts';

const words = WORDS.sets;

const SetRow = ({ view: { set, enabled }, selected }: { readonly view: SetView; readonly selected: boolean }) => (
  <li>
    <a
      className={cx(rows['row'], selected && rows['selected'], !enabled && rows['off'])}
      href={`#/sets/${set.name}`}
      aria-current={selected ? 'true' : undefined}
    >
      <Lamp tone={enabled ? 'ok' : 'idle'} />
      <span className={rows['cell']}>
        <strong>{set.name}</strong>
        <span className={rows['dim']}>{set.members.map(({ name }) => name).join(', ')}</span>
      </span>
      <span className={rows['right']}>
        <span>{enabled ? words.on : words.off}</span>
        <span className={rows['dim']}>{words.memberCount(set.members.length)}</span>
      </span>
    </a>
  </li>
);

export const SetsScreen = ({ selected }: { readonly selected: string | null }) => {
  const sets = useStation((state) => state.sets);
  const { value: recipes = [] } = useAnswer('recipes.list', {}, useLastEvent('recipe.'));
  const [editing, setEditing] = useState<{ readonly from: ImageSet | null } | null>(null);
  const shown = sets.find(({ set }) => set.name === selected);
  const add = <Button onClick={() => setEditing({ from: null })}>{words.add}</Button>;
  return (
    <div className={page['page']}>
      <div className={page['head']}>
        <h1 className={page['title']}>{WORDS.screens.sets}</h1>
        <SubScreens current="sets" />
        {sets.length === 0 ? null : add}
      </div>
      {sets.length === 0 ? (
        <Blank kind="nothing" title={words.emptyTitle} text={words.empty}>
          {add}
        </Blank>
      ) : (
        <div className={page['columns']}>
          <ul className={rows['list']}>
            {sets.map((view) => (
              <SetRow key={view.set.name} view={view} selected={view.set.name === selected} />
            ))}
          </ul>
          {shown === undefined ? (
            <div className={page['card']}>
              <Blank kind="nothing" title={selected === null ? words.details : words.gone} text={words.select} />
            </div>
          ) : (
            <SetCard key={shown.set.name} view={shown} recipes={recipes} onEdit={() => setEditing({ from: shown.set })} />
          )}
        </div>
      )}
      {editing === null ? null : <SetDialog from={editing.from} recipes={recipes} onClose={() => setEditing(null)} />}
    </div>
  );
};
