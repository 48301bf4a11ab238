// In which order the rack shows its machines, with the empty ports between them. Pure, so that it can be tested to death.
import { toneOf } from '../words/machine.ts';
import type { MachineView } from '../../preload/contract/views.ts';

export type Sorting = 'position' | 'name' | 'state';

export type RackRow =
  | { readonly kind: 'group'; readonly key: string; readonly title: string }
  | { readonly kind: 'machine'; readonly key: string; readonly id: string; readonly label: string }
  | { readonly kind: 'empty'; readonly key: string; readonly label: string }
  | { readonly kind: 'expected'; readonly key: string; readonly label: string; readonly expected: Expected };

/** A machine of the site's plan that was not heard yet; an empty position is none. */
export type Expected = { readonly key: string; readonly name: string; readonly says: string; readonly position: string };

const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** `sw-12 port 07` → group `sw-12 port`, number 7; `null` when it does not end in a number. */
export const splitPosition = (position: string): { readonly group: string; readonly number: number; readonly digits: number } | null => {
  const found = /^(.*?)(\d{1,4})$/.exec(position.trim());
  return found === null ? null : { group: (found[1] ?? '').trim(), number: Number(found[2]), digits: (found[2] ?? '').length };
};

const TONE_ORDER = { ask: 0, fail: 1, work: 2, idle: 3, ok: 4 } as const;

/** Of two machines, which stands first: less than 0 when `a` does. */
export const comparePlaces = (sorting: Sorting, a: MachineView, b: MachineView): number => {
  if (sorting === 'position' && (a.position === null) !== (b.position === null)) return a.position === null ? 1 : -1;
  const first =
    sorting === 'position'
      ? natural.compare(a.position ?? '', b.position ?? '')
      : sorting === 'state'
        ? TONE_ORDER[toneOf(a)] - TONE_ORDER[toneOf(b)]
        : 0;
  return first || natural.compare(a.name, b.name) || natural.compare(a.id, b.id);
};

/** Whether two views of one machine stand at the same place. */
export const isSamePlace = (sorting: Sorting, a: MachineView, b: MachineView): boolean =>
  a === b || (a.position === b.position && a.name === b.name && (sorting !== 'state' || toneOf(a) === toneOf(b)));

/** Where one machine stands in the list; an empty position is none. */
export type Place = { readonly id: string; readonly position: string };

export const placeOf = ({ id, position }: MachineView): Place => ({ id, position: position ?? '' });

/**
 * The order while a pointer is over the list, so a click may be on its way: those that are shown keep their places, and with
 * them the empty ports between; new ones come last.
 */
export const holdPlaces = (sorted: readonly Place[], shown: readonly Place[]): readonly Place[] => {
  const present = new Set(sorted.map(({ id }) => id));
  const kept = shown.filter(({ id }) => present.has(id));
  const known = new Set(kept.map(({ id }) => id));
  return [...kept, ...sorted.filter(({ id }) => !known.has(id))];
};

/** Runs of empty ports longer than this are one line. */
const LONGEST_RUN = 3;
const HIGHEST_PORT = 64;
/** A switch of which less than this share was heard is not ours to draw in full. */
const SMALLEST_SHARE = 0.25;

const NOTHING_EXPECTED = { expected: [], expectedTitle: '' };

const pad = (number: number, digits: number): string => String(number).padStart(Math.max(2, digits), '0');

const emptyBetween = (group: string, from: number, to: number, digits: number): readonly RackRow[] => {
  if (from > to) return [];
  const key = (number: number): string => `empty ${group} ${number}`;
  if (to - from + 1 > LONGEST_RUN) return [{ kind: 'empty', key: key(from), label: `${pad(from, digits)}–${pad(to, digits)}` }];
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    kind: 'empty' as const,
    key: key(from + index),
    label: pad(from + index, digits),
  }));
};

type Held = { readonly position: string } & ({ readonly id: string } | { readonly expected: Expected });

/** What is expected at a known place stands there between the machines; the rest is told at the end. */
const merge = (places: readonly Place[], expected: readonly Expected[]): readonly Held[] => {
  const waiting = expected
    .filter(({ position }) => position !== '')
    .toSorted((a, b) => natural.compare(a.position, b.position))
    .map((one) => ({ position: one.position, expected: one }));
  const held: Held[] = [];
  for (const place of places) {
    while (waiting[0] !== undefined && (place.position === '' || natural.compare(waiting[0].position, place.position) < 0))
      held.push(...waiting.splice(0, 1));
    held.push(place);
  }
  return [...held, ...waiting];
};

/** Groups whose empty ports are worth showing: several machines, and not only a few of many ports. */
const groupsToFill = (places: readonly Held[]): ReadonlySet<string> => {
  const numbers = new Map<string, Set<number>>();
  for (const { position } of places) {
    const split = splitPosition(position);
    if (split !== null) numbers.set(split.group, (numbers.get(split.group) ?? new Set()).add(split.number));
  }
  const filled = [...numbers].filter(([, heard]) => {
    const highest = Math.max(...heard);
    return heard.size > 1 && highest <= HIGHEST_PORT && heard.size / highest >= SMALLEST_SHARE;
  });
  return new Set(filled.map(([group]) => group));
};

/**
 * The rows of the rack: in position order grouped by switch or rack, with the ports between machines shown as empty. What the plan
 * expects stands at its place where that is known and the order is by position, else below `expectedTitle`.
 */
export const layOutRack = (
  places: readonly Place[],
  sorting: Sorting,
  { expected, expectedTitle }: { readonly expected: readonly Expected[]; readonly expectedTitle: string } = NOTHING_EXPECTED,
): readonly RackRow[] => {
  const rows: RackRow[] = [];
  let group: string | null = null;
  let last = 0;
  const held = sorting === 'position' ? merge(places, expected) : places;
  const fill = groupsToFill(held);
  const titles = new Set(held.map(({ position }) => splitPosition(position)?.group ?? ''));
  const add = (one: Held, label: string): void =>
    void rows.push(
      'id' in one
        ? { kind: 'machine', key: one.id, id: one.id, label }
        : { kind: 'expected', key: `expected ${one.expected.key}`, label, expected: one.expected },
    );
  held.forEach((one, index) => {
    const split = splitPosition(one.position);
    if (sorting !== 'position') return add(one, split === null ? pad(index + 1, 2) : pad(split.number, split.digits));
    const mine: string = split?.group ?? '';
    if (mine !== group) {
      if (titles.size > 1) rows.push({ kind: 'group', key: `group ${mine} ${index}`, title: mine });
      [group, last] = [mine, 0];
    }
    if (split !== null && fill.has(mine) && split.number > last) {
      rows.push(...emptyBetween(mine, last + 1, split.number - 1, split.digits));
      last = split.number;
    }
    add(one, split === null ? '–' : pad(split.number, split.digits));
  });
  const rest = expected.filter(({ position }) => sorting !== 'position' || position === '');
  if (rest.length > 0) rows.push({ kind: 'group', key: 'expected', title: expectedTitle });
  for (const one of rest) add({ position: '', expected: one }, '–');
  return rows;
};
