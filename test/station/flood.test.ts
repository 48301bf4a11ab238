// A device on the wire that makes up addresses: memory and database stay bounded, one event says so, and a real machine boots
// in the middle of it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generateSigningKey } from '../../agent/image/signature.ts';
import { createAgents } from '../../main/agents/agents.ts';
import { createBootTokens } from '../../main/agents/boot-tokens.ts';
import { createSessionStore } from '../../main/agents/session-store.ts';
import { openDatabase } from '../../main/database/open.ts';
import type { Database } from '../../main/database/open.ts';
import type { DhcpEvent } from '../../main/dhcp/events.ts';
import { SEEN_MOST } from '../../main/machines/records.ts';
import { hearWire } from '../../main/wire/events.ts';
import { code, createRig, value } from '../journey/rig.ts';
import type { Rig } from '../journey/rig.ts';
import { inventory } from '../journey/fixtures.ts';

const REAL = '52:54:00:00:00:01';
const DAY_MS = 24 * 60 * 60_000;

let database: Database;
let rig: Rig;
beforeEach(() => {
  database = value(openDatabase(':memory:'));
  rig = createRig({ database });
});
afterEach(() => rig.close());

const madeUp = (number: number): string =>
  `02:00:${number
    .toString(16)
    .padStart(8, '0')
    .replace(/(..)(?=.)/g, '$1:')}`;
const heardAt = (mac: string, silence: string | null): DhcpEvent => ({
  kind: 'heard',
  message: 'discover',
  client: { mac, architecture: 7, firmware: 'uefi', vendorClass: null, userClass: null, uuid: null, address: null },
  hostname: null,
  relay: { address: null, information: null },
  answered: silence === null,
  silence: silence === null ? null : { code: 'protocol', text: silence },
});
const count = (table: string): number => (rig.query(`SELECT count(*) AS rows FROM ${table}`)[0] as { rows: number }).rows;
const rows = (): number =>
  ['machine', 'event', 'used_token', 'session', 'reading', 'evidence', 'fact'].reduce((sum, table) => sum + count(table), 0);
const kinds = (kind: string): number => rig.query('SELECT 1 FROM event WHERE kind = ?', kind).length;

const startAgents = () =>
  createAgents({
    store: createSessionStore(database),
    tokens: createBootTokens(database),
    signingKey: generateSigningKey(),
    kitId: () => null,
    now: () => rig.clock.atMs,
    describe: () => ({ stationName: 'bench', siteName: 'Site A', trustedKeys: [] }),
  });

test('a hundred thousand made-up addresses, and one machine among them', { timeout: 600_000 }, () => {
  const agents = startAgents();
  const { machines, events, journey } = rig.station;
  const wire = hearWire({ machines, events, onBug: (error) => expect.fail(String(error)), now: () => rig.clock.atMs });
  const boot = (mac: string): string => {
    rig.clock.atMs += 1;
    wire.onDhcp(heardAt(mac, 'too busy'));
    wire.onHandOut({ kind: 'handed-out', mac, what: 'agent', via: 'grub' });
    return agents.issueToken(mac);
  };
  const hello = (token: string) =>
    agents.hello({
      protocol: { min: 1, max: 1 },
      kitId: '',
      agentVersion: '0',
      token,
      bootMac: REAL,
      architecture: 'x64',
      nonce: '1'.repeat(32),
    });

  let number = 0;
  const flood = (until: number): void => {
    while (number < until) boot(madeUp((number += 1)));
  };
  flood(50_000);
  const half = rows();
  const token = boot(REAL);
  flood(80_000);
  const { session } = value(hello(token));
  journey.onHello({ sessionId: session.id, bootMac: session.bootMac });
  expect(session.bootMac).toBe(REAL);
  flood(90_000);
  const { machineId } = value(journey.onInventory({ sessionId: session.id, bootMac: REAL }, inventory({ mac: REAL })));
  agents.bindMachine(session.id, machineId);
  flood(100_000);

  expect(value(machines.view(machineId))).toMatchObject({ state: 'matched', macs: [REAL] });
  expect(machines.list().length).toBeLessThanOrEqual(SEEN_MOST + 1);
  expect(count('machine')).toBe(machines.list().length);
  // Doubled by the second half of the flood if anything of it stayed; the real machine's own rows are a few dozen.
  expect(rows()).toBeLessThan(half + 500);
  expect(kinds('machine.crowd')).toBe(1);
  expect(count('used_token')).toBe(1);
});

describe('what is never forgotten for a crowd', () => {
  const crowd = (): void => {
    for (let number = 0; number < SEEN_MOST + 400; number += 1) {
      rig.clock.atMs += 1;
      rig.station.machines.heard(madeUp(number), 'firmware');
    }
  };

  test('a machine that said hello, was named, was given a fact, or was held', () => {
    const agent = rig.agent('52:54:00:00:00:10');
    const { machines, journey } = rig.station;
    const [named, told, took] = ['11', '12', '13'].map((end) => machines.heard(`52:54:00:00:00:${end}`, 'firmware'));
    value(machines.rename(named?.id ?? '', 'web-1'));
    value(journey.onFact(told?.id ?? '', 'role', 'web'));
    value(journey.onFact(took?.id ?? '', 'role', 'web'));
    value(journey.onFact(took?.id ?? '', 'role', ''));
    const arrived = machines.ofSession(agent.sessionId);
    const plain = machines.heard('52:54:00:00:00:14', 'firmware');
    crowd();
    for (const machine of [arrived, named, told, took]) expect(code(machines.view(machine?.id ?? ''))).toBeNull();
    expect(code(machines.view(plain.id))).toBe('machine.unknown');
  });

  test('a machine that has come further than one DHCP packet goes after those that have not', () => {
    const { machines } = rig.station;
    const loading = machines.reached('52:54:00:00:00:20', 'kernel');
    crowd();
    expect(code(machines.view(loading.id))).toBeNull();
  });

  test('what is forgotten is forgotten in the database and by the windows too', () => {
    const { machines } = rig.station;
    const plain = machines.heard('52:54:00:00:00:14', 'firmware');
    crowd();
    expect(rig.removed).toContain(plain.id);
    expect(rig.query('SELECT 1 FROM event WHERE machine_id = ?', plain.id)).toEqual([]);
    rig.restart();
    expect(code(rig.station.machines.view(plain.id))).toBe('machine.unknown');
    expect(rig.station.machines.heard('52:54:00:00:00:14', 'firmware').id).not.toBe(plain.id);
  });
});

test('a machine only heard is forgotten after a week of silence, one with a word of a person is not', () => {
  const { machines } = rig.station;
  const plain = machines.heard('52:54:00:00:00:14', 'firmware');
  const named = machines.heard('52:54:00:00:00:15', 'firmware');
  value(machines.rename(named.id, 'web-1'));
  rig.clock.atMs += 7 * DAY_MS;
  machines.tidy();
  expect(code(machines.view(plain.id))).toBeNull();
  rig.clock.atMs += 1;
  machines.tidy();
  expect(code(machines.view(plain.id))).toBe('machine.unknown');
  expect(code(machines.view(named.id))).toBeNull();
  expect(kinds('machine.forgotten')).toBe(1);
});
