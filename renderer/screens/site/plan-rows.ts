// The plan's rows as the screen shows them. Pure.
import type { SitePlanView } from '../../../preload/contract/plan-views.ts';

export type PlanRow = SitePlanView['rows'][number];
export const FILTERS = ['all', 'missing', 'conflict', 'differs', 'seen'] as const;
export type Filter = (typeof FILTERS)[number];

/** A machine that is missing outside conflicts is amber, one in conflict red; one that is here but otherwise is amber too. */
export const toneOfRow = ({ state, differences }: Pick<PlanRow, 'state' | 'differences'>): 'ok' | 'ask' | 'fail' =>
  state === 'conflict' ? 'fail' : state === 'missing' || differences.length > 0 ? 'ask' : 'ok';

export const rowsFor = (rows: readonly PlanRow[], filter: Filter): readonly PlanRow[] => {
  switch (filter) {
    case 'all':
      return rows;
    case 'differs':
      return rows.filter(({ state, differences }) => state === 'seen' && differences.length > 0);
    case 'missing':
    case 'conflict':
    case 'seen':
      return rows.filter(({ state }) => state === filter);
  }
};
