// Every screen in both themes and three widths: accessible (axe, WCAG 2.2 AA), no content-policy violation, no sideways
// scrolling. Runs against any station.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FOREIGN_URL, launchBrowser, openWindow, startStation } from './window.ts';
import type { Browser } from 'playwright';
import type { FakeStation } from '../renderer/fake-station.ts';

let browser: Browser;
let station: FakeStation | null = null;
let url: string;

beforeAll(async () => {
  if (FOREIGN_URL === null) station = await startStation();
  url = FOREIGN_URL ?? station?.url ?? '';
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await station?.stop();
});

const SCREENS = ['Rack', 'Images', 'Library', 'Policies', 'Recipes', 'Jobs', 'Wire', 'Site', 'Settings', 'Image sets', 'Fields'] as const;
/** Those that have no place of their own in the rail. */
const UNDER: Readonly<Record<string, string>> = { 'Image sets': 'Recipes', Fields: 'Policies' };
const SIZES = [
  { width: 1280, height: 800 },
  { width: 800, height: 900 },
  { width: 390, height: 800 },
] as const;

describe.each(['dark', 'light'] as const)('%s', (theme) => {
  test.each(SIZES)('every screen at $width × $height', async (size) => {
    const window = await openWindow(browser, url, { theme, ...size });
    const { page } = window;
    const found: string[] = [];
    for (const screen of SCREENS) {
      const way = page.getByRole('navigation').getByRole('link', { name: UNDER[screen] ?? screen });
      await way.click();
      if (UNDER[screen] !== undefined) await page.getByRole('main').getByRole('link', { name: screen, exact: true }).click();
      await page.locator('main h1').first().waitFor();
      await page.evaluate(() => document.fonts.ready);
      found.push(...(await window.audit()).map((line) => `${screen}: ${line}`));
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      if (sideways) found.push(`${screen}: scrolls sideways`);
    }
    expect(found).toEqual([]);
    expect(window.problems).toEqual([]);
    await window.close();
  });
});

test.skipIf(FOREIGN_URL !== null).each(['dark', 'light'] as const)('a machine that asks, its dialogs and menus (%s)', async (theme) => {
  const window = await openWindow(browser, url, { theme });
  const { page } = window;
  const found: string[] = [];
  const audit = async (place: string): Promise<void> => {
    found.push(...(await window.audit()).map((line) => `${place}: ${line}`));
  };
  for (const name of ['web-07', 'web-03', '7XK2P06', 'edge-02', '3c:ec:ef:10:20:0b']) {
    await page.getByRole('option', { name }).click();
    await page.getByRole('article', { name }).getByText('Decision').first().waitFor();
    await audit(name);
  }
  await page.getByRole('option', { name: 'web-07' }).click();
  await page.getByRole('button', { name: 'Erase and deploy…', disabled: false }).click();
  await page.getByRole('dialog').waitFor();
  await audit('consent dialog');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menu').waitFor();
  await page.getByRole('menuitem', { name: 'Deploy image…' }).click();
  await page.getByRole('dialog', { name: 'Deploy an image to web-07' }).waitFor();
  await audit('deploy dialog');
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.getByRole('combobox', { name: 'Search' }).fill('web');
  await audit('search');
  expect(found).toEqual([]);
  expect(window.problems).toEqual([]);
  await window.close();
});
