import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLog } from '../../main/log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lines = (): readonly Record<string, unknown>[] =>
  readFileSync(join(folder, 'station.log'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const event = { id: 7, atMs: 5, level: 'warn', kind: 'dhcp.refused', text: 'No address.', machineId: 'm1', jobId: null } as const;

test('lines say which module, which machine and when; a bug says where', async () => {
  const log = openLog(folder);
  log.event(event);
  log.of('wire').info({ mac: '52:54:00:00:00:01' }, 'heard');
  log.bug('journey', new TypeError('oops'));
  await log.close();
  expect(lines()).toEqual([
    expect.objectContaining({ level: 40, module: 'events', kind: 'dhcp.refused', machine: 'm1', msg: 'No address.' }),
    expect.objectContaining({ level: 30, module: 'wire', mac: '52:54:00:00:00:01', msg: 'heard' }),
    expect.objectContaining({ level: 50, msg: 'bug in journey', err: expect.objectContaining({ type: 'TypeError', message: 'oops' }) }),
  ]);
  for (const line of lines()) expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test('tokens and keys never appear, nor those of an object in a line', async () => {
  const log = openLog(folder);
  log
    .of('agents')
    .info({ token: 'SECRET1', key: 'SECRET2', sessionKey: 'SECRET3', session: { key: 'SECRET4', sessionKey: 'SECRET5' } }, 'x');
  log.of('agents').info({ hello: { token: 'SECRET6' } }, 'y');
  await log.close();
  expect(lines()).toHaveLength(2);
  expect(readFileSync(join(folder, 'station.log'), 'utf8')).not.toContain('SECRET');
});

test('goes on where it ended', async () => {
  for (const text of ['first', 'second']) {
    const log = openLog(folder);
    log.of('a').info(text);
    await log.close();
  }
  expect(lines().map(({ msg }) => msg)).toEqual(['first', 'second']);
});

test.runIf(existsSync('/dev/full'))('a full disk loses lines and nothing else', async () => {
  symlinkSync('/dev/full', join(folder, 'station.log'));
  const log = openLog(folder);
  for (let index = 0; index < 100; index += 1) log.event(event);
  await log.close();
});

test('a folder that is a file costs the log, not the stop', async () => {
  writeFileSync(join(folder, 'file'), '');
  const log = openLog(join(folder, 'file', 'data'));
  log.event(event);
  await log.close();
});
