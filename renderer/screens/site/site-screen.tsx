// The site: what its plan expects, what of it is there and what is missing, and the report that goes out at hand-over.
import { useSitePlan } from '../../store/use-site-plan.ts';
import { useStation } from '../../store/station-store.ts';
import { PlanCard } from './plan-card.tsx';
import { ReportCard } from './report-card.tsx';
import page from '../page.module.css';

export const SiteScreen = () => {
  const site = useStation((state) => state.station?.siteName);
  const { value, failure, reload, put } = useSitePlan();
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
