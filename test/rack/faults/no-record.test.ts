// Disks partitioned as before 2009, from sector 63, or with a BIOS boot partition from sector 34: where the record would lie is data.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noise } from '../../image/real-disk.ts';
import { compareDisk } from '../compare-disk.ts';
import { need } from '../rehearsal.ts';
import { MIB, startLab } from './lab.ts';
import type { Lab } from './lab.ts';

let lab: Lab;
beforeEach(async () => {
  lab = await startLab();
});
afterEach(() => lab.stop());

/** One active partition from sector 63 to the end. */
const makeOldDisk = async (path: string): Promise<void> => {
  const bytes = Buffer.alloc(16 * MIB);
  bytes.write('\xeb\x63\x90GRUB', 'latin1');
  bytes.set([0x80, 1, 1, 0, 0x83, 0xfe, 0xff, 0xff], 446);
  bytes.writeUInt32LE(63, 454);
  bytes.writeUInt32LE(bytes.length / 512 - 63, 458);
  bytes.set([0x55, 0xaa], 510);
  bytes.set(noise('old', 2 * MIB), 63 * 512);
  await writeFile(path, bytes);
};

test('an image that leaves no place for the record is written, and its machine starts it', async () => {
  const path = join(lab.folder, 'old.raw');
  await makeOldDisk(path);
  const { osoid } = await need(lab.rehearsal.call('images.import', { path, name: 'old', labels: {}, notes: '' }));
  const machine = await lab.machine({ firmware: 'bios' });
  machine.powerOn();
  await machine.is('listening to a person', ({ state }) => state === 'unmatched');
  await need(lab.rehearsal.call('machines.deploy', { machineId: machine.view().id, osoid, diskSerial: null, rewrite: false }));
  const job = await need(lab.rehearsal.approve(await machine.asks()));
  await machine.reaches('provisioned');
  expect(await machine.ended()).toMatchObject({ endedBy: 'local-disk' });
  const result = lab.rehearsal.jobs().find(({ id }) => id === job.id)?.result;
  expect(await compareDisk(path, machine.disks[0]?.path ?? '', result?.rewrittenRanges ?? [])).toMatchObject({ verified: true });
  expect(await lab.heard('job.no-record')).toMatchObject({ level: 'warn' });
}, 60_000);
