// The desktop shell: one instance, the app:// protocol, the station in its utilityProcess, one window. Everything of Electron is
// given to it, so that the same code runs against a typed stand-in in tests.
import { join } from 'node:path';
import type * as Electron from 'electron';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import { defaultDataFolder } from '../data-folder.ts';
import { readBundle } from '../pipe/bundle.ts';
import { defaultBundleFolder, defaultKitFolder, programFolder } from '../program-folder.ts';
import { answerAppRequest, APP_ORIGIN, APP_SCHEME } from './app-protocol.ts';
import { attachedStation } from './attached.ts';
import { menuTemplate } from './menu.ts';
import { answerNativeCalls } from './native-calls.ts';
import { foreignStation, openStation } from './station-process.ts';
import type { StationProcess } from './station-process.ts';
import { guardContents, windowOptions } from './window.ts';

/** The parts of the `electron` module that the shell uses. */
export type ElectronParts = Pick<
  typeof Electron,
  | 'app'
  | 'BrowserWindow'
  | 'dialog'
  | 'ipcMain'
  | 'Menu'
  | 'nativeTheme'
  | 'Notification'
  | 'powerSaveBlocker'
  | 'protocol'
  | 'shell'
  | 'utilityProcess'
>;

/** A station that ends by itself twice within this time is not started a third time. */
const RESTART_AFTER_MS = 60_000;

/** Must be called before Electron is ready: the scheme cannot be registered later. Resolves when the window shows its page. */
export const startShell = async (electron: ElectronParts): Promise<void> => {
  const { app, protocol, dialog } = electron;
  const attached = attachedStation(process.env['RACKSIDE_ATTACH']);
  // A window onto somebody else's station stands beside a Rackside of its own; two cannot share one profile.
  if (attached !== null) app.setPath('userData', join(app.getPath('temp'), `rackside-window-${process.pid}`));
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
  app.enableSandbox();
  let station: StationProcess | null = null;
  let window: Electron.BrowserWindow | null = null;
  let endedAtMs = -Infinity;
  let quitting = false;

  const giveUp = (title: string, { message, next, code }: Failure): void => {
    dialog.showErrorBox(title, `${message}\n\n${next}\n\n${code}`);
    app.quit();
  };
  const openOne = async (): Promise<Result<StationProcess>> => {
    if (attached !== null) return success(foreignStation(attached));
    const opened = await openStation({
      utilityProcess: electron.utilityProcess,
      program: join(programFolder(), 'out', 'main', 'station-host.js'),
      dataFolder: defaultDataFolder(),
      kitFolder: defaultKitFolder(),
      bundleFolder: defaultBundleFolder(),
    });
    if (opened.ok) void opened.value.ended.then(revive);
    return opened;
  };
  /** Its jobs are on the disk and its agents call again, so a station that ended is started anew and the window reads it afresh. */
  const revive = async (exitCode: number): Promise<void> => {
    if (quitting) return;
    const again = Date.now() - endedAtMs < RESTART_AFTER_MS;
    endedAtMs = Date.now();
    if (again) {
      giveUp('The station ended', {
        code: 'station.ended',
        message: `The station ended by itself twice within a minute (exit code ${exitCode}).`,
        next: 'Look into station.log in its data folder. Start Rackside again; jobs go on where they were.',
      });
      return;
    }
    const opened = await openOne();
    if (!opened.ok) {
      giveUp('The station ended', opened.failure);
      return;
    }
    station = opened.value;
    window?.webContents.reload();
  };

  app.on('web-contents-created', (_event, contents) => guardContents(contents));
  const showWindow = (): void => {
    if (window?.isMinimized() === true) window.restore();
    window?.focus();
  };
  app.on('second-instance', showWindow);
  app.on('window-all-closed', () => app.quit());
  app.on('before-quit', (event) => {
    if (quitting) return;
    quitting = true;
    if (station === null) return;
    // Leases, jobs and the database are closed in order before the application ends.
    event.preventDefault();
    void station.stop().finally(() => app.quit());
  });

  await app.whenReady();
  const [opened, bundle] = await Promise.all([openOne(), readBundle(defaultBundleFolder())]);
  if (opened.ok) station = opened.value;
  if (!opened.ok) {
    giveUp('Rackside cannot start', opened.failure);
    return;
  }
  if (!bundle.ok) {
    giveUp('Rackside cannot start', bundle.failure);
    return;
  }
  const access = (): StationProcess => station ?? opened.value;
  protocol.handle(APP_SCHEME, (request) => answerAppRequest(bundle.value, request.url, new URL(access().pipeUrl).origin));
  answerNativeCalls({
    ...electron,
    access: () => ({ pipeUrl: access().pipeUrl, token: access().token }),
    isOurWindow: (sender) => sender === window?.webContents,
    showWindow,
  });
  electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(menuTemplate(process.platform, app.isPackaged)));
  const preload = join(programFolder(), 'out', 'preload', 'index.cjs');
  window = new electron.BrowserWindow(windowOptions({ preload, isDark: electron.nativeTheme.shouldUseDarkColors }));
  window.once('ready-to-show', () => window?.show());
  window.on('closed', () => (window = null));
  await window.loadURL(`${APP_ORIGIN}/`);
};
