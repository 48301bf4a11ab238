// `rackside report`: read, as JSON, as files that never take another's place.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { momentOf } from '../../main/command/report-commands.ts';
import { siteReportSchema } from '../../preload/contract/report.ts';
import { value } from '../journey/rig.ts';
import { createCommandLab } from './station.ts';
import type { CommandLab } from './station.ts';

let lab: CommandLab;
beforeAll(async () => {
  lab = await createCommandLab();
  await lab.serve(0, '--site', 'Riverside row 4', '--operator', 'Ada');
});
afterAll(() => lab.stop());

const failing = async (code: string, ...words: readonly string[]): Promise<void> => {
  expect(await lab.rackside('report', ...words)).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(`(${code})`) });
};

test('read, and as JSON', async () => {
  const read = await lab.rackside('report');
  expect(read).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Riverside row 4, from the first day until') });
  expect(read.stdout).toContain('by Ada, with ');
  expect(read.stdout).toContain('Nothing is left open.');
  const report = siteReportSchema.parse(JSON.parse((await lab.rackside('report', '--json', '--since', '2020-01-31')).stdout));
  expect(report).toMatchObject({ siteName: 'Riverside row 4', operators: ['Ada'], counts: { machines: 0 }, redacted: false });
  expect(report.period.sinceMs).toBe(new Date(2020, 0, 31).getTime());
});

test('a file is written once, and only --replace takes its place; nothing else is left beside it', async () => {
  const path = join(lab.folder, 'visit.html');
  expect(await lab.rackside('report', '--html', path)).toMatchObject({ code: 0, stdout: `The report is in ${path}.\n` });
  expect(await readFile(path, 'utf8')).toMatch(/^<!doctype html>[^]*Riverside row 4[^]*<\/html>\n$/);
  await writeFile(path, 'mine');
  await failing('report.file-exists', '--html', path);
  expect(await readFile(path, 'utf8')).toBe('mine');
  expect(await lab.rackside('report', '--html', path, '--replace')).toMatchObject({ code: 0 });
  expect(await readFile(path, 'utf8')).toMatch(/^<!doctype html>/);
  const table = join(lab.folder, 'machines.csv');
  const told = JSON.parse((await lab.rackside('report', '--csv', table, '--json')).stdout) as object;
  expect(told).toMatchObject({ path: table, format: 'csv' });
  expect(await readFile(table, 'utf8')).toMatch(/^\ufeffmachine,serial,/);
  expect((await readdir(lab.folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  expect((await lab.rackside('report', '--csv', '-')).stdout).toMatch(/^\ufeffmachine,/);
});

test('what cannot be done says why', async () => {
  await failing('report.site-unknown', '--site', 'Atlantis');
  await failing('report.date-invalid', '--since', '2026-02-30');
  await failing('report.date-invalid', '--until', 'yesterday');
  await failing('command.arguments', '--html', 'a.html', '--csv', 'a.csv');
  await failing('report.file-unwritable', '--html', '/no/such/folder/visit.html');
});

test('a day begins at its midnight, and as an end is over at the next; a minute is that minute', () => {
  const at = (text: string, end: boolean): number | null => value(momentOf('since', text, end));
  expect(at('2026-11-30', false)).toBe(new Date(2026, 10, 30).getTime());
  expect(at('2026-11-30', true)).toBe(new Date(2026, 11, 1).getTime());
  expect(at('2026-11-30 14:05', true)).toBe(new Date(2026, 10, 30, 14, 5).getTime());
  expect(at('2026-11-30T14:05', false)).toBe(at('2026-11-30 14:05', true));
  expect(value(momentOf('since', undefined, false))).toBe(null);
  for (const wrong of ['', '2026-13-01', '2026-11-31', '2026-11-30 24:00', '2026-11-30 10:60', '30.11.2026'])
    expect(momentOf('since', wrong, false)).toMatchObject({ ok: false, failure: { code: 'report.date-invalid' } });
});
