// The site: what its plan expects, what of it is there and what is missing, and the report that goes out at hand-over. Machines come and
// go, so the plan is asked for again while somebody looks.
import { useEffect } from 'react';
import { useAnswer } from '../../store/use-answer.ts';
import { useLastEvent } from '../../store/use-last-event.ts';
import { useStation } from '../../store/station-store.ts';
import { PlanCard } from './plan-card.tsx';
import { ReportCard } from './report-card.tsx';
import page from '../page.module.css';

const AGAIN_MS = 4000;

export const SiteScreen = () => {
  const site = useStation((state) => state.station?.siteName);
  const changed = useLastEvent('plan.', 'station.described');
  const { value, failure, reload, put } = useAnswer('plan.get', {}, `${site} ${changed}`);
  const hasPlan = value !== undefined && value !== null;
  useEffect(() => {
    if (!hasPlan) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [hasPlan, reload]);
  return (
    <div className={page['page']}>
      <div className={page['head']}>
        <h1 className={page['title']}>{site}</h1>
      </div>
      <PlanCard plan={value} problem={failure} onReload={reload} onPlan={put} />
      <ReportCard key={site} site={site} />
    </div>
  );
};
