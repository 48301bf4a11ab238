// The wire: whether the station answers, whether it may, and everything that was heard.
import { WORDS } from '../../words/screens.ts';
import { BootsCard } from './boots-card.tsx';
import { EventLog } from './event-log.tsx';
import { ListeningCard } from './listening-card.tsx';
import { PreflightCard } from './preflight-card.tsx';
import { ServicesCard } from './services-card.tsx';
import page from '../page.module.css';

export const WireScreen = ({ selected }: { readonly selected: string | null }) => (
  <div className={page['page']}>
    <h1 className={page['title']}>{WORDS.screens.wire}</h1>
    <BootsCard selected={selected} />
    <div className={page['columns']}>
      <div className={page['form']}>
        <ListeningCard />
        <ServicesCard />
      </div>
      <PreflightCard />
    </div>
    <EventLog />
  </div>
);
