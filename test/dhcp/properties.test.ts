// What must hold for any clients in any order, and for any bytes: no address twice, nothing outside the pool, never an exception.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../main/dhcp/codec.ts';
import type { LeaseChange } from '../../main/dhcp/leases.ts';
import { addressOption, messageType, OPTION } from '../../main/dhcp/options.ts';
import { serveProxy } from '../../main/dhcp/proxy.ts';
import { inRange } from '../../main/network/ipv4.ts';
import { agentOptions, chosen, clientPacket, ipxeOptions, ovmfHttpOptions, ovmfOptions, requested } from './packets.ts';
import { createRig, macNumber, PXE, reply, SERVER } from './rig.ts';

/** A rule broken inside a property; fast-check shrinks to the shortest way there. */
const demand = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Error(otherwise);
};

const POOL = { first: '10.9.0.10', last: '10.9.0.14' };
const clients = fc.nat(9).map(macNumber);
const someAddress = fc.integer({ min: 5, max: 20 }).map((last) => `10.9.0.${last}`);
const step = fc.oneof(
  fc.record({ kind: fc.constant('discover' as const), mac: clients, wants: fc.option(someAddress) }),
  fc.record({
    kind: fc.constant('select' as const),
    mac: clients,
    address: fc.option(someAddress),
    server: fc.constantFrom(SERVER, SERVER, SERVER, '10.9.0.99'),
  }),
  fc.record({
    kind: fc.constantFrom('reboot' as const, 'renew' as const, 'release' as const, 'decline' as const),
    mac: clients,
    address: fc.option(someAddress),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(400_000) }),
);

test('whatever the clients do: one live holder per address, all inside the pool, and an ACK always has its lease', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const rig = createRig({ pool: POOL });
      /** What each client believes: address and end of its lease. */
      const believed = new Map<string, { readonly address: string; readonly untilMs: number }>();
      const offers = new Map<string, string>();
      for (const event of steps) {
        if (event.kind === 'wait') {
          rig.now += event.ms;
          continue;
        }
        const { mac } = event;
        // Without an address of fast-check's own choosing the client plays by the rules.
        const address =
          (event.kind === 'discover' ? event.wants : event.address) ?? offers.get(mac) ?? believed.get(mac)?.address ?? '10.9.0.10';
        const packet = {
          discover: () => clientPacket('discover', { mac, options: new Map([requested(address)]) }),
          select: () =>
            clientPacket('request', {
              mac,
              options: new Map([requested(address), chosen(event.kind === 'select' ? event.server : SERVER)]),
            }),
          reboot: () => clientPacket('request', { mac, options: new Map([requested(address)]) }),
          renew: () => clientPacket('request', { mac, clientAddress: address }),
          release: () => clientPacket('release', { mac, clientAddress: address }),
          decline: () => clientPacket('decline', { mac, options: new Map([requested(address), chosen(SERVER)]) }),
        }[event.kind]();
        const answer = reply(rig.send(packet));
        if (answer?.type === 'offer') offers.set(mac, answer.packet.yourAddress);
        if (answer?.type === 'ack') {
          const given = answer.packet.yourAddress;
          demand(inRange(POOL, given), `${given} is outside the pool`);
          const clash = [...believed].find(([other, lease]) => other !== mac && lease.untilMs > rig.now && lease.address === given);
          demand(clash === undefined, `${given} belongs to ${clash?.[0]}`);
          believed.set(mac, { address: given, untilMs: rig.now + 600_000 });
          const kept = rig.leases.all().find((lease) => lease.mac === mac && lease.address === given);
          demand(kept?.state === 'bound' && kept.expiresAtMs === rig.now + 600_000, `the lease of ${given} is not kept`);
        }
        if (event.kind === 'release' && believed.get(mac)?.address === address) believed.delete(mac);
        if (event.kind === 'decline' && !rig.leases.all().some((lease) => lease.mac === mac && lease.state === 'bound'))
          believed.delete(mac);
        const addresses = rig.leases.all().map((lease) => lease.address);
        expect(new Set(addresses).size).toBe(addresses.length);
        expect(addresses.every((held) => inRange(POOL, held))).toBe(true);
      }
    }),
    { numRuns: 400 },
  );
});

