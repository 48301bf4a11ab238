// Real Chromium knows no `app:` scheme: the stand-in shows app://rackside as an https origin that exists nowhere but in Playwright's
// route, and says its own name everywhere else.
export const APP = 'app://rackside';
export const SHOWN = 'https://rackside.app.invalid';

/** Where preload and stand-in meet for calls that wait for their answer. */
export const SYNC_PATH = '/electron-stand-in/send-sync';

export const toShown = (url: string): string => (url.startsWith(`${APP}/`) ? SHOWN + url.slice(APP.length) : url);
export const toApp = (url: string): string => (url.startsWith(`${SHOWN}/`) ? APP + url.slice(SHOWN.length) : url);
