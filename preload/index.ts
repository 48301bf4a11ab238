// The preload of the desktop window: gives it its station's address and token and the few native extras, and nothing else. It runs
// sandboxed, so only `electron` can be required here; the address comes as arguments because the page needs it before it draws.
import { contextBridge, ipcRenderer } from 'electron';
import { NATIVE } from './contract/native.ts';
import type { Bridge } from './contract/native.ts';

const argument = (name: string): string => {
  const prefix = `--${name}=`;
  return process.argv.find((word) => word.startsWith(prefix))?.slice(prefix.length) ?? '';
};

const bridge: Bridge = {
  pipeUrl: argument('rackside-pipe'),
  token: argument('rackside-token'),
  chooseImage: () => ipcRenderer.invoke(NATIVE.chooseImage),
  reveal: (path) => ipcRenderer.invoke(NATIVE.reveal, path),
  stayAwake: (wanted) => ipcRenderer.invoke(NATIVE.stayAwake, wanted),
};

contextBridge.exposeInMainWorld('rackside', bridge);
