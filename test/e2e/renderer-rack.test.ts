// The rack and its consent as a technician uses them, against the scripted station.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { hash } from '../renderer/scene-parts.ts';
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
  window = await openWindow(browser, station.url);
  page = window.page;
  await page.getByRole('listbox', { name: 'Machines' }).waitFor();
});
afterEach(async () => {
  const { problems } = window;
  await window.close();
  await station.stop();
  expect(problems).toEqual([]);
});

const row = (name: string) => page.getByRole('option', { name });
const erase = () => page.getByRole('button', { name: 'Erase and deploy…' });
const made = (name: string): unknown[] => station.calls.filter((call) => call.name === name).map((call) => call.argument);
const askOf = (id: string) => {
  const { question } = station.machine(id);
  if (question?.kind !== 'erase') throw new Error(`${id} does not ask to erase`);
  return question;
};

test('the four questions are answered without a click, ports in order, empty ones included', async () => {
  const counts = await page.locator('header dl > div').allInnerTexts();
  expect(counts.map((text) => text.replace(/\s+/g, ' '))).toEqual(['4 ask you', '3 working', '3 done', '1 failed']);
  const rows = await page.getByRole('option').allInnerTexts();
  expect(rows.map((text) => text.split('\n')[0])).toEqual([
    '01',
    '02',
    '03',
    '04',
    '05',
    '06',
    '07',
    '08',
    '09',
    '10',
    '11',
    '12',
    '13',
    '14',
    '15',
    '16',
  ]);
  expect(rows[8]).toContain('nothing heard here');
  expect(await row('web-03').innerText()).toMatch(/Deploying 71 %[\s\S]*184 MB\/s[\s\S]*6 s left/);
});

test('progress moves the row and nothing else', async () => {
  await row('web-07').click();
  station.advance(0.1);
  await page.getByText('Deploying 81 %').first().waitFor();
  expect(await row('web-07').getAttribute('aria-selected')).toBe('true');
});

test('consent: pinned, confirmed by serial, sent with its hash', async () => {
  await row('web-07').click();
  const frame = page.getByRole('region', { name: 'Consent' });
  for (const words of ['Put web-golden r11 on web-07?', 'Samsung PM893 480 GB', 'S6KXNE0T', 'Ubuntu 22.04', 'WD SN640', '4.1 GB']) {
    expect(await frame.innerText()).toContain(words);
  }
  await erase().and(page.locator(':not([aria-disabled])')).click();
  const dialog = page.getByRole('dialog', { name: 'Erase S6KXNE0T of web-07?' });
  const confirm = dialog.getByRole('button', { name: 'Erase S6KXNE0T and deploy' });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Keep the disk');
  expect(await confirm.getAttribute('aria-disabled')).toBe('true');
  await confirm.click({ force: true });
  expect(made('machines.approve')).toEqual([]);
  const { consentHash } = askOf('web-07');
  await dialog.getByRole('checkbox').check();
  await confirm.and(page.locator(':not([aria-disabled])')).click();
  await dialog.waitFor({ state: 'detached' });
  expect(made('machines.approve')).toEqual([{ machineId: 'web-07', eraseSerial: 'S6KXNE0T', consentHash }]);
  await page.getByText('web-07 is being deployed.').waitFor();
});

test('consent goes inert for a second when what it shows changes', async () => {
  await row('web-07').click();
  await erase().and(page.locator(':not([aria-disabled])')).waitFor();
  station.change('web-07', { question: { ...askOf('web-07'), consentHash: hash('another disk') } });
  await page.getByText('This just changed. Look again.').waitFor();
  expect(await erase().getAttribute('aria-disabled')).toBe('true');
  await erase().click({ force: true });
  expect(await page.getByRole('dialog').count()).toBe(0);
  await erase().and(page.locator(':not([aria-disabled])')).waitFor();
});

test('a dialog whose question changed can only be closed', async () => {
  await row('web-07').click();
  await erase().and(page.locator(':not([aria-disabled])')).click();
  await page.getByRole('checkbox').check();
  station.change('web-07', { question: { ...askOf('web-07'), consentHash: hash('another disk') } });
  await page.getByText('can no longer be approved here').waitFor();
  await page.getByRole('button', { name: 'Erase S6KXNE0T and deploy' }).click({ force: true });
  expect(made('machines.approve')).toEqual([]);
  station.change('web-07', { question: null, state: 'matched' });
  // Behind the dialog, so by its text alone.
  await page.getByText('Checking disks').first().waitFor();
  expect(await page.getByRole('dialog').count()).toBe(1);
  await page.getByRole('button', { name: 'Keep the disk' }).click();
  expect(await page.getByRole('dialog').count()).toBe(0);
});

