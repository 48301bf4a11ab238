// The recipes of this station: which are on, what each builds and for which machines, and the way to add another.
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
import { AddRecipeDialog } from './add-recipe-dialog.tsx';
import { ConstructionsCard } from './constructions-card.tsx';
import { RecipeCard } from './recipe-card.tsx';
import { builtBy } from './recipe-rows.ts';
import page from '../page.module.css';
import rows from '../rows.module.css';
import type { RecipeView } from '../../../preload/contract/recipe.ts';

const words = WORDS.recipes;

const RecipeRow = ({ view: { recipe, enabled }, selected }: { readonly view: RecipeView; readonly selected: boolean }) => {
  const built = useStation((state) => builtBy(recipe.id, state.images.values()).length);
  return (
    <li>
      <a
        className={cx(rows['row'], selected && rows['selected'], !enabled && rows['off'])}
        href={`#/recipes/${recipe.id}`}
        aria-current={selected ? 'true' : undefined}
      >
        <Lamp tone={enabled ? 'ok' : 'idle'} />
        <span className={rows['cell']}>
          <strong>
            {recipe.name} <span className={rows['light']}>{words.version(recipe.version)}</span>
          </strong>
          <span className={rows['dim']}>
            {recipe.id} · {words.kindName(recipe.kind)}
          </span>
        </span>
        <span className={rows['right']}>
          <span>{enabled ? words.on : words.off}</span>
          <span className={rows['dim']}>{words.builtCount(built)}</span>
        </span>
      </a>
    </li>
  );
};

export const RecipesScreen = ({ selected }: { readonly selected: string | null }) => {
  const { value, failure, reload } = useAnswer('recipes.list', {}, useLastEvent('recipe.'));
  const [adding, setAdding] = useState(false);
  const shown = value?.find(({ recipe }) => recipe.id === selected);
  const add = <Button onClick={() => setAdding(true)}>{words.add}</Button>;
  return (
    <div className={page['page']}>
      <div className={page['head']}>
        <h1 className={page['title']}>{WORDS.screens.recipes}</h1>
        <SubScreens current="recipes" />
        {value === undefined || value.length === 0 ? null : add}
      </div>
      {value === undefined ? (
        failure === null ? (
          <Blank kind="loading" title={WORDS.common.loading} />
        ) : (
          <Blank kind="failed" title={words.failedTitle} text={`${failure.message} ${failure.next}`}>
            <Button onClick={reload}>{WORDS.common.retry}</Button>
          </Blank>
        )
      ) : value.length === 0 ? (
        <Blank kind="nothing" title={words.emptyTitle} text={words.empty}>
          {add}
        </Blank>
      ) : (
        <div className={page['columns']}>
          <ul className={rows['list']}>
            {value.map((view) => (
              <RecipeRow key={view.recipe.id} view={view} selected={view.recipe.id === selected} />
            ))}
          </ul>
          {shown === undefined ? (
            <div className={page['card']}>
              <Blank kind="nothing" title={selected === null ? words.details : words.gone} text={words.select} />
            </div>
          ) : (
            <RecipeCard key={shown.recipe.id} view={shown} onChange={reload} />
          )}
        </div>
      )}
      <ConstructionsCard />
      {adding ? <AddRecipeDialog onAdded={reload} onClose={() => setAdding(false)} /> : null}
    </div>
  );
};
