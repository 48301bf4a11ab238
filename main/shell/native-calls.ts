// What the window may ask of the desktop: a dialog to choose a file, showing a file in its folder, keeping the computer awake while
// machines are at work. Each sender and each argument is checked; nothing else crosses.
import type * as Electron from 'electron';
import { z } from 'zod';
import { NATIVE } from '../../preload/contract/native.ts';
import { APP_ORIGIN } from './app-protocol.ts';

export type NativeParts = {
  readonly ipcMain: Pick<typeof Electron.ipcMain, 'handle'>;
  readonly dialog: Pick<typeof Electron.dialog, 'showOpenDialog'>;
  readonly shell: Pick<typeof Electron.shell, 'showItemInFolder'>;
  readonly powerSaveBlocker: Pick<typeof Electron.powerSaveBlocker, 'start' | 'stop'>;
};

const IMAGE_FILES = [
  { name: 'Disk images', extensions: ['raw', 'img', 'gz', 'xz', 'zst', 'bz2'] },
  { name: 'All files', extensions: ['*'] },
];

const isOurs = (event: { readonly senderFrame: { readonly url: string } | null }): boolean => event.senderFrame?.url.startsWith(`${APP_ORIGIN}/`) === true;

export const answerNativeCalls = ({ ipcMain, dialog, shell, powerSaveBlocker }: NativeParts): void => {
  let blocker: number | null = null;
  const handle = <T>(channel: string, argument: z.ZodType<T>, work: (value: T) => unknown): void =>
    ipcMain.handle(channel, async (event, value: unknown) => {
      if (!isOurs(event)) throw new Error(`${channel} was called by a stranger`);
      return work(argument.parse(value));
    });
  handle(NATIVE.chooseImage, z.undefined(), async () => {
    const chosen = await dialog.showOpenDialog({ properties: ['openFile'], filters: IMAGE_FILES });
    return chosen.canceled ? null : (chosen.filePaths[0] ?? null);
  });
  handle(NATIVE.reveal, z.string().max(4096), (path) => shell.showItemInFolder(path));
  handle(NATIVE.stayAwake, z.boolean(), (wanted) => {
    if (wanted && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension');
    if (!wanted && blocker !== null) {
      powerSaveBlocker.stop(blocker);
      blocker = null;
    }
  });
};
