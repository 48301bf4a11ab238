// A session's permission handlers, asked once for every permission that Chromium knows, and its answers given to the page.
import type { CDPSession } from 'playwright';
import type * as Electron from 'electron';
import { APP, SHOWN } from './address.ts';

type CheckHandler = Exclude<Parameters<Electron.Session['setPermissionCheckHandler']>[0], null>;
type RequestHandler = Exclude<Parameters<Electron.Session['setPermissionRequestHandler']>[0], null>;
type Permission = Parameters<CheckHandler>[1];

/** Electron's name → those of the DevTools protocol (Browser.PermissionDescriptor). */
const PERMISSIONS: Readonly<Partial<Record<Permission, readonly string[]>>> = {
  'clipboard-read': ['clipboard-read'],
  'clipboard-sanitized-write': ['clipboard-write'],
  geolocation: ['geolocation'],
  notifications: ['notifications'],
  media: ['camera', 'microphone'],
  midi: ['midi'],
  'loopback-network': ['loopback-network'],
  'local-network': ['local-network'],
};

export type SessionStandIn = {
  readonly session: Pick<Electron.Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler'>;
  /** Makes Chromium answer as the handlers do. Without a handler Electron allows everything. */
  apply(devtools: CDPSession, contents: Electron.WebContents): Promise<void>;
};

export const createSession = (): SessionStandIn => {
  let check: CheckHandler | null = null;
  let request: RequestHandler | null = null;
  const allows = (permission: Permission, contents: Electron.WebContents): boolean => {
    const details = { isMainFrame: true, requestingUrl: `${APP}/` };
    if (check?.(contents, permission, `${APP}/`, details) === true) return true;
    if (request === null) return check === null;
    let granted: boolean | null = null;
    request(contents, permission, (answer) => (granted = answer), details);
    if (granted === null) throw new Error(`nobody answered the request for ${permission}`);
    return granted;
  };
  return {
    session: {
      setPermissionCheckHandler: (handler) => void (check = handler),
      setPermissionRequestHandler: (handler) => void (request = handler),
    },
    apply: async (devtools, contents) => {
      const { targetInfo } = await devtools.send('Target.getTargetInfo');
      for (const [permission, names] of Object.entries(PERMISSIONS) as [Permission, readonly string[]][])
        for (const name of names)
          await devtools.send('Browser.setPermission', {
            permission: { name },
            setting: allows(permission, contents) ? 'granted' : 'denied',
            origin: SHOWN,
            ...(targetInfo.browserContextId === undefined ? {} : { browserContextId: targetInfo.browserContextId }),
          });
    },
  };
};
