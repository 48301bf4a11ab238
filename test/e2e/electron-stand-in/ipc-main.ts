// ipcMain: handlers by channel, with the structured clone that Electron makes of arguments and answers.
import type * as Electron from 'electron';
import type { Answer, IpcCall } from './preload-world.ts';

type Sender = { readonly sender: Electron.WebContents; readonly senderFrame: { readonly url: string } | null };
type InvokeHandler = Parameters<typeof Electron.ipcMain.handle>[1];
type Listener = Parameters<typeof Electron.ipcMain.on>[1];

export type IpcStandIn = {
  readonly ipcMain: Pick<typeof Electron.ipcMain, 'handle' | 'on'>;
  invoke(call: IpcCall, from: Sender): Promise<Answer>;
  sendSync(call: IpcCall, from: Sender): unknown;
};

export const createIpcMain = (): IpcStandIn => {
  const handlers = new Map<string, InvokeHandler>();
  const listeners = new Map<string, Listener>();
  const ipcMain = {
    handle: (channel: string, handler: InvokeHandler): void => {
      if (handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
      handlers.set(channel, handler);
    },
    on: (channel: string, listener: Listener): typeof Electron.ipcMain => {
      listeners.set(channel, listener);
      return ipcMain as unknown as typeof Electron.ipcMain;
    },
  };
  return {
    ipcMain,
    invoke: async ({ channel, args }, from) => {
      const handler = handlers.get(channel);
      if (handler === undefined) return { error: `No handler registered for '${channel}'` };
      try {
        return { value: structuredClone(await handler(from as unknown as Electron.IpcMainInvokeEvent, ...structuredClone(args))) };
      } catch (error) {
        return { error: `Error invoking remote method '${channel}': ${String(error)}` };
      }
    },
    sendSync: ({ channel, args }, from) => {
      const listener = listeners.get(channel);
      if (listener === undefined) throw new Error(`nobody listens to '${channel}': the preload would wait for ever`);
      const event = { ...from, returnValue: undefined as unknown };
      listener(event as unknown as Electron.IpcMainEvent, ...structuredClone(args));
      return structuredClone(event.returnValue);
    },
  };
};
