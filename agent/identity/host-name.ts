// The host name (hostname(5), hosts(5)) and where else it is written down.
import type { Found } from './found.ts';
import { hasSystemd } from './machine-id.ts';
import type { Tree } from './tree.ts';
import { matching, resolve, textOf } from './tree.ts';

const NO_NAME = /^(localhost(\.localdomain)?|\(none\))?$/;
/** `HOSTNAME=web-17` of Red Hat, SUSE and OpenRC, and the name that their DHCP clients give. */
const SETTING =
  /^[ \t]*(?:DHCP_HOSTNAME|DHCPV6_HOSTNAME|DHCP_FQDN|DHCLIENT6?_HOSTNAME_OPTION|HOSTNAME|hostname)[ \t]*=[ \t]*["']?([^"'\s#]+).*\n?/gm;
const SYSCONFIG = ['/etc/sysconfig/network', '/etc/conf.d/hostname', '/etc/sysconfig/network/dhcp'];
const IFCFG = ['/etc/sysconfig/network-scripts/ifcfg-*', '/etc/sysconfig/network/ifcfg-*'];

/** Where else a name is set, or a DHCP client told which to give. Each pattern takes whole lines, and the name as its first group. */
const SETTINGS: readonly { readonly paths: readonly string[]; readonly line: RegExp }[] = [
  { paths: [...SYSCONFIG, ...IFCFG], line: SETTING },
  // interfaces(5), dhcpcd.conf(5)
  {
    paths: ['/etc/network/interfaces', '/etc/network/interfaces.d/*', '/etc/dhcpcd.conf'],
    line: /^[ \t]*hostname[ \t]+["']?([^"'\s#]+).*\n?/gm,
  },
  // dhclient.conf(5), where `gethostname()` and `<hostname>` are whatever the system is called.
  {
    paths: ['/etc/dhcp/dhclient.conf', '/etc/dhclient.conf'],
    line: /^[ \t]*(?:send|supersede)[ \t]+(?:host-name|fqdn\.fqdn)[ \t]*=?[ \t]*"([^"<\s]+)"[ \t]*;.*\n?/gm,
  },
  // nm-settings-keyfile(5)
  { paths: ['/etc/NetworkManager/system-connections/*'], line: /^[ \t]*dhcp-(?:hostname|fqdn)[ \t]*=[ \t]*(\S+).*\n?/gm },
  // systemd.network(5)
  { paths: ['/etc/systemd/network/*.network'], line: /^[ \t]*Hostname[ \t]*=[ \t]*(\S+).*\n?/gm },
  // machine-info(5)
  { paths: ['/etc/machine-info'], line: /^[ \t]*PRETTY_HOSTNAME[ \t]*=[ \t]*["']?([^"'\n]+).*\n?/gm },
];

const FROM_OUTSIDE = 'The system has no name of its own; DHCP, cloud-init or a person gives it one.';

export const findHostName = async (tree: Tree): Promise<readonly Found[]> => {
  const found: Found[] = [];
  const names = new Set<string>();
  const add = (what: string, path: string, value: string, edit: Found['edit'], note: string): void =>
    void found.push({ kind: 'hostname', what, path, value, edit, note });

  for (const path of ['/etc/hostname', '/etc/HOSTNAME']) {
    const entry = await tree.stat(path);
    // SUSE's second name for it is a link to the first.
    if (entry?.type === 'link' && path === '/etc/HOSTNAME') continue;
    const at = await resolve(tree, path, true);
    const name = firstName((await textOf(tree, path)) ?? '');
    if (at === null || NO_NAME.test(name)) continue;
    names.add(name);
    // Elsewhere a script reads the file and wants it there.
    const edit: Found['edit'] = (await hasSystemd(tree)) ? { do: 'remove' } : { do: 'write', bytes: Buffer.from('localhost\n') };
    add('host name', at, name, edit, FROM_OUTSIDE);
  }
  for (const { paths, line } of SETTINGS)
    for (const path of (await Promise.all(paths.map((pattern) => matching(tree, pattern)))).flat()) {
      const values = [...((await textOf(tree, path)) ?? '').matchAll(line)].map(([, value = '']) => value.trim()).filter(isName);
      for (const value of values) names.add(value);
      const change = (text: string): string => withoutSettings(text, line);
      if (values.length > 0) add('host name in the network settings', path, values.join(', '), { do: 'rewrite', change }, FROM_OUTSIDE);
    }
  const hosts = (await textOf(tree, '/etc/hosts')) ?? '';
  if (names.size > 0 && withoutNames(hosts, names) !== hosts)
    add(
      'host name among the hosts',
      '/etc/hosts',
      [...names].join(', '),
      { do: 'rewrite', change: (text) => withoutNames(text, names) },
      'The name resolves to nothing until it is set anew.',
    );
  const mail = firstName((await textOf(tree, '/etc/mailname')) ?? '');
  if (names.size > 0 && isOneOf(mail, names))
    add(
      'mail name',
      '/etc/mailname',
      mail,
      { do: 'nothing' },
      'Stays: the mail server wants one. Set it in each copy: dpkg-reconfigure, or cloud-init.',
    );
  return found;
};

/** SUSE's `DHCLIENT_SET_HOSTNAME="yes"` is no name, and neither are the words that ask DHCP for one. */
const isName = (value: string): boolean => !NO_NAME.test(value) && !['yes', 'no', 'AUTO', 'auto'].includes(value);

const withoutSettings = (text: string, pattern: RegExp): string =>
  text.replaceAll(pattern, (line, value: string) => (isName(value.trim()) ? '' : line));

/** hostname(5): the first line that is no comment. */
const firstName = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !line.startsWith('#')) ?? '';

const isOneOf = (word: string, names: ReadonlySet<string>): boolean =>
  [...names].some((name) => word === name || word.split('.')[0] === name.split('.')[0]);

/** Without the machine's names; an address that has no other name goes too. Lines without them stay to the letter. */
export const withoutNames = (text: string, names: ReadonlySet<string>): string =>
  text
    .split('\n')
    .flatMap((line) => {
      const [content = '', ...comment] = line.split('#');
      const [address, ...words] = content.trim().split(/\s+/);
      const others = words.filter((word) => !isOneOf(word, names));
      if (address === undefined || others.length === words.length) return [line];
      return others.length === 0 ? [] : [[address, ...others].join(' ') + (comment.length === 0 ? '' : ` #${comment.join('#')}`)];
    })
    .join('\n');
