// The proof that a device-bound socket hears one interface only, and the rule made of it: without proof nothing is served while
// another interface is up, for an answer on the customer's Wi-Fi would reboot strangers' machines into our installer.
import { setTimeout as sleep } from 'node:timers/promises';
import { failed, success, type Result } from '../../agent/protocol/failure.ts';
import { bindSocket, type Datagrams } from './datagrams.ts';
import { openDeviceUdp, type DeviceUdpOptions } from './device-udp.ts';
import { listNics, type Nic } from './nics.ts';

type Place = Pick<DeviceUdpOptions, 'nic' | 'address' | 'native'>;

/**
 * Opens a device-bound socket and a plain one, and sends both a datagram by way of loopback, another interface: the plain one must
 * hear it (the test works) and the bound one must not (the binding works). Failure code network.unproven.
 */
export const proveBinding = async (place: Place): Promise<Result<'proven'>> => {
  const opened = await openDeviceUdp({ ...place, port: 0 });
  if (!opened.ok) return opened;
  const bound = opened.value;
  const control = await bindSocket({ address: '0.0.0.0', port: 0 });
  const sender = await bindSocket({ address: '127.0.0.1', port: 0 });
  try {
    if (typeof control === 'string' || typeof sender === 'string') return unproven(place.nic.name, 'the test sockets could not be opened');
    if (bound.binding !== 'device') return unproven(place.nic.name, 'this system offers no way to bind a socket to a device');
    let leaked = false;
    bound.onMessage(() => (leaked = true));
    const controlHeard = new Promise<boolean>((resolve) => {
      control.once('message', () => resolve(true));
      setTimeout(() => resolve(false), 1000).unref();
    });
    // The bound socket's datagram goes first: when the control's has arrived, its own would have, too.
    sender.send('rackside', bound.address.port, '127.0.0.1');
    sender.send('rackside', control.address().port, '127.0.0.1');
    if (!(await controlHeard)) return unproven(place.nic.name, 'the test datagram did not arrive where it should');
    await sleep(20);
    return leaked ? unproven(place.nic.name, 'it heard a datagram of another interface') : success('proven');
  } finally {
    await bound.close();
    if (typeof control !== 'string') control.close();
    if (typeof sender !== 'string') sender.close();
  }
};

const unproven = (nic: string, why: string): Result<never> =>
  failed(
    'network.unproven',
    `It is not certain that serving stays on ${nic}: ${why}.`,
    'Turn off Wi-Fi and all other network interfaces, then try again.',
  );

/** Interfaces besides `nicName` that could carry an answer to strangers. */
export const otherLiveNics = (nicName: string, nics: readonly Nic[]): readonly Nic[] =>
  nics.filter((nic) => nic.name !== nicName && nic.kind !== 'loopback' && nic.up && nic.carrier !== false);

/** May services be opened on this interface? Proven, or the only one that is up. Failure codes: network.unproven and socket failures. */
export const safeToServe = async (place: Place, nics: readonly Nic[] = listNics()): Promise<Result<Datagrams['binding']>> => {
  const proof = await proveBinding(place);
  if (proof.ok) return success('device');
  if (proof.failure.code !== 'network.unproven' || otherLiveNics(place.nic.name, nics).length > 0) return proof;
  return success('address');
};
