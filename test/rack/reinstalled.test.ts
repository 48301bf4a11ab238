// "Already installed" is said of the system that was put there: a disk that somebody has partitioned anew since carries the record still,
// and is asked about; one whose system has only given it another GUID, as some do at their first boot, starts as ever.
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lacksTools } from '../image/real-disk.ts';
import { hashOf, startLab } from './faults/lab.ts';
import type { Lab } from './faults/lab.ts';
import { need } from './rehearsal.ts';

let lab: Lab;
beforeEach(async () => {
  lab = await startLab();
});
afterEach(() => lab.stop());

const sgdisk = (...args: readonly string[]): void =>
  void execFileSync('sgdisk', [...args], { stdio: 'ignore', env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } });

test.skipIf(lacksTools())('a disk that was partitioned anew is not the one that was installed', async () => {
  await lab.image();
  await lab.policy();
  const one = await lab.machine();
  one.powerOn();
  await need(lab.rehearsal.approve(await one.asks()));
  expect(await one.ended()).toMatchObject({ endedBy: 'local-disk' });
  const path = one.disks[0]?.path ?? '';

  sgdisk('--disk-guid=R', path);
  one.powerOn();
  expect(await one.ended()).toMatchObject({ endedBy: 'local-disk' });
  await lab.heard('machine.already-installed');

  sgdisk('--clear', '--new=1:2048:+8M', '--typecode=1:ef00', '--new=2:0:+16M', path);
  const before = await hashOf(path);
  one.powerOn();
  const asked = await one.asks();
  expect(asked.question).toMatchObject({ disk: { provenance: { verdict: 'other-table' } } });
  expect(await hashOf(path)).toBe(before);
});
