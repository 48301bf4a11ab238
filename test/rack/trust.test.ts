// Trust that is given, and withdrawn, while an agent waits at its console: it counts for the next order, without another boot.
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { openLibrary } from '../../main/library/library.ts';
import { MIB, startLab } from './faults/lab.ts';
import type { Lab, LabMachine } from './faults/lab.ts';
import { need } from './rehearsal.ts';

const stranger = generateSigningKey();
const STRANGERS_KEY = Buffer.from(stranger.publicKey).toString('base64url');

let lab: Lab;
beforeEach(async () => {
  lab = await startLab();
});
afterEach(() => lab.stop());

/** An image in the station's library that a stranger has signed. */
const strangersImage = async (): Promise<string> => {
  const folder = join(lab.folder, 'theirs');
  const sourcePath = await lab.imageFile({ contentBytes: 4 * MIB });
  const library = await openLibrary({ folder, trustedKeys: () => trustedKeysOf([stranger.publicKey]), signingKey: stranger, workers: 1 });
  if (!library.ok) throw new Error(library.failure.message);
  const image = await library.value.importImage({ sourcePath, name: 'theirs' });
  await library.value.close();
  if (!image.ok) throw new Error(image.failure.message);
  await need(lab.rehearsal.call('library.merge', { path: folder }));
  return image.value.osoid;
};
const deploy = (machine: LabMachine, osoid: string) =>
  lab.rehearsal.call('machines.deploy', { machineId: machine.view().id, osoid, diskSerial: null, rewrite: false });

test('a key that is trusted after the agent said hello: the deploy ordered then is carried out', async () => {
  const osoid = await strangersImage();
  const machine = await lab.machine({ disks: [{ serial: 'FIELD', sizeBytes: 64 * MIB }] });
  machine.powerOn();
  await machine.reaches('unmatched');
  expect(await deploy(machine, osoid)).toMatchObject({ ok: false, failure: { code: 'image.untrusted' } });
  await need(lab.rehearsal.call('trust.add', { key: STRANGERS_KEY, name: 'a stranger' }));
  await need(deploy(machine, osoid));
  const job = await need(lab.rehearsal.approve(await machine.asks()));
  expect(await machine.ended()).toMatchObject({ endedBy: 'local-disk' });
  expect(lab.rehearsal.jobs().find(({ id }) => id === job.id)).toMatchObject({ state: 'done', attempt: 1, failure: null });
});

test('one whose trust is withdrawn while the agent asks: nothing is written by it any more', async () => {
  const osoid = await strangersImage();
  await need(lab.rehearsal.call('trust.add', { key: STRANGERS_KEY, name: 'a stranger' }));
  const machine = await lab.machine({ disks: [{ serial: 'FIELD', sizeBytes: 64 * MIB }] });
  machine.powerOn();
  await machine.reaches('unmatched');
  await need(deploy(machine, osoid));
  const question = await machine.asks();
  await need(lab.rehearsal.call('trust.remove', { keyId: stranger.keyId }));
  const approved = await lab.rehearsal.approve(question);
  expect(approved.ok).toBe(false);
  expect(lab.rehearsal.jobs()).toEqual([]);
});
