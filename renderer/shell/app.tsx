// The frame around every screen: header, rail, status line, search, notices, and what is shown while there is no station.
import { useCallback, useEffect, useState } from 'react';
import { Blank } from '../kit/panel.tsx';
import { TooltipRoot } from '../kit/tooltip.tsx';
import { ImagesScreen } from '../screens/images/images-screen.tsx';
import { JobsScreen } from '../screens/jobs/jobs-screen.tsx';
import { PoliciesScreen } from '../screens/policies/policies-screen.tsx';
import { RackScreen } from '../screens/rack/rack-screen.tsx';
import { SettingsScreen } from '../screens/settings/settings-screen.tsx';
import { WireScreen } from '../screens/wire/wire-screen.tsx';
import { useRoute } from '../store/route.ts';
import { useStation } from '../store/station-store.ts';
import { WORDS } from '../words/screens.ts';
import { Header } from './header.tsx';
import { LinkBanner } from './link-banner.tsx';
import { Notices } from './notices.tsx';
import { Rail } from './rail.tsx';
import { SearchDialog } from './search-dialog.tsx';
import { StatusLine } from './status-line.tsx';
import { useKeys } from './use-keys.ts';
import styles from './app.module.css';
import type { Route } from '../store/route.ts';

const ScreenFor = ({ route, onSearch }: { readonly route: Route; readonly onSearch: () => void }) => {
  switch (route.screen) {
    case 'rack':
      return <RackScreen fullId={route.id} onSearch={onSearch} />;
    case 'images':
      return <ImagesScreen selected={route.id} />;
    case 'policies':
      return <PoliciesScreen />;
    case 'jobs':
      return <JobsScreen selected={route.id} />;
    case 'wire':
      return <WireScreen />;
    case 'settings':
      return <SettingsScreen />;
  }
};

/** Before the first snapshot: looking, not reached, or no key. */
const NoStation = () => {
  const link = useStation((state) => state.link);
  if (link.kind === 'no-key') return <Blank kind="failed" title={WORDS.link.noKeyTitle} text={WORDS.link.noKeyText} />;
  const tried = link.kind === 'down' || (link.kind === 'connecting' && link.attempt > 1);
  return tried ? (
    <Blank kind="link-lost" title={`${WORDS.link.lostTitle}, ${WORDS.link.trying}`} text={WORDS.link.downText} />
  ) : (
    <Blank kind="loading" title={WORDS.link.firstTitle} text={WORDS.link.firstText} />
  );
};

export const App = () => {
  const route = useRoute();
  const reached = useStation((state) => state.station !== null);
  const site = useStation((state) => state.station?.siteName);
  const [searching, setSearching] = useState(false);
  const search = useCallback(() => setSearching(true), []);
  useKeys(search);
  useEffect(() => {
    document.title = [WORDS.screens[route.screen], site, 'Rackside'].filter(Boolean).join(' · ');
  }, [route.screen, site]);
  return (
    <TooltipRoot>
      <div className={styles['app']}>
        <Header />
        <LinkBanner />
        <div className={styles['middle']}>
          <Rail current={route.screen} />
          <main className={styles['main']} id="content">
            {reached ? <ScreenFor route={route} onSearch={search} /> : <NoStation />}
          </main>
        </div>
        <StatusLine />
        <Notices />
        <SearchDialog open={searching} onClose={() => setSearching(false)} />
      </div>
    </TooltipRoot>
  );
};
