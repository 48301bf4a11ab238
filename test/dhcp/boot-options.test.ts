// What boot firmware gets to read: PXE, UEFI HTTP boot, iPXE, our agent; in server mode and as a proxy.
import { describe, expect, test } from 'vitest';
import type { BootAnswer, BootClient } from '../../main/dhcp/boot-client.ts';
import { messageType, OPTION, textBytes, textOption } from '../../main/dhcp/options.ts';
import type { DhcpPacket } from '../../main/dhcp/packet.ts';
import { serveProxy, type ProxyOutcome } from '../../main/dhcp/proxy.ts';
import { agentOptions, chosen, clientPacket, ipxeOptions, MAC, ovmfHttpOptions, ovmfOptions, requested } from './packets.ts';
import { createRig, PXE, reply, SERVER } from './rig.ts';

const SKIP_DISCOVERY = Uint8Array.of(6, 1, 8, 255);
const HTTP: BootAnswer = { kind: 'http', url: 'http://10.9.0.1:8080/boot/http/52:54:00:77:01:01/http-boot.img' };
const NONE: BootAnswer = { kind: 'none', silence: { code: 'no-kit', text: 'held at its console' } };
const offered = (options: ReadonlyMap<number, Uint8Array>, answer: BootAnswer): DhcpPacket | undefined =>
  reply(createRig({}, () => answer).send(clientPacket('discover', { options })))?.packet;

describe('server mode', () => {
  test.each([
    ['OVMF', ovmfOptions],
    ['iPXE', ipxeOptions],
  ])(
    '%s: the file in header and option 67, the server in siaddr, sname and option 66, discovery skipped, machine id back',
    (_name, options) => {
      const offer = offered(options, PXE);
      expect(offer).toMatchObject({ serverAddress: SERVER, serverName: SERVER, bootFile: 'efi/shimx64.efi' });
      if (offer === undefined) throw new Error('no offer');
      expect([textOption(offer, 66), textOption(offer, 67), textOption(offer, 60)]).toEqual([SERVER, 'efi/shimx64.efi', 'PXEClient']);
      expect(offer.options.get(OPTION.vendorInformation)).toEqual(SKIP_DISCOVERY);
      expect(offer.options.get(OPTION.machineId)).toEqual(options.get(OPTION.machineId));
    },
  );

  test('the address of the TFTP server in option 150 (RFC 5859), for those alone who ask for it', () => {
    expect(offered(ovmfOptions, PXE)?.options.has(150)).toBe(false);
    const asking = new Map([...ovmfOptions, [OPTION.parameterList, Uint8Array.of(1, 3, 66, 67, 150)] as const]);
    expect(offered(asking, PXE)?.options.get(150)).toEqual(Uint8Array.from(SERVER.split('.').map(Number)));
    expect(offered(asking, NONE)?.options.has(150) ?? false).toBe(false);
  });

  test('UEFI HTTP boot: HTTPClient and the URL, in OFFER and ACK', () => {
    const rig = createRig({}, () => HTTP);
    const offer = reply(rig.send(clientPacket('discover', { options: ovmfHttpOptions })))?.packet;
    const address = offer?.yourAddress ?? '';
    const ack = reply(
      rig.send(clientPacket('request', { options: new Map([...ovmfHttpOptions, requested(address), chosen(SERVER)]) })),
    )?.packet;
    for (const packet of [offer, ack]) {
      if (packet === undefined) throw new Error('no answer');
      expect([textOption(packet, 60), textOption(packet, 67)]).toEqual(['HTTPClient', HTTP.kind === 'http' ? HTTP.url : '']);
      expect(packet.options.has(OPTION.vendorInformation)).toBe(false);
    }
  });

  test('a URL too long for the header goes into option 67 alone', () => {
    const bootFile = `http://10.9.0.1/${'x'.repeat(120)}`;
    const offer = offered(ipxeOptions, { kind: 'pxe', bootFile, server: SERVER });
    expect(offer?.bootFile).toBe('');
    expect(offer && textOption(offer, 67)).toBe(bootFile);
  });

  test('the agent gets its words in option 224, and its lease even when there are none', () => {
    const words = `rackside.station=http://10.9.0.1:8080 rackside.key=${'k'.repeat(300)}`;
    const offer = offered(agentOptions, { kind: 'agent', words });
    expect(offer && textOption(offer, OPTION.agentWords)).toBe(words);
    const bare = offered(agentOptions, NONE);
    expect(bare?.yourAddress).toMatch(/^10\.9\.0\.1/);
    expect(bare?.options.has(OPTION.agentWords)).toBe(false);
  });

  test('firmware with nothing to boot gets no offer, and the event says so', () => {
    const outcome = createRig({}, () => NONE).send(clientPacket('discover', { options: ovmfOptions }));
    expect(outcome).toMatchObject({
      actions: [],
      leaseChanges: [],
      events: [{ kind: 'heard', answered: false, silence: { text: 'held at its console' } }],
    });
  });

  test('who is to have a lease only gets no boot options, and nobody is asked what it boots', () => {
    const rig = createRig({ answers: () => 'lease' }, () => {
      throw new Error('asked');
    });
    const offer = reply(rig.send(clientPacket('discover', { options: ovmfOptions })))?.packet;
    expect([60, 43, 66, 67].map((code) => offer?.options.has(code))).toEqual([false, false, false, false]);
    expect(offer).toMatchObject({ bootFile: '', serverAddress: SERVER });
  });

  test('the decision sees the address being given', () => {
    const seen: BootClient[] = [];
    const rig = createRig({}, (client) => (seen.push(client), PXE));
    const address = rig.lease(MAC, ovmfOptions);
    expect(seen.map((client) => client.address)).toEqual([address, address]);
  });

  test('the ACK reports what was told to boot', () => {
    const rig = createRig();
    rig.lease(MAC, ovmfOptions);
    const address = rig.leases.all()[0]?.address ?? '';
    const outcome = rig.send(clientPacket('request', { options: new Map([...ovmfOptions, requested(address), chosen(SERVER)]) }));
    expect(outcome.events).toContainEqual(expect.objectContaining({ kind: 'boot-answered', bootFile: 'efi/shimx64.efi' }));
  });
});

