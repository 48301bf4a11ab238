// The frame around every screen: header, rail, status line, search, notices, and what is shown while there is no station.
import { useCallback, useEffect, useState } from 'react';
import { Button } from '../kit/button.tsx';
import { Blank } from '../kit/panel.tsx';
import { TooltipRoot } from '../kit/tooltip.tsx';
import { FieldsScreen } from '../screens/fields/fields-screen.tsx';
import { ImagesScreen } from '../screens/images/images-screen.tsx';
import { JobsScreen } from '../screens/jobs/jobs-screen.tsx';
import { LibraryScreen } from '../screens/library/library-screen.tsx';
import { PoliciesScreen } from '../screens/policies/policies-screen.tsx';
import { RackScreen } from '../screens/rack/rack-screen.tsx';
import { RecipesScreen } from '../screens/recipes/recipes-screen.tsx';
import { SetsScreen } from '../screens/sets/sets-screen.tsx';
import { SettingsScreen } from '../screens/settings/settings-screen.tsx';
import { SiteScreen } from '../screens/site/site-screen.tsx';
import { WireScreen } from '../screens/wire/wire-screen.tsx';
import { useRoute } from '../store/route.ts';
import { useStation } from '../store/station-store.ts';
import { ARMING } from '../words/arming.ts';
import { WORDS } from '../words/screens.ts';
import { ArmedBanner } from './armed-banner.tsx';
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
    case 'library':
      return <LibraryScreen />;
    case 'policies':
      return <PoliciesScreen />;
    case 'recipes':
      return <RecipesScreen selected={route.id} />;
    case 'fields':
      return <FieldsScreen />;
    case 'sets':
      return <SetsScreen selected={route.id} />;
    case 'jobs':
      return <JobsScreen selected={route.id} />;
    case 'site':
      return <SiteScreen />;
    case 'wire':
      return <WireScreen selected={route.id} />;
    case 'settings':
      return <SettingsScreen />;
  }
};

/** Before the first snapshot: looking, not reached, no key, or a station that cannot show itself. */
const NoStation = () => {
  const link = useStation((state) => state.link);
  const refused = useStation((state) => state.refused);
  if (link.kind === 'no-key') return <Blank kind="failed" title={WORDS.link.noKeyTitle} text={WORDS.link.noKeyText} />;
  if (refused !== null)
    return (
      <Blank kind="failed" title={refused.message} text={refused.next}>
        <p>{refused.code}</p>
        <Button onClick={() => location.reload()}>{WORDS.common.retry}</Button>
      </Blank>
    );
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
  const armed = useStation((state) => (state.station?.armed ?? null) !== null);
  const [searching, setSearching] = useState(false);
  const search = useCallback(() => setSearching(true), []);
  useKeys(search);
  useEffect(() => {
    document.title = [armed ? ARMING.state : null, WORDS.screens[route.screen], site, 'Rackside'].filter(Boolean).join(' · ');
  }, [armed, route.screen, site]);
  return (
    <TooltipRoot>
      <div className={styles['app']}>
        <Header />
        <ArmedBanner />
        <LinkBanner />
        <div className={styles['middle']}>
          <Rail current={route.screen} />
          <main className={styles['main']} id="content">
            {reached ? (
              <ScreenFor route={route} onSearch={search} />
            ) : (
              <>
                <h1 className={styles['heading']}>{WORDS.screens[route.screen]}</h1>
                <NoStation />
              </>
            )}
          </main>
        </div>
        <StatusLine />
        <Notices />
        <SearchDialog open={searching} onClose={() => setSearching(false)} />
      </div>
    </TooltipRoot>
  );
};
