// RFC 2131 section 4.3, row by row, against the pure server.
import { describe, expect, test } from 'vitest';
import { OPTION, textBytes, textOption, numberOption, addressOption } from '../../main/dhcp/options.ts';
import { chosen, clientPacket, MAC, requested } from './packets.ts';
import { createRig, macNumber, reply, SERVER, type Rig } from './rig.ts';

const discover = (rig: Rig, mac = MAC): ReturnType<typeof reply> => reply(rig.send(clientPacket('discover', { mac })));
const select = (address: string, server = SERVER, mac = MAC): ReturnType<typeof clientPacket> =>
  clientPacket('request', { mac, options: new Map([requested(address), chosen(server)]) });
const reboot = (address: string, mac = MAC): ReturnType<typeof clientPacket> =>
  clientPacket('request', { mac, options: new Map([requested(address)]) });
const renew = (address: string, mac = MAC): ReturnType<typeof clientPacket> => clientPacket('request', { mac, clientAddress: address });

describe('DISCOVER and SELECTING', () => {
  test('offer, request, ack: one address all through, with the lease times of table 3', () => {
    const rig = createRig();
    const offer = discover(rig);
    expect(offer).toMatchObject({ type: 'offer', to: { kind: 'broadcast' }, serverId: SERVER });
    const address = offer?.packet.yourAddress ?? '';
    const ack = reply(rig.send(select(address)));
    expect(ack).toMatchObject({
      type: 'ack',
      to: { kind: 'broadcast' },
      packet: { yourAddress: address, transactionId: 0x12345678, op: 2 },
    });
    const number = (code: number): number | null => (ack === null ? null : numberOption(ack.packet, code, 4));
    expect([number(OPTION.leaseSeconds), number(OPTION.renewalSeconds), number(OPTION.rebindingSeconds)]).toEqual([600, 300, 525]);
    expect(ack === null ? null : addressOption(ack.packet, OPTION.subnetMask)).toBe('255.255.255.0');
    expect(rig.leases.all()).toMatchObject([{ mac: MAC, address, state: 'bound', expiresAtMs: 1_600_000 }]);
  });

  test('no router and no name server unless set', () => {
    const plain = discover(createRig());
    expect([OPTION.router, OPTION.domainNameServer].map((code) => plain?.packet.options.has(code))).toEqual([false, false]);
    const set = discover(createRig({ routers: ['10.9.0.254'], nameServers: ['10.9.0.2', '10.9.0.3'], domainName: 'rack.test' }));
    expect(set?.packet.options.get(OPTION.router)).toEqual(Uint8Array.of(10, 9, 0, 254));
    expect(set?.packet.options.get(OPTION.domainNameServer)).toEqual(Uint8Array.of(10, 9, 0, 2, 10, 9, 0, 3));
    expect([...(set?.packet.options.keys() ?? [])].indexOf(OPTION.subnetMask)).toBeLessThan(
      [...(set?.packet.options.keys() ?? [])].indexOf(OPTION.router),
    );
  });

  test('an offer nobody takes up is free again after 30 s', () => {
    const rig = createRig({ pool: { first: '10.9.0.10', last: '10.9.0.10' } });
    expect(discover(rig, macNumber(1))?.packet.yourAddress).toBe('10.9.0.10');
    rig.now += 29_999;
    expect(discover(rig, macNumber(2))).toBeNull();
    rig.now += 1;
    expect(discover(rig, macNumber(2))?.packet.yourAddress).toBe('10.9.0.10');
    expect(rig.leases.all()).toHaveLength(1);
  });

  test('a client that chose another server: silence, its offer is freed, and the other server is reported', () => {
    const rig = createRig();
    const address = discover(rig)?.packet.yourAddress ?? '';
    const outcome = rig.send(select(address, '10.9.0.99'));
    expect(outcome.actions).toEqual([]);
    expect(outcome.events).toContainEqual({ kind: 'foreign-server', serverId: '10.9.0.99', source: 'overheard' });
    expect(rig.leases.all()).toEqual([]);
  });

  test('a request to us for an address that is somebody else’s is refused', () => {
    const rig = createRig();
    const address = rig.lease(macNumber(1)) ?? '';
    expect(reply(rig.send(select(address, SERVER, macNumber(2))))).toMatchObject({
      type: 'nak',
      to: { kind: 'broadcast' },
      packet: { yourAddress: '0.0.0.0', serverAddress: '0.0.0.0' },
    });
    expect(rig.leases.all()).toMatchObject([{ mac: macNumber(1), address }]);
  });

  test.each(['10.9.0.9', '10.9.0.20', SERVER, '10.8.0.10'])('a request to us for %s, outside the pool, is refused', (address) => {
    expect(reply(createRig().send(select(address)))?.type).toBe('nak');
  });

  test('the request of an offer forgotten by a restart is granted while the address is free', () => {
    expect(reply(createRig().send(select('10.9.0.15')))?.packet.yourAddress).toBe('10.9.0.15');
  });

  test('a request that names neither address nor server means our offer, while it lasts', () => {
    const rig = createRig();
    const address = discover(rig)?.packet.yourAddress;
    expect(reply(rig.send(clientPacket('request')))?.packet.yourAddress).toBe(address);
    expect(reply(rig.send(clientPacket('request', { mac: macNumber(9) })))).toBeNull();
  });

  test('the address a client asks for is offered when free, else another', () => {
    const rig = createRig();
    const asking = (mac: string): string | undefined =>
      reply(rig.send(clientPacket('discover', { mac, options: new Map([requested('10.9.0.17')]) })))?.packet.yourAddress;
    expect(asking(macNumber(1))).toBe('10.9.0.17');
    expect(asking(macNumber(2))).not.toBe('10.9.0.17');
  });

  test('our own address, routers and name servers are never offered, even inside the pool', () => {
    const rig = createRig({ pool: { first: '10.9.0.0', last: '10.9.0.4' }, routers: ['10.9.0.2'], nameServers: ['10.9.0.4'] });
    expect([1, 2, 3].map((number) => rig.lease(macNumber(number)))).toEqual(['10.9.0.3', null, null]);
  });

  test('a full pool is silence and an event; an expired lease makes room, the oldest first', () => {
    const rig = createRig({ pool: { first: '10.9.0.10', last: '10.9.0.11' } });
    const first = rig.lease(macNumber(1));
    rig.now += 1000;
    rig.lease(macNumber(2));
    const outcome = rig.send(clientPacket('discover', { mac: macNumber(3) }));
    expect(outcome.actions).toEqual([]);
    expect(outcome.events).toMatchObject([
      { kind: 'heard', answered: false, silence: { code: 'pool-full' } },
      { kind: 'pool-exhausted', client: { mac: macNumber(3) } },
    ]);
    rig.now += 600_000;
    expect(rig.lease(macNumber(3))).toBe(first);
    expect(rig.lease(macNumber(1))).not.toBe(first);
  });

  test('a client that holds a lease keeps it while it asks anew', () => {
    const rig = createRig();
    const address = rig.lease(MAC);
    expect(discover(rig)?.packet.yourAddress).toBe(address);
    expect(rig.leases.all()).toMatchObject([{ state: 'bound', expiresAtMs: 1_600_000 }]);
  });
});

