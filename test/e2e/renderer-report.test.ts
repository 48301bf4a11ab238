// The hand-over report on the Site screen: its numbers, its period, the files it saves, and the document that is printed.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { useRig } from './screens-rig.ts';

const rig = useRig();
const part = () => rig.page.getByRole('region', { name: 'Hand-over report' });
const saved = async (button: string): Promise<{ readonly name: string; readonly text: string }> => {
  const [download] = await Promise.all([rig.page.waitForEvent('download'), part().getByRole('button', { name: button }).click()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
};

test('what a visit came to, what is left open, and a period of its own', async () => {
  await rig.open('Site');
  const open = part().getByRole('region', { name: 'Left open' });
  await open.getByRole('listitem').first().waitFor();
  expect(await part().getByRole('term').allTextContents()).toEqual(
    expect.arrayContaining(['machines', 'provisioned', 'failed', 'left open']),
  );
  expect(await rig.audit()).toEqual([]);
  const period = part().getByRole('combobox', { name: 'Period' });
  expect(await period.locator('option').allTextContents()).toEqual([
    'All days at this site',
    expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d until now, /),
    expect.stringMatching(/, J. Lind$/),
  ]);
  await period.selectOption({ index: 2 });
  await part().getByText('Nothing is left open.').waitFor();
  const asked = rig.made('report.get').at(-1) as { sinceMs: number; untilMs: number };
  expect(asked.untilMs - asked.sinceMs).toBe(5 * 3_600_000 + 1);
  await period.selectOption({ index: 0 });
  await open.getByRole('link').first().click();
  await rig.page.getByRole('article').waitFor();
});

test('the document and the table are saved as files, without serials where that is wanted', async () => {
  await rig.open('Site');
  const document = await saved('Save the document');
  expect(document.name).toMatch(/^hand-over-.*-\d{4}-\d\d-\d\d\.html$/);
  expect(document.text).toContain('7XK2P01');
  const table = await saved('Save the machines as CSV');
  expect(table.name).toMatch(/\.csv$/);
  expect(table.text).toMatch(/^\ufeffmachine,serial,/);
  await part().getByRole('checkbox', { name: 'Leave out serials and MACs' }).check();
  const redacted = await saved('Save the document');
  expect(redacted.text).not.toContain('7XK2P01');
  expect(redacted.text).toContain('are left out of this report');
});

test('the saved document opens by itself in both schemes, without a violation of its own policy', async () => {
  await rig.open('Site');
  const { text } = await saved('Save the document');
  const context = await rig.page.context().browser()?.newContext({ colorScheme: 'dark' });
  const page = await context?.newPage();
  if (context === undefined || page === undefined) return expect.fail('no browser');
  const problems: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('request', (request) => problems.push(`fetched ${request.url()}`));
  await page.setContent(text);
  await page.getByRole('heading', { name: 'Machines' }).waitFor();
  expect(await page.locator('main').evaluate((main) => getComputedStyle(main).backgroundColor)).toBe('rgb(255, 255, 255)');
  expect(problems).toEqual([]);
  await context.close();
});

test('printing shows the document alone, styled and white, and leaves the window as it was', async () => {
  const { page } = rig;
  await rig.open('Site');
  await page.evaluate(() => {
    // The dialog of the browser stays open until a person ends it; here the test does.
    globalThis.print = () => document.documentElement.setAttribute('data-print-asked', '');
  });
  await part().getByRole('button', { name: 'Print…' }).click();
  await page.waitForSelector('html[data-print-asked]');
  await page.emulateMedia({ media: 'print' });
  const printed = page.locator('.printed main');
  await printed.getByRole('heading', { name: 'Machines' }).waitFor();
  expect(await printed.evaluate((main) => getComputedStyle(main).fontSize)).toBe('10.5px');
  expect(await page.locator('#root').isVisible()).toBe(false);
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeGreaterThan(800);
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  await page.emulateMedia({ media: 'screen' });
  await part().waitFor();
  expect(await page.locator('.printed').count()).toBe(0);
});
