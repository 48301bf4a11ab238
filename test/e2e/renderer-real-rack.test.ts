// The window in Chromium on a real headless station with the software rack behind it: machines power on, a person reads what is asked, says
// yes to each by its disk's serial, and every byte is where it belongs. Nothing is scripted between the click and the disk.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildWindow } from '../../scripts/build.ts';
import { compareDisk } from '../rack/compare-disk.ts';
import { writeDemoImage } from '../rack/demo-image.ts';
import { buildRack } from '../rack/rack.ts';
import { need, startRehearsal } from '../rack/rehearsal.ts';
import type { Rehearsal } from '../rack/rehearsal.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { launchBrowser, openWindow } from './window.ts';
import type { Browser, Page } from 'playwright';

const MIB = 1024 * 1024;
const MACHINES = 3;
const POLICY = {
  name: 'everything',
  rank: 10,
  when: { all: [{ fact: 'memory.size', atLeast: '1 GiB' }] },
  outcome: { kind: 'deploy-newest', labels: { role: 'web' } },
  consent: 'ask',
};

let folder: string;
let browser: Browser;
let rehearsal: Rehearsal;
const power = new AbortController();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-window-'));
  await buildWindow();
  browser = await launchBrowser();
  rehearsal = await startRehearsal({ folder, autoConsent: false });
});
afterAll(async () => {
  power.abort();
  await browser?.close();
  await rehearsal?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** As a person answers: the machine, its question, the disk by its serial. */
const sayYes = async (page: Page, { name, question }: MachineView): Promise<void> => {
  if (question?.kind !== 'erase') throw new Error(`${name} does not ask to erase`);
  const { serial } = question.disk;
  await page.getByRole('option', { name }).click();
  const frame = page.getByRole('region', { name: 'Consent' });
  await frame.getByText(`on ${name}?`).waitFor();
  expect(await frame.innerText()).toContain(serial);
  await page.getByRole('button', { name: 'Erase and deploy…' }).and(page.locator(':not([aria-disabled])')).click();
  const dialog = page.getByRole('dialog', { name: `Erase ${serial} of ${name}?` });
  await dialog.getByRole('checkbox').check();
  await dialog
    .getByRole('button', { name: `Erase ${serial} and deploy` })
    .and(page.locator(':not([aria-disabled])'))
    .click();
  await dialog.waitFor({ state: 'detached' });
};

test('machines power on, are approved one by one in the window, and hold the image', async () => {
  const imagePath = join(folder, 'web.raw');
  await writeDemoImage(imagePath, { contentBytes: 4 * MIB, seed: 5 });
  await need(rehearsal.call('images.import', { path: imagePath, name: 'web', labels: { role: 'web' }, notes: '' }));
  await need(rehearsal.call('policies.add', { policy: POLICY as never }));
  const window = await openWindow(browser, rehearsal.headless().url);
  const { page } = window;
  await page.getByText('No machine heard yet').waitFor();

  const rack = await buildRack({
    folder: join(folder, 'disks'),
    wire: rehearsal.wire(),
    count: MACHINES,
    diskBytes: 64 * MIB,
    disks: 'labelled',
  });
  const cycles = rack.map(({ target }) => target.powerOn(power.signal));
  const asking = (machines: readonly MachineView[]): readonly MachineView[] =>
    machines.filter(({ question }) => question?.kind === 'erase');
  const machines = asking(await rehearsal.until((seen) => asking(seen).length === MACHINES, 'asking', 90_000));
  await page.getByRole('button', { name: `Review ${MACHINES}…` }).waitFor();
  for (const machine of machines) await sayYes(page, machine);
  await rehearsal.until((seen) => seen.filter(({ state }) => state === 'provisioned').length === MACHINES, 'provisioned', 90_000);
  expect(await Promise.all(cycles)).toEqual(rack.map(() => ({ boots: 2, endedBy: 'local-disk' })));

  for (const { name } of machines) await page.getByRole('option', { name }).filter({ hasText: 'verified' }).waitFor();
  const counts = await page.locator('header dl > div').allInnerTexts();
  expect(counts.map((text) => text.replace(/\s+/g, ' '))).toContain(`${MACHINES} done`);
  // Why it was decided so, as the station traced it.
  await page.getByRole('article').getByText('memory.size ≥ 1 GiB').first().waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Jobs', exact: true }).click();
  await page.locator('summary').first().click();
  await page.getByText('read back and verified').first().waitFor();
  expect(await window.audit()).toEqual([]);
  expect(window.problems).toEqual([]);
  await window.close();

  for (const { target, disk } of rack) {
    const machine = rehearsal.machines().find(({ macs }) => macs.includes(target.hardware.bootMac));
    const result = rehearsal.jobs().find(({ machineId }) => machineId === machine?.id)?.result;
    expect(await compareDisk(imagePath, disk.path, result?.rewrittenRanges ?? [])).toMatchObject({ verified: true });
  }
});
