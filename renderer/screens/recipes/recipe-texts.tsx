// Every text of a recipe, folded or open, as it is run or put in.
import { WORDS } from '../../words/screens.ts';
import rows from '../rows.module.css';
import { recipeTexts } from '../../../preload/contract/recipe-texts.ts';
import type { Recipe } from '../../../preload/contract/recipe.ts';

const words = WORDS.recipes;

export const RecipeTexts = ({ recipe, open }: { readonly recipe: Recipe; readonly open: boolean }) =>
  recipeTexts(recipe).map(([name, text]) => (
    <details key={name} className={rows['fold']} open={open}>
      <summary>
        {name || words.script}, {words.lines(text.trimEnd().split('\n').length)}
      </summary>
      {/* Scrolls, so it is in the order of the keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={rows['code']} tabIndex={0} aria-label={name || words.script}>
        {text}
      </pre>
    </details>
  ));
