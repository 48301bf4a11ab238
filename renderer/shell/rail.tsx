// The rail of screens: at the left, and at the bottom on a small screen.
import { ImagesIcon, JobsIcon, PoliciesIcon, RackIcon, SettingsIcon, WireIcon } from '../kit/icons.tsx';
import { SCREENS } from '../store/route.ts';
import { WORDS } from '../words/screens.ts';
import styles from './rail.module.css';
import type { Screen } from '../store/route.ts';

const ICONS = {
  rack: RackIcon,
  images: ImagesIcon,
  policies: PoliciesIcon,
  jobs: JobsIcon,
  wire: WireIcon,
  settings: SettingsIcon,
} as const;

export const Rail = ({ current }: { readonly current: Screen }) => (
  <nav className={styles['rail']} aria-label="Screens">
    {SCREENS.map((screen) => {
      const Icon = ICONS[screen];
      return (
        <a key={screen} className={styles['item']} href={`#/${screen}`} aria-current={screen === current ? 'page' : undefined}>
          <Icon size={19} strokeWidth={1.75} aria-hidden="true" />
          <span>{WORDS.screens[screen]}</span>
        </a>
      );
    })}
  </nav>
);
