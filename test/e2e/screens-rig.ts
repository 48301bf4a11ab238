// What the tests of single screens share: a scripted station, a window on it, and the end of both with no problem left.
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { launchBrowser, openWindow, startStation } from './window.ts';
import type { Browser, Page } from 'playwright';
import type { CallName } from '../../preload/contract/calls.ts';
import type { FakeStation } from '../renderer/fake-station.ts';
import type { TestWindow } from './window.ts';

export type Rig = {
  readonly page: Page;
  readonly station: FakeStation;
  readonly audit: TestWindow['audit'];
  readonly open: (screen: string) => Promise<void>;
  /** The arguments of every call of that name so far. */
  readonly made: (name: CallName) => readonly unknown[];
};

/** Registers the hooks; the rig itself exists inside tests only. */
export const useRig = (): Rig => {
  let browser: Browser;
  let station: FakeStation;
  let window: TestWindow;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    station = await startStation();
    window = await openWindow(browser, station.url);
    await window.page.getByRole('listbox', { name: 'Machines' }).waitFor();
  });
  afterEach(async () => {
    const { problems } = window;
    await window.close();
    await station.stop();
    expect(problems).toEqual([]);
  });
  return {
    get page() {
      return window.page;
    },
    get station() {
      return station;
    },
    audit: () => window.audit(),
    open: (screen) => window.page.getByRole('navigation').getByRole('link', { name: screen, exact: true }).click(),
    made: (name) => station.calls.filter((call) => call.name === name).map((call) => call.argument),
  };
};
