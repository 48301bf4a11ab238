// The desktop shell: one instance, the app:// protocol, the station in its utilityProcess, one window. Everything of Electron is
// given to it, so that the same code runs against a typed stand-in in tests.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as Electron from 'electron';
import { defaultDataFolder } from '../data-folder.ts';
import { readBundle } from '../pipe/bundle.ts';
import { answerAppRequest, APP_ORIGIN, APP_SCHEME } from './app-protocol.ts';
import { menuTemplate } from './menu.ts';
import { answerNativeCalls } from './native-calls.ts';
import { openStation } from './station-process.ts';
import type { StationProcess } from './station-process.ts';
import { guardContents, windowOptions } from './window.ts';

/** The parts of the `electron` module that the shell uses. */
export type ElectronParts = Pick<
  typeof Electron,
  'app' | 'BrowserWindow' | 'dialog' | 'ipcMain' | 'Menu' | 'nativeTheme' | 'powerSaveBlocker' | 'protocol' | 'shell' | 'utilityProcess'
>;

const besideProgram = (inCheckout: string, inPackage: string): string => {
  const packaged = join(process.resourcesPath ?? '', inPackage);
  return process.resourcesPath !== undefined && existsSync(packaged) ? packaged : join(import.meta.dirname, '..', '..', inCheckout);
};

/** A station named by its window address (`RACKSIDE_ATTACH`), as the demo starts one. */
const attached = (address: string | undefined): StationProcess | null => {
  if (address === undefined || address === '') return null;
  const url = new URL(address);
  const token = new URLSearchParams(url.hash.slice(1)).get('token');
  return token === null ? null : { pipeUrl: `ws://${url.host}/pipe`, token, stop: () => Promise.resolve() };
};

/** Must be called before Electron is ready: the scheme cannot be registered later. */
export const startShell = async (electron: ElectronParts): Promise<void> => {
  const { app, protocol, dialog } = electron;
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  protocol.registerSchemesAsPrivileged([{ scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }]);
  app.enableSandbox();
  let station: StationProcess | null = null;
  let window: Electron.BrowserWindow | null = null;

  app.on('web-contents-created', (_event, contents) => guardContents(contents));
  app.on('second-instance', () => {
    if (window?.isMinimized() === true) window.restore();
    window?.focus();
  });
  app.on('window-all-closed', () => app.quit());
  let stopped = false;
  app.on('before-quit', (event) => {
    if (stopped || station === null) return;
    // Leases, jobs and the database are closed in order before the application ends.
    event.preventDefault();
    void station.stop().finally(() => {
      stopped = true;
      app.quit();
    });
  });

  await app.whenReady();
  const dataFolder = defaultDataFolder();
  const bundleFolder = join(import.meta.dirname, '..', 'renderer');
  const opened = attached(process.env['RACKSIDE_ATTACH']);
  const started =
    opened === null
      ? await openStation({
          utilityProcess: electron.utilityProcess,
          dataFolder,
          kitFolder: besideProgram(join('assets', 'bootkit'), 'bootkit'),
          bundleFolder,
          onExit: (code) => {
            dialog.showErrorBox('The station ended', `The station stopped by itself (code ${code}). Start Rackside again; jobs go on where they were.`);
            app.quit();
          },
        })
      : { ok: true as const, value: opened };
  const bundle = await readBundle(bundleFolder);
  const failure = started.ok ? (bundle.ok ? null : bundle.failure) : started.failure;
  if (failure !== null || !started.ok || !bundle.ok) {
    dialog.showErrorBox('Rackside cannot start', `${failure?.message ?? ''}\n\n${failure?.next ?? ''}\n\n${failure?.code ?? ''}`);
    app.quit();
    return;
  }
  station = started.value;
  const { pipeUrl, token } = station;
  protocol.handle(APP_SCHEME, (request) => answerAppRequest(bundle.value, request.url, new URL(pipeUrl).origin));
  answerNativeCalls(electron);
  electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(menuTemplate(process.platform, app.isPackaged)));
  const isDark = electron.nativeTheme.shouldUseDarkColors;
  window = new electron.BrowserWindow(windowOptions({ preload: join(import.meta.dirname, '..', 'preload', 'index.cjs'), isDark, pipeUrl, token }));
  window.once('ready-to-show', () => window?.show());
  window.on('closed', () => (window = null));
  await window.loadURL(`${APP_ORIGIN}/`);
};

