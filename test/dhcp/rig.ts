// The pure server with its leases held between packets, as service.ts holds them, and a clock the test moves.
import type { BootAnswer, BootClient } from '../../main/dhcp/boot-client.ts';
import { memoryLeaseStore, type LeaseStore } from '../../main/dhcp/leases.ts';
import { addressOption, messageType, OPTION, type DhcpMessage } from '../../main/dhcp/options.ts';
import type { DhcpPacket } from '../../main/dhcp/packet.ts';
import { serve, type ServerConfig, type ServerOutcome } from '../../main/dhcp/server.ts';
import { chosen, clientPacket, requested } from './packets.ts';

export const SERVER = '10.9.0.1';
export const PXE: BootAnswer = { kind: 'pxe', bootFile: 'efi/shimx64.efi', server: SERVER };

export type Rig = {
  readonly leases: LeaseStore;
  now: number;
  send(packet: DhcpPacket): ServerOutcome;
  /** DISCOVER, then REQUEST of what was offered; the address, or null when either stayed unanswered. */
  lease(mac: string, options?: ReadonlyMap<number, Uint8Array>): string | null;
};

export const createRig = (config: Partial<ServerConfig> = {}, decideBoot: (client: BootClient) => BootAnswer = () => PXE): Rig => {
  const leases = memoryLeaseStore();
  const full: ServerConfig = {
    serverId: SERVER,
    network: { address: SERVER, prefixLength: 24 },
    pool: { first: '10.9.0.10', last: '10.9.0.19' },
    leaseSeconds: 600,
    authoritative: true,
    answers: () => 'boot',
    ...config,
  };
  const rig: Rig = {
    leases,
    now: 1_000_000,
    send: (packet) => {
      const outcome = serve(packet, rig.now, leases.all(), full, decideBoot);
      for (const change of outcome.leaseChanges) {
        if (change.kind === 'put') leases.put(change.lease);
        else leases.remove(change.clientKey);
      }
      return outcome;
    },
    lease: (mac, options = new Map()) => {
      const offer = reply(rig.send(clientPacket('discover', { mac, options })));
      if (offer?.type !== 'offer') return null;
      const address = offer.packet.yourAddress;
      const ack = reply(
        rig.send(clientPacket('request', { mac, options: new Map([...options, requested(address), chosen(full.serverId)]) })),
      );
      return ack?.type === 'ack' ? ack.packet.yourAddress : null;
    },
  };
  return rig;
};

export type Reply = {
  readonly type: DhcpMessage | null;
  readonly packet: DhcpPacket;
  readonly to: ServerOutcome['actions'][number]['to'];
  readonly serverId: string | null;
};

/** The one reply of an outcome; null when it is silent. */
export const reply = ({ actions }: Pick<ServerOutcome, 'actions'>): Reply | null => {
  const [action, ...more] = actions;
  if (more.length > 0) throw new Error('more than one reply');
  if (action === undefined) return null;
  return {
    type: messageType(action.packet),
    packet: action.packet,
    to: action.to,
    serverId: addressOption(action.packet, OPTION.serverId),
  };
};

export const macNumber = (number: number): string =>
  `52:54:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`;
