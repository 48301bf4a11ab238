// The Library screen: what is open; verifying with progress and a stop; what would go before it goes; merging, exporting, repairing.
import { expect, test } from 'vitest';
import { LOST, finishLibraryWork } from '../renderer/fake-library.ts';
import { IMAGES } from '../renderer/scene-parts.ts';
import { useRig } from './screens-rig.ts';

const rig = useRig();

test('verifying: progress by the station, a stop, and the whole way to its report', async () => {
  const { page } = rig;
  await rig.open('Library');
  const card = page.getByRole('region', { name: 'Libraries' });
  await card.getByText('/media/stick/library').waitFor();
  await card.getByText('open, written').waitFor();
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText('2 of 4 packs · 50 %').waitFor();
  expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('50');
  expect(await page.getByRole('button', { name: 'Merge…' }).getAttribute('aria-disabled')).toBe('true');
  expect(await rig.audit()).toEqual([]);
  // It goes on while another screen is shown.
  await rig.open('Rack');
  await rig.open('Library');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('Stopped. What was done until then stays done.').waitFor();
  await page.getByRole('button', { name: 'Verify', disabled: false }).click();
  await page.getByText('2 of 4 packs · 50 %').waitFor();
  finishLibraryWork();
  await page.getByText('All 1,200 chunks of 3 images in 4 packs are whole.').waitFor();
});

