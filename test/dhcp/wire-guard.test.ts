// When may DHCP answer? Every change of the link and every answer of the wire, without sockets.
import { describe, expect, test } from 'vitest';
import type { Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { DhcpEvent } from '../../main/dhcp/events.ts';
import { createWireGuard, type WireGuard } from '../../main/dhcp/wire-guard.ts';
import type { ForeignDhcpServer } from '../../main/network/foreign-probe.ts';
import type { Nic } from '../../main/network/nics.ts';

type Answer = Result<readonly ForeignDhcpServer[]>;
const NIC: Nic = {
  name: 'eth0',
  index: 4,
  mac: '',
  addresses: [{ address: '10.9.0.1', prefixLength: 24 }],
  carrier: true,
  speedMbps: 1000,
  kind: 'wired',
  up: true,
  usb: true,
};
const DOWN: Nic = { ...NIC, carrier: false, addresses: [] };
const QUIET: Answer = success([]);
const FOREIGN: Answer = success([
  { serverId: '192.168.7.1', sentFrom: '192.168.7.1', offeredAddress: null, bootFile: null, rackside: false },
]);

const PROXY_STATION: Answer = success([
  { serverId: '10.9.0.7', sentFrom: '10.9.0.7', offeredAddress: null, bootFile: null, rackside: true },
]);

const rig = (mode: 'server' | 'proxy' = 'server', first: Nic | null = NIC) => {
  const events: DhcpEvent[] = [];
  const questions: ((answer: Answer) => void)[] = [];
  let nic = first;
  let tick: () => void = () => {};
  let closed = 0;
  const guard: WireGuard = createWireGuard({
    mode,
    endpoint: { kind: 'nic', nic: NIC, address: '10.9.0.1', prefixLength: 24 },
    timing: {
      everyMs: 5,
      probe: () => new Promise((resolve) => void questions.push(resolve)),
      watch: {
        read: () => nic,
        every: (each) => {
          tick = each;
          return () => void (tick = () => {});
        },
      },
    },
    onEvent: (event) => void events.push(event),
    close: async () => void (closed += 1),
  });
  return {
    guard,
    events,
    /** Answers the question that is waiting, or the next one. */
    answer: async (answer: Answer): Promise<void> => {
      await expect.poll(() => questions.length).toBeGreaterThan(0);
      questions.shift()?.(answer);
      await new Promise(setImmediate);
    },
    nicIs: (now: Nic | null): void => {
      nic = now;
      tick();
    },
    closed: () => closed,
    waiting: () => questions.length,
  };
};
const kinds = (events: readonly DhcpEvent[]): readonly string[] => events.map((event) => event.kind);
const began = async (mode: 'server' | 'proxy' = 'server'): Promise<ReturnType<typeof rig>> => {
  const wire = rig(mode);
  const begun = wire.guard.begin();
  if (mode === 'server') await wire.answer(QUIET);
  expect(await begun).toEqual(success('serving'));
  return wire;
};

describe('at the start', () => {
  test('a quiet wire: suspended while it is asked, then serving', async () => {
    const wire = rig();
    const begun = wire.guard.begin();
    expect(wire.guard.state()).toBe('suspended');
    await wire.answer(QUIET);
    expect([await begun, kinds(wire.events)]).toEqual([success('serving'), []]);
    await wire.guard.stop();
  });
  test('another server: refused, closed, reported', async () => {
    const wire = rig();
    const begun = wire.guard.begin();
    await wire.answer(FOREIGN);
    expect(await begun).toMatchObject({ ok: false, failure: { code: 'dhcp.foreign-server' } });
    expect([wire.guard.state(), kinds(wire.events)]).toEqual(['stopped', ['foreign-server']]);
    expect(wire.closed()).toBeGreaterThan(0);
  });
  test('a station in proxy mode gives no addresses: no obstacle', async () => {
    const wire = rig();
    const begun = wire.guard.begin();
    await wire.answer(PROXY_STATION);
    expect([await begun, kinds(wire.events)]).toEqual([success('serving'), []]);
    await wire.guard.stop();
  });
  test('a probe that cannot listen: refused, the wire is unknown', async () => {
    const wire = rig();
    const begun = wire.guard.begin();
    await wire.answer(failed('network.port-taken', 'x', 'y'));
    expect(await begun).toMatchObject({ failure: { code: 'network.port-taken' } });
  });
  test('no link: refused at once', async () => {
    const wire = rig('server', DOWN);
    expect(await wire.guard.begin()).toMatchObject({ failure: { code: 'network.no-link' } });
    expect(wire.waiting()).toBe(0);
  });
  test('cancelled', async () => {
    const wire = rig();
    const cancel = new AbortController();
    const begun = wire.guard.begin(cancel.signal);
    cancel.abort();
    await wire.answer(QUIET);
    expect(await begun).toMatchObject({ failure: { code: 'dhcp.start-cancelled' } });
    expect(wire.guard.state()).toBe('stopped');
  });
  test('unplugged while asking', async () => {
    const wire = rig();
    const begun = wire.guard.begin();
    wire.nicIs(null);
    await wire.answer(QUIET);
    expect(await begun).toMatchObject({ failure: { code: 'network.nic-gone' } });
  });
  test('the link changed while asking: that answer was about another wire', async () => {
    const wire = rig();
    const begun = wire.guard.begin();
    wire.nicIs(DOWN);
    wire.nicIs(NIC);
    await wire.answer(QUIET);
    expect(await begun).toEqual(success('suspended'));
    await wire.answer(QUIET);
    expect(wire.guard.state()).toBe('serving');
    await wire.guard.stop();
  });
});

describe('while serving', () => {
  test('the wire is asked again and again, and another server ends it', async () => {
    const wire = await began();
    await wire.answer(QUIET);
    await wire.answer(QUIET);
    expect(wire.guard.state()).toBe('serving');
    await wire.answer(FOREIGN);
    expect([wire.guard.state(), kinds(wire.events)]).toEqual(['stopped', ['foreign-server', 'stopped']]);
  });
  test('cable out: nobody is answered; in again: not before the wire was asked', async () => {
    const wire = await began();
    await wire.answer(QUIET);
    wire.nicIs(DOWN);
    expect(wire.guard.state()).toBe('suspended');
    wire.nicIs(NIC);
    expect(wire.guard.state()).toBe('suspended');
    await expect.poll(async () => (await wire.answer(QUIET), wire.guard.state())).toBe('serving');
    expect(kinds(wire.events)).toEqual(['suspended', 'resumed']);
    await wire.guard.stop();
  });
  test('cable in another switch, with a server on it', async () => {
    const wire = await began();
    wire.nicIs(DOWN);
    wire.nicIs(NIC);
    await wire.answer(FOREIGN);
    expect([wire.guard.state(), kinds(wire.events)]).toEqual(['stopped', ['suspended', 'foreign-server', 'stopped']]);
  });
  test.each([
    ['unplugged', null, 'network.nic-gone'],
    ['replaced', { ...NIC, index: 9 }, 'network.nic-gone'],
    ['renumbered', { ...NIC, addresses: [{ address: '192.168.1.5', prefixLength: 24 }] }, 'network.address-missing'],
  ])('%s: stopped', async (_name, nic, code) => {
    const wire = await began();
    wire.nicIs(nic);
    expect(wire.guard.state()).toBe('stopped');
    expect(wire.events).toMatchObject([{ kind: 'stopped', failure: { code } }]);
  });
  test('one more address does no harm', async () => {
    const wire = await began();
    wire.nicIs({ ...NIC, addresses: [...NIC.addresses, { address: '10.0.0.1', prefixLength: 8 }] });
    expect([wire.guard.state(), wire.events]).toEqual(['serving', []]);
    await wire.guard.stop();
  });
  test('a later probe that cannot listen is trouble, not the end', async () => {
    const wire = await began();
    await wire.answer(failed('network.port-taken', 'x', 'y'));
    expect([wire.guard.state(), kinds(wire.events)]).toEqual(['serving', ['trouble']]);
    await wire.guard.stop();
  });
  test('a proxy asks nobody, and serves again as soon as the link is back', async () => {
    const wire = await began('proxy');
    wire.nicIs(DOWN);
    expect(wire.guard.state()).toBe('suspended');
    wire.nicIs(NIC);
    expect([wire.guard.state(), wire.waiting()]).toEqual(['serving', 0]);
    await wire.guard.stop();
  });
  test('after stop nothing is asked, reported or resumed', async () => {
    const wire = await began();
    await wire.guard.stop();
    wire.nicIs(null);
    wire.guard.foreignServer('192.168.7.1');
    expect([wire.guard.state(), wire.events]).toEqual(['stopped', []]);
  });
});
