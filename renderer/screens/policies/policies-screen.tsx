// The policies in the order in which they decide, with a switch each. Adding is a form with the station's own judgement:
// place and reason of what is wrong.
import { useMemo, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { cx } from '../../kit/class-names.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Blank } from '../../kit/panel.tsx';
import { Switch } from '../../kit/switch.tsx';
import { act } from '../../store/notices.ts';
import { imageNameOf } from '../../store/selectors.ts';
import { useStation } from '../../store/station-store.ts';
import { outcomeWords } from '../../words/decision.ts';
import { conditionWords } from '../../words/condition.ts';
import { WORDS } from '../../words/screens.ts';
import { ArmButton } from '../arming/arm-button.tsx';
import { SubScreens } from '../sub-screens.tsx';
import { AddPolicyDialog } from './add-policy-dialog.tsx';
import { ArrivedDialog } from './arrived-dialog.tsx';
import { PolicyFiles } from './policy-files.tsx';
import page from '../page.module.css';
import rows from '../rows.module.css';
import styles from './policies-screen.module.css';
import type { PolicyView } from '../../../preload/contract/views.ts';

const words = WORDS.policies;

/** Consent is about erasing; to hold or to boot a machine's own disk erases nothing. */
const erases = ({ outcome }: PolicyView['policy']): boolean =>
  outcome.kind === 'deploy' || outcome.kind === 'deploy-newest' || outcome.kind === 'build' || outcome.kind === 'set';

type RowProps = { readonly view: PolicyView; readonly onEdit: () => void; readonly onRemove: () => void; readonly onLook: () => void };

const PolicyRow = ({ view: { policy, enabled, used, shadowed, arrived }, onEdit, onRemove, onLook }: RowProps) => {
  const images = useStation((state) => state.images);
  return (
    <li className={cx(styles['policy'], !enabled && styles['off'])}>
      <span className={styles['rank']}>{policy.rank}</span>
      <div className={styles['text']}>
        <p>
          <strong>{policy.name}</strong> <span className={styles['state']}>{enabled ? words.enabled : words.disabled}</span>
        </p>
        <p>
          <span className={styles['dim']}>{words.whenWord}</span> {conditionWords(policy.when) || words.everyMachine}{' '}
          <span className={styles['dim']}>{words.thenWord}</span> {outcomeWords(policy.outcome, imageNameOf(images))}
        </p>
        {shadowed === null ? null : <p className={styles['shadowed']}>{shadowed}</p>}
        <p className={styles['dim']}>
          {[erases(policy) ? words.consent[policy.consent] : null, words.used(used, policy.limit), policy.note].filter(Boolean).join(' · ')}
        </p>
      </div>
      <div className={styles['tools']}>
        {arrived === null ? null : (
          <Button onClick={onLook}>{arrived.difference.kind === 'new' ? words.lookNew : words.lookChanged}</Button>
        )}
        <Button look="quiet" onClick={onEdit}>
          {words.edit}
        </Button>
        <Button look="quiet" onClick={onRemove}>
          {words.remove}
        </Button>
        <Switch
          checked={enabled}
          label={words.enable(policy.name)}
          onChange={(next) => (next && arrived !== null ? onLook() : void act('policies.enable', { name: policy.name, enabled: next }))}
        />
      </div>
    </li>
  );
};

const RemoveDialog = ({ name, onClose }: { readonly name: string; readonly onClose: () => void }) => (
  <Dialog
    open
    onClose={onClose}
    title={words.removeTitle(name)}
    closeLabel={WORDS.common.close}
    footer={
      <>
        <Button onClick={onClose}>{WORDS.common.cancel}</Button>
        <Button look="danger" onClick={() => void act('policies.remove', { name }).then((result) => result.ok && onClose())}>
          {words.remove}
        </Button>
      </>
    }
  >
    <p>{words.removeText}</p>
  </Dialog>
);

export const PoliciesScreen = () => {
  const policies = useStation((state) => state.policies);
  const [adding, setAdding] = useState<{ readonly from: PolicyView | null } | null>(null);
  const [removing, setRemoving] = useState<string | null>(null);
  const [lookedAt, setLookedAt] = useState<string | null>(null);
  const arrived = policies.find(({ policy }) => policy.name === lookedAt);
  const list = useMemo(
    () => policies.toSorted((a, b) => a.policy.rank - b.policy.rank || a.policy.name.localeCompare(b.policy.name, 'en')),
    [policies],
  );
  return (
    <div className={page['page']}>
      <div className={page['head']}>
        <h1 className={page['title']}>{WORDS.screens.policies}</h1>
        <SubScreens current="policies" />
        <ArmButton />
        <PolicyFiles />
        <Button onClick={() => setAdding({ from: null })}>{words.add}</Button>
      </div>
      {list.length === 0 ? (
        <Blank kind="nothing" title={words.emptyTitle} text={words.empty}>
          <Button onClick={() => setAdding({ from: null })}>{words.add}</Button>
        </Blank>
      ) : (
        <>
          <p className={page['lead']}>{words.order}</p>
          <ol className={rows['list']}>
            {list.map((view) => (
              <PolicyRow
                key={view.policy.name}
                view={view}
                onEdit={() => setAdding({ from: view })}
                onRemove={() => setRemoving(view.policy.name)}
                onLook={() => setLookedAt(view.policy.name)}
              />
            ))}
          </ol>
        </>
      )}
      {adding === null ? null : <AddPolicyDialog from={adding.from?.policy ?? null} onClose={() => setAdding(null)} />}
      {arrived === undefined ? null : <ArrivedDialog view={arrived} onClose={() => setLookedAt(null)} />}
      {removing === null ? null : <RemoveDialog name={removing} onClose={() => setRemoving(null)} />}
    </div>
  );
};
