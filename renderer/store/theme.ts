// Dark, light or as the system: kept by this browser, applied as an attribute that the tokens follow.
import { create } from 'zustand';

export type Theme = 'system' | 'dark' | 'light';

const KEY = 'rackside.theme';

const read = (): Theme => {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'dark' || kept === 'light' ? kept : 'system';
  } catch {
    return 'system';
  }
};

export const useTheme = create<{ readonly theme: Theme }>(() => ({ theme: 'system' }));

const apply = (theme: Theme): void => {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
};

export const setTheme = (theme: Theme): void => {
  useTheme.setState({ theme });
  apply(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the window.
  }
};

export const startTheme = (): void => {
  const theme = read();
  useTheme.setState({ theme });
  apply(theme);
};
