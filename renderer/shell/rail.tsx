// The rail of screens: at the left, and at the bottom on a small screen, where it scrolls sideways to the screen that is shown.
import { useEffect, useRef } from 'react';
import { ImagesIcon, JobsIcon, LibraryIcon, PoliciesIcon, RackIcon, RecipesIcon, SettingsIcon, SiteIcon, WireIcon } from '../kit/icons.tsx';
import { MAIN_SCREENS, mainOf } from '../store/route.ts';
import { WORDS } from '../words/screens.ts';
import styles from './rail.module.css';
import type { Screen } from '../store/route.ts';

const ICONS = {
  rack: RackIcon,
  images: ImagesIcon,
  library: LibraryIcon,
  policies: PoliciesIcon,
  recipes: RecipesIcon,
  jobs: JobsIcon,
  wire: WireIcon,
  site: SiteIcon,
  settings: SettingsIcon,
} as const;

export const Rail = ({ current }: { readonly current: Screen }) => {
  const shown = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // In braces: newer browsers answer it with a promise, which is no clean-up.
    shown.current?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [current]);
  return (
    <nav className={styles['rail']} aria-label="Screens">
      {MAIN_SCREENS.map((screen) => {
        const Icon = ICONS[screen];
        const isCurrent = screen === mainOf(current);
        return (
          <a
            key={screen}
            ref={isCurrent ? shown : null}
            className={styles['item']}
            href={`#/${screen}`}
            aria-current={isCurrent ? (screen === current ? 'page' : 'true') : undefined}
          >
            <Icon size={19} strokeWidth={1.75} aria-hidden="true" />
            <span>{WORDS.screens[screen]}</span>
          </a>
        );
      })}
    </nav>
  );
};
