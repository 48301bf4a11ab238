// The Image sets screen: members with what is stored of them, machines with how far they are, adding, changing and removing.
import { expect, test } from 'vitest';
import { useRig } from './screens-rig.ts';

const rig = useRig();

const textOf = (argument: unknown): unknown => JSON.parse((argument as { readonly text: string }).text) as unknown;

test('a set: its members, for which machines they are stored, and where each machine stands', async () => {
  const { page } = rig;
  await rig.open('Recipes');
  await page.getByRole('main').getByRole('link', { name: 'Image sets' }).click();
  await page.getByText('Choose a set to see its members').waitFor();
  await page.getByRole('link', { name: 'rack-set' }).click();
  const card = page.getByRole('region', { name: 'rack-set' });
  const members = card.getByRole('region', { name: 'Members, in the order of construction' });
  await members.getByRole('link', { name: 'web-golden r11' }).waitFor();
  await members.getByText('on 5 machines now').waitFor();
  await members.getByText('not built yet').waitFor();
  const machines = card.getByRole('region', { name: 'Machines' });
  await machines.getByText('member 3 of 3').waitFor();
  await machines.getByText('mkfs.ext4: device is busy').waitFor();
  expect(await rig.audit()).toEqual([]);
  await card.getByRole('button', { name: 'Switch off' }).click();
  await card.getByRole('button', { name: 'Switch on' }).waitFor();
  expect(rig.made('sets.enable')).toEqual([{ name: 'rack-set', enabled: false }]);
  await machines.getByRole('link', { name: 'edge-03' }).click();
  await page.getByRole('article', { name: 'edge-03' }).waitFor();
});

test('another window or the command line changes the sets: this one shows it at once', async () => {
  const { page } = rig;
  await rig.open('Recipes');
  await page.getByRole('main').getByRole('link', { name: 'Image sets' }).click();
  const set = { name: 'from-elsewhere', members: [{ name: 'one', recipe: 'kiosk' }], note: '' };
  rig.station.pipe.publish({ name: 'sets.changed', payload: [{ set, enabled: true, addedAtMs: 1, addedBy: 'Ada' }] });
  await page.getByRole('link', { name: 'from-elsewhere' }).waitFor();
  await page.getByRole('link', { name: 'rack-set' }).waitFor({ state: 'detached' });
});

test('adding by keyboard: members in order, one of them the end, and what is wrong said at its place', async () => {
  const { page } = rig;
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await page.getByRole('button', { name: 'Add…' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Add an image set' });
  const save = dialog.getByRole('button', { name: 'Save' });
  await page.keyboard.type('Lab Set');
  await dialog.getByText('Only a-z, 0-9 and hyphens').waitFor();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('lab-set');
  const first = dialog.getByRole('group', { name: 'Member 1' });
  await first.getByRole('textbox', { name: 'Member' }).fill('rescue');
  await first.getByRole('combobox', { name: 'Is' }).selectOption('the newest with labels');
  await first.getByRole('textbox', { name: 'Labels' }).fill('role');
  await first.getByText('“role” is not key=value.').waitFor();
  expect(await save.getAttribute('aria-disabled')).toBe('true');
  await first.getByRole('textbox', { name: 'Labels' }).fill('role=web, os=debian-13');
  await dialog.getByRole('button', { name: 'Add a member' }).click();
  const second = dialog.getByRole('group', { name: 'Member 2' });
  await second.getByRole('textbox', { name: 'Member' }).fill('rescue');
  await second.getByRole('combobox', { name: 'Recipe' }).selectOption('debian-db · Debian database node');
  await save.click();
  await dialog.getByText('"rescue" stands there twice').waitFor();
  expect(await rig.audit()).toEqual([]);
  await second.getByRole('textbox', { name: 'Member' }).fill('database');
  await dialog.getByRole('combobox', { name: 'Machines end on' }).selectOption('database');
  await dialog.getByRole('button', { name: 'Move database up' }).click();
  // The end goes with its member, wherever that stands and whatever it is called.
  await dialog.getByRole('group', { name: 'Member 1' }).getByRole('textbox', { name: 'Member' }).fill('db');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'lab-set' }).waitFor();
  expect(rig.made('sets.save').map(textOf).at(-1)).toEqual({
    name: 'lab-set',
    note: '',
    members: [
      { name: 'db', recipe: 'debian-db' },
      { name: 'rescue', labels: { role: 'web', os: 'debian-13' } },
    ],
    final: 'db',
  });
});

test('changing a set keeps its name and what was not touched', async () => {
  const { page } = rig;
  await rig.open('Recipes');
  await page.getByRole('main').getByRole('link', { name: 'Image sets' }).click();
  await page.getByRole('link', { name: 'kiosk-set' }).click();
  await page.getByRole('button', { name: 'Edit…' }).click();
  await page.getByRole('textbox', { name: 'Note' }).fill('For the lobby.');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'kiosk-set' }).getByText('For the lobby.').waitFor();
  expect(rig.made('sets.save').map(textOf)).toEqual([
    { name: 'kiosk-set', note: 'For the lobby.', members: [{ name: 'kiosk', recipe: 'kiosk' }] },
  ]);
});

test('removing: one that policies want is refused, another goes; focus starts on the harmless answer', async () => {
  const { page } = rig;
  await rig.open('Recipes');
  await page.getByRole('main').getByRole('link', { name: 'Image sets' }).click();
  await page.getByRole('link', { name: 'rack-set' }).click();
  await page.getByRole('button', { name: 'Remove…' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('button', { name: 'Cancel' }).evaluate((button) => button === document.activeElement)).toBe(true);
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await dialog.getByText('Policies want image set "rack-set"').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'kiosk-set' }).click();
  await page.getByRole('button', { name: 'Remove…' }).click();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('link', { name: 'kiosk-set' }).waitFor({ state: 'detached' });
});
