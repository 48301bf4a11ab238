// Arming in the window: the question with all that it would erase, what takes a yes back, the armed state on every screen, the way out.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stationView } from '../pipe/station-stub.ts';
import { launchBrowser, openWindow, startStation } from './window.ts';
import type { Browser, Page } from 'playwright';
import type { FakeStation } from '../renderer/fake-station.ts';
import type { TestWindow } from './window.ts';

let browser: Browser;
let station: FakeStation;
let window: TestWindow;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  station = await startStation();
});
afterEach(async () => {
  const { problems } = window;
  await window.close();
  await station.stop();
  expect(problems).toEqual([]);
});

const open = async (options: Parameters<typeof openWindow>[2] = {}): Promise<void> => {
  window = await openWindow(browser, station.url, options);
  page = window.page;
  await page.getByRole('listbox', { name: 'Machines' }).waitFor();
};
const dialog = () => page.getByRole('dialog', { name: 'Arm Riverside DC' });
const ask = async (): Promise<void> => {
  await page.getByRole('button', { name: 'Arm…' }).click();
  await dialog().getByText('Policies that erase by themselves').waitFor();
};
const yes = () => dialog().getByRole('checkbox', { name: /^Yes/ });
const armed = () => page.getByRole('region', { name: 'Armed' });
const made = (name: string): unknown[] => station.calls.filter((call) => call.name === name).map((call) => call.argument);
const focused = (): Promise<string | null> => page.evaluate(() => document.activeElement?.textContent ?? null);

test('one frame says image, machine, disk, what is on it and what stays; focus starts on the harmless button', async () => {
  await open();
  await ask();
  expect(await focused()).toBe('Leave it disarmed');
  const empty = dialog().getByRole('region', { name: 'Erased without a question: 1 machine with an empty disk' });
  await empty.getByText('web-golden r11 by spare-nodes').waitFor();
  await empty.getByText('Micron 5300 960 GB · serial S6KXNE1R · blank: nothing on it').waitFor();
  await empty.getByText('Stays untouched: WD SN640 3.8 TB · serial WDweb-08').waitFor();
  const full = dialog().getByRole('region', { name: 'With something on the disk: 1 machine' });
  await full.getByText('serial S6KXNE0T · Ubuntu 22.04, 3 partitions').waitFor();
  await dialog().getByRole('region', { name: 'Ask all the same: 1 machine' }).getByText('Several of its disks fit the image.').waitFor();
  await page.keyboard.press('Enter');
  await dialog().waitFor({ state: 'detached' });
  expect(made('arming.arm')).toEqual([]);
  await expect.poll(focused).toBe('Arm…');
});

