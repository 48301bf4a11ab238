// Before a recipe that runs a program on the station is switched on: exactly what is run, with its files, and the hash of all of it.
import { Pairs, Section } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { bytes } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { RecipeTexts } from './recipe-texts.tsx';
import rows from '../rows.module.css';
import type { RecipeView } from '../../../preload/contract/recipe.ts';

const words = WORDS.recipes;

type AcceptDialogProps = { readonly view: RecipeView; readonly onAccepted: () => void; readonly onClose: () => void };

export const AcceptDialog = ({ view: { recipe, sha256 }, onAccepted, onClose }: AcceptDialogProps) => {
  const account = useStation(({ station }) => station?.account ?? '');
  if (recipe.kind !== 'command') return null;
  return (
    <ConfirmDialog
      title={words.acceptTitle(recipe.name, recipe.version)}
      confirm={words.acceptDo}
      onClose={onClose}
      onConfirm={async () => {
        const result = await call('recipes.enable', { id: recipe.id, enabled: true, accept: sha256 });
        if (!result.ok) return result;
        tell(words.accepted(recipe.name));
        onAccepted();
        return result;
      }}
    >
      <p>{words.acceptText(account)}</p>
      <Section title={words.acceptCommand}>
        {/* Wraps: nothing of what is accepted may lie beyond an edge. */}
        <ol className={rows['mono']}>
          {recipe.command.map((word, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- the same word may stand twice, and the order never changes
            <li key={index}>{JSON.stringify(word)}</li>
          ))}
        </ol>
      </Section>
      <RecipeTexts recipe={recipe} open />
      {recipe.payloads.length === 0 ? null : (
        <Section title={words.payloads}>
          <Pairs
            rows={recipe.payloads.map(({ name, sizeBytes, sha256: hash }) => [
              name,
              <span key={name}>
                {bytes(sizeBytes)} <span className={rows['mono']}>{hash}</span>
              </span>,
            ])}
          />
        </Section>
      )}
      <Section title={words.acceptHash}>
        <p className={rows['mono']}>{sha256}</p>
      </Section>
    </ConfirmDialog>
  );
};