test('as many clients as addresses all get one, whichever they are; one more gets none', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(60_000), { minLength: 6, maxLength: 6 }), (numbers) => {
      const rig = createRig({ pool: POOL });
      const leases = numbers.map((number) => rig.lease(macNumber(number)));
      expect(new Set(leases.slice(0, 5)).size).toBe(5);
      expect(leases[5]).toBeNull();
    }),
    { numRuns: 100 },
  );
});

test('lease changes never leave two rows with one address on the way (the table’s UNIQUE)', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(clients, fc.nat(400_000)), { maxLength: 40 }), (turns) => {
      const rig = createRig({ pool: POOL });
      const rows = new Map<string, string>();
      const apply = (change: LeaseChange): void => {
        if (change.kind === 'remove') return void rows.delete(change.clientKey);
        const clash = [...rows].find(([key, address]) => key !== change.lease.clientKey && address === change.lease.address);
        demand(clash === undefined, `${change.lease.address} is still in the row of ${clash?.[0]}`);
        rows.set(change.lease.clientKey, change.lease.address);
      };
      for (const [mac, ms] of turns) {
        rig.now += ms;
        rig.send(clientPacket('discover', { mac })).leaseChanges.forEach(apply);
      }
      expect(rows.size).toBeLessThanOrEqual(5);
    }),
    { numRuns: 200 },
  );
});

/** A small fast generator: 200,000 packets by fast-check would take minutes. The seed makes a failure repeatable. */
const random = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // The low bits of this generator are poor.
    return state >>> 8;
  };
};

describe('any bytes', () => {
  const bases = [ipxeOptions, ovmfOptions, ovmfHttpOptions, agentOptions].flatMap((options) => [
    encode(clientPacket('discover', { options })),
    encode(clientPacket('request', { options: new Map([...options, requested('10.9.0.12'), chosen(SERVER)]) })),
    encode(clientPacket('request', { clientAddress: '10.9.0.12', options })),
    encode(clientPacket('inform', { clientAddress: '10.9.0.12', options })),
  ]);
  const makers: readonly ((next: () => number) => Uint8Array)[] = [
    (next) => randomBytes(next() % 600, next),
    (next) => pick(next).subarray(0, next() % 420),
    (next) => mutated(pick(next), next, 0, 236),
    (next) => mutated(pick(next), next, 236, 420),
  ];
  const randomBytes = (size: number, next: () => number): Uint8Array => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 1) bytes[at] = next();
    return bytes;
  };
  const pick = (next: () => number): Uint8Array => bases[next() % bases.length] ?? new Uint8Array(0);
  const mutated = (bytes: Uint8Array, next: () => number, from: number, to: number): Uint8Array => {
    const copy = bytes.slice();
    const end = Math.min(to, copy.length);
    for (let count = 1 + (next() % 8); count > 0; count -= 1) copy[from + (next() % (end - from))] = next();
    return copy;
  };

  test.each(['random', 'truncated', 'mutated header', 'mutated options'].map((name, index) => [name, index] as const))(
    '50,000 %s packets: decoded or refused, answered or not, never an exception',
    (_name, index) => {
      const next = random(20_260_000 + index);
      const rig = createRig({ pool: { first: '10.9.0.10', last: '10.9.0.41' } });
      let decodable = 0;
      let answered = 0;
      for (let number = 0; number < 50_000; number += 1) {
        const bytes = makers[index]?.(next) ?? new Uint8Array(0);
        rig.now += 50;
        const decoded = decode(bytes);
        if (!decoded.ok) continue;
        decodable += 1;
        const outcomes = [
          rig.send(decoded.value),
          serveProxy(decoded.value, number % 2 === 0 ? 67 : 4011, { serverId: SERVER, answers: () => true }, () => PXE),
        ];
        for (const { packet } of outcomes.flatMap((outcome) => outcome.actions)) {
          answered += 1;
          if (answered % 8 !== 0) continue;
          const again = decode(encode(packet));
          if (!again.ok || messageType(again.value) === null || addressOption(again.value, OPTION.serverId) !== SERVER)
            throw new Error(Buffer.from(bytes).toString('hex'));
        }
      }
      // The fuzz must reach what it is for.
      expect(decodable).toBeGreaterThanOrEqual([0, 3000, 20_000, 20_000][index] ?? 0);
      expect(answered).toBeGreaterThanOrEqual([0, 3000, 3000, 3000][index] ?? 0);
      expect(rig.leases.all().length).toBeLessThanOrEqual(32);
    },
  );
});