describe('proxy', () => {
  const proxy = (packet: DhcpPacket, port: 67 | 4011 = 67, answer: BootAnswer = PXE, answers = true): ProxyOutcome =>
    serveProxy(packet, port, { serverId: SERVER, answers: () => answers }, () => answer);

  test.each([
    ['OVMF', ovmfOptions, PXE, 'PXEClient', 'efi/shimx64.efi'],
    ['iPXE', ipxeOptions, PXE, 'PXEClient', 'efi/shimx64.efi'],
    ['OVMF HTTP', ovmfHttpOptions, HTTP, 'HTTPClient', HTTP.kind === 'http' ? HTTP.url : ''],
  ])('%s: an OFFER without an address, complete enough to need no 4011', (_name, options, answer, vendorClass, file) => {
    const outcome = proxy(clientPacket('discover', { options }), 67, answer);
    const offer = reply(outcome);
    expect(offer).toMatchObject({
      type: 'offer',
      serverId: SERVER,
      to: { kind: 'broadcast' },
      packet: { yourAddress: '0.0.0.0', serverAddress: SERVER },
    });
    if (offer === null) throw new Error('no offer');
    expect([textOption(offer.packet, 60), textOption(offer.packet, 67)]).toEqual([vendorClass, file]);
    expect([OPTION.leaseSeconds, OPTION.subnetMask, OPTION.router].some((code) => offer.packet.options.has(code))).toBe(false);
    expect(offer.packet.options.get(OPTION.machineId)).toEqual(options.get(OPTION.machineId));
    expect(outcome.events).toMatchObject([
      { kind: 'heard', answered: true },
      { kind: 'boot-answered', bootFile: file },
    ]);
  });

  test("another station's probe is told that we are here, of no address, whoever is answered; it is no machine", () => {
    const probe = new Map([[OPTION.vendorClass, textBytes('rackside-probe')]]);
    const { actions, events } = serveProxy(
      clientPacket('discover', { options: probe, flags: 0x8000 }),
      67,
      { serverId: SERVER, answers: () => false },
      () => NONE,
    );
    expect(actions).toMatchObject([{ to: { kind: 'broadcast' }, packet: { yourAddress: '0.0.0.0' } }]);
    expect(actions.map(({ packet }) => [messageType(packet), textOption(packet, OPTION.vendorClass)])).toEqual([
      ['offer', 'rackside-probe'],
    ]);
    expect(events).toEqual([]);
  });
  test('nor is one that asks as firmware would, to learn who else says what to boot', () => {
    const probe = new Map([...ovmfOptions, [OPTION.userClass, textBytes('rackside-probe')] as const]);
    const outcome = proxy(clientPacket('discover', { options: probe }));
    expect(outcome.events).toEqual([]);
    expect(outcome.actions.map(({ packet }) => [packet.bootFile, textOption(packet, OPTION.vendorClass)])).toEqual([
      ['', 'rackside-probe'],
    ]);
  });
  test('4011: an ACK to where the request came from, the menu choice given back', () => {
    const item = Uint8Array.of(71, 4, 128, 0, 0, 0, 255);
    const packet = clientPacket('request', {
      clientAddress: '10.9.0.50',
      options: new Map([...ipxeOptions, [OPTION.vendorInformation, item] as const]),
    });
    const ack = reply(proxy(packet, 4011));
    expect(ack).toMatchObject({
      type: 'ack',
      to: { kind: 'sender' },
      packet: { bootFile: 'efi/shimx64.efi', clientAddress: '10.9.0.50', yourAddress: '0.0.0.0' },
    });
    expect(ack?.packet.options.get(OPTION.vendorInformation)).toEqual(Uint8Array.of(6, 1, 8, 71, 4, 128, 0, 0, 0, 255));
  });

  test.each([
    [
      'an operating system',
      clientPacket('discover', { options: new Map([[60, textBytes('MSFT 5.0')]]) }),
      67,
      PXE,
      true,
      'not a boot client',
    ],
    [
      'the broadcast REQUEST, which is the other server’s',
      clientPacket('request', { options: ovmfOptions }),
      67,
      PXE,
      true,
      'the REQUEST is for the leasing server',
    ],
    ['a DISCOVER on 4011', clientPacket('discover', { options: ovmfOptions }), 4011, PXE, true, 'discover on port 4011'],
    ['nothing to boot', clientPacket('discover', { options: ovmfOptions }), 67, NONE, true, 'held at its console'],
    ['not listening', clientPacket('discover', { options: ovmfOptions }), 67, PXE, false, 'not answering this client'],
    ['the agent’s DISCOVER', clientPacket('discover', { options: agentOptions }), 67, PXE, true, 'the agent asks a proxy by INFORM'],
    ['a RELEASE', clientPacket('release', { options: ovmfOptions }), 67, PXE, true, 'release is for the leasing server'],
  ] as const)('silent for %s, but heard', (_name, packet, port, answer, answers, silence) => {
    expect(proxy(packet, port, answer, answers)).toMatchObject({
      actions: [],
      events: [{ kind: 'heard', answered: false, silence: { text: silence }, client: { mac: MAC } }],
    });
  });

  test('the broadcast REQUEST tells which address the machine has from the other server', () => {
    const wanted = new Map([...ovmfOptions, [OPTION.requestedAddress, Uint8Array.of(10, 9, 0, 50)] as const]);
    const packet = clientPacket('request', { options: new Map([...wanted, [OPTION.serverId, Uint8Array.of(10, 9, 0, 2)] as const]) });
    const heard = { kind: 'heard', answered: false, silence: { code: 'leasing-server' } };
    const told = { kind: 'leased-elsewhere', client: { mac: MAC }, address: '10.9.0.50' };
    expect(proxy(packet)).toMatchObject({ actions: [], events: [heard, { ...told, serverId: '10.9.0.2' }] });
    expect(proxy(clientPacket('request', { options: wanted })).events).toMatchObject([heard, { ...told, serverId: null }]);
    // A DISCOVER may name an address too; nobody has given it yet.
    expect(proxy(clientPacket('discover', { options: wanted })).events.map(({ kind }) => kind)).toEqual(['heard', 'boot-answered']);
  });

  test('the agent’s INFORM gets its words by unicast', () => {
    const ack = reply(
      proxy(clientPacket('inform', { clientAddress: '10.9.0.50', options: agentOptions }), 67, {
        kind: 'agent',
        words: 'rackside.station=http://x',
      }),
    );
    expect(ack).toMatchObject({ type: 'ack', to: { kind: 'unicast', address: '10.9.0.50', port: 68 } });
    expect(ack && textOption(ack.packet, OPTION.agentWords)).toBe('rackside.station=http://x');
    expect(ack && messageType(ack.packet)).toBe('ack');
  });
});
