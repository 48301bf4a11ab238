// The preload of the desktop window: gives it its station's address and token and the few native extras, and nothing else. It runs
// sandboxed, so only `electron` can be required here.
import { contextBridge, ipcRenderer } from 'electron';
import { NATIVE } from './contract/native.ts';
import type { Bridge, StationAccess } from './contract/native.ts';

// Asked for once and waited for, because the page needs it before it draws. Not `additionalArguments`: those stand on the process's
// command line, where every user of the computer reads them.
const access = ipcRenderer.sendSync(NATIVE.access) as StationAccess | null;

const bridge: Bridge = {
  pipeUrl: access?.pipeUrl ?? '',
  token: access?.token ?? '',
  chooseImage: () => ipcRenderer.invoke(NATIVE.chooseImage),
  reveal: (path) => ipcRenderer.invoke(NATIVE.reveal, path),
  stayAwake: (wanted) => ipcRenderer.invoke(NATIVE.stayAwake, wanted),
  notify: (title, body) => ipcRenderer.invoke(NATIVE.notify, { title, body }),
};

// A page that is not ours gets nothing to hold.
if (access !== null) contextBridge.exposeInMainWorld('rackside', bridge);
