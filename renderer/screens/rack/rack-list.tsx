// The list of slabs: one listbox, so that arrows move the selection and Enter opens. Only rows near the window are in the
// document; they draw themselves, and this file draws again only when order, selection or scrolling change.
import { useEffect, useMemo, useRef } from 'react';
import { Button } from '../../kit/button.tsx';
import { Blank } from '../../kit/panel.tsx';
import { go } from '../../store/route.ts';
import { useDensity } from '../../store/density.ts';
import { layOutRack } from '../../store/rack-order.ts';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import { DENSE_HEIGHTS, HEIGHTS, TOUCH_HEIGHTS, placeRows, scrollToShow } from './row-window.ts';
import { EmptySlab, ExpectedSlab, Slab, slabId } from './slab.tsx';
import { useRowWindow, useSmall } from './use-row-window.ts';
import styles from './rack-list.module.css';
import type { Expected, Place, Sorting } from '../../store/rack-order.ts';

/** Around the rows, px; as in the style sheet. */
const PADDING = 10;

export type RackListProps = {
  readonly places: readonly Place[];
  /** The ids of `places`. */
  readonly ids: readonly string[];
  readonly selected: string | null;
  readonly sorting: Sorting;
  /** Of the plan, and not heard yet. */
  readonly expected: readonly Expected[];
  readonly onSelect: (id: string) => void;
};

const NothingHeard = () => {
  const listening = useStation((state) => state.station?.listening.on === true);
  // Nobody will be heard, or nobody can boot: that comes before any advice about machines.
  const problem = useStation((state) => state.station?.wire.problem ?? state.station?.kit.problem ?? null);
  if (problem !== null) {
    return (
      <Blank kind="failed" title={problem.message} text={problem.next}>
        <Button onClick={() => go('wire')}>{WORDS.rack.openWire}</Button>
      </Blank>
    );
  }
  return (
    <Blank kind="nothing" title={WORDS.rack.emptyTitle} text={listening ? WORDS.rack.emptyListening : WORDS.rack.emptySilent}>
      <Button onClick={() => go('wire')}>{listening ? WORDS.rack.nothingComes : WORDS.rack.startListening}</Button>
    </Blank>
  );
};

const Rows = ({ places, ids, selected, sorting, expected, onSelect }: RackListProps) => {
  const list = useRef<HTMLDivElement>(null);
  const small = useSmall();
  // A finger needs the tall row, whatever was chosen.
  const dense = useDensity((state) => state.dense) && !small;
  const heights = small ? TOUCH_HEIGHTS : dense ? DENSE_HEIGHTS : HEIGHTS;
  const rows = useMemo(
    () => layOutRack(places, sorting, { expected, expectedTitle: WORDS.rack.expectedTitle }),
    [places, sorting, expected],
  );
  const { tops, total } = useMemo(() => placeRows(rows, heights), [rows, heights]);
  const [from, to] = useRowWindow(
    list,
    useMemo(() => ({ tops, total }), [tops, total]),
  );
  const chosen = selected === null ? -1 : rows.findIndex((row) => row.kind === 'machine' && row.id === selected);
  useEffect(() => {
    const element = list.current;
    if (element === null || chosen < 0) return;
    element.scrollTop = scrollToShow(tops[chosen] ?? 0, heights.slab + PADDING, element.scrollTop, element.clientHeight - PADDING);
    // Only when another machine is selected: live updates never scroll the list away under the eye.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [selected]);
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
      ref={list}
      className={styles['list']}
      data-dense={dense}
      role="listbox"
      tabIndex={0}
      aria-label={WORDS.rack.list}
      aria-activedescendant={selected !== null && chosen >= from && chosen < to ? slabId(selected) : undefined}
      onKeyDown={(event) => {
        const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
        if (act === undefined) return;
        event.preventDefault();
        act();
      }}
    >
      <div className={styles['rows']} role="presentation" style={{ height: total }}>
        {rows.slice(from, to).map((row, offset) => {
          const index = from + offset;
          const place = { top: tops[index] ?? 0, position: index + 1, size: rows.length };
          switch (row.kind) {
            case 'group':
              return (
                <div key={row.key} className={styles['group']} role="presentation" style={{ top: place.top }}>
                  {row.title}
                </div>
              );
            case 'empty':
              return <EmptySlab key={row.key} {...place} label={row.label} />;
            case 'expected':
              return <ExpectedSlab key={row.key} {...place} label={row.label} expected={row.expected} />;
            case 'machine':
              return (
                <Slab key={row.key} {...place} machineId={row.id} label={row.label} selected={row.id === selected} onSelect={onSelect} />
              );
          }
        })}
      </div>
    </div>
  );
};

export const RackList = (props: RackListProps) =>
  props.places.length + props.expected.length === 0 ? <NothingHeard /> : <Rows {...props} />;
