// The Fields screen: what each takes and who needs it, adding with the station's own judgement while it is typed, removing.
import { expect, test } from 'vitest';
import { useRig } from './screens-rig.ts';

const rig = useRig();

const textOf = (argument: unknown): unknown => JSON.parse((argument as { readonly text: string }).text) as unknown;
const openFields = async (): Promise<void> => {
  await rig.open('Policies');
  await rig.page.getByRole('main').getByRole('link', { name: 'Fields' }).click();
};

test('the table: type, limits, when it is asked, and who needs it', async () => {
  const { page } = rig;
  await openFields();
  const role = page.getByRole('row', { name: 'Role' });
  await role.getByText('one of web, mail, db').waitFor();
  await role.getByText('of every machine').waitFor();
  await role.getByRole('link', { name: 'policy web-nodes' }).waitFor();
  await role.getByText('machine waits for it').waitFor();
  await page.getByRole('row', { name: 'VLAN' }).getByText('number, at least 1, at most 4094').waitFor();
  await page.getByRole('row', { name: 'scratch' }).getByText('may be left empty').waitFor();
  expect(await rig.audit()).toEqual([]);
});

test('adding by keyboard: wrong limits are said while they are typed, and what does not go with the type is left out', async () => {
  const { page } = rig;
  await page.keyboard.press('g');
  await page.keyboard.press('f');
  await page.getByRole('button', { name: 'Add…' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Add a field' });
  const save = dialog.getByRole('button', { name: 'Save' });
  await dialog.getByRole('textbox', { name: 'Fact' }).fill('input.Data Disk');
  await dialog.getByText('there is no fact "input.Data Disk"').waitFor();
  expect(await save.getAttribute('aria-disabled')).toBe('true');
  await dialog.getByRole('textbox', { name: 'Fact' }).fill('input.data-disk');
  await dialog.getByRole('textbox', { name: 'Label' }).fill('Data disk');
  await dialog.getByRole('textbox', { name: 'Pattern' }).fill('[0-9]+');
  await dialog.getByRole('combobox', { name: 'Type' }).selectOption('size, with its unit');
  await dialog.getByRole('textbox', { name: 'At least' }).fill('64 G');
  await dialog.getByText('Write "64 GiB" or "64 GB".').waitFor();
  expect(await rig.audit()).toEqual([]);
  await dialog.getByRole('textbox', { name: 'At least' }).fill('64 GiB');
  await dialog.getByRole('checkbox', { name: 'Ask of every machine' }).check();
  await dialog.getByRole('textbox', { name: 'At least' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('row', { name: 'Data disk' }).waitFor();
  expect(rig.made('fields.save').map(textOf)).toEqual([
    { name: 'input.data-disk', label: 'Data disk', type: 'size', least: '64 GiB', required: true, everyMachine: true },
  ]);
});

test('a catalogue fact that is no text has the type it has', async () => {
  const { page } = rig;
  await openFields();
  await page.getByRole('button', { name: 'Add…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a field' });
  await dialog.getByRole('textbox', { name: 'Fact' }).fill('memory.size');
  await expect
    .poll(() => dialog.getByRole('combobox', { name: 'Type' }).locator('option').allTextContents())
    .toEqual(['size, with its unit']);
});

test('changing keeps the name; removing asks first; changes from elsewhere arrive', async () => {
  const { page } = rig;
  await openFields();
  await page.getByRole('button', { name: 'Edit VLAN' }).click();
  await page.getByRole('textbox', { name: 'At most' }).fill('100');
  await page.keyboard.press('Enter');
  await page.getByText('number, at least 1, at most 100').waitFor();
  await page.getByRole('button', { name: 'Remove scratch' }).click();
  const dialog = page.getByRole('dialog', { name: 'Remove scratch?' });
  expect(await dialog.getByRole('button', { name: 'Cancel' }).evaluate((button) => button === document.activeElement)).toBe(true);
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('row', { name: 'scratch' }).waitFor({ state: 'detached' });
  rig.station.pipe.publish({ name: 'fields.changed', payload: [] });
  await page.getByText('No field yet').waitFor();
});
