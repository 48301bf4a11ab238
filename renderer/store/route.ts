// Which screen is shown: the address's fragment, so that back, forward and reload work in a browser too.
import { useSyncExternalStore } from 'react';

/** Those that the rail shows. */
export const MAIN_SCREENS = ['rack', 'images', 'library', 'policies', 'recipes', 'jobs', 'wire', 'site', 'settings'] as const;
export const SCREENS = [...MAIN_SCREENS, 'fields', 'sets'] as const;
export type MainScreen = (typeof MAIN_SCREENS)[number];
export type Screen = (typeof SCREENS)[number];
/** Screens that stand together under one name of the rail. */
export const GROUPS: readonly (readonly [MainScreen, ...Screen[]])[] = [
  ['policies', 'fields'],
  ['recipes', 'sets'],
];
export const mainOf = (screen: Screen): MainScreen =>
  GROUPS.find((group) => group.includes(screen))?.[0] ?? MAIN_SCREENS.find((one) => one === screen) ?? 'rack';
export type Route = { readonly screen: Screen; readonly id: string | null };

/** `#/rack/m-7` → the rack's machine m-7 in full; anything unknown is the rack. */
export const parseRoute = (hash: string): Route => {
  const [, screen, id] = hash.replace(/^#/, '').split('/');
  const known = SCREENS.find((one) => one === screen) ?? 'rack';
  try {
    return { screen: known, id: id === undefined || id === '' ? null : decodeURIComponent(id) };
  } catch {
    return { screen: known, id: null };
  }
};

export const routeHash = ({ screen, id }: Route): string => `#/${screen}${id === null ? '' : `/${encodeURIComponent(id)}`}`;

export const go = (screen: Screen, id: string | null = null): void => {
  const next = routeHash({ screen, id });
  if (location.hash !== next) location.hash = next;
};

const subscribe = (changed: () => void): (() => void) => {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
};

const hash = (): string => location.hash;

export const useRoute = (): Route => parseRoute(useSyncExternalStore(subscribe, hash));
