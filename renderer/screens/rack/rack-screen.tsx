// The rack: every machine as a slab in port order, and beside it the one that is selected. On a narrow screen the
// selected machine takes the whole place.
import { useCallback, useEffect, useMemo } from 'react';
import { expectedIn } from '../../store/expected.ts';
import { go } from '../../store/route.ts';
import { useSelection } from '../../store/selection.ts';
import { useSitePlan } from '../../store/use-site-plan.ts';
import { useStation } from '../../store/station-store.ts';
import { MachineScreen } from '../machine/machine-screen.tsx';
import { MachinePanel } from '../machine/machine-panel.tsx';
import { Blank } from '../../kit/panel.tsx';
import { WORDS } from '../../words/screens.ts';
import { RackHead } from './rack-head.tsx';
import { RackList } from './rack-list.tsx';
import { useRackKeys } from './use-rack-keys.ts';
import { useOrder } from './use-order.ts';
import { useWide } from './use-wide.ts';
import styles from './rack-screen.module.css';

const RackWithPanel = ({ onSearch }: { readonly onSearch: () => void }) => {
  const machines = useStation((state) => state.machines);
  const selected = useSelection((state) => state.machineId);
  const sorting = useSelection((state) => state.sorting);
  const { places, hold, release } = useOrder(machines, sorting);
  const ids = useMemo(() => places.map(({ id }) => id), [places]);
  const wide = useWide();
  const select = useCallback(
    (id: string) => {
      useSelection.setState({ machineId: id });
      if (!wide) go('rack', id);
    },
    [wide],
  );
  const plan = useSitePlan().value;
  const expected = useMemo(() => expectedIn(plan), [plan]);
  useRackKeys(ids);
  const shown = selected !== null && machines.has(selected) ? selected : null;
  return (
    <div className={styles['screen']}>
      <div className={styles['rack']} onPointerEnter={hold} onPointerLeave={release}>
        <RackHead ids={ids} plan={plan?.counts ?? null} onSearch={onSearch} />
        <RackList places={places} ids={ids} selected={shown} sorting={sorting} expected={expected} onSelect={select} />
      </div>
      {wide ? (
        <aside className={styles['panel']} aria-label={WORDS.screens.rack}>
          {shown === null ? (
            <Blank kind="nothing" title={WORDS.rack.noSelectionTitle} text={WORDS.rack.noSelection} />
          ) : (
            <MachinePanel key={shown} machineId={shown} />
          )}
        </aside>
      ) : null}
    </div>
  );
};

export const RackScreen = ({ fullId, onSearch }: { readonly fullId: string | null; readonly onSearch: () => void }) => {
  useEffect(() => {
    if (fullId !== null) useSelection.setState({ machineId: fullId });
  }, [fullId]);
  return useMemo(
    () => (fullId === null ? <RackWithPanel onSearch={onSearch} /> : <MachineScreen key={fullId} machineId={fullId} />),
    [fullId, onSearch],
  );
};
