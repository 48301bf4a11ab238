// Electron's entry.
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  Notification,
  powerSaveBlocker,
  protocol,
  shell,
  utilityProcess,
} from 'electron';
import { startShell } from './shell/shell.ts';

// An unhandled rejection only warns in Electron; a shell in an unknown state must not go on.
process.on('unhandledRejection', (error) => {
  dialog.showErrorBox('Rackside made a mistake', String(error));
  app.exit(1);
});

void startShell({
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  Notification,
  powerSaveBlocker,
  protocol,
  shell,
  utilityProcess,
});
