// Machines of real makes, with the facts that the agent makes of them: each is one record, from whatever port and in whatever order it
// boots, with dongles, swapped boards and all-F UUIDs as they come.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { factsFrom } from '../../agent/facts/facts.ts';
import { readInventory } from '../../agent/inventory/read.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import { SILENT_AFTER_MS } from '../../main/machines/presence.ts';
import type { HardwareKind } from '../rack/hardware.ts';
import { HARDWARE_KINDS, makeHardware } from '../rack/hardware.ts';
import { createRig } from '../journey/rig.ts';
import type { Rig } from '../journey/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig({ factsFrom });
});
afterEach(() => rig.close());

const readings = new Map<string, Promise<Inventory>>();
const inventoryOf = (kind: HardwareKind, index: number): Promise<Inventory> => {
  const key = `${kind} ${index}`;
  const { source, bootMac, architecture } = makeHardware(kind, index);
  const reading =
    readings.get(key) ?? readInventory({ source, listDisks: async () => [], trustedKeys: new Map(), bootMac, architecture, lldpWaitMs: 0 });
  readings.set(key, reading);
  return reading;
};

/** Boots from the interface of this number, sends its inventory, and falls silent. */
const boot = (read: Inventory, port = 0): string => {
  const mac = read.nics[port % read.nics.length]?.mac ?? '';
  const { id } = rig.agent(mac).inventory({ ...read, bootMac: mac });
  rig.clock.atMs += SILENT_AFTER_MS + 1000;
  return id;
};

test('three machines of every make are as many records, and the same ones when they boot again in reverse, each from another port', async () => {
  const machines = HARDWARE_KINDS.flatMap((kind) => [1, 2, 3].map((index) => ({ kind, index })));
  const ids = new Map<string, string>();
  for (const { kind, index } of machines) ids.set(`${kind} ${index}`, boot(await inventoryOf(kind, index)));
  expect(new Set(ids.values()).size).toBe(machines.length);
  const moved: string[] = [];
  for (const { kind, index } of machines.toReversed()) {
    const id = boot(await inventoryOf(kind, index), 1);
    if (id !== ids.get(`${kind} ${index}`)) moved.push(`${kind} ${index}`);
  }
  expect(moved).toEqual([]);
  expect(rig.station.machines.list()).toHaveLength(machines.length);
});

const dongle = (read: Inventory, driver: string): Inventory => {
  const mac = '3c:18:a0:12:34:56';
  const usb = { ...read.nics[0]!, name: 'usb0', mac, permanentMac: mac, driver };
  return { ...read, nics: [usb, ...read.nics] };
};

test('one dongle that boots one white box after another: as many records as machines, whatever its driver', async () => {
  for (const driver of ['r8152', 'a-driver-nobody-knows']) {
    const [one, other] = [await inventoryOf('supermicro-whitebox', 7), await inventoryOf('supermicro-whitebox', 8)];
    const first = boot(dongle(one, driver));
    const second = boot(dongle(other, driver));
    expect(second).not.toBe(first);
    expect([boot(dongle(other, driver)), boot(dongle(one, driver)), boot(other), boot(one)]).toEqual([second, first, second, first]);
  }
});

