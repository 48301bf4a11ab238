// Keys that work on every screen. Single letters are left alone while a person types or a dialog is open.
import { useEffect } from 'react';
import { go } from '../store/route.ts';
import type { Screen } from '../store/route.ts';

const SCREEN_KEYS: Readonly<Record<string, Screen>> = {
  r: 'rack',
  i: 'images',
  l: 'library',
  p: 'policies',
  f: 'fields',
  c: 'recipes',
  t: 'sets',
  j: 'jobs',
  w: 'wire',
  e: 'site',
  s: 'settings',
};
const SECOND_KEY_MS = 1200;

/** True while letters belong to a field, a menu or a dialog. */
export const isTyping = (event: KeyboardEvent): boolean =>
  event.target instanceof HTMLElement && event.target.closest('input, textarea, select, [role="dialog"], [role="menu"]') !== null;

/** `onSearch` must keep its identity. */
export const useKeys = (onSearch: () => void): void => {
  useEffect(() => {
    let goUntilMs = 0;
    const listen = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        return onSearch();
      }
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      const screen = event.timeStamp < goUntilMs ? SCREEN_KEYS[event.key] : undefined;
      goUntilMs = event.key === 'g' ? event.timeStamp + SECOND_KEY_MS : 0;
      if (screen !== undefined) {
        event.stopImmediatePropagation();
        return go(screen);
      }
      if (event.key !== '/') return;
      event.preventDefault();
      onSearch();
    };
    addEventListener('keydown', listen, { capture: true });
    return () => removeEventListener('keydown', listen, { capture: true });
  }, [onSearch]);
};
