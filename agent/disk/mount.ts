// How each kind of filesystem is mounted to be looked into (mount(8)): nothing in it may run, and the kernel writes as little as it can.
import type { MountKind } from '../identity/volumes.ts';
import type { Tools } from './tools.ts';

type Manner = {
  readonly type: string;
  readonly options: readonly string[];
  readonly onlyLook?: true;
  readonly modules?: readonly string[];
};

const MANNERS: Readonly<Record<MountKind, Manner>> = {
  // Inode tables that mkfs left for later would be zeroed in the background: megabytes of memory for nothing.
  ext: { type: 'ext4', options: ['noinit_itable'] },
  // The disk underneath has the same UUID.
  xfs: { type: 'xfs', options: ['nouuid'] },
  btrfs: { type: 'btrfs', options: ['subvolid=5'] },
  // Its tables of letters are modules that the kernel would have to ask for by itself.
  vfat: { type: 'vfat', options: ['utf8=1'], modules: ['nls_cp437', 'nls_ascii', 'nls_utf8'] },
  // Nothing that Windows is can be changed from outside.
  ntfs: { type: 'ntfs3', options: [], onlyLook: true },
  f2fs: { type: 'f2fs', options: [] },
};

/** What the tools said where it cannot be mounted, else null. */
export const mountVolume = async (
  tools: Tools,
  node: string,
  folder: string,
  { kind, how }: { readonly kind: MountKind; readonly how: 'look' | 'change' },
): Promise<string | null> => {
  const { type, options, onlyLook, modules = [] } = MANNERS[kind];
  // Already there, or built in: both are fine, and mount says so if neither is.
  await tools.run('modprobe', ['-a', '-q', type, ...modules]);
  const access = how === 'look' || onlyLook === true ? 'ro' : 'rw';
  const all = [access, 'noatime', 'nodev', 'nosuid', 'noexec', ...options].join(',');
  const mounted = await tools.run('mount', ['-t', type, '-o', all, node, folder]);
  return mounted.code === 0 ? null : `${mounted.stderr} ${mounted.stdout}`.trim().replaceAll(/\s+/g, ' ').slice(0, 300);
};

/** The folder of the subvolume that a Btrfs starts from; null where that is its top, as with every other kind. */
export const startFolderOf = async (tools: Tools, kind: MountKind, folder: string): Promise<string | null> => {
  if (kind !== 'btrfs') return null;
  const { stdout } = await tools.run('btrfs', ['subvolume', 'get-default', folder]);
  const path = / path (\S.*)$/m.exec(stdout)?.[1];
  return path === undefined ? null : `/${path}`;
};
