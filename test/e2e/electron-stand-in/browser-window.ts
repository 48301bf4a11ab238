// BrowserWindow and its webContents over a Playwright page: options kept as values, navigation and further windows decided by the
// shell's own handlers, its protocol answered by the shell's own handler (Electron documentation, browser-window, web-contents).
import { EventEmitter } from 'node:events';
import type * as Electron from 'electron';
import type { BrowserContext, Page, Route } from 'playwright';
import { APP, SHOWN, SYNC_PATH, toApp, toShown } from './address.ts';
import type { IpcStandIn } from './ipc-main.ts';
import { installPreload } from './preload-world.ts';
import type { IpcCall } from './preload-world.ts';
import type { SessionStandIn } from './session.ts';

export type WindowParts = {
  readonly openContext: () => Promise<BrowserContext>;
  readonly answerRequest: (request: Request) => Promise<Response>;
  readonly ipc: IpcStandIn;
  readonly session: SessionStandIn;
  readonly onContents: (contents: Electron.WebContents) => void;
};

export type WindowStandIn = {
  readonly window: Electron.BrowserWindow;
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly page: () => Promise<Page>;
  /** Addresses that a handler kept the page from. */
  readonly refused: readonly string[];
  readonly isShown: () => boolean;
  /** How often the shell has brought it to the front. */
  readonly focused: () => number;
};

type OpenHandler = Parameters<Electron.WebContents['setWindowOpenHandler']>[0];

const cancellable = (extra: object): { defaultPrevented: boolean; preventDefault(): void } => ({
  ...extra,
  defaultPrevented: false,
  preventDefault() {
    this.defaultPrevented = true;
  },
});

export const createWindow = (options: Electron.BrowserWindowConstructorOptions, parts: WindowParts): WindowStandIn => {
  const refused: string[] = [];
  let openHandler: OpenHandler = () => ({ action: 'allow' });
  let isProgrammatic = false;
  let isShown = false;
  let focused = 0;
  let isClosed = false;
  let opened: Promise<Page> | null = null;
  const page = (): Promise<Page> => (opened ??= open());

  const contentsEvents = new EventEmitter();
  const contents = Object.assign(contentsEvents, {
    id: 1,
    session: parts.session.session,
    setWindowOpenHandler: (handler) => void (openHandler = handler),
    reload: () => {
      isProgrammatic = true;
      void page().then((one) => one.reload());
    },
  } satisfies Pick<Electron.WebContents, 'id' | 'setWindowOpenHandler' | 'reload'> & {
    session: object;
  }) as unknown as Electron.WebContents;
  const from = (url: string) => ({ sender: contents, senderFrame: { url: toApp(url) } });

  /** True when a handler wants the page to stay. */
  const isKept = (url: string): boolean => {
    const events = ['will-navigate', 'will-frame-navigate'].map((name) => {
      const event = cancellable({ url: toApp(url), isMainFrame: true });
      contentsEvents.emit(name, event);
      return event;
    });
    return events.some((event) => event.defaultPrevented);
  };
  const route = async (one: Page, found: Route): Promise<void> => {
    const request = found.request();
    const url = request.url();
    if (request.isNavigationRequest() && !isProgrammatic && isKept(url)) {
      refused.push(toApp(url));
      return found.abort('aborted');
    }
    isProgrammatic = false;
    if (!url.startsWith(`${SHOWN}/`)) return found.continue();
    if (url === SHOWN + SYNC_PATH) {
      // While a preload runs its frame has the address of before (Electron issue 33575).
      const value = parts.ipc.sendSync(JSON.parse(request.postData() ?? '') as IpcCall, from('about:blank'));
      return found.fulfill({ json: { value } });
    }
    const answer = await parts.answerRequest(new Request(url.replace(SHOWN, APP), { method: request.method() }));
    const body = Buffer.from(await answer.arrayBuffer());
    await found.fulfill({ status: answer.status, headers: Object.fromEntries(answer.headers), body });
    if (request.isNavigationRequest()) await one.waitForLoadState('domcontentloaded').catch(() => undefined);
  };
  const open = async (): Promise<Page> => {
    const context = await parts.openContext();
    const one = await context.newPage();
    await parts.session.apply(await context.newCDPSession(one), contents);
    one.on('popup', (popup) => {
      const url = popup.url();
      if (
        openHandler({ url, frameName: '', features: '', disposition: 'foreground-tab', referrer: { url: APP, policy: 'default' } })
          .action === 'deny'
      ) {
        refused.push(toApp(url));
        void popup.close();
      }
    });
    one.once('close', () => close());
    await one.route('**/*', (found) => route(one, found));
    const preload = options.webPreferences?.preload;
    if (preload !== undefined) await installPreload(one, preload, (call) => parts.ipc.invoke(call, from(one.url())));
    return one;
  };
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    windowEvents.emit('closed');
  };

  const windowEvents = new EventEmitter();
  const window = Object.assign(windowEvents, {
    webContents: contents,
    loadURL: async (url: string): Promise<void> => {
      const one = await page();
      isProgrammatic = true;
      await one.goto(toShown(url));
      windowEvents.emit('ready-to-show');
    },
    show: () => void (isShown = true),
    focus: () => void (focused += 1),
    restore: () => undefined,
    isMinimized: () => false,
    close: () => void (opened ?? Promise.resolve(null)).then((one) => one?.close()).finally(close),
  } satisfies Pick<Electron.BrowserWindow, 'webContents' | 'loadURL' | 'show' | 'focus' | 'restore' | 'isMinimized' | 'close'>);
  parts.onContents(contents);
  return { window: window as unknown as Electron.BrowserWindow, options, page, refused, isShown: () => isShown, focused: () => focused };
};
