// Trust in a key changes while machines wait: those with a disk whose record it signed look again, and nobody else.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Disk } from '../../agent/protocol/disk.ts';
import { blankContent, disk, hash, inventory } from './fixtures.ts';
import { createRig, value } from './rig.ts';
import type { Rig } from './rig.ts';

const KEY = '0123456789abcdef';
const recorded = (verdict: Disk['provenance']['verdict']): Disk =>
  disk({
    content: { ...blankContent('2'), table: 'gpt', blank: false },
    provenance: { verdict, osoid: hash('a'), manifestSha256: hash('b'), stationName: 'elsewhere', keyId: KEY, writtenAt: null },
  });

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

test('a machine that waits is told to look again, and is decided for by what it finds then', () => {
  const agent = rig.agent();
  const machine = agent.inventory(inventory({ disks: [recorded('trusted')] }));
  value(rig.station.journey.onHold(machine.id));
  rig.station.journey.onTrustChanged(KEY);
  expect(agent.orders().at(-1)).toBe('rescan');
  expect(agent.inventory(inventory({ disks: [recorded('unknown-key')] }))).toMatchObject({ state: 'waiting' });
});

test('a machine without such a record, and one that is at work, are left alone', () => {
  const agent = rig.agent();
  const machine = agent.inventory(inventory({ disks: [recorded('trusted')] }));
  value(rig.station.journey.onHold(machine.id));
  const before = agent.orders().length;
  rig.station.journey.onTrustChanged('f'.repeat(16));
  expect(agent.orders()).toHaveLength(before);
  value(rig.station.journey.onVerifyRequest(machine.id, { diskSerial: null, heal: false }));
  rig.station.journey.onTrustChanged(KEY);
  expect(agent.orders().at(-1)).toBe('verify');
  expect(rig.view(machine.id).state).toBe('working');
});
