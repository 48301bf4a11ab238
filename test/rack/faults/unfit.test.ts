// Machines and disks that an image does not fit: the reason is named on both screens, a person decides what is not certain, and no
// disk changes by a byte.
import { open } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { realHead } from '../../disk/volume.ts';
import { need } from '../rehearsal.ts';
import { hashOf, MIB, refusalsOf, startLab } from './lab.ts';
import type { DiskWish, Lab, LabMachine, MachineWish } from './lab.ts';

let lab: Lab;
let osoid: string;
let number = 0;

beforeAll(async () => {
  lab = await startLab();
  osoid = (await lab.image({ contentBytes: 2 * MIB })).osoid;
  await lab.policy();
});
afterAll(() => lab.stop());
beforeEach(() => void (number += 10));

const write = async (path: string, at: number, bytes: Uint8Array): Promise<void> => {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
};

/** Boots it; gives what was refused, and whether its disks and its console say the same. */
const refused = async (machine: LabMachine): Promise<readonly string[]> => {
  const before = await Promise.all(machine.disks.map(({ path }) => hashOf(path)));
  machine.powerOn();
  const view = await machine.reaches('failed');
  await machine.powerOff();
  expect(view.question?.kind).toBe('refused');
  expect(view.failure).toMatchObject({
    code: refusalsOf(view)[0],
    message: expect.stringMatching(/\.$/),
    next: expect.stringMatching(/\.$/),
  });
  expect(machine.console.join('\n')).toContain(view.failure?.message.slice(0, 40));
  expect(await Promise.all(machine.disks.map(({ path }) => hashOf(path)))).toEqual(before);
  expect(lab.rehearsal.jobs().filter(({ machineId }) => machineId === view.id)).toEqual([]);
  return refusalsOf(view);
};
const make = (wish: MachineWish = {}): Promise<LabMachine> => lab.machine({ number, ...wish });

describe('the image', () => {
  const deployed = async (wish: MachineWish, image: string): Promise<readonly string[]> => {
    const machine = await make(wish);
    machine.powerOn();
    await machine.asks();
    await need(lab.rehearsal.call('machines.deploy', { machineId: machine.view().id, osoid: image, diskSerial: null, rewrite: false }));
    const view = await machine.reaches('failed');
    expect(await hashOf(machine.disks[0]?.path ?? '')).toBe(blank);
    await machine.powerOff();
    return refusalsOf(view);
  };
  let blank = '';
  let bios = '';
  let uefi = '';
  let arm = '';
  beforeAll(async () => {
    bios = (await lab.image({ contentBytes: MIB, seed: 2, boot: 'bios', role: 'bios' })).osoid;
    uefi = (await lab.image({ contentBytes: MIB, seed: 3, boot: 'uefi', role: 'uefi' })).osoid;
    arm = (await lab.image({ contentBytes: MIB, seed: 4, boot: 'uefi-aarch64', role: 'arm' })).osoid;
    const empty = await lab.machine({ number: 900 });
    blank = await hashOf(empty.disks[0]?.path ?? '');
  });
  test('for BIOS on a UEFI machine', async () => {
    expect(await deployed({ firmware: 'uefi' }, bios)).toEqual(['image.firmware-mismatch']);
  });
  test('for UEFI on a BIOS machine', async () => {
    expect(await deployed({ firmware: 'bios', kind: 'supermicro-whitebox' }, uefi)).toEqual(['image.firmware-mismatch']);
  });
  test('for another architecture', async () => {
    expect(await deployed({ firmware: 'uefi' }, arm)).toEqual(['image.architecture-mismatch']);
  });
  test('with an unsigned boot chain under Secure Boot', async () => {
    expect(await refused(await make({ firmware: 'uefi', secureBoot: true }))).toEqual(['image.secure-boot-untrusted']);
  });
  test('that is not in the library', async () => {
    const machine = await make();
    machine.powerOn();
    await machine.asks();
    const wish = { machineId: machine.view().id, osoid: 'ab'.repeat(32), diskSerial: null, rewrite: false };
    expect(await lab.rehearsal.call('machines.deploy', wish)).toMatchObject({ ok: false, failure: { code: 'image.gone' } });
  });
});

describe('the disk', () => {
  test('is smaller than the image', async () => {
    expect(await refused(await make({ disks: [{ serial: 'SMALL', sizeBytes: 16 * MIB }] }))).toEqual(['disk.too-small']);
  });
  test('has other sectors', async () => {
    expect(await refused(await make({ disks: [{ serial: 'NATIVE', logicalSectorBytes: 4096 }] }))).toEqual(['disk.sector-size']);
  });
  test('is not there at all', async () => {
    expect(await refused(await make({ disks: [] }))).toEqual(['disk.none-suitable']);
  });
  test('cannot be written', async () => {
    expect(await refused(await make({ disks: [{ serial: 'LOCKED', readOnlyHardware: true }] }))).toEqual(['disk.none-suitable']);
  });
});

