// What the window may ask of the desktop: where its station is, a dialog to choose a file, showing a file in its folder, keeping the
// computer awake while machines are at work, a notification. Each sender and each argument is checked; nothing else crosses.
import type * as Electron from 'electron';
import { z } from 'zod';
import { NATIVE } from '../../preload/contract/native.ts';
import type { StationAccess } from '../../preload/contract/native.ts';
import { APP_ORIGIN } from './app-protocol.ts';

export type NativeParts = {
  readonly ipcMain: Pick<typeof Electron.ipcMain, 'handle' | 'on'>;
  readonly dialog: Pick<typeof Electron.dialog, 'showOpenDialog'>;
  readonly shell: Pick<typeof Electron.shell, 'showItemInFolder'>;
  readonly Notification: Pick<typeof Electron.Notification, 'isSupported'> &
    (new (options: Electron.NotificationConstructorOptions) => Pick<Electron.Notification, 'on' | 'show'>);
  readonly powerSaveBlocker: Pick<typeof Electron.powerSaveBlocker, 'start' | 'stop'>;
  /** Of now: a station that was restarted has another. */
  readonly access: () => StationAccess;
  readonly isOurWindow: (sender: Electron.WebContents) => boolean;
  readonly showWindow: () => void;
};

const noticeSchema = z.strictObject({ title: z.string().min(1).max(120), body: z.string().max(400) });

const IMAGE_FILES = [
  { name: 'Disk images', extensions: ['raw', 'img', 'iso', 'qcow2', 'vmdk', 'vhd', 'vhdx', 'gz', 'xz', 'zst', 'bz2', 'zip', '7z'] },
  { name: 'All files', extensions: ['*'] },
];

const isOurs = (event: { readonly senderFrame: { readonly url: string } | null }): boolean =>
  event.senderFrame?.url.startsWith(`${APP_ORIGIN}/`) === true;

export const answerNativeCalls = (parts: NativeParts): void => {
  const { ipcMain, dialog, shell, Notification, powerSaveBlocker, access, isOurWindow } = parts;
  /** Held until they go: one that is collected as garbage hears no click. */
  const notices = new Set<object>();
  let blocker: number | null = null;
  const handle = <T>(channel: string, argument: z.ZodType<T>, work: (value: T) => unknown): void =>
    ipcMain.handle(channel, async (event, value: unknown) => {
      if (!isOurWindow(event.sender) || !isOurs(event)) throw new Error(`${channel} was called by a stranger`);
      return work(argument.parse(value));
    });
  // While a preload runs, its frame may still have the address of before (Electron issue 33575): the window itself is checked. It
  // shows nothing but our own page, which has no frames.
  ipcMain.on(NATIVE.access, (event) => {
    event.returnValue = isOurWindow(event.sender) ? access() : null;
  });
  handle(NATIVE.chooseImage, z.undefined(), async () => {
    const chosen = await dialog.showOpenDialog({ properties: ['openFile'], filters: IMAGE_FILES });
    return chosen.canceled ? null : (chosen.filePaths[0] ?? null);
  });
  handle(NATIVE.reveal, z.string().max(4096), (path) => shell.showItemInFolder(path));
  handle(NATIVE.notify, noticeSchema, (notice) => {
    if (!Notification.isSupported()) return;
    const shown = new Notification(notice);
    notices.add(shown);
    shown.on('close', () => notices.delete(shown));
    shown.on('click', () => {
      notices.delete(shown);
      parts.showWindow();
    });
    shown.show();
  });
  handle(NATIVE.stayAwake, z.boolean(), (wanted) => {
    if (wanted && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension');
    if (!wanted && blocker !== null) {
      powerSaveBlocker.stop(blocker);
      blocker = null;
    }
  });
};
