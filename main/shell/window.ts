// The one window: sandboxed, isolated, no navigation, no further windows, no permissions (Electron documentation, security checklist).
import type * as Electron from 'electron';
import { APP_ORIGIN } from './app-protocol.ts';

export type WindowPlace = { readonly preload: string; readonly isDark: boolean };

export const windowOptions = ({ preload, isDark }: WindowPlace): Electron.BrowserWindowConstructorOptions => ({
  width: 1280,
  height: 800,
  minWidth: 390,
  minHeight: 480,
  show: false,
  title: 'Rackside',
  // The first paint in the theme's own colour: no white flash in a dark machine room.
  backgroundColor: isDark ? '#0f1316' : '#eef1f2',
  webPreferences: {
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webSecurity: true,
    spellcheck: false,
    navigateOnDragDrop: false,
  },
});

type Guarded = Pick<Electron.WebContents, 'on' | 'setWindowOpenHandler'> & {
  readonly session: Pick<Electron.Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler'>;
};

/**
 * What our page asks of the system: copying text, and its pipe. To Chromium a page of a scheme of one's own is less private than
 * loopback, so the WebSocket to the station asks for `loopback-network` (until Chromium 144 `local-network-access`); where else it
 * may connect, the content policy says.
 */
const ALLOWED_PERMISSIONS: ReadonlySet<string> = new Set(['clipboard-sanitized-write', 'loopback-network', 'local-network-access']);

/** A page of ours stays where it is; anything that wants elsewhere is refused. */
export const guardContents = (contents: Guarded): void => {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  const stay = (event: { preventDefault(): void }, url: string): void => {
    if (!url.startsWith(`${APP_ORIGIN}/`)) event.preventDefault();
  };
  contents.on('will-navigate', (event) => stay(event, event.url));
  contents.on('will-frame-navigate', (event) => stay(event, event.url));
  contents.on('will-redirect', (event) => stay(event, event.url));
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.session.setPermissionRequestHandler((_contents, permission, answer) => answer(ALLOWED_PERMISSIONS.has(permission)));
  contents.session.setPermissionCheckHandler((_contents, permission) => ALLOWED_PERMISSIONS.has(permission));
};
