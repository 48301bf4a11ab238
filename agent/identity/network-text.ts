// Edits of network settings, text to text: whatever ties a setting to one network card, or a DHCP client to one id, goes, and the rest
// stays to the letter. PURE.

const MAC = '(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}';
const ANY_MAC = new RegExp(MAC);

/** For people: the addresses in a text, each once. */
export const addressesIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(new RegExp(MAC, 'g'))].map(([mac]) => mac.toLowerCase().replaceAll('-', ':'))),
];

const withoutLines = (text: string, gone: (line: string) => boolean): string => {
  const lines = text.split('\n');
  const kept = lines.filter((line) => !gone(line));
  return kept.length === lines.length ? text : kept.join('\n');
};

/** udev's 70-persistent-net.rules: rules by address go, rules by slot stay. Empty if only remarks are left. */
export const withoutUdevAddresses = (text: string): string => {
  const rest = withoutLines(text, (line) => /ATTR\{address\}\s*==/.test(line) && ANY_MAC.test(line));
  const says = rest.split('\n').some((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  return rest === text || says ? rest : '';
};

/** ifcfg files of Red Hat and SUSE, which have sh(1) assignments. */
export const withoutIfcfgAddresses = (text: string): string =>
  withoutLines(text, (line) => /^\s*(HWADDR|MACADDR|LLADDR)\s*=/.test(line) && ANY_MAC.test(line));

export const withoutIfcfgClientIds = (text: string): string =>
  withoutLines(text, (line) => /^\s*(DHCP_CLIENT_ID|DHCPV6_DUID|DHCLIENT_CLIENT_ID|DHCLIENT6_CLIENT_ID)\s*=\s*["']?\w/.test(line));

/** nm-settings-keyfile(5); words such as `random` and `stable` name no card. */
export const withoutKeyfileAddresses = (text: string): string =>
  withoutLines(text, (line) => /^\s*(mac-address|cloned-mac-address)\s*=/.test(line) && ANY_MAC.test(line));

const CLIENT_WORDS = /=\s*(mac|perm-mac|duid|stable|stable-uuid|stable-ll|stable-llt|ll|llt|lease|ipv6-duid|none|default)?\s*;?$/;
export const withoutKeyfileClientIds = (text: string): string =>
  withoutLines(text, (line) => /^\s*(dhcp-client-id|dhcp-duid|dhcp-iaid)\s*=/.test(line) && !CLIENT_WORDS.test(line));

/** interfaces(5) of Debian, and bridge-utils-interfaces(5). */
export const withoutInterfacesAddresses = (text: string): string =>
  withoutLines(text, (line) => /^\s*(hwaddress|bridge_hw)\s/.test(line) && ANY_MAC.test(line));

/** systemd.netdev(5): a bridge, bond or VLAN with an address of its own that is set. */
export const withoutNetdevAddresses = (text: string): string => withoutLines(text, isMatchByAddress);

/** dhclient.conf(5). */
export const withoutDhclientIds = (text: string): string =>
  withoutLines(text, (line) => /^\s*send\s+(dhcp-client-identifier|dhcp6\.client-id)\b/.test(line) && !/hardware/.test(line));

/** networkd.conf(5), systemd.network(5). */
export const withoutNetworkdIds = (text: string): string => withoutLines(text, (line) => /^\s*(DUIDRawData|IAID)\s*=\s*\S/.test(line));

/** A file in sections, as systemd writes them; what does not belong to one is in the section ''. */
const sectionsOf = (text: string): readonly { readonly name: string; readonly lines: readonly string[] }[] => {
  const sections: { name: string; lines: string[] }[] = [{ name: '', lines: [] }];
  for (const line of text.split('\n')) {
    const name = /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1];
    if (name !== undefined) sections.push({ name, lines: [] });
    sections.at(-1)?.lines.push(line);
  }
  return sections;
};

const isSetting = (line: string): boolean => /^\s*[^#;[\s]/.test(line);
const isMatchByAddress = (line: string): boolean => /^\s*(MACAddress|PermanentMACAddress)\s*=/.test(line) && ANY_MAC.test(line);

export type UnitEdit = { readonly kind: 'none' | 'remove' | 'stays' } | { readonly kind: 'rewrite'; readonly text: string };

/**
 * systemd.link(5) and systemd.network(5). A file that matches by address alone would match every card without it: a link file is then
 * removed, so that the system's own names hold; a network file stays, because nobody here knows which card it should be for.
 */
export const withoutUnitAddresses = (text: string, type: 'link' | 'network'): UnitEdit => {
  const sections = sectionsOf(text);
  const settings = sections.filter(({ name }) => name === 'Match').flatMap(({ lines }) => lines.filter(isSetting));
  const byAddress = settings.filter(isMatchByAddress);
  if (byAddress.length > 0 && byAddress.length === settings.length) return { kind: type === 'link' ? 'remove' : 'stays' };
  const rest = withoutLines(text, isMatchByAddress);
  return rest === text ? { kind: 'none' } : { kind: 'rewrite', text: rest };
};
