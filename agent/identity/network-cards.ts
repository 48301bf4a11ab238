// What ties a system to the network cards of its machine, and its DHCP clients to an id, in the settings of every usual network manager.
import type { Found } from './found.ts';
import { withoutNetplanAddresses } from './netplan.ts';
import {
  addressesIn,
  withoutDhclientIds,
  withoutIfcfgAddresses,
  withoutIfcfgClientIds,
  withoutInterfacesAddresses,
  withoutKeyfileAddresses,
  withoutKeyfileClientIds,
  withoutNetdevAddresses,
  withoutNetworkdIds,
  withoutUdevAddresses,
  withoutUnitAddresses,
} from './network-text.ts';
import type { Tree } from './tree.ts';
import { matching, textOf } from './tree.ts';

type Rule = {
  readonly kind: 'network-cards' | 'dhcp';
  readonly what: string;
  readonly paths: readonly string[];
  readonly change: (text: string) => string;
  readonly note: string;
};

const IFCFG = ['/etc/sysconfig/network-scripts/ifcfg-*', '/etc/sysconfig/network/ifcfg-*'];
const KEYFILES = ['/etc/NetworkManager/system-connections/*'];
const NAMED = 'The setting holds for the card of its name, whatever its address.';
const OWN_ID = 'The client takes an id from the new machine.';

const RULES: readonly Rule[] = [
  {
    kind: 'network-cards',
    what: 'udev rule that names network cards by address',
    paths: ['/etc/udev/rules.d/*persistent-net.rules', '/etc/udev/rules.d/*persistent-net-*.rules'],
    change: withoutUdevAddresses,
    note: 'Cards get the names that the system itself gives them.',
  },
  { kind: 'network-cards', what: 'card of an ifcfg file', paths: IFCFG, change: withoutIfcfgAddresses, note: NAMED },
  { kind: 'network-cards', what: 'card of a NetworkManager connection', paths: KEYFILES, change: withoutKeyfileAddresses, note: NAMED },
  {
    kind: 'network-cards',
    what: 'address that is set on a card',
    paths: ['/etc/network/interfaces', '/etc/network/interfaces.d/*'],
    change: withoutInterfacesAddresses,
    note: 'The card keeps its own address.',
  },
  {
    kind: 'network-cards',
    what: 'address that is set on a bridge, bond or VLAN',
    paths: ['/etc/systemd/network/*.netdev'],
    change: withoutNetdevAddresses,
    note: 'networkd makes an address from the new machine-id.',
  },
  { kind: 'dhcp', what: 'client id of an ifcfg file', paths: IFCFG, change: withoutIfcfgClientIds, note: OWN_ID },
  { kind: 'dhcp', what: 'client id of a NetworkManager connection', paths: KEYFILES, change: withoutKeyfileClientIds, note: OWN_ID },
  {
    kind: 'dhcp',
    what: 'client id of dhclient',
    paths: ['/etc/dhcp/dhclient.conf', '/etc/dhclient.conf'],
    change: withoutDhclientIds,
    note: OWN_ID,
  },
  {
    kind: 'dhcp',
    what: 'DUID of systemd-networkd',
    paths: ['/etc/systemd/networkd.conf', '/etc/systemd/networkd.conf.d/*.conf', '/etc/systemd/network/*.network'],
    change: withoutNetworkdIds,
    note: 'networkd takes it from the new machine-id.',
  },
];

export const findNetworkCards = async (tree: Tree): Promise<readonly Found[]> => {
  const found: Found[] = [];
  for (const { kind, what, paths, change, note } of RULES)
    for (const { path, text } of await textsOf(tree, paths)) {
      const changed = change(text);
      if (changed === text) continue;
      // A file that only had this in it is of no more use; nobody keeps an empty one.
      const edit: Found['edit'] = changed === '' ? { do: 'remove' } : { do: 'rewrite', change };
      found.push({ kind, what, path, value: kind === 'dhcp' ? null : addressesIn(text).join(', ').slice(0, 400), edit, note });
    }
  return [...found, ...(await findNetplan(tree)), ...(await findUnits(tree))];
};

const textsOf = async (tree: Tree, patterns: readonly string[]): Promise<readonly { readonly path: string; readonly text: string }[]> => {
  const texts: { path: string; text: string }[] = [];
  for (const pattern of patterns)
    for (const path of await matching(tree, pattern)) {
      const text = (await tree.stat(path))?.type === 'file' ? await textOf(tree, path) : null;
      if (text !== null) texts.push({ path, text });
    }
  return texts;
};

const findNetplan = async (tree: Tree): Promise<readonly Found[]> => {
  const shared = { kind: 'network-cards', what: 'card of a netplan file' } as const;
  return (await textsOf(tree, ['/etc/netplan/*.yaml', '/etc/netplan/*.yml'])).flatMap(({ path, text }): readonly Found[] => {
    const { text: changed, unread } = withoutNetplanAddresses(text);
    const value = addressesIn(text).join(', ').slice(0, 400);
    const change = (now: string): string => withoutNetplanAddresses(now).text;
    return [
      ...(changed === text ? [] : [{ ...shared, path, value, edit: { do: 'rewrite', change }, note: NAMED } as const]),
      ...(unread
        ? [
            {
              ...shared,
              path,
              value,
              edit: { do: 'nothing' },
              note: 'Stays: it is written in a way that is not understood here. Take macaddress out on the machine.',
            } as const,
          ]
        : []),
    ];
  });
};

const findUnits = async (tree: Tree): Promise<readonly Found[]> => {
  const found: Found[] = [];
  for (const type of ['link', 'network'] as const)
    for (const { path, text } of await textsOf(tree, [`/etc/systemd/network/*.${type}`])) {
      const edit = withoutUnitAddresses(text, type);
      if (edit.kind === 'none') continue;
      const value = addressesIn(text).join(', ').slice(0, 400);
      const change = (now: string): string => {
        const again = withoutUnitAddresses(now, type);
        return again.kind === 'rewrite' ? again.text : now;
      };
      found.push({
        kind: 'network-cards',
        what: type === 'link' ? 'name of a card by its address' : 'card of a networkd file',
        path,
        value,
        edit: edit.kind === 'rewrite' ? { do: 'rewrite', change } : { do: edit.kind === 'remove' ? 'remove' : 'nothing' },
        note:
          edit.kind === 'stays'
            ? 'Stays: without the address it would hold for every card. Write Name= instead on the machine, or set it per machine at deploy.'
            : NAMED,
      });
    }
  return found;
};
