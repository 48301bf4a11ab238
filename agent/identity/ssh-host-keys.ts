// The host keys of OpenSSH and Dropbear (sshd(8)), and who makes new ones. Red Hat, SUSE, Arch, Alpine and cloud-init do when they are
// absent; Debian does only when the package is installed (12) or at a first boot (13), and its sshd does not start without. There a unit
// of ours is put in.
import type { Found } from './found.ts';
import { hasSystemd } from './machine-id.ts';
import type { Tree } from './tree.ts';
import { matching, textOf } from './tree.ts';

const KEYS = [
  '/etc/ssh/ssh_host_*',
  '/usr/local/etc/ssh/ssh_host_*',
  '/etc/dropbear/dropbear_*_host_key',
  '/etc/dropbear/initramfs/dropbear_*_host_key',
];
const UNITS = ['/usr/lib/systemd/system', '/lib/systemd/system', '/etc/systemd/system'];
const UNIT = 'rackside-ssh-host-keys.service';
const UNIT_TEXT = `# Made by Rackside: this image was captured without the SSH host keys of its source, and nothing else here makes new ones.
[Unit]
Description=Make the SSH host keys of this machine
Before=ssh.service sshd.service
ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A
RemainAfterExit=yes

[Install]
WantedBy=multi-user.target
`;

export const findSshHostKeys = async (tree: Tree): Promise<readonly Found[]> => {
  const paths = new Set<string>();
  for (const pattern of [...KEYS, ...(await configuredKeys(tree))])
    for (const path of await matching(tree, pattern)) if ((await tree.stat(path))?.type === 'file') paths.add(path);
  if (paths.size === 0) return [];
  const { note, added } = await renewal(tree);
  const keys = [...paths].toSorted().map((path): Found => ({
    kind: 'ssh-host-keys',
    what: path.endsWith('.pub') ? 'public SSH host key' : 'SSH host key',
    path,
    value: null,
    edit: { do: 'remove' },
    note,
  }));
  return [...keys, ...added];
};

/** `HostKey` of sshd_config(5), and the other half of each pair. */
const configuredKeys = async (tree: Tree): Promise<readonly string[]> => {
  const texts: string[] = [];
  for (const pattern of ['/etc/ssh/sshd_config', '/etc/ssh/sshd_config.d/*.conf'])
    for (const path of await matching(tree, pattern)) texts.push((await textOf(tree, path)) ?? '');
  return texts
    .flatMap((text) => [...text.matchAll(/^[ \t]*HostKey[ \t]+"?(\/[^\s"*]+)/gim)])
    .flatMap(([, path = '']) => [path, `${path}.pub`]);
};

type Renewal = { readonly note: string; readonly added: readonly Found[] };

const renewal = async (tree: Tree): Promise<Renewal> => {
  const known = await makerOf(tree);
  if (known !== null) return { note: `${known} makes new ones at the next start.`, added: [] };
  if (!(await hasSystemd(tree)) || (await tree.stat('/usr/bin/ssh-keygen')) === null)
    return { note: 'Nothing on this system makes new ones by itself: run ssh-keygen -A on each copy, or SSH does not start.', added: [] };
  const add = (path: string, edit: Found['edit']): Found => ({
    kind: 'ssh-host-keys',
    what: 'unit that makes SSH host keys where there are none',
    path,
    value: null,
    edit,
    note: 'Runs ssh-keygen -A before SSH starts, once. Remove it when you like.',
    isNew: true,
  });
  return {
    note: `${UNIT}, which is put into the image, makes new ones at the next start.`,
    added: [
      add(`/etc/systemd/system/${UNIT}`, { do: 'write', bytes: Buffer.from(UNIT_TEXT) }),
      add(`/etc/systemd/system/multi-user.target.wants/${UNIT}`, { do: 'link', target: `/etc/systemd/system/${UNIT}` }),
    ],
  };
};

/** The unit or script that makes keys, by its name; null where none does. */
const makerOf = async (tree: Tree): Promise<string | null> => {
  for (const folder of UNITS)
    for (const name of await tree.list(folder)) {
      if (!/^(ssh|sshd)[\w@.-]*\.service$/.test(name) && name !== UNIT) continue;
      const text = (await textOf(tree, `${folder}/${name}`)) ?? '';
      // Debian 13 has one for the first boot alone, and a boot with an empty machine-id is none (machine-id.ts).
      if (/^Exec\w*=.*(sshd?-keygen|sshd-gen-keys|sshdgenkeys)/m.test(text) && !/^ConditionFirstBoot=\s*(yes|true|1|on)\b/im.test(text))
        return name;
    }
  for (const path of ['/etc/init.d/sshd', '/etc/init.d/ssh']) if (/ssh-keygen\s+-A/.test((await textOf(tree, path)) ?? '')) return path;
  return null;
};
