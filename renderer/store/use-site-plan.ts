// The site's plan as the station matches it against its machines. They come and go, so it is asked for again while somebody looks.
import { useEffect } from 'react';
import { useAnswer } from './use-answer.ts';
import { useLastEvent } from './use-last-event.ts';
import { useStation } from './station-store.ts';
import type { Answer } from './use-answer.ts';
import type { CallAnswer } from '../../preload/contract/calls.ts';

const AGAIN_MS = 4000;

/** Null: the site has no plan. */
export const useSitePlan = (): Answer<CallAnswer<'plan.get'>> => {
  const site = useStation((state) => state.station?.siteName);
  const changed = useLastEvent('plan.', 'station.described');
  const answer = useAnswer('plan.get', {}, `${site} ${changed}`);
  const { value, reload } = answer;
  const hasPlan = value !== undefined && value !== null;
  useEffect(() => {
    if (!hasPlan) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [hasPlan, reload]);
  return answer;
};
