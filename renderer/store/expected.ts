// What a site's plan expects and nobody has heard yet, as the rack shows it. Pure.
import { WORDS } from '../words/screens.ts';
import type { Expected } from './rack-order.ts';
import type { SitePlanView } from '../../preload/contract/plan-views.ts';

type Row = SitePlanView['rows'][number];

const factOf = ({ facts }: Row, ...names: readonly string[]): string | null => {
  const found = names.flatMap((name) => facts.filter((fact) => fact.name === name))[0];
  return found === undefined ? null : String(found.value);
};

const nameOf = (row: Row): string =>
  factOf(row, 'input.hostname', 'input.name') ??
  row.keys.serial ??
  row.keys.mac ??
  WORDS.rack.slot(row.keys.slot ?? '', row.keys.enclosure);

/** By what it will be known, and what it shall be. */
const saysOf = (row: Row): string => {
  const { serial, mac, slot, enclosure } = row.keys;
  const keys = [serial, mac, slot === undefined ? undefined : WORDS.rack.slot(slot, enclosure)].filter((key) => key !== undefined);
  return row.conflict ?? [...keys, factOf(row, 'role')].filter(Boolean).join(' · ');
};

/** A machine that is here is shown as itself. */
export const expectedIn = (plan: SitePlanView | null | undefined): readonly Expected[] =>
  (plan?.rows ?? [])
    .filter(({ state }) => state !== 'seen')
    .map((row) => ({ key: `${row.line}`, name: nameOf(row), says: saysOf(row), position: factOf(row, 'rack.position') ?? '' }));
