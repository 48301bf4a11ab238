// The Recipes screen: what there is, what it built, on and off, adding and removing with their refusals.
import { expect, test } from 'vitest';
import { useRig } from './screens-rig.ts';

const rig = useRig();

test('a recipe: what it does, what an older version of it built, on and off', async () => {
  const { page } = rig;
  await rig.open('Recipes');
  await page.getByText('Choose a recipe to see what it does').waitFor();
  await page.getByRole('link', { name: 'Debian database node v3' }).click();
  const card = page.getByRole('region', { name: 'Debian database node', exact: true });
  await card.getByText('script on the target').waitFor();
  await card.getByText('M. Okafor, ').waitFor();
  await card.getByText('by v2: no longer handed out').waitFor();
  await card.getByText('Script, 5 lines').click();
  await card.getByText('parted -s').waitFor();
  expect(await rig.audit()).toEqual([]);
  await card.getByRole('button', { name: 'Switch off' }).click();
  await card.getByRole('button', { name: 'Switch on' }).waitFor();
  expect(rig.made('recipes.enable')).toEqual([{ id: 'debian-db', enabled: false }]);
  await card.getByRole('link', { name: 'db-golden r4' }).click();
  await page.getByRole('region', { name: 'db-golden' }).waitFor();
});

test('adding by keyboard: a folder that is none stays in the dialog with its next step', async () => {
  const { page } = rig;
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await page.getByRole('button', { name: 'Add…' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Folder on the station' }).fill('edge');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('edge is no folder of the station.').waitFor();
  expect(await rig.audit()).toEqual([]);
  await page.getByRole('textbox', { name: 'Folder on the station' }).fill('/srv/recipes/edge');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'edge' }).waitFor();
  expect(rig.made('recipes.add').at(-1)).toEqual({ path: '/srv/recipes/edge' });
});

test('removing: one that policies use is refused, another goes', async () => {
  const { page } = rig;
  await rig.open('Recipes');
  await page.getByRole('link', { name: 'Debian database node' }).click();
  await page.getByRole('button', { name: 'Remove…' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('button', { name: 'Cancel' }).evaluate((button) => button === document.activeElement)).toBe(true);
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await dialog.getByText('Policies build by recipe "debian-db"').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Kiosk' }).click();
  await page.getByRole('button', { name: 'Remove…' }).click();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('link', { name: 'Kiosk' }).waitFor({ state: 'detached' });
});

test('a program that would run on the station: word by word, with its files and its hash, before it is switched on', async () => {
  const { page } = rig;
  await rig.open('Recipes');
  await page.getByRole('link', { name: 'Debian by mmdebstrap v2' }).click();
  await page.getByRole('button', { name: 'Read and switch on…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Let Debian by mmdebstrap v2 run on this station?' });
  expect(await dialog.getByRole('button', { name: 'Cancel' }).evaluate((button) => button === document.activeElement)).toBe(true);
  expect(await dialog.getByRole('listitem').allTextContents()).toEqual([
    '"mmdebstrap"',
    '"--variant=minbase"',
    '"bookworm; rm -rf"',
    '"./disk.raw"',
  ]);
  await dialog.getByText('It runs as okafor, the user of this station').waitFor();
  await dialog.getByText('echo done').waitFor();
  expect(await rig.audit()).toEqual([]);
  await page.keyboard.press('Escape');
  expect(rig.made('recipes.enable')).toEqual([]);
  await page.getByRole('button', { name: 'Read and switch on…' }).click();
  const hash = await dialog
    .getByRole('region', { name: 'Hash of all of it' })
    .getByText(/^[0-9a-f]{64}$/)
    .textContent();
  await dialog.getByRole('button', { name: 'I have read it: switch on' }).click();
  await page.getByRole('button', { name: 'Switch off' }).waitFor();
  expect(rig.made('recipes.enable')).toEqual([{ id: 'bootstrap', enabled: true, accept: hash }]);
});

test('what the station constructs stands on the Jobs screen: its log, stop, and another try', async () => {
  const { page, station } = rig;
  await rig.open('Jobs');
  const card = page.getByRole('region', { name: 'Constructed on this station' });
  const running = card.getByRole('listitem').filter({ hasText: 'debian-x86_64' });
  const event = {
    id: 901,
    atMs: Date.now(),
    machineId: 'edge-02',
    jobId: 'c-running',
    kind: 'construction.logged',
    level: 'info' as const,
  };
  station.note({ ...event, text: 'I: unpacking base' });
  station.note({ ...event, id: 902, jobId: 'c-failed', text: 'E: of the other' });
  await running.getByText('Log').click();
  await running.getByText('I: unpacking base').waitFor();
  expect(await running.getByText('E: of the other').count()).toBe(0);
  expect(await rig.audit()).toEqual([]);
  await running.getByRole('button', { name: 'Stop' }).click();
  await running.getByText('stopped').waitFor();
  await card.getByRole('listitem').filter({ hasText: 'debian-arm64' }).getByRole('button', { name: 'Try again' }).click();
  await expect.poll(() => rig.made('constructions.retry')).toEqual([{ id: 'c-failed' }]);
  expect(rig.made('constructions.cancel')).toEqual([{ id: 'c-running' }]);
});

test('a choice for one machine becomes a policy: shown with what it would change, then saved', async () => {
  const { page, station } = rig;
  const { id } = station.machine('edge-02');
  const [image] = station.images();
  // A person's word stands where no policy decided.
  station.decide(id, { resolution: { kind: 'unmatched' }, policies: [], left: 0 });
  station.change(id, { osoid: image?.osoid ?? null, imageName: image?.name ?? null });
  await page.getByRole('option', { name: 'edge-02' }).click();
  await page.getByRole('button', { name: 'Make this a policy…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Make this choice a policy?' });
  await dialog.getByText('machines-like-it, rank 9').waitFor();
  await dialog.getByRole('region', { name: 'What it would change' }).getByRole('status').waitFor();
  expect(await rig.audit()).toEqual([]);
  await dialog.getByRole('textbox', { name: 'Another name' }).fill('web-nodes');
  await dialog.getByRole('button', { name: 'Save and switch on' }).click();
  await dialog.getByText('There is a policy "web-nodes" already.').waitFor();
  await dialog.getByRole('textbox', { name: 'Another name' }).fill('edge-boxes');
  await dialog.getByRole('checkbox', { name: 'The newest image' }).check();
  await dialog.getByText('deploy the newest trusted image').first().waitFor();
  await dialog.getByRole('button', { name: 'Save, switched off' }).click();
  await page.getByRole('main').getByText('edge-boxes').first().waitFor();
  expect(rig.made('policies.fromChoice').at(-1)).toEqual({ machineId: id, facts: [], newest: true, name: 'edge-boxes', save: 'off' });
});
