// A machine's record: facts and their history, what the plan expects, merging, splitting and the way back; the form of facts that a
// decision waits for; the filter over jobs.
import { expect, test } from 'vitest';
import { useRig } from './screens-rig.ts';

const rig = useRig();

const choose = async (machine: string, item: string): Promise<void> => {
  const { page } = rig;
  await page.getByRole('option', { name: machine }).click();
  await page.getByRole('article', { name: machine }).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: item }).click();
};

test('what the plan expects stands on the machine; its facts with who said them, and every change', async () => {
  const { page } = rig;
  await page.getByRole('option', { name: 'web-07' }).click();
  const plan = page.getByRole('region', { name: 'Site plan' });
  await plan.getByText('R12 U7 · as planned').waitFor();
  await plan.getByText('planned: PowerEdge R740').waitFor();
  await choose('web-07', 'Facts and their history…');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('no longer known').waitFor();
  await dialog.getByText('PowerEdge R740 (another value of it stands)').waitFor();
  expect(await rig.audit()).toEqual([]);
  await dialog.getByRole('textbox', { name: 'Filter' }).fill('rack');
  await dialog.getByText('no longer known').waitFor({ state: 'detached' });
  await dialog.getByText('R12 U7').waitFor();
});

test('two records are merged, one is parted, and either is taken back', async () => {
  const { page } = rig;
  await choose('web-07', 'Merge with another record…');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('web-08');
  await dialog.getByRole('radio', { name: 'web-08' }).check();
  expect(await rig.audit()).toEqual([]);
  await dialog.getByRole('button', { name: 'Merge' }).click();
  await page.getByText('web-08 is part of web-07 now.').waitFor();
  expect(rig.made('machines.merge')).toEqual([{ machineId: 'web-07', otherId: 'web-08' }]);
  await choose('web-07', 'Split…');
  await dialog.getByText('Nothing ticked: a look-alike').waitFor();
  await dialog.getByRole('checkbox', { name: 'System serial' }).check();
  await dialog.getByText('1 value goes to the other machine.').waitFor();
  expect(await rig.audit()).toEqual([]);
  await dialog.getByRole('button', { name: 'Split' }).click();
  await page.getByText('has a record of its own now.').waitFor();
  await choose('web-07', 'Merges and splits…');
  const merge = dialog.getByRole('listitem').filter({ hasText: 'web-08 was merged into web-07' });
  expect(await rig.audit()).toEqual([]);
  await merge.getByRole('button', { name: 'Take back' }).click();
  await merge.getByText('taken back 20').waitFor();
  expect(rig.made('machines.undo')).toEqual([{ changeId: 1 }]);
});

test('the facts that a decision waits for: one form, told at once what is wrong, sent as one answer', async () => {
  const { page } = rig;
  const { id } = rig.station.machine('edge-02');
  rig.station.change(id, {
    question: {
      kind: 'fact',
      facts: ['role'],
      reason: 'Two fields decide.',
      fields: [
        { name: 'role', type: 'choice', choices: ['web', 'db'], required: true },
        { name: 'input.vlan', label: 'VLAN', type: 'number', least: 1, most: 4094, required: true },
        { name: 'input.mac', label: 'Management MAC', type: 'mac', required: false },
      ],
    },
  });
  await page.getByRole('option', { name: 'edge-02' }).click();
  const ask = page.getByRole('region', { name: 'Consent' });
  await ask.getByText('Two fields decide.').waitFor();
  await ask.getByRole('combobox', { name: 'Role' }).selectOption('db');
  await ask.getByRole('textbox', { name: 'VLAN' }).fill('5000');
  await ask.getByText('The answer is too large. At most 4094.').waitFor();
  expect(await ask.getByRole('button', { name: 'Answer' }).getAttribute('aria-disabled')).toBe('true');
  expect(await rig.audit()).toEqual([]);
  // News of the machine must not take away what was typed.
  rig.station.change(id, { says: 'It still asks.' });
  await ask.getByRole('textbox', { name: 'VLAN' }).fill('42');
  await page.keyboard.press('Enter');
  await expect.poll(() => rig.made('machines.answer')).toEqual([{ machineId: id, values: { role: 'db', 'input.vlan': '42' } }]);
});

test('jobs by state, by kind and by name, and the way back to all', async () => {
  const { page } = rig;
  await rig.open('Jobs');
  const rows = page.getByRole('main').getByRole('listitem');
  await rows.first().waitFor();
  const all = await rows.count();
  await page.getByRole('combobox', { name: 'State' }).selectOption('failed');
  await expect.poll(() => rows.count()).toBeLessThan(all);
  await page.getByText('Block 8812 read back differently').first().waitFor();
  expect(await rig.audit()).toEqual([]);
  await page.getByRole('textbox', { name: 'Machine, image, operator' }).fill('nobody');
  await page.getByText('No job is so').waitFor();
  await page.getByRole('button', { name: 'Show all jobs' }).click();
  await expect.poll(() => rows.count()).toBe(all);
});

test('a member of an image set: the question and its dialog say what the one yes covers', async () => {
  const { page } = rig;
  const { question } = rig.station.machine('web-07');
  if (question?.kind !== 'erase') throw new Error('web-07 asks for something else');
  const set = { name: 'rack-set', member: 'base', number: 1, of: 2, covers: ['base', 'database'] };
  rig.station.change('web-07', { question: { ...question, set } });
  await page.getByRole('option', { name: 'web-07' }).click();
  const ask = page.getByRole('region', { name: 'Consent' });
  await ask.getByText('member 1 of 2 of the set rack-set').waitFor();
  await ask.getByText('covers these too, one after the other on the same disk: base, database.').waitFor();
  await ask.getByRole('button', { name: 'Erase and deploy…', disabled: false }).click();
  await page.getByRole('dialog').getByText('on the same disk: base, database.').waitFor();
  expect(await rig.audit()).toEqual([]);
});
