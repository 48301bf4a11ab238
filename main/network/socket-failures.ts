// What the system's socket errors mean to a person, with the program that is in the way named where it can be found.
import { failed, type Failure } from '../../agent/protocol/failure.ts';
import { holderAdvice, holderText, udpPortHolders } from './port-holder.ts';

export type SocketPlace = { readonly address: string; readonly port: number; readonly nicName: string | null };

/** Failure codes: network.port-taken, network.port-denied, network.nic-gone, network.address-missing, network.socket. */
export const socketFailure = (errno: string, { address, port, nicName }: SocketPlace): Failure => {
  const on = nicName === null ? address : `${nicName} (${address})`;
  switch (errno) {
    case 'EADDRINUSE': {
      const holders = udpPortHolders(port);
      return failed(
        'network.port-taken',
        `${holderText(holders)} already uses UDP port ${port} on ${on}.`,
        holderAdvice(holders) ?? 'Stop that program, or use another network interface.',
      ).failure;
    }
    case 'EACCES':
    case 'EPERM':
      return failed(
        'network.port-denied',
        `This user may not open UDP port ${port}.`,
        'Start the station with the right to open low ports (CAP_NET_BIND_SERVICE); preflight shows the command.',
      ).failure;
    case 'ENODEV':
      return failed('network.nic-gone', `There is no network interface ${on}.`, 'Plug the adapter in again or choose another interface.')
        .failure;
    case 'EADDRNOTAVAIL':
      return failed('network.address-missing', `${on} does not have that address.`, 'Give the interface its address, then try again.')
        .failure;
    default:
      return failed(
        'network.socket',
        `UDP port ${port} on ${on} could not be opened: ${errno}.`,
        'Check the network interface and try again.',
      ).failure;
  }
};
