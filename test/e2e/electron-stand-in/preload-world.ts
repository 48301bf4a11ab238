// The preload in an isolated world of the page, over the DevTools protocol: its `require('electron')`, ipcRenderer by a binding
// that only this world has, and contextBridge, which hands copies and functions to the page and nothing else.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CDPSession, Page } from 'playwright';
import { SYNC_PATH } from './address.ts';

export type IpcCall = { readonly channel: string; readonly args: readonly unknown[] };
export type Answer = { readonly value: unknown } | { readonly error: string };

const WORLD = 'Electron Isolated Context';
const BINDING = 'electronStandInSend';

/** Runs in the page's own world: what contextBridge exposed arrives as names and copies, and calls go back as events. */
const pageSide = (events: string): string => `(() => {
  const pending = new Map();
  let next = 0;
  document.addEventListener('${events}-answer', ({ detail }) => {
    const { id, value, error } = JSON.parse(detail);
    const { resolve, reject } = pending.get(id);
    pending.delete(id);
    if (error === undefined) resolve(value); else reject(new Error(error));
  });
  document.addEventListener('${events}-expose', ({ detail }) => {
    const { key, values, functions } = JSON.parse(detail);
    const api = { ...values };
    for (const name of functions)
      api[name] = (...args) => new Promise((resolve, reject) => {
        const id = next++;
        pending.set(id, { resolve, reject });
        document.dispatchEvent(new CustomEvent('${events}-call', { detail: JSON.stringify({ id, key, name, args: structuredClone(args) }) }));
      });
    Object.defineProperty(globalThis, key, { value: Object.freeze(api), enumerable: true });
  });
})();`;

/** Runs in the isolated world: Electron's modules for a sandboxed preload, then the preload itself. */
const preloadSide = (events: string, preload: string): string => `(() => {
  const pending = new Map();
  let next = 0;
  // Only what the structured clone algorithm takes crosses, as in Electron; JSON carries it here.
  const crossing = (args) => JSON.stringify(structuredClone(args));
  globalThis.electronStandInAnswer = ({ id, value, error }) => {
    const { resolve, reject } = pending.get(id);
    pending.delete(id);
    if (error === undefined) resolve(value); else reject(new Error(error));
  };
  const ipcRenderer = {
    invoke: (channel, ...args) => new Promise((resolve, reject) => {
      const text = crossing(args);
      const id = next++;
      pending.set(id, { resolve, reject });
      globalThis.${BINDING}(JSON.stringify({ id, channel, args: JSON.parse(text) }));
    }),
    sendSync: (channel, ...args) => {
      const request = new XMLHttpRequest();
      request.open('POST', '${SYNC_PATH}', false);
      request.send(JSON.stringify({ channel, args: JSON.parse(crossing(args)) }));
      return JSON.parse(request.responseText).value;
    },
  };
  const exposed = new Map();
  document.addEventListener('${events}-call', ({ detail }) => {
    const { id, key, name, args } = JSON.parse(detail);
    Promise.resolve().then(() => exposed.get(key)[name](...args)).then(
      (value) => ({ id, value: structuredClone(value) }),
      (error) => ({ id, error: String(error?.message ?? error) }),
    ).then((answer) => document.dispatchEvent(new CustomEvent('${events}-answer', { detail: JSON.stringify(answer) })));
  });
  const contextBridge = {
    exposeInMainWorld: (key, api) => {
      exposed.set(key, api);
      const entries = Object.entries(api);
      const functions = entries.filter(([, value]) => typeof value === 'function').map(([name]) => name);
      const values = structuredClone(Object.fromEntries(entries.filter(([, value]) => typeof value !== 'function')));
      document.dispatchEvent(new CustomEvent('${events}-expose', { detail: JSON.stringify({ key, values, functions }) }));
    },
  };
  const require = (name) => {
    if (name !== 'electron') throw new Error('module not found: ' + name + ' (a sandboxed preload has only electron)');
    return { contextBridge, ipcRenderer };
  };
  ((require, exports, module) => {
${preload}
  })(require, {}, {});
})();`;

/** Puts the preload before every document of the page. `answer` gets what `ipcRenderer.invoke` sends. */
export const installPreload = async (page: Page, preloadPath: string, answer: (call: IpcCall) => Promise<Answer>): Promise<void> => {
  const session: CDPSession = await page.context().newCDPSession(page);
  const events = `electron-stand-in-${randomBytes(8).toString('hex')}`;
  session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
    if (name !== BINDING) return;
    const { id, channel, args } = JSON.parse(payload) as IpcCall & { id: number };
    void answer({ channel, args }).then(async (settled) => {
      const expression = `electronStandInAnswer(${JSON.stringify({ id, ...settled })})`;
      // A page that was reloaded meanwhile hears nothing any more.
      await session.send('Runtime.evaluate', { expression, contextId: executionContextId }).catch(() => undefined);
    });
  });
  await session.send('Page.enable');
  await session.send('Runtime.enable');
  await session.send('Runtime.addBinding', { name: BINDING, executionContextName: WORLD });
  await session.send('Page.addScriptToEvaluateOnNewDocument', { source: pageSide(events) });
  const source = preloadSide(events, readFileSync(preloadPath, 'utf8'));
  await session.send('Page.addScriptToEvaluateOnNewDocument', { source, worldName: WORLD });
};
