// The real services on loopback; only the time between two attempts is moved by hand.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Failure } from '../../agent/protocol/failure.ts';
import { encode } from '../../main/dhcp/codec.ts';
import type { DhcpMessage } from '../../main/dhcp/options.ts';
import { keepWire } from '../../main/wire/keeper.ts';
import { quietWire } from '../boot/quiet-wire.ts';
import type { WireKeeper } from '../../main/wire/keeper.ts';
import { agentOptions, clientPacket, ipxeOptions, MAC, ovmfOptions, requested } from '../dhcp/packets.ts';

let keeper: WireKeeper | null = null;
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(async () => {
  vi.useRealTimers();
  await keeper?.stop();
  keeper = null;
});

const RACK_WITHOUT_NIC = {
  nic: 'nic-of-nobody',
  network: { address: '10.77.0.1', prefixLength: 24 },
  mode: 'server',
  pool: { first: '10.77.0.100', last: '10.77.0.200' },
  httpPort: 0,
  leaseSeconds: 60,
} as const;

const keep = (httpPort: number) => {
  const changes: (string | null)[] = [];
  const heardChange = Promise.withResolvers<Failure | null>();
  const boots: string[] = [];
  let heard = 0;
  keeper = keepWire({
    ...quietWire(),
    options: { kind: 'loopback', leases: 10, httpPort },
    kit: () => null,
    onDhcp: ({ kind }) => void (kind === 'heard' && (heard += 1)),
    onNewBoot: (mac) => boots.push(`firmware ${mac}`),
    onOwnSystem: (mac) => boots.push(`own system ${mac}`),
    onChange: (problem) => {
      changes.push(problem?.code ?? null);
      if (problem === null) heardChange.resolve(problem);
    },
  });
  return { keeper, changes, boots, heard: () => heard, serving: heardChange.promise };
};

test('serves, says so, and is silent after stop', async () => {
  const { keeper: wire, changes } = keep(0);
  expect(wire.ports()).toEqual({ dhcp: 0, tftp: 0, http: 0 });
  await wire.start();
  const { dhcp, tftp, http } = wire.ports();
  expect([dhcp, tftp, http].every((port) => port > 0)).toBe(true);
  expect([wire.problem(), changes]).toEqual([null, [null]]);
  expect((await fetch(`http://127.0.0.1:${http}/nothing`)).status).toBe(404);
  await wire.stop();
  expect(wire.ports().http).toBe(0);
  await expect(fetch(`http://127.0.0.1:${http}/nothing`)).rejects.toThrow('fetch failed');
});

test('a port that another holds is the problem until it is free; then it serves by itself', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const { keeper: wire, changes, serving } = keep(port);
  await wire.start();
  expect(wire.problem()?.code).toBe('http.port-taken');
  expect(wire.ports().http).toBe(0);
  holder.close();
  await once(holder, 'close');
  vi.advanceTimersByTime(9_999);
  expect(wire.problem()?.code).toBe('http.port-taken');
  vi.advanceTimersByTime(1);
  await serving;
  expect(wire.ports().http).toBe(port);
  expect(changes).toEqual(['http.port-taken', null]);
});

test('serves elsewhere: the old ports are free, the new ones answer, and what held the old one up is forgotten', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { keeper: kept, changes } = keep((holder.address() as AddressInfo).port);
  await kept.start();
  expect(kept.problem()?.code).toBe('http.port-taken');
  await kept.serveOn({ kind: 'loopback', leases: 10, httpPort: 0 });
  expect(kept.problem()).toBeNull();
  const first = kept.ports();
  expect(first.http).toBeGreaterThan(0);
  await kept.serveOn({ kind: 'loopback', leases: 20, httpPort: 0 });
  expect([kept.problem(), changes.at(-1)]).toEqual([null, null]);
  const again = createServer().listen(first.http, '127.0.0.1');
  await once(again, 'listening');
  again.close();
  holder.close();
  await kept.serveOn({ kind: 'rack', ...RACK_WITHOUT_NIC });
  expect([kept.problem()?.code, kept.ports().http]).toEqual(['wire.no-such-nic', 0]);
});

test('stop ends the trying', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { keeper: wire, changes } = keep((holder.address() as AddressInfo).port);
  await wire.start();
  await wire.stop();
  holder.close();
  await once(holder, 'close');
  expect(vi.getTimerCount()).toBe(0);
  await wire.start();
  expect([wire.ports().http, changes]).toEqual([0, ['http.port-taken']]);
});

test('who asks for an address says where a machine is: in its firmware, in our agent, in a system of its own', async () => {
  const { keeper: wire, boots, heard } = keep(0);
  await wire.start();
  const socket = createSocket('udp4');
  const say = async (type: DhcpMessage, options: ReadonlyMap<number, Uint8Array>): Promise<void> => {
    const before = heard();
    socket.send(encode(clientPacket(type, { options })), wire.ports().dhcp, '127.0.0.1');
    await vi.waitUntil(() => heard() > before, { timeout: 10_000 });
  };
  try {
    await say('discover', ovmfOptions);
    await say('request', ovmfOptions);
    await say('discover', ipxeOptions);
    await say('discover', agentOptions);
    await say('request', agentOptions);
    await say('inform', new Map());
    expect(boots.splice(0)).toEqual([`firmware ${MAC}`, `firmware ${MAC}`]);
    await say('discover', new Map());
    await say('request', new Map([requested('127.0.0.9')]));
    expect(boots).toEqual([`own system ${MAC}`, `own system ${MAC}`]);
  } finally {
    socket.close();
  }
});
