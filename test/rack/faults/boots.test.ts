// A machine that boots again, on its own disk, on a copy of it, at another station, or with a kit of another version.
import { copyFile, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROTOCOL } from '../../../agent/protocol/messages.ts';
import { openDatabase } from '../../../main/database/open.ts';
import { createTrustedKeys } from '../../../main/database/trusted-keys.ts';
import { keyIdOf } from '../../../agent/image/signature.ts';
import { need } from '../rehearsal.ts';
import { hashOf, MIB, startLab } from './lab.ts';
import type { Lab, LabMachine } from './lab.ts';

let lab: Lab;
let osoid: string;
const prepare = async (where: Lab): Promise<string> => {
  const image = await where.image({ contentBytes: 2 * MIB });
  await where.policy();
  return image.osoid;
};
beforeEach(async () => {
  lab = await startLab();
  osoid = await prepare(lab);
});
afterEach(() => lab.stop());

const diskOf = (machine: LabMachine): string => machine.disks[0]?.path ?? '';
const deploy = async (machine: LabMachine): Promise<void> => {
  machine.powerOn();
  await need(lab.rehearsal.approve(await machine.asks()));
  await machine.reaches('provisioned');
  expect(await machine.ended()).toEqual({ boots: 2, endedBy: 'local-disk' });
};

test('a second network boot: the agent finds its own image and boots it, without a write or a question', async () => {
  const machine = await lab.machine();
  await deploy(machine);
  const installed = await hashOf(diskOf(machine));
  machine.powerOn();
  expect(await machine.ended()).toEqual({ boots: 2, endedBy: 'local-disk' });
  await lab.heard('machine.already-installed');
  expect(await machine.reaches('provisioned')).toMatchObject({ osoid });
  expect(lab.rehearsal.jobs()).toHaveLength(1);
  expect(lab.events().filter(({ kind }) => kind === 'consent.asked')).toHaveLength(1);
  expect(await hashOf(diskOf(machine))).toBe(installed);
});

test('a copy of the disk in another machine is not what its record says: it is asked about', async () => {
  const machine = await lab.machine();
  await deploy(machine);
  const clone = await lab.machine({ disks: [{ serial: 'CLONE' }] });
  await copyFile(diskOf(machine), diskOf(clone));
  clone.powerOn();
  expect((await clone.asks()).question).toMatchObject({
    disk: { serial: 'CLONE', provenance: { verdict: 'other-disk' }, content: { blank: false } },
  });
  expect(lab.events().some(({ kind }) => kind === 'machine.already-installed')).toBe(false);
});

test('a disk whose record was altered is not believed', async () => {
  const machine = await lab.machine();
  await deploy(machine);
  const file = await open(diskOf(machine), 'r+');
  const record = Buffer.alloc(4096);
  const at = MIB - 64 * 1024;
  await file.read(record, 0, record.length, at);
  expect(record.toString('latin1', 0, 8)).toBe('RACKPROV');
  record[200] = (record[200] ?? 0) ^ 1;
  await file.write(record, 0, record.length, at);
  await file.close();
  machine.powerOn();
  expect((await machine.asks()).question).toMatchObject({ disk: { provenance: { verdict: 'broken' } } });
});

describe('at another station that has the image too', () => {
  /** The same machine with the very same disk, beside a station with a data folder of its own. */
  const moved = async (
    trusts: boolean,
  ): Promise<{ readonly other: Lab; readonly machine: LabMachine; readonly end: () => Promise<void> }> => {
    const here = await lab.machine();
    await deploy(here);
    const folder = await mkdtemp(join(tmpdir(), 'rackside-other-'));
    if (trusts) {
      await mkdir(join(folder, 'station'), { mode: 0o700 });
      const database = await need(openDatabase(join(folder, 'station', 'station.db')));
      const publicKey = await keyOf(lab);
      createTrustedKeys({ database, now: Date.now }).add({
        keyId: keyIdOf(Buffer.from(publicKey, 'base64url')),
        publicKey,
        name: 'the first station',
      });
      database.close();
    }
    const other = await startLab({ folder });
    await prepare(other);
    const machine = await other.machine();
    await copyFile(diskOf(here), diskOf(machine));
    return { other, machine, end: async () => (await other.stop(), rm(folder, { recursive: true, force: true })) };
  };
  /** The public key of the station, as its own list of trusted keys has it. */
  const keyOf = async (where: Lab): Promise<string> => {
    const database = await need(openDatabase(join(where.folder, 'station', 'station.db')));
    try {
      return createTrustedKeys({ database, now: Date.now }).list()[0]?.publicKey ?? '';
    } finally {
      database.close();
    }
  };

  test('and trusts the first: it boots, nothing is written', async () => {
    const { other, machine, end } = await moved(true);
    try {
      const before = await hashOf(diskOf(machine));
      machine.powerOn();
      expect(await machine.ended()).toEqual({ boots: 2, endedBy: 'local-disk' });
      expect(await machine.reaches('provisioned')).toMatchObject({ osoid });
      expect(other.rehearsal.jobs()).toEqual([]);
      expect(await hashOf(diskOf(machine))).toBe(before);
    } finally {
      await end();
    }
  });
  test('and does not trust the first: it asks', async () => {
    const { other, machine, end } = await moved(false);
    try {
      const before = await hashOf(diskOf(machine));
      machine.powerOn();
      expect((await machine.asks()).question).toMatchObject({ disk: { provenance: { verdict: 'unknown-key' } } });
      expect(other.rehearsal.jobs()).toEqual([]);
      expect(await hashOf(diskOf(machine))).toBe(before);
    } finally {
      await end();
    }
  });
});

describe('an agent of another version', () => {
  test('with the stage 2 of another kit is named and sent to boot again, and never gets an order', async () => {
    let boots = 0;
    const machine = await lab.machine({
      // Kit changed under its feet once: the next boot has the new one.
      wrapEnvironment: (environment) => {
        boots += 1;
        return boots > 1 ? environment : { ...environment, words: { ...environment.words, stage2: 'ef'.repeat(32) } };
      },
    });
    const before = await hashOf(diskOf(machine));
    machine.powerOn();
    const refusal = await lab.heard('agent.refused', /agent\.kit-mismatch|boot kit ef/);
    expect(refusal.text).toContain('ef'.repeat(8));
    await machine.asks();
    expect(boots).toBe(2);
    expect(machine.console.join('\n')).toMatch(/comes from boot kit/);
    const told = lab.events().findIndex(({ id }) => id === refusal.id);
    expect(
      lab
        .events()
        .slice(0, told)
        .map(({ kind }) => kind),
    ).not.toContain('machine.matched');
    expect(await hashOf(diskOf(machine))).toBe(before);
  });

  test('with another protocol is told both ranges', async () => {
    const { http } = lab.rehearsal.headless().station.ports();
    const hello = {
      protocol: { min: PROTOCOL.max + 1, max: PROTOCOL.max + 3 },
      kitId: '',
      agentVersion: 'next year',
      token: 'x'.repeat(32),
      bootMac: '52:54:00:00:00:01',
      architecture: 'x64',
      nonce: 'ab'.repeat(16),
    };
    const answer = await fetch(`http://127.0.0.1:${http}/agent/hello`, { method: 'POST', body: JSON.stringify(hello) });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ failure: { code: 'agent.protocol-mismatch', next: expect.stringContaining('boot') } });
    await lab.heard('agent.refused', new RegExp(`protocol ${PROTOCOL.max + 1} to ${PROTOCOL.max + 3}`));
  });
});
