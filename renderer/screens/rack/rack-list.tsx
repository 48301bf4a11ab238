// The list of slabs: one listbox, so that arrows move the selection and Enter opens. Rows draw themselves; this file
// draws again only when the order or the selection changes.
import { useEffect, useMemo } from 'react';
import { Button } from '../../kit/button.tsx';
import { Blank } from '../../kit/panel.tsx';
import { go } from '../../store/route.ts';
import { layOutRack } from '../../store/rack-order.ts';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import { EmptySlab, Slab } from './slab.tsx';
import styles from './rack-list.module.css';
import type { Place, Sorting } from '../../store/rack-order.ts';

export type RackListProps = {
  readonly places: readonly Place[];
  /** The ids of `places`. */
  readonly ids: readonly string[];
  readonly selected: string | null;
  readonly sorting: Sorting;
  readonly onSelect: (id: string) => void;
};

const NothingHeard = () => {
  const listening = useStation((state) => state.station?.listening.on === true);
  return (
    <Blank kind="nothing" title={WORDS.rack.emptyTitle} text={listening ? WORDS.rack.emptyListening : WORDS.rack.emptySilent}>
      {listening ? null : <Button onClick={() => go('wire')}>{WORDS.rack.startListening}</Button>}
    </Blank>
  );
};

export const slabId = (machineId: string): string => `slab-${machineId}`;

export const RackList = ({ places, ids, selected, sorting, onSelect }: RackListProps) => {
  const rows = useMemo(() => layOutRack(places, sorting), [places, sorting]);
  useEffect(() => {
    if (selected !== null) document.getElementById(slabId(selected))?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  if (ids.length === 0) return <NothingHeard />;
  const move = (step: number): void => {
    const at = selected === null ? (step > 0 ? -1 : ids.length) : ids.indexOf(selected);
    const next = ids[Math.min(ids.length - 1, Math.max(0, at + step))];
    if (next !== undefined) onSelect(next);
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    PageDown: () => move(10),
    PageUp: () => move(-10),
    Home: () => move(-ids.length),
    End: () => move(ids.length),
    Enter: () => selected !== null && go('rack', selected),
  };
  return (
    <div
      className={styles['list']}
      role="listbox"
      tabIndex={0}
      aria-label={WORDS.rack.list}
      aria-activedescendant={selected === null ? undefined : slabId(selected)}
      onKeyDown={(event) => {
        const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
        if (act === undefined) return;
        event.preventDefault();
        act();
      }}
    >
      {rows.map((row) => {
        switch (row.kind) {
          case 'group':
            return (
              <div key={row.key} className={styles['group']} role="presentation">
                {row.title}
              </div>
            );
          case 'empty':
            return <EmptySlab key={row.key} label={row.label} />;
          case 'machine':
            return <Slab key={row.key} machineId={row.id} label={row.label} selected={row.id === selected} onSelect={onSelect} />;
        }
      })}
    </div>
  );
};
