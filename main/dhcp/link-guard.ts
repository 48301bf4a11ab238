// What a change of the interface means for a running DHCP service. A cable put into another switch is another network: nothing is
// answered there before it was asked for other servers, and sockets of a device that is gone or renumbered are of no more use.
import { failed, type Failure } from '../../agent/protocol/failure.ts';
import type { NicChange } from '../network/watch-nic.ts';

export type LinkVerdict =
  | { readonly kind: 'carry-on' }
  | { readonly kind: 'suspend'; readonly failure: Failure }
  /** Ask the wire, then answer again. */
  | { readonly kind: 'resume' }
  | { readonly kind: 'stop'; readonly failure: Failure };

export const noLink = (nicName: string): Failure =>
  failed('network.no-link', `${nicName} has no link.`, 'Plug in the network cable and switch on the switch.').failure;

/** Pure. Failure codes: network.no-link, network.nic-gone, network.address-missing. */
export const linkVerdict = ({ what, nic }: NicChange, nicName: string, address: string): LinkVerdict => {
  if (what === 'unplugged' || what === 'replaced' || what === 'plugged-in' || nic === null) {
    const failure = failed('network.nic-gone', `${nicName} was unplugged.`, 'Plug the adapter in again; serving then starts anew.').failure;
    return { kind: 'stop', failure };
  }
  if (what === 'link-down') return { kind: 'suspend', failure: noLink(nicName) };
  if (!nic.addresses.some((own) => own.address === address)) {
    const failure = failed(
      'network.address-missing',
      `${nicName} lost its address ${address}.`,
      'Give the interface its address, then start serving again.',
    );
    return { kind: 'stop', failure: failure.failure };
  }
  return what === 'link-up' ? { kind: 'resume' } : { kind: 'carry-on' };
};
