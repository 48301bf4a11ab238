// Is this the right network port, with a cable and a fixed address? Pure judgements over what the system tells about its NICs.
import type { Nic } from '../network/nics.ts';
import { fail, pass, warn } from './report.ts';
import type { Judgement } from './report.ts';

export const judgeNic = (name: string, nics: readonly Nic[]): Judgement => {
  const nic = nics.find((candidate) => candidate.name === name);
  const wired = nics.filter((candidate) => candidate.kind === 'wired').map((candidate) => candidate.name);
  const choose =
    wired.length > 0 ? `Choose a wired port: ${wired.join(', ')}.` : 'Plug in a USB network adapter or use a computer with a network port.';
  if (!nic) return fail('nic', `There is no network port ${name}.`, choose, { nic: name });
  const facts = { nic: name, mac: nic.mac, kind: nic.kind, usb: nic.usb };
  switch (nic.kind) {
    case 'wireless':
      return fail('nic', `${name} is Wi-Fi. Targets are never answered over Wi-Fi.`, choose, facts);
    case 'loopback':
      return fail('nic', `${name} is loopback; no rack machine can be reached over it.`, choose, facts);
    case 'virtual':
      return warn('nic', `${name} is a virtual port: machines behind it are virtual ones.`, `If real machines are meant: ${choose}`, facts);
    case 'wired':
    case 'bridge':
      return nic.up
        ? pass('nic', `${name} is a ${nic.kind === 'bridge' ? 'bridge' : nic.usb ? 'wired USB adapter' : 'wired port'}.`, facts)
        : fail('nic', `${name} is switched off.`, `Switch it on: ip link set ${name} up.`, facts);
  }
};

/** Rack machines move gigabytes; below this a deploy takes the night. */
const slowMbps = 1000;

export const judgeLink = (nic: Nic): Judgement => {
  const facts = { carrier: nic.carrier, speedMbps: nic.speedMbps };
  if (nic.carrier === false)
    return fail(
      'link',
      `There is no link on ${nic.name}.`,
      'Check the cable, and that the switch or the machine at its other end is on.',
      facts,
    );
  if (nic.carrier === null)
    return warn('link', `This system does not tell whether ${nic.name} has a link.`, 'Look at the lights of the port.', facts);
  if (nic.speedMbps !== null && nic.speedMbps < slowMbps)
    return warn(
      'link',
      `The link on ${nic.name} runs at ${nic.speedMbps} Mbit/s.`,
      'Try another cable or switch port; gigabit needs all four pairs.',
      facts,
    );
  return pass('link', nic.speedMbps === null ? `${nic.name} has a link.` : `${nic.name} has a link at ${nic.speedMbps} Mbit/s.`, facts);
};

/** Who manages a port's address: NetworkManager's method for it, or null where NetworkManager has nothing to do with it. */
export type AddressManager = { readonly connection: string; readonly method: string } | null;

export const judgeAddress = (nic: Nic, wanted: string | null, manager: AddressManager): Judgement => {
  const [first] = nic.addresses;
  const facts = { addresses: nic.addresses.map((one) => `${one.address}/${one.prefixLength}`).join(' '), method: manager?.method ?? null };
  const give = manager
    ? `Give it a fixed one: nmcli connection modify '${manager.connection}' ipv4.method manual ipv4.addresses ${wanted ?? '10.77.0.1'}/24 && nmcli connection up '${manager.connection}'.`
    : `Give it one: ip address add ${wanted ?? '10.77.0.1'}/24 dev ${nic.name}.`;
  // The system lists the addresses of a port only while it has a link.
  if (!first && nic.carrier !== true)
    return warn('address', `Which address ${nic.name} has cannot be seen without a link.`, `Check again with a link. ${give}`, facts);
  if (!first) return fail('address', `${nic.name} has no IPv4 address.`, give, facts);
  const used = wanted === null ? first : nic.addresses.find((one) => one.address === wanted);
  if (!used) return fail('address', `${nic.name} does not have the address ${wanted ?? ''}; it has ${facts.addresses}.`, give, facts);
  if (used.address.startsWith('169.254.'))
    return fail('address', `${nic.name} has only the self-assigned address ${used.address}.`, give, facts);
  if (used.prefixLength > 30)
    return fail('address', `${used.address}/${used.prefixLength} leaves no room for other machines.`, give, facts);
  if (manager?.method === 'auto')
    return warn(
      'address',
      `NetworkManager asks DHCP for the address of ${nic.name} and will take ${used.address} away when nobody answers.`,
      give,
      facts,
    );
  return pass('address', `${nic.name} has ${used.address}/${used.prefixLength}.`, facts);
};
