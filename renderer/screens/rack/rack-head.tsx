// Above the rack: the site, the order, search, and the way to what asks.
import { Button } from '../../kit/button.tsx';
import { SearchIcon, SortIcon } from '../../kit/icons.tsx';
import { Menu } from '../../kit/menu.tsx';
import { setDense, useDensity } from '../../store/density.ts';
import { go } from '../../store/route.ts';
import { useSelection } from '../../store/selection.ts';
import { countTones } from '../../store/selectors.ts';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import { ArmButton, useMayArm } from '../arming/arm-button.tsx';
import { focusConsent } from '../machine/focus-consent.ts';
import { reviewNext } from './use-rack-keys.ts';
import { useWide } from './use-wide.ts';
import styles from './rack-head.module.css';
import type { SitePlanView } from '../../../preload/contract/plan-views.ts';

const SORTINGS = ['position', 'name', 'state'] as const;

export type RackHeadProps = {
  readonly ids: readonly string[];
  /** Null: the site has no plan. */
  readonly plan: SitePlanView['counts'] | null;
  readonly onSearch: () => void;
};

export const RackHead = ({ ids, plan, onSearch }: RackHeadProps) => {
  const site = useStation((state) => state.station?.siteName ?? '');
  const asking = useStation((state) => countTones(state.machines).ask);
  const sorting = useSelection((state) => state.sorting);
  const dense = useDensity((state) => state.dense);
  const wide = useWide();
  const mayArm = useMayArm();
  const review = (): void => {
    if (!reviewNext(ids)) return;
    if (!wide) go('rack', useSelection.getState().machineId);
    focusConsent();
  };
  return (
    <div className={styles['head']}>
      <h1 className={styles['title']}>{site}</h1>
      <Menu
        label={WORDS.rack.sort}
        trigger={
          <Button aria-label={`${WORDS.rack.sort}: ${WORDS.rack.sortings[sorting]}`}>
            <SortIcon size={16} aria-hidden="true" />
            <span className={styles['word']}>{WORDS.rack.sortings[sorting]}</span>
          </Button>
        }
        items={[
          ...SORTINGS.map((one) => ({
            label: WORDS.rack.sortings[one],
            checked: one === sorting,
            onSelect: () => useSelection.setState({ sorting: one }),
          })),
          { label: WORDS.rack.dense, checked: dense, onSelect: () => setDense(!dense) },
        ]}
      />
      <Button onClick={onSearch} aria-label={WORDS.header.search}>
        <SearchIcon size={16} aria-hidden="true" />
        <span className={styles['word']}>{WORDS.header.search}</span>
        <kbd className={styles['key']}>/</kbd>
      </Button>
      {plan === null ? null : <Button onClick={() => go('site')}>{WORDS.rack.planned(plan.seen, plan.expected)}</Button>}
      {mayArm ? <ArmButton /> : null}
      {asking === 0 ? null : (
        <Button look="ask" onClick={review}>
          {WORDS.rack.review(asking)}
        </Button>
      )}
    </div>
  );
};
