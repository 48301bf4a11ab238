// One image set: what machines end on, its members with what the library has of them, and how far machines are with it.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Pairs } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { act, tell } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { dateTime } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { SetMembers } from './set-members.tsx';
import { SetRuns } from './set-runs.tsx';
import page from '../page.module.css';
import type { SetView } from '../../../preload/contract/image-set.ts';
import type { RecipeView } from '../../../preload/contract/recipe.ts';

const words = WORDS.sets;

type SetCardProps = { readonly view: SetView; readonly recipes: readonly RecipeView[]; readonly onEdit: () => void };

export const SetCard = ({ view, recipes, onEdit }: SetCardProps) => {
  const { set, enabled } = view;
  const [removing, setRemoving] = useState(false);
  const policies = useStation((state) => state.policies).flatMap(({ policy: { name, outcome } }) =>
    outcome.kind === 'set' && outcome.set === set.name ? [name] : [],
  );
  return (
    <section className={page['card']} aria-label={set.name}>
      <h2 className={page['cardTitle']}>{set.name}</h2>
      {set.note === '' ? null : <p className={page['lead']}>{set.note}</p>}
      <Pairs
        rows={[
          [words.endsOn, words.endsOnMember(set.final ?? set.members.at(-1)?.name ?? '')],
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
        ]}
      />
      <SetMembers set={set} recipes={recipes} />
      <SetRuns name={set.name} />
      <div className={page['buttons']}>
        <Button onClick={onEdit}>{words.edit}</Button>
        <Button onClick={() => void act('sets.enable', { name: set.name, enabled: !enabled })}>
          {enabled ? words.switchOff : words.switchOn}
        </Button>
        <Button onClick={() => setRemoving(true)}>{words.remove}</Button>
      </div>
      {removing ? (
        <ConfirmDialog
          title={words.removeTitle(set.name)}
          confirm={words.removeDo}
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            const result = await call('sets.remove', { name: set.name });
            if (result.ok) tell(words.removed(set.name));
            return result;
          }}
        >
          <p>{words.removeText}</p>
        </ConfirmDialog>
      ) : null}
    </section>
  );
};
