// The real services on loopback; only the time between two attempts is moved by hand.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Failure } from '../../agent/protocol/failure.ts';
import { memoryLeaseStore } from '../../main/dhcp/leases.ts';
import { encode } from '../../main/dhcp/codec.ts';
import type { DhcpMessage } from '../../main/dhcp/options.ts';
import { keepWire } from '../../main/wire/keeper.ts';
import type { WireKeeper } from '../../main/wire/keeper.ts';
import { agentOptions, clientPacket, ipxeOptions, MAC, ovmfOptions, requested } from '../dhcp/packets.ts';

let keeper: WireKeeper | null = null;
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(async () => {
  vi.useRealTimers();
  await keeper?.stop();
  keeper = null;
});

const keep = (httpPort: number) => {
  const changes: (string | null)[] = [];
  const heardChange = Promise.withResolvers<Failure | null>();
  const boots: string[] = [];
  let heard = 0;
  const nothing = (): void => undefined;
  keeper = keepWire({
    options: { kind: 'loopback', leases: 10, httpPort },
    kit: () => null,
    lookAtKit: () => Promise.resolve(),
    stationKey: 'k'.repeat(43),
    routes: [],
    leases: memoryLeaseStore(),
    now: Date.now,
    listening: () => true,
    onRelayed: () => undefined,
    knownMac: () => false,
    issueToken: () => 't',
    peekLocalBoot: () => null,
    takeLocalBoot: () => null,
    peekInstaller: () => null,
    takeInstaller: () => null,
    installerFile: () => Promise.resolve(null),
    onDhcp: ({ kind }) => void (kind === 'heard' && (heard += 1)),
    onTftp: nothing,
    onHttp: nothing,
    onHandOut: nothing,
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
