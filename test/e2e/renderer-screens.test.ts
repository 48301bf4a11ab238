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

const open = (screen: string) => page.getByRole('navigation').getByRole('link', { name: screen, exact: true }).click();
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

test('a station that cannot show itself says so with what to do, and a try later works', async () => {
  station.breakSnapshots(true);
  await page.reload();
  await page.getByRole('alert').getByText('The station could not say how things stand').waitFor();
  await page.getByText('pipe.snapshot-failed').waitFor();
  expect(await window.audit()).toEqual([]);
  station.breakSnapshots(false);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('listbox', { name: 'Machines' }).waitFor();
});

test('an empty rack says what to do', async () => {
  station.removeAll();
  await page.getByText('No machine heard yet').waitFor();
  await page.getByRole('button', { name: 'None comes? Look at the wire' }).waitFor();
});

test('an empty rack whose station cannot serve says that first', async () => {
  station.removeAll();
  const problem = { code: 'wire.no-link', message: 'enp0s31f6 has no link.', next: 'Plug the cable in at both ends.' };
  station.changeStation({ wire: { kind: 'rack', nic: 'enp0s31f6', address: '10.77.0.1', mode: 'server', httpPort: 8080, problem } });
  await page.getByRole('alert').getByText('enp0s31f6 has no link.').waitFor();
  expect(await window.audit()).toEqual([]);
  await page.getByRole('button', { name: 'Look at the wire' }).click();
  await page.getByText('Plug the cable in at both ends.').waitFor();
});

test('listening: header switch and the full form', async () => {
  await page.getByRole('switch', { name: 'Answer machines that ask to boot' }).click();
  await page.getByText('Not listening').first().waitFor();
  await open('Wire');
  await page.getByRole('combobox', { name: 'For' }).selectOption('until switched off');
  await page.getByRole('textbox', { name: 'Only these machines' }).fill('3C-EC-EF-10-20-07, zz');
  await page.getByText('“zz” is not a MAC address.').waitFor();
  await page.getByRole('textbox', { name: 'Only these machines' }).fill('3C-EC-EF-10-20-07 3cec.ef10.2008');
  await page.getByRole('textbox', { name: 'Only at these switch ports' }).fill(' Gi1/0/7\n\nsw-12 Gi1/0/8');
  await page.getByRole('button', { name: 'Start listening' }).click();
  await page.getByText('The station answers machines that ask to boot.').waitFor();
  expect(made('listening.set')).toEqual([
    { on: false, minutes: null, macs: [], ports: [] },
    { on: true, minutes: null, macs: ['3c:ec:ef:10:20:07', '3c:ec:ef:10:20:08'], ports: ['Gi1/0/7', 'sw-12 Gi1/0/8'] },
  ]);
});