test('by keyboard alone: number, time, tick, arm; the state is on every screen; disarmed with one key', async () => {
  await open();
  await page.getByRole('button', { name: 'Arm…' }).focus();
  await page.keyboard.press('Enter');
  await dialog().getByText('Policies that erase by themselves').waitFor();
  await dialog().getByRole('textbox', { name: 'Machines, at most' }).focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('3');
  await dialog()
    .getByRole('checkbox', { name: /^Erase this one too/ })
    .focus();
  await page.keyboard.press('Space');
  await yes().focus();
  await page.keyboard.press('Space');
  await dialog().getByRole('button', { name: 'Arm for 3 machines', disabled: false }).focus();
  await page.keyboard.press('Enter');
  await armed().getByText('0 of 3 used').waitFor();
  expect(made('arming.arm')).toEqual([
    { machines: 3, minutes: 30, replaceExisting: true, previewHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
  await armed()
    .getByText(/^(30:00|29:5\d) left$/)
    .waitFor();
  expect(await page.title()).toMatch(/^ARMED · /);
  // Focus comes back to the button that opened the question: it is the way out now.
  await expect.poll(focused).toBe('Disarm');
  await page.keyboard.press('Enter');
  await armed().waitFor({ state: 'detached' });
  expect(made('arming.disarm')).toEqual([{}]);
  expect(await page.title()).toMatch(/^Rack · /);
});

test('what the station says of its arming is what every screen shows, with one click to end it', async () => {
  await open();
  await page.getByRole('navigation').getByRole('link', { name: 'Jobs' }).click();
  const untilMs = Date.now() + 90_000;
  const view = { operator: 'A. Lindqvist', siteName: 'Site', sinceMs: Date.now(), untilMs, machines: 5, used: 2, replaces: 0, images: [] };
  station.pipe.publish({ name: 'station.changed', payload: { ...stationView, armed: view } });
  await armed().getByText('2 of 5 used').waitFor();
  await armed().getByText('by A. Lindqvist').waitFor();
  await armed()
    .getByText(/^1:(30|29|28) left$/)
    .waitFor();
  await armed().getByRole('button', { name: 'Disarm' }).click();
  await armed().waitFor({ state: 'detached' });
  expect(made('arming.disarm')).toHaveLength(1);

  // From the keyboard of any screen: search for it.
  station.pipe.publish({ name: 'station.changed', payload: { ...stationView, armed: view } });
  await armed().waitFor();
  await page.keyboard.press('/');
  await page.getByRole('combobox', { name: 'Search' }).fill('disarm');
  await page.keyboard.press('Enter');
  await armed().waitFor({ state: 'detached' });
  expect(made('arming.disarm')).toHaveLength(2);
});

test('an end that nobody clicked is told in the station’s words', async () => {
  await open();
  const text = 'Riverside DC is no longer armed: its time is up. Machines used: 1 of 3.';
  const event = { id: 900, atMs: Date.now(), machineId: null, jobId: null, kind: 'site.disarmed', level: 'info' as const, text };
  station.pipe.publish({ name: 'event.logged', payload: event });
  await page.getByText(text).waitFor();
});

test('a change takes the tick back, says so, leaves focus where it is, and is not armed unseen', async () => {
  await open();
  await ask();
  await yes().check();
  const act = dialog().getByRole('button', { name: /^Arm for/ });
  await dialog()
    .getByRole('button', { name: /^Arm for/, disabled: false })
    .waitFor();
  await dialog().getByRole('combobox', { name: 'For' }).selectOption('1 hour');
  expect(await yes().isChecked(), 'another time is another question').toBe(false);
  await yes().check();
  station.change('web-08', { question: null, state: 'matched' });
  await dialog().getByText('What would be erased just changed').waitFor();
  expect(await yes().isChecked()).toBe(false);
  expect(await act.getAttribute('aria-disabled')).toBe('true');
  expect(await yes().evaluate((box) => box === document.activeElement)).toBe(true);
  expect(
    await dialog()
      .getByText('What would be erased just changed')
      .evaluate((notice) => {
        const { top, bottom } = notice.getBoundingClientRect();
        const frame = notice.closest('[role=dialog]')?.getBoundingClientRect();
        return frame !== undefined && top > frame.top && bottom < frame.bottom;
      }),
    'seen from the foot of the list',
  ).toBe(true);
  await yes().check();
  await dialog().getByText('What would be erased just changed').waitFor({ state: 'detached' });
  expect(made('arming.arm')).toEqual([]);
});

test('a preview that is stale when it arrives is refused with its reason', async () => {
  await open();
  await ask();
  await yes().check();
  await dialog()
    .getByRole('button', { name: /^Arm for/, disabled: false })
    .waitFor();
  // Not told to windows in time: the station alone knows.
  station.changeUntold('web-08', { question: null, state: 'matched' });
  await dialog()
    .getByRole('button', { name: /^Arm for/ })
    .click();
  await page.getByText('What arming would do is not what was shown.').waitFor();
  expect(await armed().count()).toBe(0);
});

test('a number that is none cannot be armed for', async () => {
  await open();
  await ask();
  for (const wrong of ['0', '', '1001', 'two', '1.5']) {
    await dialog().getByRole('textbox', { name: 'Machines, at most' }).fill(wrong);
    await dialog().getByText('A number from 1 to 1,000.').waitFor();
    expect(await yes().count()).toBe(0);
  }
});

test('without a policy that erases by itself the rack has no such button, and the policies say what is missing', async () => {
  await open();
  await page.getByRole('navigation').getByRole('link', { name: 'Policies' }).click();
  await page.getByRole('switch', { name: 'Use policy spare-nodes' }).click();
  await page.getByRole('button', { name: 'Arm…' }).click();
  await dialog().getByText('No policy that is on erases by itself.').waitFor();
  expect(await yes().count()).toBe(0);
  await page.keyboard.press('Escape');
  await page.getByRole('navigation').getByRole('link', { name: 'Rack' }).click();
  await page.getByRole('listbox', { name: 'Machines' }).waitFor();
  expect(await page.getByRole('button', { name: 'Arm…' }).count()).toBe(0);
});

describe.each(['dark', 'light'] as const)('%s', (theme) => {
  test.each([
    { width: 1280, height: 800 },
    { width: 800, height: 600 },
    { width: 390, height: 800 },
  ])('the question and the armed state are accessible and fit at $width × $height', async (size) => {
    await open({ theme, ...size });
    const found: string[] = [];
    const audit = async (place: string): Promise<void> => {
      found.push(...(await window.audit()).map((line) => `${place}: ${line}`));
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${place}: scrolls sideways`);
    };
    await ask();
    await audit('question');
    await yes().check();
    await dialog()
      .getByRole('button', { name: /^Arm for/, disabled: false })
      .click();
    await armed().waitFor();
    await audit('armed');
    expect(found).toEqual([]);
  });
});
