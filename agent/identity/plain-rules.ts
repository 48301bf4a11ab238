// What is found by its place alone, and goes as a whole: the lists of dhclient(8), dhcpcd(8), NetworkManager, systemd and the agents of
// the usual management systems. Whatever needs a look inside has a file of its own beside this one.
import type { IdentityKind } from '../protocol/identity.ts';
import type { Found } from './found.ts';
import { isEmpty, traceOf } from './found.ts';
import type { Tree } from './tree.ts';
import { matching } from './tree.ts';

type Rule = {
  readonly kind: IdentityKind;
  readonly what: string;
  readonly paths: readonly string[];
  readonly note: string;
  /** It cannot be taken out from outside, or should not be without its owner. */
  readonly stays?: true;
};

const NEW_LEASE = 'The system asks for a lease of its own.';
const ENROLS = (how: string): string => `The machine enrols as a new one: ${how}.`;

const RULES: readonly Rule[] = [
  {
    kind: 'dhcp',
    what: 'leases of dhclient',
    paths: ['/var/lib/dhcp/dhclient*', '/var/lib/dhcp/lease', '/var/lib/dhcp/*.lease', '/var/lib/dhclient/*'],
    note: NEW_LEASE,
  },
  {
    kind: 'dhcp',
    what: 'leases, DUID and secret of dhcpcd',
    paths: ['/var/lib/dhcpcd/*', '/var/lib/dhcpcd5/*', '/etc/dhcpcd.duid', '/etc/dhcpcd.secret'],
    note: NEW_LEASE,
  },
  {
    kind: 'dhcp',
    what: 'leases and DUID of NetworkManager',
    paths: ['/var/lib/NetworkManager/*.lease', '/var/lib/NetworkManager/dhclient*.conf', '/var/lib/NetworkManager/secret_key'],
    note: 'NetworkManager makes a new secret, from which DUID and stable addresses follow.',
  },
  {
    kind: 'dhcp',
    what: 'networks that NetworkManager has seen',
    paths: ['/var/lib/NetworkManager/timestamps', '/var/lib/NetworkManager/seen-bssids'],
    note: 'NetworkManager begins them anew.',
  },
  { kind: 'dhcp', what: 'leases, DUID and IAIDs of wicked', paths: ['/var/lib/wicked/*.xml'], note: NEW_LEASE },
  {
    kind: 'cloud-init',
    what: 'state of cloud-init',
    paths: ['/var/lib/cloud/instance', '/var/lib/cloud/instances', '/var/lib/cloud/sem', '/var/lib/cloud/data'],
    note: 'cloud-init runs as on a first start.',
  },
  {
    kind: 'random-seed',
    what: 'random seed',
    paths: [
      ...['/var/lib/systemd/random-seed', '/var/lib/urandom/random-seed', '/var/lib/random-seed', '/var/lib/misc/random-seed'],
      ...['/var/lib/seedrng/seed*', '/loader/random-seed', '/boot/loader/random-seed', '/efi/loader/random-seed'],
    ],
    note: 'The system saves a seed of its own when it shuts down.',
  },
  {
    kind: 'storage',
    what: 'NVMe host name and id',
    paths: ['/etc/nvme/hostnqn', '/etc/nvme/hostid'],
    note: "nvme takes them from the machine's own UUID where the files are absent; nvme gen-hostnqn writes them.",
  },
  {
    kind: 'storage',
    what: "LVM's list of the devices it may use",
    paths: ['/etc/lvm/devices/system.devices', '/etc/lvm/devices/backup/*'],
    note: 'LVM uses every disk it finds; vgimportdevices -a writes the list anew. A copy may lie in the initramfs: dracut -f.',
  },
  {
    kind: 'storage',
    what: 'WWIDs and names of multipath',
    paths: ['/etc/multipath/wwids', '/etc/multipath/bindings'],
    note: 'multipathd writes them anew for the disks it finds.',
  },
  {
    kind: 'credentials',
    what: "systemd's key for stored credentials",
    paths: ['/var/lib/systemd/credential.secret'],
    note: 'systemd makes a new one; credentials that were encrypted with this one cannot be read any more.',
  },
  {
    kind: 'credentials',
    what: 'Kerberos keytab',
    paths: ['/etc/krb5.keytab'],
    note: ENROLS('join the realm or domain (realm join, ipa-client-install)'),
  },
  {
    kind: 'credentials',
    what: "Samba's account in its domain",
    paths: ['/var/lib/samba/private/secrets.tdb', '/var/lib/samba/secrets.tdb'],
    note: ENROLS('net ads join'),
  },
  {
    kind: 'credentials',
    what: 'minion of Salt',
    paths: ['/etc/salt/minion_id', '/etc/salt/pki/minion/*'],
    note: ENROLS('accept its key at the master'),
  },
  {
    kind: 'credentials',
    what: 'certificate of Puppet',
    paths: ['/etc/puppetlabs/puppet/ssl/*', '/var/lib/puppet/ssl/*', '/etc/puppet/ssl/*'],
    note: ENROLS('sign its request at the server'),
  },
  { kind: 'credentials', what: 'client key of Chef', paths: ['/etc/chef/client.pem'], note: ENROLS('bootstrap it') },
  {
    kind: 'credentials',
    what: 'subscription of Red Hat or SUSE',
    paths: ['/etc/pki/consumer/*', '/etc/pki/entitlement/*', '/etc/sysconfig/rhn/systemid', '/etc/zypp/credentials.d/SCCcredentials'],
    note: ENROLS('subscription-manager register, SUSEConnect'),
  },
  {
    kind: 'credentials',
    what: 'registration at Red Hat Insights',
    paths: ['/etc/insights-client/machine-id', '/etc/insights-client/.registered'],
    note: ENROLS('insights-client --register'),
  },
  {
    kind: 'credentials',
    what: 'attachment to Ubuntu Pro or Landscape',
    paths: ['/var/lib/ubuntu-advantage/private/*', '/var/lib/landscape/client/*'],
    note: ENROLS('pro attach, landscape-config'),
  },
  {
    kind: 'credentials',
    what: 'node key of a private network',
    paths: ['/var/lib/zerotier-one/identity.*', '/var/lib/tailscale/tailscaled.state'],
    note: ENROLS('join the network'),
  },
  {
    kind: 'credentials',
    what: 'id of the Docker engine',
    paths: ['/var/lib/docker/engine-id', '/etc/docker/key.json'],
    note: 'Docker makes a new one.',
  },
  {
    kind: 'credentials',
    what: 'UUID of the Gluster peer',
    paths: ['/var/lib/glusterd/glusterd.info'],
    note: ENROLS('gluster peer probe'),
  },
  {
    kind: 'credentials',
    what: 'key of a monitoring or security agent',
    paths: ['/var/ossec/etc/client.keys', '/opt/CrowdStrike/falconstore', '/opt/CrowdStrike/falconstore.bak'],
    note: ENROLS('the agent registers by itself, or as its maker says'),
  },
  {
    kind: 'credentials',
    what: 'node of a Kubernetes cluster',
    paths: ['/etc/kubernetes/kubelet.conf', '/var/lib/kubelet/pki/*'],
    note: 'Stays: it is woven into the configuration. Run kubeadm reset before the capture, and join each copy.',
    stays: true,
  },
  {
    kind: 'credentials',
    what: "device key of snapd's store account",
    paths: ['/var/lib/snapd/device/private-keys-v1/*'],
    note: "Stays: snapd's state names it. Run snap set system … or snapd's own reset before the capture.",
    stays: true,
  },
  {
    kind: 'credentials',
    what: 'private key of WireGuard',
    paths: ['/etc/wireguard/*.conf', '/etc/wireguard/*.key'],
    note: 'Stays: the peers must be told of a new key. Replace it in each copy.',
    stays: true,
  },
  {
    kind: 'credentials',
    what: 'self-signed certificate of ssl-cert',
    paths: ['/etc/ssl/private/ssl-cert-snakeoil.key'],
    note: 'Stays: services name it. Make a new one in each copy: make-ssl-cert generate-default-snakeoil --force-overwrite.',
    stays: true,
  },
  {
    kind: 'credentials',
    what: "a person's own private SSH key",
    paths: ['/root/.ssh/id_*', '/home/*/.ssh/id_*'],
    note: 'Stays: it is a person’s, not the machine’s. Remove it before the capture if copies should not have it.',
    stays: true,
  },
];

/** A lease file of a DHCP server is its data, not its identity. */
const isServerData = (path: string): boolean => /\/dhcpd6?\.leases~?$/.test(path);

export const findByPlace = async (tree: Tree): Promise<readonly Found[]> => {
  const found: Found[] = [];
  for (const { kind, what, paths, note, stays } of RULES)
    for (const pattern of paths)
      for (const path of await matching(tree, pattern)) {
        const trace = await traceOf(tree, path);
        if (trace === null || isEmpty(trace) || isServerData(path) || (stays === true && path.endsWith('.pub'))) continue;
        const value = kind === 'cloud-init' ? await instanceOf(tree, path) : null;
        found.push({ kind, what, path, value, note, edit: { do: stays === true ? 'nothing' : 'remove' } });
      }
  return found;
};

/** cloud-init keeps the id of the instance that it last ran for. */
const instanceOf = async (tree: Tree, path: string): Promise<string | null> => {
  if (!path.endsWith('/instance')) return null;
  const entry = await tree.stat(path);
  return entry?.type === 'link' ? ((await tree.target(path)).split('/').at(-1)?.slice(0, 100) ?? null) : null;
};
