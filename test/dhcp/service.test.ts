// The service over loopback, as the software rack uses it: real sockets, high ports, no privileges.
import { afterEach, expect, test } from 'vitest';
import { decode, encode } from '../../main/dhcp/codec.ts';
import type { DhcpEvent } from '../../main/dhcp/events.ts';
import { memoryLeaseStore } from '../../main/dhcp/leases.ts';
import { messageType, OPTION, textBytes, textOption } from '../../main/dhcp/options.ts';
import type { DhcpPacket } from '../../main/dhcp/packet.ts';
import { startDhcp, type DhcpOptions, type RunningDhcp } from '../../main/dhcp/service.ts';
import { openLoopbackUdp, type Endpoint } from '../../main/network/datagrams.ts';
import { agentOptions, chosen, clientPacket, ovmfOptions, requested } from './packets.ts';
import { macNumber, PXE } from './rig.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const start = async (change: Partial<DhcpOptions> = {}): Promise<{ readonly running: RunningDhcp; readonly events: DhcpEvent[] }> => {
  const events: DhcpEvent[] = [];
  const started = await startDhcp({
    mode: 'server',
    endpoint: { kind: 'loopback', address: '127.0.0.1', port: 0 },
    pool: { first: '10.77.0.10', last: '10.77.1.250' },
    leaseSeconds: 600,
    decideBoot: () => ({ kind: 'pxe', bootFile: 'efi/shimx64.efi', server: '127.0.0.1' }),
    listening: () => true,
    knownMac: () => false,
    leases: memoryLeaseStore(),
    now: Date.now,
    onEvent: (event) => void events.push(event),
    ...change,
  });
  if (!started.ok) throw new Error(started.failure.message);
  closers.push(started.value.stop);
  return { running: started.value, events };
};

/** A client on its own port: sends, and gives the next reply. */
const createClient = async (server: Endpoint): Promise<(packet: DhcpPacket | Uint8Array) => Promise<DhcpPacket>> => {
  const opened = await openLoopbackUdp({ port: 0 });
  if (!opened.ok) throw new Error(opened.failure.message);
  closers.push(opened.value.close);
  return (packet) =>
    new Promise((resolve) => {
      opened.value.onMessage((bytes) => {
        const decoded = decode(bytes);
        if (decoded.ok) resolve(decoded.value);
      });
      void opened.value.send(packet instanceof Uint8Array ? packet : encode(packet), server);
    });
};

test('sixty clients of one address each get their own lease, answered on their own port', async () => {
  const { running } = await start();
  const addresses = await Promise.all(
    Array.from({ length: 60 }, async (_, number) => {
      const mac = macNumber(number);
      const ask = await createClient(running.address);
      const offer = await ask(clientPacket('discover', { mac, options: ovmfOptions, transactionId: number }));
      expect(offer).toMatchObject({ transactionId: number, bootFile: 'efi/shimx64.efi' });
      const ack = await ask(
        clientPacket('request', {
          mac,
          transactionId: number,
          options: new Map([...ovmfOptions, requested(offer.yourAddress), chosen('127.0.0.1')]),
        }),
      );
      expect(messageType(ack)).toBe('ack');
      return ack.yourAddress;
    }),
  );
  expect(new Set(addresses).size).toBe(60);
});

test('who is answered: boot firmware while listening, known machines always, strangers never', async () => {
  let listening = false;
  const { running, events } = await start({ listening: () => listening, knownMac: (mac) => mac === macNumber(1) });
  const ask = await createClient(running.address);
  const quiet = [
    clientPacket('discover', { mac: macNumber(1), options: ovmfOptions, transactionId: 1 }),
    clientPacket('discover', { mac: macNumber(2), options: agentOptions, transactionId: 2 }),
    clientPacket('discover', { mac: macNumber(2), transactionId: 3 }),
  ];
  for (const packet of quiet) void ask(packet);
  // The known machine's own OS and its agent are answered; the wire keeps order, so the three before got nothing.
  expect((await ask(clientPacket('discover', { mac: macNumber(1), transactionId: 4 }))).transactionId).toBe(4);
  expect((await ask(clientPacket('discover', { mac: macNumber(1), options: agentOptions, transactionId: 5 }))).transactionId).toBe(5);
  listening = true;
  expect((await ask(clientPacket('discover', { mac: macNumber(2), options: ovmfOptions, transactionId: 6 }))).transactionId).toBe(6);
  expect(events.flatMap((event) => (event.kind === 'heard' ? [event.answered] : []))).toEqual([false, false, false, true, true, true]);
});

test('a switch that names the port is heard before it is decided who is answered', async () => {
  const heard = new Map<string, readonly string[]>();
  const { running } = await start({
    onRelayed: (mac, ports) => void heard.set(mac, ports),
    decideBoot: ({ mac }) => (heard.get(mac)?.includes('Gi1/0/7') ? PXE : { kind: 'none', silence: { code: 'not-listening', text: 'no' } }),
  });
  const ask = await createClient(running.address);
  const at = (port: string, transactionId: number) => {
    const information = Buffer.concat([Buffer.of(1, port.length), Buffer.from(port)]);
    return clientPacket('discover', { transactionId, options: new Map([...ovmfOptions, [OPTION.relayInformation, information]]) });
  };
  void ask(at('Gi1/0/8', 1));
  expect((await ask(at('Gi1/0/7', 2))).transactionId).toBe(2);
});

