// Deploying with growth and a machine's own settings, capturing without its identity, and images that are bound to a machine: forms that
// the station judges while they are typed, and what the disk gets before the yes.
import { expect, test } from 'vitest';
import { useRig } from './screens-rig.ts';

const rig = useRig();

const openDeploy = async (name = 'web-07') => {
  const { page } = rig;
  await page.getByRole('option', { name }).click();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Deploy image…' }).click();
  const dialog = page.getByRole('dialog', { name: `Deploy an image to ${name}` });
  await dialog.getByRole('region', { name: 'What the disk gets' }).getByText('web-golden').waitFor();
  return dialog;
};
const isInert = (dialog: Awaited<ReturnType<typeof openDeploy>>) =>
  dialog.getByRole('button', { name: 'Check and ask' }).getAttribute('aria-disabled');

test('what grows: the default, nothing, and a name that the image has not is said at its field', async () => {
  const dialog = await openDeploy();
  const gets = dialog.getByRole('region', { name: 'What the disk gets' });
  await gets.getByText('partition 2 (root, ext) from 7.2 GB, as far as the disk has room').waitFor();
  await dialog.getByRole('combobox', { name: 'Disk', exact: true }).selectOption({ index: 1 });
  await gets.getByText('from 7.2 GB to at most 479 GB').waitFor();
  const grows = dialog.getByRole('combobox', { name: 'On a larger disk grows' });
  await grows.selectOption('nothing');
  await gets.getByText('nothing', { exact: true }).waitFor();
  await grows.selectOption('something else …');
  const name = dialog.getByRole('textbox', { name: 'Name, label or volume' });
  await name.fill('home');
  await dialog.getByRole('alert').getByText('The image has no partition "home"').waitFor();
  expect(await name.getAttribute('aria-invalid')).toBe('true');
  expect(await isInert(dialog)).toBe('true');
  expect(await rig.audit()).toEqual([]);
  await name.fill('root');
  await gets.getByText('to at most 479 GB').waitFor();
  await dialog.getByRole('button', { name: 'Check and ask', disabled: false }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(rig.made('machines.deploy')).toMatchObject([{ machineId: 'web-07', grow: 'root', diskSerial: expect.any(String) as string }]);
  expect(rig.made('machines.deploy')[0]).not.toHaveProperty('settings');
});

test('a form for its own settings, by keyboard: what is wrong stands at its field', async () => {
  const { page } = rig;
  const dialog = await openDeploy();
  await dialog.getByRole('combobox', { name: 'Settings' }).selectOption('fill in a form');
  const host = dialog.getByRole('textbox', { name: 'Host name' });
  await host.focus();
  await page.keyboard.type('web_');
  await dialog.getByRole('alert').getByText('It is no host name').waitFor();
  await page.keyboard.press('Backspace');
  await page.keyboard.type('-');
  await dialog.getByRole('combobox', { name: 'Fact of this machine' }).selectOption('system.serial');
  await dialog.getByRole('button', { name: 'Put into the field' }).press('Enter');
  expect(await host.inputValue()).toBe('web-${system.serial}');
  expect(await host.evaluate((field) => field === document.activeElement)).toBe(true);
  await dialog.getByRole('button', { name: 'Add a network card' }).press('Enter');
  const card = dialog.getByRole('group', { name: 'Network card 1' });
  await card.getByRole('alert').getByText('It has neither addresses nor "dhcp": true').waitFor();
  await card.getByRole('textbox', { name: 'Addresses' }).fill('10.0.0.7/24, 10.0.0.8');
  await card.getByRole('alert').getByText('Entry 2 lacks its prefix length').waitFor();
  await card.getByRole('textbox', { name: 'MAC of the card' }).fill('52:54:00:12:34:56');
  await card.getByRole('textbox', { name: 'Addresses' }).fill('10.0.0.7/24');
  await card.getByRole('textbox', { name: 'Gateway' }).fill('10.0.1.1');
  await card.getByRole('alert').getByText('It is in none of the networks of its addresses').waitFor();
  await card.getByRole('textbox', { name: 'Gateway' }).fill('10.0.0.1');
  await dialog.getByRole('button', { name: 'Add a user' }).press('Enter');
  const user = dialog.getByRole('group', { name: 'User 1' });
  await user.getByRole('alert').getByText('Give this user a name').waitFor();
  await user.getByRole('textbox', { name: 'User name' }).fill('ada');
  await user.getByRole('textbox', { name: 'SSH public keys' }).fill('ssh-ed25519 AAAA');
  await user.getByRole('alert').getByText('Entry 1 is cut off or damaged').waitFor();
  expect(await rig.audit()).toEqual([]);
  await user.getByRole('button', { name: 'Take User 1 away' }).press('Enter');
  await dialog.getByRole('button', { name: 'Add cloud-init text' }).press('Enter');
  await dialog.getByRole('textbox', { name: 'cloud-init text' }).fill('#cloud-config\npackages: [${input.tool}]\n');
  await dialog.getByRole('alert').getByText('This machine has no value for "input.tool"').waitFor();
  expect(await isInert(dialog)).toBe('true');
});

test('settings are shown filled in before they are ordered and again before the yes, which counts for no others', async () => {
  const { page, station } = rig;
  const dialog = await openDeploy();
  await dialog.getByRole('combobox', { name: 'Settings' }).selectOption('fill in a form');
  await dialog.getByRole('textbox', { name: 'Host name' }).fill('web-${system.serial}');
  await dialog.getByRole('button', { name: 'Add a network card' }).click();
  await dialog.getByRole('textbox', { name: 'Addresses' }).fill('10.0.0.7/24');
  await dialog.getByRole('textbox', { name: 'MAC of the card' }).fill('52:54:00:12:34:56');
  await dialog.getByRole('button', { name: 'Add a user' }).click();
  await dialog.getByRole('textbox', { name: 'User name' }).fill('ada');
  await dialog.getByRole('button', { name: 'Add cloud-init text' }).click();
  await dialog.getByRole('textbox', { name: 'cloud-init text' }).fill('#cloud-config\npackages: [htop]\n');
  const gets = dialog.getByRole('region', { name: 'What the disk gets' });
  await gets.getByText('host name web-7XK2P07 · 3 texts for cloud-init').waitFor();
  await gets.getByText('user-data, part 2').click();
  await gets.getByText('packages: [htop]').waitFor();
  await dialog.getByRole('button', { name: 'Check and ask', disabled: false }).click();
  await dialog.waitFor({ state: 'detached' });
  const [sent] = rig.made('machines.deploy') as { settings: object }[];
  expect(sent?.settings).toEqual({
    hostname: 'web-${system.serial}',
    users: [{ name: 'ada', sudo: true }],
    network: [{ mac: '52:54:00:12:34:56', addresses: ['10.0.0.7/24'] }],
    userData: '#cloud-config\npackages: [htop]\n',
  });
  station.ask('web-07');
  await page.getByText('It gets settings of its own').waitFor();
  await page.getByRole('button', { name: 'Erase and deploy…', disabled: false }).click();
  const consent = page.getByRole('dialog', { name: /^Erase / });
  await consent.getByText('host name web-7XK2P07').waitFor();
  expect(await rig.audit()).toEqual([]);
  // Other settings than those that are shown: this yes is gone.
  const { question } = station.machine('web-07');
  if (question?.kind !== 'erase') return expect.fail('it asks to erase');
  station.change('web-07', { question: { ...question, beside: { grow: 'last', settingsSha256: 'f'.repeat(64) } } });
  await consent.getByText('This changed while the dialog was open').waitFor();
  expect(await consent.getByRole('checkbox').isDisabled()).toBe(true);
});

test('a settings file as text: what is no JSON, what the station says, and there and back to the form', async () => {
  const dialog = await openDeploy();
  const how = dialog.getByRole('combobox', { name: 'Settings' });
  await how.selectOption('paste a settings file');
  const text = dialog.getByRole('textbox', { name: 'Settings (JSON)' });
  await text.fill('{\n "hostname": \n}');
  await dialog.getByRole('alert').getByText('This is no JSON').waitFor();
  expect(await isInert(dialog)).toBe('true');
  await text.fill('{ "hostname": "db-1", "colour": "red" }');
  await dialog.getByRole('alert').getByText('unknown field colour; there are hostname').waitFor();
  await how.selectOption('fill in a form');
  await dialog.getByRole('alert').getByText('The form cannot show this text').waitFor();
  expect(await how.inputValue()).toBe('text');
  await text.fill('{ "hostname": "db-1", "users": [{ "name": "ada" }, { "name": "bob", "groups": ["adm", "lxd"] }] }');
  await how.selectOption('fill in a form');
  expect(await dialog.getByRole('textbox', { name: 'Host name' }).inputValue()).toBe('db-1');
  expect(await dialog.getByRole('group', { name: 'User 2' }).getByRole('textbox', { name: 'Groups' }).inputValue()).toBe('adm lxd');
  await dialog.getByRole('button', { name: 'Take User 1 away' }).click();
  await how.selectOption('paste a settings file');
  expect(JSON.parse(await text.inputValue())).toEqual({ hostname: 'db-1', users: [{ name: 'bob', groups: ['adm', 'lxd'] }] });
});

test('an image that is bound to another machine goes here on a word, which is sent with it', async () => {
  const { page } = rig;
  await rig.open('Images');
  await page.getByRole('link', { name: 'vault-backup r1' }).click();
  const card = page.getByRole('region', { name: 'vault-backup' });
  await card.getByText('a passphrase or recovery key opens it elsewhere').waitFor();
  await card.getByText('system.serial 7XK2P99').waitFor();
  await rig.open('Rack');
  const dialog = await openDeploy();
  const images = dialog.getByRole('combobox', { name: 'Image' });
  await images.selectOption(await images.getByRole('option', { name: /vault-backup.*bound to its machine/ }).getAttribute('value'));
  await dialog.getByText('is bound to another machine: partition 2 is sealed to its TPM').waitFor();
  expect(await isInert(dialog)).toBe('true');
  expect(await rig.audit()).toEqual([]);
  await dialog.getByRole('checkbox', { name: /I know that/ }).check();
  await dialog.getByRole('button', { name: 'Check and ask', disabled: false }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(rig.made('machines.deploy')).toMatchObject([{ machineId: 'web-07', acceptBound: true }]);
});

test('a capture takes out of the image what a person ticks; the page of an image says what was found and what is left', async () => {
  const { page } = rig;
  await page.getByRole('option', { name: 'web-07' }).click();
  await page.getByRole('button', { name: 'Capture as image…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('web-copy');
  await dialog.getByRole('checkbox', { name: /one of its kind out of the image/ }).press('Space');
  await dialog.getByRole('checkbox', { name: /^Host name/ }).uncheck();
  await dialog.getByRole('checkbox', { name: /^Windows/ }).uncheck();
  expect(await rig.audit()).toEqual([]);
  await dialog.getByRole('button', { name: 'Capture' }).click();
  await dialog.waitFor({ state: 'detached' });
  const [sent] = rig.made('machines.capture') as { neutralise: readonly string[] }[];
  expect(sent?.neutralise).toEqual([
    'machine-id',
    'ssh-host-keys',
    'dhcp',
    'network-cards',
    'cloud-init',
    'random-seed',
    'storage',
    'credentials',
  ]);
  await rig.open('Images');
  await page.getByRole('link', { name: 'vault-backup r1' }).click();
  const found = page.getByRole('region', { name: 'Of its source' });
  await found.getByText('3 things taken out, 2 still in it.').waitFor();
  await found.getByText('/etc/wireguard/wg0.conf').waitFor();
  await found.getByText('Take it out by hand before the capture').waitFor();
  await found.getByText('partition 3 (LUKS)').waitFor();
  await found.getByText('Taken out of the image, or made anew (4)').click();
  expect(await found.getByText('New ones are made before sshd starts.').count()).toBe(1);
  expect(await rig.audit()).toEqual([]);
});
