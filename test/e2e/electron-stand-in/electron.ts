// The parts of the `electron` module that the shell uses, in real Chromium and plain Node: each is typed by Electron's own types,
// and keeps the rules of its documentation about what must come before `ready` and what after.
import { EventEmitter, once } from 'node:events';
import { tmpdir } from 'node:os';
import type * as Electron from 'electron';
import { chromium } from 'playwright';
import type { Browser } from 'playwright';
import type { ElectronParts } from '../../../main/shell/shell.ts';
import { createWindow } from './browser-window.ts';
import type { WindowStandIn } from './browser-window.ts';
import { createIpcMain } from './ipc-main.ts';
import { startOriginProxy } from './origin-proxy.ts';
import { createSession } from './session.ts';
import { createUtilityProcess } from './utility-process.ts';

export type ElectronStandIn = {
  readonly electron: ElectronParts;
  readonly windows: readonly WindowStandIn[];
  readonly errors: readonly string[];
  readonly schemes: readonly Electron.CustomScheme[];
  readonly menu: () => readonly Electron.MenuItemConstructorOptions[];
  readonly awake: () => boolean;
  readonly revealed: readonly string[];
  /** Shown, in order; `click` is the person's. */
  readonly notices: readonly { readonly title: string; readonly body: string; readonly click: () => void }[];
  readonly isSandboxed: () => boolean;
  readonly stationPids: () => readonly number[];
  /** What the file dialog answers. */
  choose(path: string | null): void;
  crashStation(): Promise<void>;
  /** Resolves when the application has quit. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
};

/** Only what is here exists: anything else of Electron that the shell came to use shows by name, not as `undefined`. */
const only = <T extends object>(name: string, members: object): T =>
  new Proxy(members, {
    get: (target, key, receiver) => {
      if (!(key in target) && typeof key === 'string' && key !== 'then') throw new Error(`the stand-in has no ${name}.${key}`);
      return Reflect.get(target, key, receiver) as unknown;
    },
  }) as T;

export const startElectronStandIn = async (executablePath: string | undefined): Promise<ElectronStandIn> => {
  const proxy = await startOriginProxy();
  const browser: Browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    proxy: { server: proxy.url },
  });
  let isReady = false;
  let isSandboxed = false;
  let isAwake = false;
  let chosen: string | null = null;
  let schemes: readonly Electron.CustomScheme[] | null = null;
  let menu: readonly Electron.MenuItemConstructorOptions[] = [];
  const windows: WindowStandIn[] = [];
  const errors: string[] = [];
  const revealed: string[] = [];
  const notices: ElectronStandIn['notices'][number][] = [];
  const protocols = new Map<string, (request: Request) => Response | Promise<Response>>();
  const utility = createUtilityProcess(() => isReady);
  const ipc = createIpcMain();
  const session = createSession();
  const beforeReady = (what: string): void => {
    if (isReady) throw new Error(`${what} must be called before the app is ready`);
  };

  const appEvents = new EventEmitter();
  const ended = once(appEvents, 'quit');
  let hasQuit = false;
  const quit = (): void => {
    let prevented = false;
    appEvents.emit('before-quit', { preventDefault: () => (prevented = true) });
    if (prevented || hasQuit) return;
    hasQuit = true;
    for (const { window } of windows) window.close();
    appEvents.emit('quit');
  };
  const app = Object.assign(appEvents, {
    isPackaged: false,
    requestSingleInstanceLock: () => true,
    quit,
    exit: quit,
    whenReady: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      isReady = true;
    },
    enableSandbox: () => {
      beforeReady('app.enableSandbox');
      isSandboxed = true;
    },
    setPath: () => undefined,
    getPath: () => tmpdir(),
  } satisfies Pick<
    Electron.App,
    'isPackaged' | 'requestSingleInstanceLock' | 'quit' | 'exit' | 'whenReady' | 'enableSandbox' | 'setPath' | 'getPath'
  >);

  const protocol = {
    registerSchemesAsPrivileged: (wanted) => {
      beforeReady('protocol.registerSchemesAsPrivileged');
      if (schemes !== null) throw new Error('protocol.registerSchemesAsPrivileged can be called only once');
      schemes = wanted;
    },
    handle: (scheme, handler) => {
      if (!isReady) throw new Error('protocol.handle needs a ready app');
      // Without "standard" an address has no origin and no relative paths; without "secure" the page is no secure context.
      const privileges = schemes?.find((one) => one.scheme === scheme)?.privileges;
      if (privileges?.standard !== true || privileges.secure !== true) throw new Error(`the scheme ${scheme} has no privileges`);
      protocols.set(scheme, handler as (request: Request) => Response | Promise<Response>);
    },
  } satisfies Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle'>;

  const openWindow = (options: Electron.BrowserWindowConstructorOptions): WindowStandIn =>
    createWindow(options, {
      openContext: () =>
        browser.newContext({ viewport: { width: options.width ?? 800, height: options.height ?? 600 }, colorScheme: 'dark' }),
      answerRequest: async (request) => {
        const handler = protocols.get(new URL(request.url).protocol.slice(0, -1));
        return handler === undefined ? new Response('no handler', { status: 404 }) : handler(request);
      },
      ipc,
      session,
      onContents: (contents) => appEvents.emit('web-contents-created', {}, contents),
    });
  /** What `new BrowserWindow(options)` gives is the window itself. */
  const BrowserWindow = function (options: Electron.BrowserWindowConstructorOptions): Electron.BrowserWindow {
    const made = openWindow(options);
    windows.push(made);
    made.window.once('closed', () => appEvents.emit('window-all-closed'));
    return made.window;
  };

  const dialog = {
    showErrorBox: (title, content) => void errors.push(`${title}: ${content}`),
    showOpenDialog: () => Promise.resolve({ canceled: chosen === null, filePaths: chosen === null ? [] : [chosen] }),
  } satisfies Pick<Electron.Dialog, 'showErrorBox' | 'showOpenDialog'>;
  const powerSaveBlocker = {
    start: () => {
      isAwake = true;
      return 1;
    },
    stop: () => {
      isAwake = false;
      return true;
    },
  } satisfies Pick<Electron.PowerSaveBlocker, 'start' | 'stop'>;
  const shell = { showItemInFolder: (path) => void revealed.push(path) } satisfies Pick<Electron.Shell, 'showItemInFolder'>;
  const Notification = Object.assign(
    function ({ title = '', body = '' }: Electron.NotificationConstructorOptions) {
      if (!isReady) throw new Error('a Notification needs a ready app');
      const events = new EventEmitter();
      return Object.assign(events, { show: () => void notices.push({ title, body, click: () => void events.emit('click') }) });
    },
    { isSupported: () => true },
  );
  const Menu = {
    buildFromTemplate: (template: readonly Electron.MenuItemConstructorOptions[]) => template,
    setApplicationMenu: (template: readonly Electron.MenuItemConstructorOptions[]) => void (menu = template),
  };

  return {
    electron: {
      app: only<Electron.App>('app', app),
      BrowserWindow: BrowserWindow as unknown as typeof Electron.BrowserWindow,
      dialog: only<Electron.Dialog>('dialog', dialog),
      ipcMain: only<Electron.IpcMain>('ipcMain', ipc.ipcMain),
      Menu: only<typeof Electron.Menu>('Menu', Menu),
      nativeTheme: only<Electron.NativeTheme>('nativeTheme', { shouldUseDarkColors: true } satisfies Pick<
        Electron.NativeTheme,
        'shouldUseDarkColors'
      >),
      Notification: Notification as unknown as typeof Electron.Notification,
      powerSaveBlocker: only<Electron.PowerSaveBlocker>('powerSaveBlocker', powerSaveBlocker),
      protocol: only<Electron.Protocol>('protocol', protocol),
      shell: only<Electron.Shell>('shell', shell),
      utilityProcess: only<typeof Electron.utilityProcess>('utilityProcess', utility.utilityProcess),
    },
    windows,
    errors,
    get schemes() {
      return schemes ?? [];
    },
    menu: () => menu,
    awake: () => isAwake,
    revealed,
    notices,
    isSandboxed: () => isSandboxed,
    stationPids: utility.pids,
    choose: (path) => void (chosen = path),
    crashStation: utility.crash,
    ended,
    stop: async () => {
      quit();
      await ended;
      await utility.crash();
      await browser.close();
      await proxy.stop();
    },
  };
};