test('serving on another port: what is no wired port is not offered, a refusal stays in the dialog', async () => {
  await open('Wire');
  await page.getByRole('button', { name: 'Serve elsewhere…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Where shall the station serve?' });
  const port = dialog.getByRole('combobox').first();
  await expect.poll(() => port.locator('option').allInnerTexts()).toContain('enx00e04c · no link · no address');
  expect((await port.locator('option').allInnerTexts()).join()).not.toContain('wlp3s0');
  expect(await window.audit()).toEqual([]);
  await port.selectOption('enx00e04c');
  await dialog.getByRole('combobox').nth(1).selectOption('beside another DHCP server');
  await dialog.getByRole('button', { name: 'Serve there' }).click();
  await dialog.getByText('There is no link on enx00e04c').waitFor();
  await dialog.getByRole('textbox').fill('10.78.0.1/24');
  await dialog.getByRole('button', { name: 'Serve there' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('The station serves on enx00e04c.').waitFor();
  expect(made('wire.serve')).toEqual([
    { nic: 'enx00e04c', mode: 'proxy' },
    { nic: 'enx00e04c', mode: 'proxy', address: '10.78.0.1/24' },
  ]);
  await page.getByRole('region', { name: 'Wire', exact: true }).getByText('10.78.0.1').waitFor();
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

test('the event log reaches back to the first event, a page at a time, over a lost link too', async () => {
  const long = await startStation({ history: 1200 });
  const other = await openWindow(browser, long.url);
  await other.page.getByRole('navigation').getByRole('link', { name: 'Wire' }).click();
  const log = other.page.getByRole('region', { name: 'Event log' });
  const older = log.getByRole('button', { name: 'Show older' });
  const items = log.getByRole('listitem');
  await log.getByText('happening 1209').waitFor();
  expect([await items.count(), await items.last().textContent()]).toEqual([500, expect.stringContaining('happening 710')]);
  await older.click();
  await expect.poll(() => items.count()).toBe(1000);
  await older.click();
  await expect.poll(() => items.count()).toBe(1209);
  expect(await items.last().textContent()).toContain('The station started on enp0s31f6');
  expect(await older.count()).toBe(0);
  const asked = long.calls.flatMap(({ name, argument }) => (name === 'events.list' ? [(argument as { beforeId: number }).beforeId] : []));
  expect(asked.slice(-2)).toEqual([710, 210]);

  await log.getByRole('textbox', { name: 'Filter' }).fill('consent');
  await expect.poll(() => items.count()).toBe(1);
  await long.stopListening();
  await other.page.getByText('Station not reached, trying again').waitFor();
  await long.listenAgain();
  await log.getByText('Nothing fits among the events shown so far.').waitFor();
  await older.click();
  await older.click();
  await log.getByText('asks for consent to erase S6KXNE0T.').waitFor();
  expect(other.problems).toEqual([]);
  await other.close();
  await long.stop();
});

test('why a machine does not boot: the list, its steps, a MAC that nobody heard', async () => {
  await page.goto(`${station.listener.url}#/wire`);
  const card = page.getByRole('region', { name: 'Why does a machine not boot?' });
  const rows = card.getByRole('listitem');
  await expect.poll(() => rows.count()).toBe(3);
  await card.getByText('7XK2P06').click();
  await card.getByText('Next: Look at its screen').waitFor();
  expect(await card.getByRole('list', { name: 'Steps seen on the wire' }).getByRole('listitem').allInnerTexts()).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/\+8\.8 s\s+Stage 1\s+stage1\.img by HTTP: 31\.0 MB in 2\.9 s/),
      expect.stringMatching(/^Nothing\s+for /),
    ]),
  );
  await card.getByLabel('Show').selectOption('All boots');
  await card.getByText('web-07').waitFor();
  await card.getByLabel('Machine or MAC').fill('02-00-00-00-00-99');
  await card.getByText('Nothing was heard from this address').waitFor();
  await card.getByLabel('Machine or MAC').fill('7xk2p06');
  await expect.poll(() => card.getByText('Stopped', { exact: true }).count()).toBe(1);
  await card.getByText('7XK2P06').click();
  await card.getByRole('button', { name: 'Open machine' }).click();
  const machine = page.getByRole('article', { name: '7XK2P06' });
  await machine.getByText('It loaded kernel and small system').waitFor();
  await machine.getByRole('link', { name: 'Open in the wire log' }).click();
  await expect.poll(() => page.url()).toContain('#/wire/3c%3Aec%3Aef%3A10%3A20%3A06');
  await card.getByText('Next: Look at its screen').waitFor();
});

test('policies: switch, the station’s judgement on a new one, add, remove', async () => {
  await open('Policies');
  await page.getByRole('switch', { name: 'Use policy kiosk-from-stick' }).click();
  await page.locator('[role=switch][aria-checked=true][aria-label="Use policy kiosk-from-stick"]').waitFor();
  await page.getByText('"kiosk-from-stick" (rank 95) is never reached: every machine that it fits, "anything-else" (rank 90)').waitFor();
  await page.getByRole('button', { name: 'Add…' }).click();
  const field = page.getByRole('textbox', { name: 'Policy (JSON)' });
  const add = page.getByRole('button', { name: 'Add', exact: true });
  await field.fill('{');
  await add.click();
  await page.getByText('What you typed, line 1, column 2').waitFor();
  const policy = { name: 'lab', rank: 5, when: { all: [{ fact: 'model', glob: 7 }] }, outcome: { kind: 'boot-local' }, consent: 'ask' };
  await field.fill(JSON.stringify(policy));
  await add.click();
  await page.getByText('when.all[0].glob: 7 is not a value that "glob" can take').waitFor();
  await field.fill(JSON.stringify({ ...policy, when: { all: [{ fact: 'colour', equal: 'red' }] } }));
  await add.click();
  await page.getByText('unknown fact "colour"').waitFor();
  await field.fill(JSON.stringify({ ...policy, when: { all: [{ fact: 'model', glob: 'R6*' }] } }));
  await add.click();
  await page.getByText('model is like R6*').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'lab' }).getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('model is like R6*').waitFor({ state: 'detached' });
});