describe('INIT-REBOOT', () => {
  test('a known client gets its lease', () => {
    const rig = createRig();
    const address = rig.lease(MAC) ?? '';
    expect(reply(rig.send(reboot(address)))).toMatchObject({ type: 'ack', packet: { yourAddress: address } });
  });
  test.each([
    ['wrong network', true, '192.168.7.5', 'nak'],
    ['wrong network, not authoritative', false, '192.168.7.5', null],
    ['another address than its own', true, '10.9.0.5', 'nak'],
    ['another address than its own, not authoritative', false, '10.9.0.5', null],
  ])('%s', (_name, authoritative, address, expected) => {
    const rig = createRig({ authoritative });
    rig.lease(MAC);
    expect(reply(rig.send(reboot(address)))?.type ?? null).toBe(expected);
  });
  test('no record of the client: silence, whatever we are', () => {
    expect(reply(createRig().send(reboot('10.9.0.12')))).toBeNull();
  });
});

describe('RENEWING and REBINDING', () => {
  test('the lease is extended and the answer goes to the client’s own address', () => {
    const rig = createRig();
    const address = rig.lease(MAC) ?? '';
    rig.now += 300_000;
    expect(reply(rig.send(renew(address)))).toMatchObject({
      type: 'ack',
      to: { kind: 'unicast', address, port: 68 },
      packet: { yourAddress: address, clientAddress: address },
    });
    expect(rig.leases.all()).toMatchObject([{ expiresAtMs: 1_900_000 }]);
  });
  test('an expired lease nobody took is renewed', () => {
    const rig = createRig();
    const address = rig.lease(MAC) ?? '';
    rig.now += 700_000;
    expect(reply(rig.send(renew(address)))?.type).toBe('ack');
  });
  test.each([
    ['after a lost lease file, a free address', true, '10.9.0.12', 'ack'],
    ['the same, not authoritative', false, '10.9.0.12', null],
    ['an address of another network', true, '192.168.7.5', 'nak'],
    ['an address of another network, not authoritative', false, '192.168.7.5', null],
    ['an address outside the pool', true, '10.9.0.200', 'nak'],
  ])('unknown client, %s', (_name, authoritative, address, expected) => {
    expect(reply(createRig({ authoritative }).send(renew(address)))?.type ?? null).toBe(expected);
  });
  test('an address that is somebody else’s by now is refused by broadcast', () => {
    const rig = createRig();
    const address = rig.lease(macNumber(1)) ?? '';
    expect(reply(rig.send(renew(address, macNumber(2))))).toMatchObject({ type: 'nak', to: { kind: 'broadcast' } });
  });
  test('who holds a live lease may renew it even when nobody is answered; nobody else may', () => {
    let answers: 'boot' | 'ignore' = 'boot';
    const rig = createRig({ answers: () => answers });
    const address = rig.lease(MAC) ?? '';
    answers = 'ignore';
    expect(reply(rig.send(renew(address)))?.type).toBe('ack');
    expect(reply(rig.send(renew('10.9.0.12', macNumber(9))))).toBeNull();
    rig.now += 600_000;
    expect(reply(rig.send(renew(address)))).toBeNull();
  });
});