test('keyboard: arrows select, a goes to a harmless answer, n to the next that asks, Enter opens, Escape returns', async () => {
  await page.getByRole('listbox').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  expect(await row('web-02').getAttribute('aria-selected')).toBe('true');
  await page.keyboard.press('n');
  expect(await row('web-07').getAttribute('aria-selected')).toBe('true');
  await page.keyboard.press('a');
  await page.waitForFunction(() => document.activeElement?.textContent === 'Hold');
  await page.keyboard.press('n');
  expect(await row('web-08').getAttribute('aria-selected')).toBe('true');
  await page.getByRole('listbox').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('article', { name: 'web-08' }).waitFor();
  expect(page.url()).toContain('#/rack/web-08');
  await page.getByText('PowerEdge R640').first().waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('listbox').waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search' }).fill('kvm');
  await page.keyboard.press('Enter');
  expect(await row('kvm-01').getAttribute('aria-selected')).toBe('true');
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await page.getByRole('heading', { name: 'Policies' }).waitFor();
});

test('rows keep their places under the pointer and sort when it leaves', async () => {
  const names = async (): Promise<string[]> => (await page.getByRole('option').allInnerTexts()).map((text) => text.split('\n')[1] ?? '');
  await row('web-01').hover();
  const before = await names();
  station.change('web-01', { position: 'sw-12 port 20' });
  station.change('web-02', { name: 'renamed' });
  await page.getByText('renamed').waitFor();
  expect((await names()).indexOf('web-01')).toBe(before.indexOf('web-01'));
  await page.mouse.move(1200, 790);
  await page.waitForFunction(() => document.querySelectorAll('[role=option]').item(0).textContent?.includes('web-01') === false);
});

test('a missing fact is typed in the frame and goes to the station', async () => {
  await row('Which role?').click();
  await page.keyboard.press('a');
  await page.waitForFunction(() => document.activeElement instanceof HTMLInputElement);
  await page.keyboard.type('web');
  await page.keyboard.press('Enter');
  await page.getByText('Noted.').waitFor();
  expect(made('machines.answer')).toEqual([{ machineId: 'm-11', values: { role: 'web' } }]);
});

test('hold, own disk, rename and a chosen image reach the station', async () => {
  await row('web-08').click();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Rename…' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('front-08');
  await page.keyboard.press('Enter');
  await row('front-08').waitFor();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Deploy image…' }).click();
  await page.getByRole('combobox', { name: 'Image' }).selectOption({ label: 'db-golden r4 · role=db · os=debian-13' });
  await page.getByRole('button', { name: 'Check and ask' }).click();
  await page.getByText('front-08 will ask for consent').waitFor();
  expect(made('machines.deploy')).toEqual([{ machineId: 'web-08', osoid: hash('db-golden4'), diskSerial: null, rewrite: false }]);
  await row('web-07').click();
  await page.getByRole('button', { name: 'Boot its own disk' }).click();
  await page.getByText('web-07 will boot its own disk.').waitFor();
  expect(made('machines.bootLocal')).toEqual([{ machineId: 'web-07' }]);
});

test('dense rows: one line a machine, kept by the browser, every row whole', async () => {
  const heightOf = (name: string): Promise<number> => row(name).evaluate((element) => element.getBoundingClientRect().height);
  expect(await heightOf('web-01')).toBe(46);
  await page.getByRole('button', { name: 'Order: By position' }).click();
  await page.getByRole('menuitem', { name: 'Dense rows' }).click();
  await expect.poll(() => heightOf('web-01')).toBe(32);
  const [first, second] = await Promise.all(
    ['web-01', 'web-02'].map((name) => row(name).evaluate((element) => element.getBoundingClientRect().top)),
  );
  expect((second ?? 0) - (first ?? 0)).toBe(34);
  expect(await window.audit()).toEqual([]);
  await page.reload();
  await page.getByRole('listbox', { name: 'Machines' }).waitFor();
  expect(await heightOf('web-01')).toBe(32);
});

test('a machine that waits is captured as an image: a name is asked, the disk only where there are several, and nothing else', async () => {
  await row('web-07').click();
  await page.getByRole('button', { name: 'Capture as image…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Capture web-07 as an image' });
  const go = dialog.getByRole('button', { name: 'Capture' });
  await go.and(page.locator('[aria-disabled="true"]')).waitFor();
  await dialog.getByLabel('Name').fill('web-golden');
  await dialog.getByText('The library has this name').waitFor();
  await dialog.getByLabel('Labels').fill('role=web');
  await dialog.getByLabel('Leave serial numbers').check();
  expect(await window.audit()).toEqual([]);
  await go.click();
  await dialog.waitFor({ state: 'hidden' });
  expect(made('machines.capture')).toEqual([
    {
      machineId: 'web-07',
      name: 'web-golden',
      diskSerial: null,
      labels: { role: 'web' },
      notes: '',
      redactSerials: true,
      neutralise: [],
    },
  ]);
  // It works now: there is nothing to capture at the same time.
  await page.getByRole('button', { name: 'Capture as image…' }).waitFor({ state: 'detached' });
});
