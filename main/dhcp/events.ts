// What the DHCP side reports to the station: everything heard, everything answered, and what stopped it.
import type { Failure } from '../../agent/protocol/failure.ts';
import type { BootClient } from './boot-client.ts';
import { OPTION, textOption, type DhcpMessage } from './options.ts';
import { NO_ADDRESS, type DhcpPacket } from './packet.ts';
import type { Silence } from './silence.ts';

export type DhcpEvent =
  /** Someone asked. Every request is reported, answered or not: hearing is not answering. */
  | {
      readonly kind: 'heard';
      readonly message: DhcpMessage;
      readonly client: BootClient;
      readonly hostname: string | null;
      /** Relay (giaddr) and its option 82 in hex: which switch and port, where the switch tells. */
      readonly relay: { readonly address: string | null; readonly information: string | null };
      readonly answered: boolean;
      /** Null when answered. */
      readonly silence: Silence | null;
    }
  | { readonly kind: 'offered'; readonly client: BootClient; readonly address: string; readonly expiresAtMs: number }
  | { readonly kind: 'bound'; readonly client: BootClient; readonly address: string; readonly expiresAtMs: number }
  /** In proxy mode a client was overheard asking another server for this address. */
  | { readonly kind: 'leased-elsewhere'; readonly client: BootClient; readonly address: string; readonly serverId: string | null }
  | { readonly kind: 'refused'; readonly client: BootClient; readonly reason: string }
  | { readonly kind: 'released'; readonly client: BootClient; readonly address: string }
  | { readonly kind: 'declined'; readonly client: BootClient; readonly address: string }
  | { readonly kind: 'pool-exhausted'; readonly client: BootClient }
  /** What a boot client was told to boot (proxy and server mode). */
  | { readonly kind: 'boot-answered'; readonly client: BootClient; readonly bootFile: string }
  /** Another DHCP server was heard: by our probe, or in a client's REQUEST that chose it. */
  | { readonly kind: 'foreign-server'; readonly serverId: string; readonly source: 'probe' | 'overheard' }
  | { readonly kind: 'malformed'; readonly failure: Failure; readonly from: string }
  /** Something went wrong and serving goes on: a datagram lost, a lease not stored, a probe that could not listen. */
  | { readonly kind: 'trouble'; readonly failure: Failure }
  /** The link is down: nobody is answered, and after it comes back not before the wire was asked for other servers again. */
  | { readonly kind: 'suspended'; readonly failure: Failure }
  | { readonly kind: 'resumed' }
  /** Serving ended by itself; `failure` says why. */
  | { readonly kind: 'stopped'; readonly failure: Failure };

/** The event for one request. `silence` null means answered. */
export const heardEvent = (packet: DhcpPacket, message: DhcpMessage, client: BootClient, silence: Silence | null): DhcpEvent => {
  const information = packet.options.get(OPTION.relayInformation);
  return {
    kind: 'heard',
    message,
    client,
    hostname: textOption(packet, OPTION.hostName),
    relay: {
      address: packet.relayAddress === NO_ADDRESS ? null : packet.relayAddress,
      information: information === undefined ? null : Buffer.from(information).toString('hex'),
    },
    answered: silence === null,
    silence,
  };
};