describe('DECLINE, RELEASE, INFORM', () => {
  test('a declined address is left alone for ten minutes, and the client gets another', () => {
    const rig = createRig({ pool: { first: '10.9.0.10', last: '10.9.0.11' } });
    const address = rig.lease(MAC) ?? '';
    const outcome = rig.send(clientPacket('decline', { options: new Map([requested(address), chosen(SERVER)]) }));
    expect(outcome.actions).toEqual([]);
    expect(outcome.events).toMatchObject([{ kind: 'heard' }, { kind: 'declined', address }]);
    expect(rig.lease(MAC)).not.toBe(address);
    expect(rig.lease(macNumber(2))).toBeNull();
    rig.now += 600_000;
    expect(rig.lease(macNumber(2))).toBe(address);
  });
  test('nobody can decline another’s address', () => {
    const rig = createRig();
    const address = rig.lease(MAC) ?? '';
    rig.send(clientPacket('decline', { mac: macNumber(2), options: new Map([requested(address), chosen(SERVER)]) }));
    expect(rig.leases.all()).toMatchObject([{ mac: MAC, state: 'bound' }]);
  });
  test('a released address is free for others, and comes back to its client while it is', () => {
    const rig = createRig({ pool: { first: '10.9.0.10', last: '10.9.0.10' } });
    const address = rig.lease(MAC) ?? '';
    expect(rig.lease(macNumber(2))).toBeNull();
    expect(rig.send(clientPacket('release', { clientAddress: address, options: new Map([chosen(SERVER)]) })).events).toMatchObject([
      { kind: 'heard' },
      { kind: 'released', address },
    ]);
    expect(rig.lease(MAC)).toBe(address);
    rig.send(clientPacket('release', { clientAddress: address, options: new Map([chosen(SERVER)]) }));
    expect(rig.lease(macNumber(2))).toBe(address);
  });
  test('nobody can release another’s address', () => {
    const rig = createRig();
    const address = rig.lease(MAC) ?? '';
    rig.send(clientPacket('release', { mac: macNumber(2), clientAddress: address }));
    expect(rig.leases.all()).toMatchObject([{ expiresAtMs: 1_600_000 }]);
  });
  test('INFORM gets parameters by unicast, no address and no lease time', () => {
    const rig = createRig({ nameServers: ['10.9.0.2'] });
    const ack = reply(rig.send(clientPacket('inform', { clientAddress: '10.9.0.77' })));
    expect(ack).toMatchObject({ type: 'ack', to: { kind: 'unicast', address: '10.9.0.77', port: 68 }, packet: { yourAddress: '0.0.0.0' } });
    expect([OPTION.leaseSeconds, OPTION.domainNameServer].map((code) => ack?.packet.options.has(code))).toEqual([false, true]);
    expect(rig.leases.all()).toEqual([]);
  });
});

