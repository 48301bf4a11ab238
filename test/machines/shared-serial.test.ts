// Blades that all bear their chassis's serial, and tell nothing else than MACs and disks: the second is asked about, never taken for the
// first, and once a person has said that it is a machine of its own, each is known again by what is its own.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SILENT_AFTER_MS } from '../../main/machines/presence.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { disk, inventory } from '../journey/fixtures.ts';
import { createRig, value } from '../journey/rig.ts';
import type { Rig } from '../journey/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const boot = (slot: number): MachineView => {
  rig.clock.atMs += SILENT_AFTER_MS + 1000;
  const mac = `52:54:00:00:00:0${slot}`;
  return rig.agent(mac).inventory(inventory({ mac, serial: 'CHASSIS-7', disks: [disk({ serial: `DISK-${slot}` })] }));
};

test('a second blade with the serial of a known one is asked about, and is itself from then on', () => {
  const first = boot(1);
  const second = boot(2);
  expect(second.id).not.toBe(first.id);
  expect(rig.view(second.id)).toMatchObject({ state: 'ambiguous', question: { kind: 'choose' } });
  value(rig.station.journey.onRecordChange({ kind: 'split', machineId: second.id, values: [] }));
  expect(rig.view(second.id).state).toBe('matched');
  expect([boot(1).id, boot(2).id, boot(1).id]).toEqual([first.id, second.id, first.id]);
  // Nobody is known by that serial any more: a third one is new, without a question.
  const third = boot(3);
  expect([first.id, second.id]).not.toContain(third.id);
  expect(rig.view(third.id).state).toBe('matched');
});
