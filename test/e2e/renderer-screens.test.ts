// The other screens, and what the window shows without machines, without a link and without a key.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
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

const open = (screen: string) => page.getByRole('navigation').getByRole('link', { name: screen }).click();
const made = (name: string): unknown[] => station.calls.filter((call) => call.name === name).map((call) => call.argument);

test('the token leaves the address bar, and a reload comes back by the cookie', async () => {
  expect(page.url()).not.toContain('token');
  await page.reload();
  await page.getByRole('listbox', { name: 'Machines' }).waitFor();
});

test('without a key the window says how to get one', async () => {
  const stranger = await openWindow(browser, station.listener.url);
  await stranger.page.getByText('This window has no key').waitFor();
  expect(stranger.problems).toEqual([]);
  await stranger.close();
});

test('a lost link is said, the old picture stays, and what was missed arrives', async () => {
  await station.stopListening();
  await page.getByText('Station not reached, trying again').waitFor();
  await page.getByRole('option', { name: 'web-01' }).waitFor();
  station.change('web-01', { name: 'changed-meanwhile' });
  await station.listenAgain();
  await page.getByRole('option', { name: 'changed-meanwhile' }).waitFor();
  await page.getByText('Station not reached').waitFor({ state: 'detached' });
});

test('an empty rack says what to do', async () => {
  station.removeAll();
  await page.getByText('No machine heard yet').waitFor();
});

test('listening: header switch and the full form', async () => {
  await page.getByRole('switch', { name: 'Answer machines that ask to boot' }).click();
  await page.getByText('Not listening').first().waitFor();
  await open('Wire');
  await page.getByRole('combobox', { name: 'For' }).selectOption('until switched off');
  await page.getByRole('textbox', { name: 'Only these machines' }).fill('3C-EC-EF-10-20-07, zz');
  await page.getByText('“zz” is not a MAC address.').waitFor();
  await page.getByRole('textbox', { name: 'Only these machines' }).fill('3C-EC-EF-10-20-07 3cec.ef10.2008');
  await page.getByRole('button', { name: 'Start listening' }).click();
  await page.getByText('The station answers machines that ask to boot.').waitFor();
  expect(made('listening.set')).toEqual([
    { on: false, minutes: null, macs: [] },
    { on: true, minutes: null, macs: ['3c:ec:ef:10:20:07', '3c:ec:ef:10:20:08'] },
  ]);
});

test('preflight and the event log', async () => {
  await open('Wire');
  await page.getByRole('button', { name: 'Run preflight' }).click();
  await page.getByText('ready, with care').waitFor();
  await page.getByText('Switch on edge port').waitFor();
  const log = page.getByRole('region', { name: 'Event log' });
  await log.getByText('asks for consent to erase S6KXNE0T.').waitFor();
  station.pipe.publish({
    name: 'event.logged',
    payload: { id: 900, atMs: Date.now(), machineId: 'web-08', jobId: null, kind: 'dhcp.offered', level: 'info', text: 'arrived live' },
  });
  await log.getByText('arrived live').waitFor();
  await log.getByRole('combobox', { name: 'Show' }).selectOption('Warnings and errors');
  await log.getByText('arrived live').waitFor({ state: 'detached' });
  expect(await log.getByRole('listitem').count()).toBe(2);
});

test('policies: switch, the station’s judgement on a new one, add, remove', async () => {
  await open('Policies');
  await page.getByRole('switch', { name: 'Use policy kiosk-from-stick' }).click();
  await page.locator('[role=switch][aria-checked=true][aria-label="Use policy kiosk-from-stick"]').waitFor();
  await page.getByRole('button', { name: 'Add…' }).click();
  const field = page.getByRole('textbox', { name: 'Policy (JSON)' });
  const add = page.getByRole('button', { name: 'Add', exact: true });
  await field.fill('{');
  await add.click();
  await page.getByText('This is not JSON').waitFor();
  const policy = { name: 'lab', rank: 5, when: { all: [{ fact: 'model', glob: 7 }] }, outcome: { kind: 'boot-local' }, consent: 'ask' };
  await field.fill(JSON.stringify(policy));
  await add.click();
  await page.getByText('policy.when.all[0].glob: expected string, received number').waitFor();
  await field.fill(JSON.stringify({ ...policy, when: { all: [{ fact: 'colour', equal: 'red' }] } }));
  await add.click();
  await page.getByText('there is no fact “colour”').waitFor();
  await field.fill(JSON.stringify({ ...policy, when: { all: [{ fact: 'model', glob: 'R6*' }] } }));
  await add.click();
  await page.getByText('model is like R6*').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'lab' }).getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('model is like R6*').waitFor({ state: 'detached' });
});

test('images: what is in one, and an import with its failure and its success', async () => {
  await open('Images');
  await page.getByRole('link', { name: 'web-golden r11' }).click();
  await page.getByRole('region', { name: 'web-golden' }).getByText('boots with Secure Boot on').waitFor();
  await page.getByRole('button', { name: 'Import…' }).click();
  await page.getByRole('textbox', { name: 'Path on the station' }).fill('edge.raw.gz');
  expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('edge');
  await page.getByRole('textbox', { name: 'Labels' }).fill('role=edge');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('dialog').getByText('There is no file edge.raw.gz').waitFor();
  await page.getByRole('textbox', { name: 'Path on the station' }).fill('/srv/edge.raw.gz');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('link', { name: 'edge r1' }).waitFor();
  expect(made('images.import').at(-1)).toEqual({ path: '/srv/edge.raw.gz', name: 'edge', labels: { role: 'edge' }, notes: '' });
});

test('jobs: steps, result, failure', async () => {
  await open('Jobs');
  const job = page.getByRole('listitem').filter({ hasText: 'web-01' });
  await job.locator('summary').click();
  await job.getByText('read back and verified').waitFor();
  await page.getByText('Block 8812 read back differently').first().waitFor();
});

test('settings: site, operator, theme', async () => {
  await open('Settings');
  await page.getByRole('textbox', { name: 'Operator' }).fill('A. Lindqvist');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('A. Lindqvist · ').waitFor();
  expect(made('station.describe')).toEqual([{ siteName: 'Riverside DC · row 4 · rack 12', operator: 'A. Lindqvist' }]);
  await page.getByRole('combobox', { name: 'Theme' }).selectOption('Light');
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(await background()).toBe('rgb(238, 241, 242)');
  await page.reload();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  expect(await background()).toBe('rgb(238, 241, 242)');
});
