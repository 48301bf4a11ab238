// The real shell, built preload and built station host against the stand-in of `electron`, in real Chromium: what a person sees,
// and what the security checklist of Electron's documentation asks for.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startShell } from '../../main/shell/shell.ts';
import { buildDesktop, buildWindow } from '../../scripts/build.ts';
import { APP } from './electron-stand-in/address.ts';
import { startElectronStandIn } from './electron-stand-in/electron.ts';
import { chromiumProgram } from './window.ts';
import type { ElectronStandIn } from './electron-stand-in/electron.ts';
import type { Page } from 'playwright';
import type { WindowStandIn } from './electron-stand-in/browser-window.ts';

type Probe = { readonly violations: string[] };
type Native = {
  pipeUrl: string;
  token: string;
  chooseImage(): Promise<string | null>;
  reveal(path: unknown): Promise<void>;
  stayAwake(on: unknown): Promise<void>;
  notify(title: unknown, body: unknown): Promise<void>;
};

describe('the desktop shell', () => {
  let folder: string;
  let standIn: ElectronStandIn;
  let window: WindowStandIn;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rackside-shell-'));
    process.env['RACKSIDE_DATA'] = join(folder, 'data');
    await buildWindow();
    await buildDesktop();
    standIn = await startElectronStandIn(chromiumProgram());
    await startShell(standIn.electron);
    expect(standIn.errors).toEqual([]);
    const [first] = standIn.windows;
    if (first === undefined) throw new Error('the shell opened no window');
    window = first;
    page = await window.page();
    page.on('pageerror', (error) => problems.push(error.message));
  });
  afterAll(async () => {
    await standIn?.stop();
    delete process.env['RACKSIDE_DATA'];
    rmSync(folder, { recursive: true, force: true });
  });

  test('shows the rack of its own station, over the pipe', async () => {
    await page.getByRole('listbox', { name: 'Machines' }).or(page.getByText('No machine')).first().waitFor();
    expect(window.isShown()).toBe(true);
    expect(standIn.stationPids()).toHaveLength(1);
    expect(problems).toEqual([]);
  });

  test('the window is sandboxed and isolated, and its options hold no secret', () => {
    const preferences = window.options.webPreferences ?? {};
    expect(preferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true });
    expect(preferences.preload).toMatch(/index\.cjs$/);
    expect(preferences).not.toHaveProperty('additionalArguments');
    expect(preferences).not.toHaveProperty('nodeIntegrationInSubFrames');
    expect(window.options.show).toBe(false);
    expect(standIn.isSandboxed()).toBe(true);
    expect(standIn.schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
    ]);
  });

  test('the content policy is applied to the document: no inline script, no eval, no other address', async () => {
    const found = await page.evaluate(async () => {
      const probe: Probe = { violations: [] };
      document.addEventListener('securitypolicyviolation', (event) => probe.violations.push(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'globalThis.inlineRan = true';
      document.head.append(script);
      const reached = await fetch('http://127.0.0.1:9/').then(
        () => true,
        () => false,
      );
      await new Promise((resolve) => setTimeout(resolve, 0));
      return { ran: 'inlineRan' in globalThis, reached, violations: probe.violations };
    });
    expect(found).toEqual({
      ran: false,
      reached: false,
      violations: expect.arrayContaining(['script-src-elem', 'connect-src']) as unknown,
    });
  });

  test('the page gets the bridge and nothing of Electron or Node', async () => {
    const seen = await page.evaluate(() => ({
      bridge: Object.keys((globalThis as unknown as { rackside: Native }).rackside).toSorted(),
      frozen: Object.isFrozen((globalThis as unknown as { rackside: Native }).rackside),
      foreign: ['require', 'process', 'module', 'Buffer', 'electronStandInSend', 'electronStandInAnswer'].filter(
        (name) => name in globalThis,
      ),
    }));
    expect(seen).toEqual({ bridge: ['chooseImage', 'notify', 'pipeUrl', 'reveal', 'stayAwake', 'token'], frozen: true, foreign: [] });
  });

  test('native calls work, their arguments are checked, and only clones cross', async () => {
    const native = <T>(work: (bridge: Native) => Promise<T>): Promise<T> =>
      page.evaluate(`(${work.toString()})(globalThis.rackside)`) as Promise<T>;
    standIn.choose('/images/a.raw');
    expect(await native((bridge) => bridge.chooseImage())).toBe('/images/a.raw');
    standIn.choose(null);
    expect(await native((bridge) => bridge.chooseImage())).toBe(null);
    await native((bridge) => bridge.reveal('/library/packs'));
    expect(standIn.revealed).toEqual(['/library/packs']);
    await native((bridge) => bridge.stayAwake(true));
    expect(standIn.awake()).toBe(true);
    await native((bridge) => bridge.stayAwake(false));
    expect(standIn.awake()).toBe(false);
    await native((bridge) => bridge.notify('web-07 asks you', 'May its disk be erased?'));
    expect(standIn.notices).toMatchObject([{ title: 'web-07 asks you', body: 'May its disk be erased?' }]);
    const focused = window.focused();
    standIn.notices[0]?.click();
    expect(window.focused()).toBe(focused + 1);
    await expect(native((bridge) => bridge.notify('', 'nobody'))).rejects.toThrow('rackside:notify');
    await expect(native((bridge) => bridge.stayAwake('yes'))).rejects.toThrow('rackside:stay-awake');
    await expect(native((bridge) => bridge.reveal(() => 1))).rejects.toThrow('could not be cloned');
  });

  test('no window is opened, no navigation leaves, no permission is granted but its own', async () => {
    await page.evaluate(() => void open('https://example.invalid/'));
    await page.evaluate(() => void (location.href = 'https://example.invalid/away'));
    await expect.poll(() => window.refused).toContain('https://example.invalid/away');
    await expect.poll(() => page.context().pages().length).toBe(1);
    expect(new URL(page.url()).pathname).toBe('/');
    const permissions = await page.evaluate(async () => {
      const names = [
        'geolocation',
        'notifications',
        'camera',
        'clipboard-read',
        'clipboard-write',
        'local-network',
        'loopback-network',
      ] as PermissionName[];
      return Promise.all(names.map(async (name) => `${name} ${(await navigator.permissions.query({ name })).state}`));
    });
    expect(permissions).toEqual([
      'geolocation denied',
      'notifications denied',
      'camera denied',
      'clipboard-read denied',
      'clipboard-write granted',
      // Its pipe: to Chromium a page of one's own scheme is less private than loopback.
      'local-network denied',
      'loopback-network granted',
    ]);
  });

  test('the menu has no way out and no developer tools in a package', () => {
    const roles = standIn
      .menu()
      .flatMap((item) => [item.role, ...(Array.isArray(item.submenu) ? item.submenu.map((one) => one.role) : [])]);
    expect(roles).toEqual(expect.arrayContaining(['editMenu', 'reload', 'toggleDevTools', 'windowMenu']));
    expect(roles).not.toContain('help');
  });

  test('a reload asks anew for the station and shows the rack again', async () => {
    await page.evaluate(() => location.reload()).catch(() => undefined);
    await page.getByRole('listbox', { name: 'Machines' }).or(page.getByText('No machine')).first().waitFor();
    expect(window.refused).not.toContain(`${APP}/`);
  });

  test('a station that dies is started anew and the window reads it afresh; twice in a minute ends the application', async () => {
    // The token is kept, so that open windows find their station again; the new process has a port of its own.
    const access = (): Promise<string> => page.evaluate(() => (globalThis as unknown as { rackside: Native }).rackside.pipeUrl);
    const before = await access();
    await standIn.crashStation();
    await expect.poll(() => access().catch(() => before), { timeout: 60_000 }).not.toBe(before);
    await page.getByRole('listbox', { name: 'Machines' }).or(page.getByText('No machine')).first().waitFor();
    expect(standIn.errors).toEqual([]);
    await standIn.crashStation();
    await standIn.ended;
    expect(standIn.errors).toEqual([expect.stringContaining('station.ended')]);
  });

  test('it leaves no process behind', () => {
    expect(standIn.stationPids()).toEqual([]);
  });
});

test('quitting closes the station in order: its lock and runtime file are gone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rackside-shell-'));
  process.env['RACKSIDE_DATA'] = folder;
  const standIn = await startElectronStandIn(chromiumProgram());
  try {
    await startShell(standIn.electron);
    expect(existsSync(join(folder, 'runtime.json'))).toBe(true);
    standIn.electron.app.quit();
    await standIn.ended;
    expect(standIn.stationPids()).toEqual([]);
    expect(['runtime.json', 'station.lock'].filter((name) => existsSync(join(folder, name)))).toEqual([]);
  } finally {
    await standIn.stop();
    delete process.env['RACKSIDE_DATA'];
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a station that cannot start is told in words, and the application ends', async () => {
  const standIn = await startElectronStandIn(chromiumProgram());
  // Beneath a file there can be no folder, for root neither.
  process.env['RACKSIDE_DATA'] = join(import.meta.filename, 'data');
  try {
    await startShell(standIn.electron);
    await standIn.ended;
    expect(standIn.errors).toEqual([expect.stringContaining('station.folder-unwritable')]);
    expect(standIn.windows).toEqual([]);
  } finally {
    delete process.env['RACKSIDE_DATA'];
    await standIn.stop();
  }
});
