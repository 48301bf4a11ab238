// Growing each kind of filesystem with its own tools: ext2/3/4 and NTFS as they lie, XFS and Btrfs mounted, which is the only way
// that theirs know. They were written and read back by this job, so that a mount replays nothing but what the image brought.
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tools } from '../../disk/tools.ts';
import type { Grower, Grown } from './types.ts';
import { GROWN, TOOL_TIMEOUT_MS, lastLine } from './types.ts';

const NOT_FOUND = 127;
/** e2fsck(8): 1 = errors corrected, 2 = corrected and a mounted root should reboot. */
const E2FSCK_GOOD = 2;
const LIMITED = { timeoutMs: TOOL_TIMEOUT_MS };

const missing = (program: string): Grown => ({ kind: 'not', why: `${program} is not available here` });

/** Checked behind resize2fs as well: with sparse_super2 it leaves blocks marked that nothing uses any more, and says nothing. */
export const growExt: Grower = async (path, tools) => {
  const before = await checkExt(path, tools);
  if (before !== null) return before;
  const resize = await tools.run('resize2fs', [path], LIMITED);
  if (resize.code === 0) return (await checkExt(path, tools)) ?? GROWN;
  // It asks for a word of force and has not begun.
  if (/bigalloc/i.test(resize.stderr)) return { kind: 'not', why: 'resize2fs grows no ext4 that counts its space in clusters (bigalloc)' };
  return { kind: 'failed', program: 'resize2fs', output: resize.stderr };
};

/** Null for a filesystem that is in order. */
const checkExt = async (path: string, tools: Tools): Promise<Grown | null> => {
  const check = await tools.run('e2fsck', ['-f', '-p', path], LIMITED);
  if (check.code === NOT_FOUND) return missing('e2fsck');
  const isGood = check.code >= 0 && check.code <= E2FSCK_GOOD;
  return isGood ? null : { kind: 'failed', program: 'e2fsck', output: check.stdout + check.stderr };
};

/** Windows checks a resized volume at its next start; `-ff` answers the question that a person at a keyboard would be asked. */
export const growNtfs: Grower = async (path, tools) => {
  const resize = await tools.run('ntfsresize', ['--no-progress-bar', '-f', '-f', path], LIMITED);
  if (resize.code === NOT_FOUND) return missing('ntfsresize');
  if (resize.code === 0) return { kind: 'grown', says: 'its filesystem fills it, and Windows will check it at its first start' };
  return { kind: 'failed', program: 'ntfsresize', output: resize.stdout + resize.stderr };
};

/** `nouuid`: the same image may be on another disk of this machine. */
export const growXfs: Grower = (path, tools) =>
  whileMounted(tools, { path, type: 'xfs', options: 'nouuid,noatime' }, async (folder) => {
    const grow = await tools.run('xfs_growfs', [folder], LIMITED);
    if (grow.code === NOT_FOUND) return missing('xfs_growfs');
    return grow.code === 0 ? GROWN : { kind: 'failed', program: 'xfs_growfs', output: grow.stderr };
  });

/** The kernel resizes no Btrfs to less (fs/btrfs/ioctl.c), not even one that is smaller still. */
const BTRFS_LEAST_BYTES = 256 * 1024 * 1024;

export const growBtrfs: Grower = async (path, tools) => {
  const size = await tools.run('blockdev', ['--getsize64', path], LIMITED);
  if (size.code === 0 && Number(size.stdout) < BTRFS_LEAST_BYTES)
    return { kind: 'not', why: 'Btrfs of less than 256 MiB cannot be resized' };
  return whileMounted(tools, { path, type: 'btrfs', options: 'noatime' }, async (folder) => {
    const grow = await tools.run('btrfs', ['filesystem', 'resize', 'max', folder], LIMITED);
    if (grow.code === NOT_FOUND) return missing('btrfs');
    return grow.code === 0 ? GROWN : { kind: 'failed', program: 'btrfs', output: grow.stderr };
  });
};

const whileMounted = async (
  tools: Tools,
  { path, type, options }: { readonly path: string; readonly type: string; readonly options: string },
  work: (folder: string) => Promise<Grown>,
): Promise<Grown> => {
  // Where the kernel has it built in, or cannot load anything, the mount itself tells.
  await tools.run('modprobe', [type]);
  const folder = await mkdtemp(join(tmpdir(), 'rackside-grow-'));
  try {
    const mount = await tools.run('mount', ['-t', type, '-o', `${options},nodev,nosuid,noexec`, path, folder], LIMITED);
    if (mount.code === NOT_FOUND) return missing('mount');
    if (mount.code !== 0) return { kind: 'not', why: `it could not be mounted (${lastLine(mount.stderr)})` };
    const grown = await work(folder);
    const unmount = await tools.run('umount', [folder], LIMITED);
    return unmount.code === 0 ? grown : { kind: 'failed', program: 'umount', output: unmount.stderr };
  } finally {
    await rmdir(folder).catch(() => undefined);
  }
};
