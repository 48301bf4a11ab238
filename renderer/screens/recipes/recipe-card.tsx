// One recipe: when two machines are alike for it, what it runs and brings, which policies use it, and what it built.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { ToneText } from '../../kit/lamp.tsx';
import { Pairs, Section } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { act, tell } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { factTitle } from '../../words/facts.ts';
import { bytes, dateTime } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { AcceptDialog } from './accept-dialog.tsx';
import { RecipeTexts } from './recipe-texts.tsx';
import { builtBy, policiesOf } from './recipe-rows.ts';
import page from '../page.module.css';
import rows from '../rows.module.css';
import { recipeDoes } from '../../../preload/contract/recipe-texts.ts';
import type { RecipeView } from '../../../preload/contract/recipe.ts';

const words = WORDS.recipes;

const Built = ({ view }: { readonly view: RecipeView }) => {
  const images = useStation((state) => state.images);
  const built = builtBy(view.recipe.id, images.values());
  return (
    <Section title={words.built}>
      {built.length === 0 ? (
        <p className={rows['dim']}>{words.builtNothing}</p>
      ) : (
        <ul className={rows['list']}>
          {built.map((image) => (
            <li key={image.osoid}>
              <a className={rows['row']} href={`#/images/${image.osoid}`}>
                <span className={rows['cell']}>
                  <span>
                    {image.name} <span className={rows['light']}>{WORDS.images.revision(image.revision)}</span>
                  </span>
                  <span className={rows['dim']}>
                    {Object.entries(image.recipe?.matchOn ?? {})
                      .map(([fact, value]) => `${factTitle(fact)}: ${String(value)}`)
                      .join(' · ')}
                  </span>
                  {image.recipe?.version === String(view.recipe.version) ? null : (
                    <ToneText tone="ask">{words.older(image.recipe?.version ?? '')}</ToneText>
                  )}
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
};

type CardProps = { readonly view: RecipeView; readonly onChange: () => void };

export const RecipeCard = ({ view, onChange }: CardProps) => {
  const { recipe, enabled } = view;
  const [removing, setRemoving] = useState(false);
  /** As it was when the question opened: what came since was not read. */
  const [accepting, setAccepting] = useState<RecipeView | null>(null);
  const policies = policiesOf(
    recipe.id,
    useStation((state) => state.policies),
  );
  const labels = Object.entries(recipe.image.labels).map(([key, value]) => `${key}=${value}`);
  const does = recipeDoes(recipe);
  const hint = Object.entries(recipe.disk ?? {}).map(([key, value]) => `${key} ${value}`);
  return (
    <section className={page['card']} aria-label={recipe.name}>
      <h2 className={page['cardTitle']}>
        {recipe.name} <span className={rows['light']}>{words.version(recipe.version)}</span>
      </h2>
      {recipe.note === '' ? null : <p className={page['lead']}>{recipe.note}</p>}
      {does === null ? null : <p className={rows['mono']}>{does}</p>}
      <Pairs
        rows={[
          [words.id, recipe.id],
          [words.kind, words.kindName(recipe.kind)],
          [words.builds, [recipe.image.name, ...labels].join(' · ')],
          [words.alike, recipe.matchOn.length === 0 ? words.allAlike : recipe.matchOn.map(factTitle).join(', ')],
          [words.limit, words.minutes(recipe.timeLimitMinutes)],
          ...(hint.length === 0 ? [] : [[words.disk, hint.join(' · ')] as const]),
          [
            words.policies,
            policies.length === 0 ? (
              words.noPolicy
            ) : (
              <a key="policies" href="#/policies">
                {policies.join(', ')}
              </a>
            ),
          ],
          [words.from, words.addedBy(view.addedBy, dateTime(view.addedAtMs))],
          [
            words.hash,
            <span key="hash" className={rows['mono']}>
              {view.sha256}
            </span>,
          ],
        ]}
      />
      {recipe.payloads.length === 0 ? null : (
        <Section title={words.payloads}>
          <Pairs rows={recipe.payloads.map(({ name, sizeBytes, sha256 }) => [name, `${bytes(sizeBytes)} · ${sha256.slice(0, 16)}…`])} />
        </Section>
      )}
      <RecipeTexts recipe={recipe} open={false} />
      <Built view={view} />
      <div className={page['buttons']}>
        <Button
          onClick={() =>
            !enabled && recipe.kind === 'command'
              ? setAccepting(view)
              : void act('recipes.enable', { id: recipe.id, enabled: !enabled }).then((result) => result.ok && onChange())
          }
        >
          {enabled ? words.switchOff : recipe.kind === 'command' ? words.switchOnRead : words.switchOn}
        </Button>
        <Button onClick={() => setRemoving(true)}>{words.remove}</Button>
      </div>
      {accepting === null ? null : <AcceptDialog view={accepting} onAccepted={onChange} onClose={() => setAccepting(null)} />}
      {removing ? (
        <ConfirmDialog
          title={words.removeTitle(recipe.name)}
          confirm={words.removeDo}
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            const result = await call('recipes.remove', { id: recipe.id });
            if (!result.ok) return result;
            tell(words.removed(recipe.name));
            onChange();
            return result;
          }}
        >
          <p>{words.removeText}</p>
        </ConfirmDialog>
      ) : null}
    </section>
  );
};
