// The way between screens that stand under one name of the rail.
import { GROUPS } from '../store/route.ts';
import { WORDS } from '../words/screens.ts';
import page from './page.module.css';
import type { Screen } from '../store/route.ts';

export const SubScreens = ({ current }: { readonly current: Screen }) => (
  <div className={page['tabs']}>
    {(GROUPS.find((group) => group.includes(current)) ?? []).map((screen) => (
      <a key={screen} className={page['tab']} href={`#/${screen}`} aria-current={screen === current ? 'page' : undefined}>
        {WORDS.screens[screen]}
      </a>
    ))}
  </div>
);
