// Builds stage 2: the squashfs the agent lives in. Its base (drivers, firmware, tools, Node) changes rarely and is packed
// once; the agent and its start script are appended as a small layer, so that a new agent costs seconds.
import { chmod, copyFile, mkdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { STAGE2_DATA, STAGE2_FIRMWARE_LEFT_OUT, STAGE2_MODULES, STAGE2_PROGRAMS } from './contents.ts';
import { completeEntries } from './cpio.ts';
import type { Entry } from './cpio.ts';
import { addedEntries, pickFirmware } from './firmware.ts';
import type { AddedFirmware } from './firmware.ts';
import { chooseModules, moduleEntries } from './modules.ts';
import type { ModuleTree } from './modules.ts';
import { startPicking } from './pick.ts';
import type { Root } from './root.ts';
import { run } from './run.ts';
import { MERGED_LINKS } from './stage1.ts';

const text = (path: string, value: string): Entry => ({ kind: 'file', path, data: Buffer.from(value), executable: false });

/** No udev runs here, nothing is activated by itself, and nothing is written to disks as a side effect. */
const LVM_CONFIG = `devices { use_devicesfile = 0 }
backup { backup = 0 archive = 0 }
activation { udev_sync = 0 udev_rules = 0 monitoring = 0 auto_activation_volume_list = [] }
`;

const SETTINGS: readonly Entry[] = [
  text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'),
  text('etc/group', 'root:x:0:\n'),
  text('etc/hosts', '127.0.0.1 localhost\n'),
  text('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
  text('etc/lvm/lvm.conf', LVM_CONFIG),
  text('etc/mdadm/mdadm.conf', 'AUTO -all\n'),
  { kind: 'link', path: 'etc/mtab', target: '/proc/self/mounts' },
  ...['proc', 'sys', 'dev', 'run', 'tmp', 'mnt', 'root', 'var/tmp', 'usr/lib64'].map((path): Entry => ({ kind: 'folder', path })),
];

export type Stage2Base = { readonly entries: readonly Entry[]; readonly missingFirmware: readonly string[] };

export type Stage2Inputs = {
  /** A Node program for x64 Linux. */
  readonly nodeFile: string;
  /** Firmware from a person's folder: all of it, since some drivers put names together themselves. */
  readonly added: AddedFirmware;
};

/** Collects the base of stage 2. */
export const collectStage2 = async (
  root: Root,
  tree: ModuleTree,
  { nodeFile, added }: Stage2Inputs,
  scratch: string,
): Promise<Stage2Base> => {
  const picker = startPicking(root);
  for (const name of STAGE2_PROGRAMS) await picker.addProgram(name);
  for (const path of STAGE2_DATA) await picker.add(path);
  // Stripped, Node is 18 MB smaller. Only kernel modules carry a signature that stripping would break.
  const stripped = `${scratch}.node`;
  await root.tool('strip', ['-o', stripped, nodeFile]);
  await picker.addForeign('usr/lib/rackside/node', await readFile(stripped));
  await rm(stripped);
  const modules = await moduleEntries(root, tree, chooseModules(tree, STAGE2_MODULES), scratch);
  const missingFirmware = await pickFirmware(root, picker, { wanted: modules.firmware, leave: STAGE2_FIRMWARE_LEFT_OUT, added });
  const commands = (await run(join(root.folder, 'usr/bin/busybox'), ['--list'])).split('\n').filter((name) => name !== '');
  const standIns = commands
    .filter((name) => !picker.has(`usr/bin/${name}`) && !picker.has(`usr/sbin/${name}`) && name !== 'busybox')
    .map((name): Entry => ({ kind: 'link', path: `usr/bin/${name}`, target: 'busybox' }));
  const entries = [...MERGED_LINKS, ...SETTINGS, ...standIns, ...picker.entries(), ...addedEntries(added), ...modules.entries];
  return { entries, missingFirmware };
};

/** Our own layer of stage 2: the agent and the scripts that start it. It may not share a top-level folder with the base. */
export const agentLayer = async (agentFolder: string, agentFiles: readonly Entry[]): Promise<Entry[]> => {
  const script = async (name: string, path: string): Promise<Entry> => ({
    kind: 'file',
    path,
    data: await readFile(join(agentFolder, 'boot', name)),
    executable: true,
  });
  return [
    await script('stage2-init', 'init'),
    await script('lease', 'opt/rackside/lease'),
    ...agentFiles,
    { kind: 'link', path: 'opt/rackside/node', target: '../../usr/lib/rackside/node' },
  ];
};

/** Writes entries below `folder` (emptied first) with one time stamp; devices are left out. */
export const layOut = async (entries: readonly Entry[], folder: string, seconds: number): Promise<void> => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const entry of completeEntries(entries)) {
    const path = join(folder, entry.path);
    if (entry.kind === 'folder') await mkdir(path, { recursive: true });
    if (entry.kind === 'link') await symlink(entry.target, path);
    if (entry.kind === 'file') {
      await writeFile(path, entry.data);
      await chmod(path, entry.executable ? 0o755 : 0o644);
      await utimes(path, seconds, seconds);
    }
  }
};

export type SquashOptions = {
  readonly root: Root;
  readonly entries: readonly Entry[];
  /** Time stamp of everything, seconds since 1970. */
  readonly seconds: number;
  /** zstd level, 1 to 22. */
  readonly level: number;
  readonly file: string;
  readonly scratch: string;
  /** An image to put the entries on top of; without it a new image is made. */
  readonly onto?: string;
};

/** Packs entries as squashfs, reproducibly: sorted, owned by root, one time stamp. */
export const packSquashfs = async (options: SquashOptions): Promise<void> => {
  const { root, entries, seconds, level, file, scratch, onto } = options;
  await layOut(entries, scratch, seconds);
  await mkdir(dirname(file), { recursive: true });
  await rm(`${file}.new`, { force: true });
  if (onto !== undefined) await copyFile(onto, `${file}.new`);
  const shared = [
    '-no-progress',
    '-quiet',
    '-all-root',
    '-no-xattrs',
    '-no-exports',
    '-mkfs-time',
    String(seconds),
    '-all-time',
    String(seconds),
  ];
  const fresh = ['-noappend', '-comp', 'zstd', '-Xcompression-level', String(level), '-b', '256K'];
  await root.tool('mksquashfs', [scratch, `${file}.new`, ...shared, ...(onto === undefined ? fresh : [])]);
  await rm(scratch, { recursive: true });
  await rename(`${file}.new`, file);
};