describe('relays', () => {
  const information = Uint8Array.of(1, 4, 0, 0, 0, 7);
  const relayed = (relayAddress: string): ReturnType<typeof clientPacket> =>
    clientPacket('discover', { relayAddress, hops: 1, options: new Map([[OPTION.relayInformation, information]]) });
  test('the answer goes to the relay’s port 67 with its information as the last option', () => {
    const outcome = createRig().send(relayed('10.9.0.200'));
    const offer = reply(outcome);
    expect(offer).toMatchObject({
      type: 'offer',
      to: { kind: 'unicast', address: '10.9.0.200', port: 67 },
      packet: { relayAddress: '10.9.0.200' },
    });
    expect([...(offer?.packet.options ?? [])].at(-1)).toEqual([OPTION.relayInformation, information]);
    expect(outcome.events[0]).toMatchObject({ relay: { address: '10.9.0.200', information: '010400000007' } });
  });
  test('a relay of another network is heard, not answered', () => {
    expect(createRig().send(relayed('10.8.0.1'))).toMatchObject({
      actions: [],
      events: [{ kind: 'heard', answered: false, silence: { code: 'other-network', text: 'relayed from another network by 10.8.0.1' } }],
    });
  });
  test('a NAK by way of a relay asks it to broadcast', () => {
    const nak = reply(
      createRig().send(clientPacket('request', { relayAddress: '10.9.0.200', options: new Map([requested('192.168.7.5')]) })),
    );
    expect(nak).toMatchObject({ type: 'nak', to: { kind: 'unicast', address: '10.9.0.200', port: 67 }, packet: { flags: 0x8000 } });
  });
});

describe('hearing is not answering', () => {
  test('who is ignored is reported all the same', () => {
    const rig = createRig({ answers: () => 'ignore' });
    const outcome = rig.send(clientPacket('discover', { options: new Map([[OPTION.hostName, textBytes('node7')]]) }));
    expect(outcome).toMatchObject({
      actions: [],
      leaseChanges: [],
      events: [{ kind: 'heard', message: 'discover', hostname: 'node7', answered: false, client: { mac: MAC } }],
    });
  });
  test.each([
    ['a server’s reply', clientPacket('discover', { op: 2 })],
    ['plain BOOTP', { ...clientPacket('discover'), options: new Map() }],
    ['a client without a MAC', clientPacket('discover', { hardwareAddress: new Uint8Array(0) })],
  ])('%s is nothing to us', (_name, packet) => {
    expect(createRig().send(packet)).toEqual({ actions: [], leaseChanges: [], events: [] });
  });
  test('another station’s probe gets an offer, costs no address and is no machine', () => {
    const rig = createRig({ answers: () => 'ignore' });
    const outcome = rig.send(clientPacket('discover', { options: new Map([[OPTION.vendorClass, textBytes('rackside-probe')]]) }));
    expect(reply(outcome)).toMatchObject({ type: 'offer', serverId: SERVER });
    expect(textOption(reply(outcome)?.packet ?? clientPacket('offer'), OPTION.vendorClass)).toBe('rackside-probe');
    expect([outcome.leaseChanges, outcome.events]).toEqual([[], []]);
  });
});

describe('whose lease', () => {
  const withId = (...id: readonly number[]): ReadonlyMap<number, Uint8Array> => new Map([[OPTION.clientId, Uint8Array.from(id)]]);
  test('the ROM, the agent and an OS that identifies itself by MAC share one address', () => {
    const rig = createRig();
    const rom = rig.lease(
      MAC,
      new Map([
        [OPTION.vendorClass, textBytes('PXEClient:Arch:00007')],
        [OPTION.clientId, Uint8Array.of(0, 1, 2, 3)],
      ]),
    );
    expect(rig.lease(MAC, new Map([[OPTION.vendorClass, textBytes('rackside-agent')]]))).toBe(rom);
    expect(rig.lease(MAC, withId(1, 0x52, 0x54, 0, 0x77, 1, 1))).toBe(rom);
    expect(rig.leases.all()).toHaveLength(1);
  });
  test('clones of one image, with one client id, get an address each', () => {
    const rig = createRig();
    const addresses = [1, 2, 3].map((number) => rig.lease(macNumber(number), withId(255, 9, 9, 9)));
    expect(new Set(addresses).size).toBe(3);
    expect(addresses).not.toContain(null);
  });
  test('the client id goes back (RFC 6842)', () => {
    expect(reply(createRig().send(clientPacket('discover', { options: withId(255, 9) })))?.packet.options.get(OPTION.clientId)).toEqual(
      Uint8Array.of(255, 9),
    );
  });
  test('the same MAC finds the same address after all leases are lost', () => {
    expect(createRig().lease(macNumber(77))).toBe(createRig().lease(macNumber(77)));
  });
});