/** A desktop board whose maker filled nothing in, with its MACs. */
const unnamed = async (...macs: readonly string[]): Promise<Inventory> => {
  const read = await inventoryOf('hp-desktop', 1);
  const nics = macs.map((mac, index) => ({ ...read.nics[0]!, name: `eth${index}`, mac, permanentMac: mac }));
  const dmi = read.dmi;
  if (dmi === null) throw new Error('the make has no SMBIOS');
  const filler = 'To be filled by O.E.M.';
  return {
    ...read,
    nics,
    dmi: {
      ...dmi,
      system: { ...dmi.system, serial: filler, uuid: 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
      board: { ...dmi.board, serial: filler },
      chassis: { ...dmi.chassis, serial: filler },
    },
  };
};

test('identical white boxes with filler for everything are told by their MACs; a third with a card of the first asks', async () => {
  const [a, b] = [await unnamed('52:54:00:aa:00:01', '52:54:00:aa:00:02'), await unnamed('52:54:00:bb:00:01', '52:54:00:bb:00:02')];
  const [first, second] = [boot(a), boot(b)];
  expect(first).not.toBe(second);
  expect([boot(b, 1), boot(a, 1)]).toEqual([second, first]);
  const third = boot(await unnamed('52:54:00:cc:00:01', '52:54:00:aa:00:02'));
  expect([first, second]).not.toContain(third);
  expect(rig.view(third)).toMatchObject({ state: 'ambiguous', question: { kind: 'choose' } });
});

test.each([
  ['00e04c68-0001-0000-0000-000000000000', 'before anything'],
  ['684ce000-0100-0000-0000-000000000000', 'before anything, as newer tables are shown'],
  ['03e00200-044c-0568-0006-010700080009', 'between the numbers of a template'],
  ['00000000-0000-0000-0000-00e04c680001', 'behind nothing'],
])('two boards of one UUID, %s, made of a MAC that was never burnt in (%s), are two machines', async (uuid) => {
  const board = async (mac: string): Promise<Inventory> => {
    const read = await unnamed(mac, '00:e0:4c:68:00:01');
    return { ...read, dmi: read.dmi && { ...read.dmi, system: { ...read.dmi.system, uuid } } };
  };
  const [a, b] = [await board('52:54:00:dd:00:01'), await board('52:54:00:ee:00:01')];
  const first = boot(a);
  const second = boot(b);
  expect(second).not.toBe(first);
  expect([boot(b), boot(a)]).toEqual([second, first]);
});

test.each(['123490EN400015', '0123456789AB', 'XXXX-XXXX-XXXX', '$(BOARD_SERIAL)'])(
  'two notebooks whose boards all bear the serial %s are two machines',
  async (serial) => {
    const notebook = async (mac: string): Promise<Inventory> => {
      const read = await unnamed(mac);
      return { ...read, dmi: read.dmi && { ...read.dmi, board: { ...read.dmi.board, serial } } };
    };
    const first = boot(await notebook('52:54:00:dd:00:02'));
    expect(boot(await notebook('52:54:00:ee:00:02'))).not.toBe(first);
  },
);

test('a swapped board whose serial was written back is the same machine by its cards; one without is a new one', async () => {
  const read = await inventoryOf('dell-r640', 4);
  const id = boot(read);
  const dmi = read.dmi;
  if (dmi === null) throw new Error('the make has no SMBIOS');
  const swapped = {
    ...dmi,
    system: { ...dmi.system, uuid: '4c4c4544-0099-9999-8099-b9c04f999999' },
    board: { ...dmi.board, serial: '.NEW1234.CN1.' },
  };
  expect(boot({ ...read, dmi: swapped })).toBe(id);
  const blank = { ...swapped, system: { ...swapped.system, serial: 'NEW1234' } };
  expect(boot({ ...read, dmi: blank })).not.toBe(id);
});

test('a clone of a virtual machine with its MAC is another machine by its UUID', async () => {
  const read = await inventoryOf('qemu', 1);
  const id = boot(read);
  const dmi = read.dmi;
  if (dmi === null) throw new Error('the make has no SMBIOS');
  const clone = { ...read, dmi: { ...dmi, system: { ...dmi.system, uuid: '11112222-3333-4444-8555-666677778888' } } };
  expect(boot(clone)).not.toBe(id);
  expect(boot(read)).toBe(id);
});

test('blades of one enclosure share its serial and nothing else', async () => {
  const ids = [];
  for (const index of [0, 1, 2, 3]) ids.push(boot(await inventoryOf('hp-bl460c', index)));
  expect(new Set(ids).size).toBe(4);
  const slots = ids.map((id) => rig.station.machines.facts(id).find((fact) => fact.name === 'blade.slot')?.value);
  expect(new Set(slots).size).toBe(4);
  const enclosures = ids.map((id) => rig.station.machines.facts(id).find((fact) => fact.name === 'enclosure.serial')?.value);
  expect(new Set(enclosures).size).toBe(1);
});