test('policies: a file from elsewhere is looked at before it is on, and one that is bad says where', async () => {
  await open('Policies');
  const give = (text: string): Promise<void> =>
    page.getByLabel('Policy file').setInputFiles({ name: 'theirs.json', mimeType: 'application/json', buffer: Buffer.from(text) });
  await give('[{"name": "far", "rank": "7"}]');
  await page.getByText('rank: "7" is not a whole number').waitFor();
  await give(`[${' '.repeat(900_000)}]`);
  await page.getByText('theirs.json is too long for this window.').waitFor();
  await give(
    JSON.stringify([
      { name: 'far', rank: 7, when: { all: [{ fact: 'model', glob: 'X*' }] }, outcome: { kind: 'boot-local' }, consent: 'auto' },
    ]),
  );
  const row = page.getByRole('listitem').filter({ hasText: 'far' });
  await row.getByRole('switch', { name: 'Use policy far' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('That does not travel: here it asks').waitFor();
  await dialog.getByRole('button', { name: 'Show what it would change' }).click();
  await dialog
    .getByRole('status')
    .filter({ hasText: /^Of \d+ machines 1 would change/ })
    .waitFor();
  await dialog.getByText('→ far: boot its own disk').waitFor();
  await page.locator('[role=switch][aria-checked=false][aria-label="Use policy far"]').waitFor({ state: 'attached' });
  await dialog.getByRole('button', { name: 'Switch on' }).click();
  await page.locator('[role=switch][aria-checked=true][aria-label="Use policy far"]').waitFor();
  await row.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await row.waitFor({ state: 'detached' });
  const late = { name: 'late', rank: 99, when: { all: [] }, outcome: { kind: 'boot-local' }, consent: 'ask' };
  await give(JSON.stringify(late));
  await page.getByText('Were it on: "late" (rank 99) is never reached').waitFor();
  await page.getByRole('switch', { name: 'Use policy late' }).click();
  await dialog.getByRole('button', { name: 'Show what it would change' }).click();
  await dialog.getByText('"late" (rank 99) is never reached').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
});

test('a decision among hundreds of policies shows those that matter, and the others when they are wanted', async () => {
  const policies = Array.from({ length: 250 }, (_, at) => ({
    name: `rule-${at}`,
    rank: at,
    outcome: { kind: 'boot-local' as const },
    truth: at === 249 ? ('yes' as const) : ('no' as const),
    verdict: at === 249 ? ('won' as const) : ('not-true' as const),
    condition: { text: `model = "m${at}"`, truth: 'no' as const, seen: 'R640', why: null, parts: [] },
  }));
  const resolution = {
    kind: 'matched',
    policy: 'rule-249',
    outcome: { kind: 'boot-local' },
    consent: 'ask',
    replaceExisting: false,
  } as const;
  station.decide('web-01', { resolution, policies, left: 0 });
  await page.getByRole('option', { name: 'web-01' }).click();
  await page.getByText('rule-249').waitFor();
  await page.getByText('rule-150').waitFor();
  expect(await page.getByText('rule-149').count()).toBe(0);
  await page.getByRole('button', { name: 'Show more of the other 150 policies' }).click();
  await page.getByText('rule-149').waitFor();
  await page.getByRole('button', { name: /Show more/ }).waitFor({ state: 'detached' });
  // A word of the machine that changes no decision leaves the list open.
  station.change('web-01', { says: 'It still asks.' });
  await page.getByText('It still asks.').first().waitFor();
  expect(await page.getByText('rule-149').count()).toBe(1);
  expect(made('policies.explain')).toEqual([{ machineId: 'web-01', from: 0, most: 200 }]);
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

test('images: another name and labels, the trash and the way back', async () => {
  await open('Images');
  await page.getByRole('link', { name: 'db-golden r4' }).click();
  const card = page.getByRole('region', { name: 'db-golden' });
  await card.getByText('db-golden.raw.zst').waitFor();
  await card.getByText('Berlin 2').waitFor();
  await card.getByRole('button', { name: 'Name and labels…' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('postgres');
  await page.getByRole('textbox', { name: 'Labels' }).fill('role=db\nnonsense');
  await page.getByText('“nonsense” is not key=value.').waitFor();
  await page.getByRole('textbox', { name: 'Labels' }).fill('role=sql');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'postgres r4' }).waitFor();
  expect(made('images.describe').at(-1)).toMatchObject({ name: 'postgres', labels: { role: 'sql' } });
  expect(made('images.describe').at(-1)).not.toHaveProperty('notes');

  await page.getByRole('region', { name: 'postgres' }).getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('link', { name: 'postgres r4' }).waitFor({ state: 'detached' });
  await page.getByRole('region', { name: 'Trash' }).getByRole('button', { name: 'Restore' }).click();
  await page.getByRole('link', { name: 'postgres r4' }).waitFor();
});

test('a stranger’s image: its key is offered, and trusted by a person', async () => {
  await open('Images');
  await page.getByRole('link', { name: 'windows-kiosk r2' }).click();
  const card = page.getByRole('region', { name: 'windows-kiosk' });
  await card.getByText('signed with a key that is not trusted').waitFor();
  await card.getByRole('link', { name: 'Decide about its key in Settings' }).click();
  const trust = page.getByRole('region', { name: 'Trusted signatures' });
  await trust.getByRole('button', { name: 'Trust…' }).click();
  await trust.getByRole('textbox', { name: 'Whose key it is' }).fill('Bench of Ben');
  await trust.getByRole('button', { name: 'Trust this key' }).click();
  await trust.getByText('Bench of Ben').waitFor();
  await trust.getByRole('button', { name: 'Trust no longer' }).click();
  await trust.getByText('Bench of Ben').waitFor({ state: 'detached' });
});

test('jobs: steps, result, failure', async () => {
  await open('Jobs');
  const job = page.getByRole('listitem').filter({ hasText: 'web-01' });
  await job.locator('summary').click();
  await job.getByText('read back and verified').waitFor();
  await page.getByText('Block 8812 read back differently').first().waitFor();
});

test('search: by keyboard to the last of what can be done, and it is done', async () => {
  await page.keyboard.press('Control+k');
  const box = page.getByRole('combobox', { name: 'Search machines, images, screens and things to do' });
  await box.waitFor();
  const inDialog = page.getByRole('dialog').getByRole('option');
  const count = await inDialog.count();
  for (let step = 1; step < count; step += 1) await page.keyboard.press('ArrowDown');
  const last = page.getByRole('dialog').getByRole('option', { selected: true });
  expect(await last.innerText()).toBe(await inDialog.last().innerText());
  const isSeen = await last.evaluate((element) => {
    const [row, list] = [element.getBoundingClientRect(), element.parentElement?.getBoundingClientRect()];
    return list !== undefined && row.top >= list.top - 1 && row.bottom <= list.bottom + 1;
  });
  expect(isSeen).toBe(true);
  await box.fill('theme light');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
  await page.keyboard.press('/');
  await box.fill('next asks');
  await page.keyboard.press('Enter');
  await page.getByRole('article', { name: 'web-07' }).waitFor();
  await page.keyboard.press('/');
  await box.fill('hold web-07');
  await page.keyboard.press('Enter');
  await expect.poll(() => made('machines.hold')).toEqual([{ machineId: 'web-07' }]);
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
