// The desktop program in Electron itself, unpackaged (Playwright needs a fuse that packages have off). The project `electron` runs
// only where the runtime is; scripts/test.ts names it as skipped elsewhere.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildDesktop, buildWindow } from '../../scripts/build.ts';
import { findElectron } from '../../scripts/electron-runtime.ts';
import type { ElectronApplication, Page } from 'playwright';

const ROOT = join(import.meta.dirname, '..', '..');
const executablePath = findElectron();

describe.skipIf(executablePath === null)('the desktop program in Electron', () => {
  let folder: string;
  let application: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rackside-electron-'));
    await buildWindow();
    await buildDesktop();
    application = await _electron.launch({
      executablePath: executablePath ?? '',
      args: [ROOT, `--user-data-dir=${join(folder, 'profile')}`, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
      env: { ...(process.env as Record<string, string>), RACKSIDE_DATA: join(folder, 'data') },
    });
    page = await application.firstWindow();
  });
  afterAll(async () => {
    await application?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('shows the rack of its own station', async () => {
    await page.getByRole('listbox', { name: 'Machines' }).or(page.getByText('No machine')).first().waitFor();
    expect(page.url()).toMatch(/^app:\/\/rackside\//);
  });

  test('the page gets the bridge and nothing of Electron or Node', async () => {
    const seen = await page.evaluate(() => ['rackside', 'require', 'process', 'module'].filter((name) => name in globalThis));
    expect(seen).toEqual(['rackside']);
  });

  test('no window is opened and no navigation leaves', async () => {
    await page.evaluate(() => void open('https://example.invalid/'));
    await page.evaluate(() => void (location.href = 'https://example.invalid/away'));
    await page.getByRole('listbox', { name: 'Machines' }).or(page.getByText('No machine')).first().waitFor();
    expect(application.windows()).toHaveLength(1);
    expect(page.url()).toMatch(/^app:\/\/rackside\//);
  });

  test('quitting ends the station', async () => {
    const pid = application.process().pid ?? 0;
    await application.close();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