test('freeing room: what would go first, the trash only when asked for', async () => {
  const { page } = rig;
  await rig.open('Images');
  await page.getByRole('link', { name: 'bench-bios r1' }).click();
  await page.getByRole('region', { name: 'bench-bios' }).getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await rig.open('Library');
  await page.getByRole('button', { name: 'Free room…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('About 300 MB would be free: 2 packs go, 1 is packed anew.').waitFor();
  await dialog.getByRole('checkbox').check();
  await dialog.getByText('About 600 MB would be free: 3 packs go').waitFor();
  await dialog.getByRole('list', { name: 'For ever gone' }).getByText('bench-bios r1').waitFor();
  expect(await rig.audit()).toEqual([]);
  expect(rig.made('library.gc').every((argument) => (argument as { dryRun: boolean }).dryRun)).toBe(true);
  await dialog.getByRole('button', { name: 'Empty the trash and free room' }).click();
  await page.getByText('1 deleted image is gone for ever.').waitFor();
  expect(rig.made('library.gc').at(-1)).toEqual({ emptyTrash: true, dryRun: false });
});

test('a carried library is opened beside the own one, and closed again; one that is not there stays in the dialog', async () => {
  const { page } = rig;
  await rig.open('Library');
  await page.getByRole('button', { name: 'Open another…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Open another library' });
  await dialog.getByRole('textbox').fill('stick');
  await dialog.getByRole('button', { name: 'Open', exact: true }).click();
  await dialog.getByText('The library in stick is not there.').waitFor();
  await dialog.getByRole('textbox').fill('/media/other');
  await dialog.getByRole('button', { name: 'Open', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  const other = page.getByRole('region', { name: '/media/other' });
  await other.getByText('open, only read').waitFor();
  expect(await rig.audit()).toEqual([]);
  await other.getByRole('button', { name: 'Close the library in /media/other' }).click();
  await other.waitFor({ state: 'detached' });
  // The one that is written has no such button.
  expect(await page.getByRole('button', { name: /Close the library in/ }).count()).toBe(0);
});

test('merging tells what came, whose key is not trusted, and the names in conflict', async () => {
  const { page } = rig;
  await rig.open('Library');
  await page.getByRole('button', { name: 'Merge…' }).click();
  await page.getByRole('textbox', { name: 'Library on the station' }).fill('/media/other');
  await page.keyboard.press('Enter');
  const report = page.getByRole('region', { name: 'What came of it' });
  await report.getByText('Two different images are called “web-golden”').waitFor();
  await report.getByText('its key is not trusted here').first().waitFor();
  await report.getByText('Policy kiosk-nodes').waitFor();
  await report.getByText('Recipe debian-db: rack-laptop and bench say different things').waitFor();
  expect(await rig.audit()).toEqual([]);
  expect(rig.made('library.merge')).toEqual([{ path: '/media/other' }]);
});

test('exporting chosen images, and a repair from a place where nothing is', async () => {
  const { page } = rig;
  await rig.open('Library');
  await page.getByRole('button', { name: 'Export…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('None chosen yet.').waitFor();
  await dialog.getByRole('checkbox', { name: 'web-golden r11' }).check();
  await dialog.getByRole('checkbox', { name: 'db-golden r4' }).check();
  await dialog.getByRole('textbox', { name: 'Where to, on the station' }).fill('/media/stick/web.tar');
  expect(await rig.audit()).toEqual([]);
  await dialog.getByRole('button', { name: 'Export' }).click();
  await page.getByText('/media/stick/web.tar').waitFor();
  expect(rig.made('library.export').at(-1)).toMatchObject({
    path: '/media/stick/web.tar',
    osoids: [expect.any(String), expect.any(String)],
  });
  await page.getByRole('button', { name: 'Repair…' }).click();
  await page.getByRole('textbox', { name: 'Library on the station' }).fill('nowhere');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('There is no library at nowhere.').waitFor();
});

test('is everything for this site on this disk? What is lacking comes first, with what to do', async () => {
  const { page } = rig;
  await rig.open('Library');
  await page.getByRole('button', { name: 'Ready to leave?…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Only in this library' }).fill('nowhere');
  expect(await rig.audit()).toEqual([]);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('There is no library at nowhere.').waitFor();
  await page.getByRole('button', { name: 'Ready to leave?…' }).click();
  await dialog.getByRole('checkbox', { name: 'Read every byte too' }).check();
  await dialog.getByRole('button', { name: 'Look' }).click();
  const report = page.getByRole('region', { name: 'What came of it' });
  await report.getByText('Not ready: something is missing.').waitFor();
  await report.getByText('Repair the library from another copy.').waitFor();
  await report.getByText('12 machines planned, 9 read, 8 decided.').waitFor();
  await report.getByText('There (2)').click();
  await report.getByText('for web-01, web-02, web-03').waitFor();
  await report.getByText('Wanted by no machine that is known for this site (1)').click();
  expect(await rig.audit()).toEqual([]);
  expect(rig.made('library.ready').at(-1)).toEqual({ site: null, path: null, verify: true });
});

test('what arrived: the difference before it is on, a word for a key that is not trusted, and no', async () => {
  const { page } = rig;
  await rig.open('Library');
  const card = page.getByRole('region', { name: 'Arrived from other stations' });
  await card.getByRole('button', { name: 'Look at Policy web-nodes' }).press('Enter');
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('button', { name: 'Cancel' }).evaluate((button) => button === document.activeElement)).toBe(true);
  await dialog.getByRole('row', { name: 'rank 20 15' }).waitFor();
  await dialog.getByText('It erased by itself there; here it asks.').waitFor();
  await dialog.getByRole('button', { name: 'Show what it would change' }).click();
  await dialog.getByText('1 would change').waitFor();
  expect(await rig.audit()).toEqual([]);
  await dialog.getByRole('button', { name: 'Switch on' }).click();
  await card.getByText('Policy web-nodes').waitFor({ state: 'detached' });
  await card.getByRole('button', { name: 'Look at Recipe edge-box' }).click();
  await dialog.getByText('RUNS ON THIS STATION: "mkosi"').waitFor();
  expect(await dialog.getByRole('button', { name: 'Switch on' }).getAttribute('aria-disabled')).toBe('true');
  expect(await rig.audit()).toEqual([]);
  await dialog.getByRole('checkbox', { name: /signed by key 99aabbccddeeff00/ }).check();
  await dialog.getByRole('button', { name: 'Switch on' }).click();
  await card.getByText('Recipe edge-box').waitFor({ state: 'detached' });
  await card.getByRole('button', { name: 'Look at Policy kiosk-nodes' }).click();
  await dialog.getByRole('button', { name: 'Drop it' }).click();
  await card.getByText('Dropped (1)').waitFor();
  await card.getByText('Nothing has arrived that is not here.').waitFor();
  expect(rig.made('arrivals.enable')).toMatchObject([
    { name: 'web-nodes', acceptUntrusted: false, seen: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    { name: 'edge-box', acceptUntrusted: true },
  ]);
});

test('an image that lost chunks says which way they come back; a machine gives them, and says what it has not', async () => {
  const { page } = rig;
  const [image] = IMAGES;
  LOST.set(image?.osoid ?? '', 3);
  await rig.open('Images');
  await page.getByRole('link', { name: `${image?.name} r${image?.revision}` }).click();
  await page.getByText('3 chunks are missing: heal the library from another copy, or from a machine that carries this image').waitFor();
  expect(await rig.audit()).toEqual([]);
  const give = async (): Promise<void> => {
    await rig.open('Rack');
    await page.getByRole('option', { name: 'edge-02' }).click();
    await page.getByRole('article', { name: 'edge-02' }).getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Give the library what it lacks of its image' }).click();
  };
  await give();
  expect(rig.made('machines.verify').at(-1)).toMatchObject({ diskSerial: null, heal: true });
  await page.getByText('2 of 3 chunks that it lacked').waitFor();
  await page.getByText('The library still lacks 1 chunk of this image').waitFor();
  expect(await rig.audit()).toEqual([]);
  await give();
  await page.getByText('1 of 1 chunk that it lacked').waitFor();
  await page.getByText('The library still lacks').waitFor({ state: 'detached' });
  await rig.open('Images');
  await page.getByRole('link', { name: `${image?.name} r${image?.revision}` }).click();
  await page.getByText('Needed by no other image').waitFor();
  await page.getByText('missing: heal').waitFor({ state: 'detached' });
});
