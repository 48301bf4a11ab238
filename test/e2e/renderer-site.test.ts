// The Site screen: a plan by file, drop and paste, its errors row by row, who is missing, replacing and removing it.
import { expect, test } from 'vitest';
import { useRig } from './screens-rig.ts';

const rig = useRig();
const PLAN = 'serial,hostname,role,model\n7XK2P01,web-01,web,PowerEdge R640\n7XK2P02,web-02,web,PowerEdge R740\nCZ999,db-09,db,\n';

const file = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

test('no plan, a wrong file with every wrong row, a right one: who is here, who is missing, who is otherwise', async () => {
  const { page } = rig;
  await rig.open('Site');
  await page.getByText('No plan for this site').waitFor();
  expect(await rig.audit()).toEqual([]);
  const input = page.getByLabel('Plan file (CSV)');
  await input.setInputFiles(file('plan.csv', 'serial,mac\n7XK2P01,nonsense\nCZ2\n'));
  const refused = page.getByRole('alert');
  await refused.getByText('plan.csv was not taken').waitFor();
  await refused.getByText('Line 2, column 2').waitFor();
  await refused.getByText('Line 3, column 2').waitFor();
  expect(await rig.audit()).toEqual([]);
  await input.setInputFiles(file('plan.csv', PLAN));
  const plan = page.getByRole('list', { name: 'Site plan' });
  await plan.getByRole('link', { name: 'web-01' }).waitFor();
  await refused.waitFor({ state: 'detached' });
  await plan.getByText('cz999').waitFor();
  await plan.getByText('planned is PowerEdge R740').waitFor();
  await page.getByRole('combobox', { name: 'Show' }).selectOption('missing (1)');
  expect(await plan.getByRole('listitem').count()).toBe(1);
  expect(await rig.audit()).toEqual([]);
  await page.getByRole('combobox', { name: 'Show' }).selectOption({ index: 0 });
  await plan.getByRole('link', { name: 'web-02' }).click();
  await page.getByRole('article', { name: 'web-02' }).waitFor();
});

test('who is expected and was not heard stands on the rack, and its counts lead to the plan', async () => {
  const { page } = rig;
  await rig.open('Site');
  await page.getByLabel('Plan file (CSV)').setInputFiles(file('plan.csv', `${PLAN}CZ998,db-08,db,\n`));
  await page.getByRole('list', { name: 'Site plan' }).getByText('cz998').waitFor();
  await rig.open('Rack');
  const missing = page.getByRole('option', { name: /not heard yet/ });
  await missing.filter({ hasText: 'db-09' }).filter({ hasText: 'cz999' }).waitFor();
  expect(await missing.count()).toBe(2);
  expect(await rig.audit()).toEqual([]);
  await page.getByRole('button', { name: '2 of 4 planned' }).click();
  await page.getByRole('list', { name: 'Site plan' }).waitFor();
});

test('another plan: the difference first, nothing by Escape, then replaced; and removed', async () => {
  const { page } = rig;
  await rig.open('Site');
  await page.getByRole('button', { name: 'Paste…' }).click();
  await page.getByRole('textbox', { name: 'Plan (CSV)' }).fill(PLAN);
  await page.getByRole('button', { name: 'Import' }).click();
  const plan = page.getByRole('list', { name: 'Site plan' });
  await plan.getByText('cz999').waitFor();
  await page.getByLabel('Plan file (CSV)').setInputFiles(file('new.csv', 'serial,role\n7XK2P01,db\n'));
  const dialog = page.getByRole('dialog', { name: 'Replace the plan by new.csv?' });
  await dialog.getByText('Removed: 2 machines').waitFor();
  await dialog.getByRole('row', { name: /7xk2p01 Role web db/ }).waitFor();
  expect(await rig.audit()).toEqual([]);
  await page.keyboard.press('Escape');
  await plan.getByText('cz999').waitFor();
  await page.getByLabel('Plan file (CSV)').setInputFiles(file('new.csv', 'serial,role\n7XK2P01,db\n'));
  await dialog.getByRole('button', { name: 'Replace the plan' }).click();
  await plan.getByText('cz999').waitFor({ state: 'detached' });
  expect(rig.made('plan.import').map((argument) => (argument as { replace: boolean }).replace)).toEqual([false, false, false, true]);
  await page.getByRole('button', { name: 'Remove the plan…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove the plan' }).click();
  await page.getByText('No plan for this site').waitFor();
});

test('a plan that is dropped on the screen is taken', async () => {
  const { page } = rig;
  await rig.open('Site');
  await page.getByText('No plan for this site').waitFor();
  const transfer = await page.evaluateHandle((text) => {
    const made = new DataTransfer();
    made.items.add(new File([text], 'dropped.csv', { type: 'text/csv' }));
    return made;
  }, PLAN);
  await page.getByRole('region', { name: 'Site plan' }).dispatchEvent('drop', { dataTransfer: transfer });
  await page.getByText('dropped.csv, taken by').waitFor();
});

test('a plan as Excel in Western Europe saves it is taken, and says by its words how it was read', async () => {
  const { page } = rig;
  await rig.open('Site');
  const name = 'ansi.csv';
  const buffer = Buffer.from('serial;hostname;user\r\nCZ997;db-07;J\xfcrgen\r\n', 'latin1');
  await page.getByLabel('Plan file (CSV)').setInputFiles({ name, mimeType: 'text/csv', buffer });
  await page.getByRole('list', { name: 'Site plan' }).getByText('cz997').waitFor();
  const note = page.getByRole('status').filter({ hasText: 'Look at the letters of this plan' });
  await note.getByText('was read as Windows-1252: line 2 Jürgen.').waitFor();
  expect(await rig.audit()).toEqual([]);
  await page
    .getByLabel('Plan file (CSV)')
    .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from('serial;role\nM\x81;x', 'latin1') });
  await page.getByRole('alert').getByText('line 2 has a byte').waitFor();
  expect(await note.count()).toBe(0);
});