test('rubbish is reported and survived', async () => {
  const { running, events } = await start();
  const ask = await createClient(running.address);
  void ask(new Uint8Array(0));
  void ask(Uint8Array.of(1, 2, 3));
  expect(messageType(await ask(clientPacket('discover', { options: ovmfOptions })))).toBe('offer');
  expect(events.slice(0, 2)).toMatchObject([
    { kind: 'malformed', failure: { code: 'dhcp.short' }, from: '127.0.0.1' },
    { kind: 'malformed' },
  ]);
});

test('a lease store that fails is trouble for one packet, not the end', async () => {
  const store = memoryLeaseStore();
  let full = true;
  const save = (): void => {
    if (full) throw new Error('database or disk is full');
  };
  const { running, events } = await start({ leases: { ...store, save } });
  const ask = await createClient(running.address);
  void ask(clientPacket('discover', { options: ovmfOptions, transactionId: 1 }));
  await expect.poll(() => events).toMatchObject([{ kind: 'trouble', failure: { message: expect.stringContaining('disk is full') } }]);
  full = false;
  expect((await ask(clientPacket('discover', { options: ovmfOptions, transactionId: 2 }))).transactionId).toBe(2);
});

test('a lease is saved before its answer leaves and before anybody is told', async () => {
  const store = memoryLeaseStore();
  let unsaved = 0;
  const told: string[] = [];
  const { running } = await start({
    leases: {
      ...store,
      put: (lease) => {
        unsaved += 1;
        store.put(lease);
      },
      save: () => void (unsaved = 0),
    },
    onEvent: ({ kind }) => void told.push(`${kind} with ${unsaved} unsaved`),
  });
  const ask = await createClient(running.address);
  const offer = await ask(clientPacket('discover', { options: ovmfOptions, transactionId: 1 }));
  await ask(clientPacket('request', { options: new Map([...ovmfOptions, requested(offer.yourAddress), chosen('127.0.0.1')]) }));
  expect(told).toContain('bound with 0 unsaved');
  expect(told.filter((what) => !what.endsWith(' 0 unsaved'))).toEqual([]);
});

test('a client that chose another server ends server mode, with the reason', async () => {
  const { running, events } = await start();
  const ask = await createClient(running.address);
  void ask(clientPacket('request', { options: new Map([requested('10.77.0.10'), chosen('192.168.7.1')]) }));
  await expect.poll(() => running.state()).toBe('stopped');
  expect(events).toMatchObject([
    { kind: 'heard' },
    { kind: 'foreign-server', serverId: '192.168.7.1', source: 'overheard' },
    { kind: 'stopped', failure: { code: 'dhcp.foreign-server' } },
  ]);
});

test('proxy mode: the offer on the main port, the answer on the other', async () => {
  const { running } = await start({ mode: 'proxy', endpoint: { kind: 'loopback', address: '127.0.0.1', port: 0, proxyPort: 0 } });
  const discover = await createClient(running.address);
  expect(await discover(clientPacket('discover', { options: ovmfOptions }))).toMatchObject({
    yourAddress: '0.0.0.0',
    bootFile: 'efi/shimx64.efi',
  });
  const request = await createClient(running.proxyAddress ?? running.address);
  expect(await request(clientPacket('request', { clientAddress: '10.9.0.5', options: ovmfOptions }))).toMatchObject({
    clientAddress: '10.9.0.5',
    bootFile: 'efi/shimx64.efi',
  });
});

test('a taken port names its holder; stop frees it', async () => {
  const { running } = await start();
  const again: DhcpOptions['endpoint'] = { kind: 'loopback', address: '127.0.0.1', port: running.address.port };
  await expect(start({ endpoint: again })).rejects.toThrow(
    process.platform === 'linux' ? /This station itself already uses UDP port/ : /already uses UDP port/,
  );
  await running.stop();
  await running.stop();
  expect((await start({ endpoint: again })).running.address.port).toBe(running.address.port);
});

test('a pool outside the network is refused', async () => {
  await expect(start({ endpoint: { kind: 'loopback', address: '127.0.0.1', port: 0, prefixLength: 24 } })).rejects.toThrow(
    /not on the interface's network/,
  );
});

test('the agent hears its words', async () => {
  const { running } = await start({ decideBoot: () => ({ kind: 'agent', words: 'rackside.station=http://127.0.0.1:1' }) });
  const ask = await createClient(running.address);
  const offer = await ask(clientPacket('discover', { options: new Map([...agentOptions, [OPTION.hostName, textBytes('x')] as const]) }));
  expect(textOption(offer, OPTION.agentWords)).toBe('rackside.station=http://127.0.0.1:1');
});