test('USB storage that comes first is passed over, and alone it is none', async () => {
  const usb: DiskWish = { serial: 'STICK', transport: 'usb', removable: true };
  const machine = await make({ disks: [usb, { serial: 'INNER' }] });
  machine.powerOn();
  const { question } = await machine.asks();
  expect(question).toMatchObject({ disk: { serial: 'INNER' }, untouched: [{ serial: 'STICK', exclusions: ['removable'] }] });
  const only = await make({ number: number + 1, disks: [usb] });
  expect(await refused(only)).toEqual(['disk.none-suitable']);
  expect(lab.events().some(({ text }) => /STICK.*is removable/.test(text))).toBe(true);
});

describe('a member of something larger', () => {
  const withMember = async (at: number, bytes: Uint8Array, disks: readonly DiskWish[]): Promise<LabMachine> => {
    const machine = await make({ disks });
    await write(machine.disks[0]?.path ?? '', at, bytes);
    return machine;
  };
  const md = Buffer.alloc(256);
  md.writeUInt32LE(0xa92b4efc, 0);
  md.writeUInt32LE(1, 4);

  test('of a RAID set is no candidate, and the reason is said', async () => {
    const machine = await withMember(4096, md, [{ serial: 'MEMBER' }]);
    expect(await refused(machine)).toEqual(['disk.none-suitable']);
    expect(machine.view().says).toMatch(/MEMBER.*belongs to a RAID set/);
  });
  test('of a volume group over several disks neither', async () => {
    const machine = await withMember(0, realHead('lvm-pv-of-two'), [{ serial: 'PV' }]);
    expect(await refused(machine)).toEqual(['disk.none-suitable']);
    expect(machine.view().says).toMatch(/PV.*belongs to a volume group that spans disks/);
  });
  test('beside a free disk: the free one is asked about', async () => {
    const machine = await withMember(4096, md, [{ serial: 'MEMBER' }, { serial: 'FREE' }]);
    machine.powerOn();
    expect((await machine.asks()).question).toMatchObject({
      disk: { serial: 'FREE' },
      untouched: [{ serial: 'MEMBER', exclusions: ['raid-member'] }],
    });
  });
});

describe('two disks that fit', () => {
  test('are not chosen between; a person names one by its serial', async () => {
    const machine = await make({ disks: [{ serial: 'LEFT' }, { serial: 'RIGHT', transport: 'nvme' }] });
    const [left, right] = await Promise.all(machine.disks.map(({ path }) => hashOf(path)));
    machine.powerOn();
    const view = await machine.reaches('failed');
    expect(refusalsOf(view)).toEqual(['disk.several-fit']);
    const wish = { machineId: view.id, osoid, rewrite: false };
    expect(await lab.rehearsal.call('machines.deploy', { ...wish, diskSerial: 'MIDDLE' })).toMatchObject({
      ok: false,
      failure: { code: 'disk.unknown' },
    });
    await need(lab.rehearsal.call('machines.deploy', { ...wish, diskSerial: 'right' }));
    const asked = await machine.asks();
    expect(asked.question).toMatchObject({ disk: { serial: 'RIGHT' }, untouched: [{ serial: 'LEFT' }] });
    await need(lab.rehearsal.approve(asked));
    await machine.reaches('provisioned');
    expect(await machine.ended()).toEqual({ boots: 2, endedBy: 'local-disk' });
    expect(await hashOf(machine.disks[0]?.path ?? '')).toBe(left);
    expect(await hashOf(machine.disks[1]?.path ?? '')).not.toBe(right);
  });

  test('names that changed between boots: the serial still finds the right one', async () => {
    const machine = await make({ disks: [{ serial: 'LEFT' }, { serial: 'RIGHT' }] });
    machine.powerOn();
    const { id } = await machine.reaches('failed');
    await need(lab.rehearsal.call('machines.deploy', { machineId: id, osoid, diskSerial: 'RIGHT', rewrite: false }));
    const { question } = await machine.asks();
    const [left, right] = machine.disks;
    if (left === undefined || right === undefined || question?.kind !== 'erase') throw new Error('two disks and a question');
    expect(question.disk.path).toBe(right.path);
    await machine.powerOff();
    const before = { left: await hashOf(left.path), right: await hashOf(right.path) };
    // The kernel found them in the other order: LEFT has the name that RIGHT had.
    machine.disks.splice(
      0,
      2,
      { path: left.path, attributes: { ...right.attributes, path: left.path } },
      { path: right.path, attributes: { ...left.attributes, path: right.path } },
    );
    machine.powerOn();
    const again = await machine.is(
      'asking again',
      (view) => view.question?.kind === 'erase' && view.question.consentHash !== question.consentHash,
    );
    expect(again.question).toMatchObject({ disk: { serial: 'RIGHT', path: left.path } });
    await need(lab.rehearsal.approve(again));
    await machine.reaches('provisioned');
    expect(await hashOf(right.path)).toBe(before.right);
    expect(await hashOf(left.path)).not.toBe(before.left);
  });

  test('a pinned disk that was pulled is not replaced by the other', async () => {
    const machine = await make({ disks: [{ serial: 'LEFT' }, { serial: 'RIGHT' }] });
    machine.powerOn();
    const { id } = await machine.reaches('failed');
    await need(lab.rehearsal.call('machines.deploy', { machineId: id, osoid, diskSerial: 'RIGHT', rewrite: false }));
    await machine.asks();
    await machine.powerOff();
    machine.disks.pop();
    expect(await refused(machine)).toEqual(['disk.pinned-absent']);
  });
});
