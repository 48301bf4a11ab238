// Firmware that the station has nothing for, and a pool that ran out: silence for the one, an event that says why, and everybody
// else goes on.
import { afterEach, expect, test } from 'vitest';
import { askDhcp } from '../firmware/dhcp-client.ts';
import type { FirmwareKind } from '../firmware/dhcp-client.ts';
import { MIB, startLab } from './lab.ts';
import type { Lab } from './lab.ts';

let lab: Lab;
afterEach(() => lab.stop());

test('firmware of another architecture gets no answer, and is named with it', async () => {
  lab = await startLab();
  const off = new AbortController();
  const ask = (mac: string, kind: FirmwareKind, architecture: number): Promise<unknown> =>
    askDhcp({ mac, uuid: '00000000-0000-4000-8000-00000000000b', kind, architecture }, lab.rehearsal.wire().dhcp, off.signal).then(
      () => 'answered',
      (error: unknown) => (error as Error).message,
    );
  const asked = [
    ask('52:54:00:00:0b:01', 'uefi', 11),
    ask('52:54:00:00:0b:02', 'uefi-http', 19),
    ask('52:54:00:00:0b:03', 'uefi', 6),
    ask('52:54:00:00:0b:04', 'uefi', 4711),
  ];
  for (const [mac, words] of [
    ['52:54:00:00:0b:01', '64-bit ARM UEFI \\(11\\)'],
    ['52:54:00:00:0b:02', '64-bit ARM UEFI, HTTP boot \\(19\\)'],
    ['52:54:00:00:0b:03', '32-bit x86 UEFI \\(6\\)'],
    ['52:54:00:00:0b:04', 'unknown \\(4711\\)'],
  ])
    await lab.heard('dhcp.unanswered', new RegExp(`${mac} .*${words}`));
  // Heard and shown, not answered: a person sees that something is there.
  await lab.rehearsal.until((machines) => machines.length === 4, 'heard', 30_000);
  off.abort();
  expect(await Promise.all(asked)).toEqual(asked.map(() => 'powered off'));
  expect(lab.events().filter(({ kind }) => kind === 'dhcp.bound')).toEqual([]);
});

test('a pool that is full: the last one hears nothing and is named, the others go on', async () => {
  // The loopback pool counts from .1 to .2.
  lab = await startLab({ leases: 1 });
  await lab.image({ contentBytes: MIB });
  await lab.policy();
  const first = await lab.machine();
  const second = await lab.machine();
  first.powerOn();
  second.powerOn();
  await Promise.all([first.asks(), second.asks()]);
  const third = await lab.machine();
  third.powerOn();
  expect(await lab.heard('dhcp.pool-exhausted', new RegExp(third.hardware.bootMac))).toMatchObject({ level: 'warn' });
  expect(third.view()).toMatchObject({ state: 'seen', online: false });
  const asked = first.view();
  expect(await lab.rehearsal.approve(asked)).toMatchObject({ ok: true });
  await first.reaches('provisioned');
  expect(await first.ended()).toEqual({ boots: 2, endedBy: 'local-disk' });
});
