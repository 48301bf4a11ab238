// Keeps an install script from opening the disks that were not agreed to for writing. Their read-only flag alone does not: device-mapper, and
// with it LVM, passes it over. The kernel's device controller asks at every opening, whoever opens for the script
// (Linux Documentation/admin-guide/cgroup-v1/devices.rst).
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../disk/system-error.ts';
import type { Tools } from '../disk/tools.ts';

/**
 * Fences off all disks but `disk` (`/dev/…`). Resolves with the file into which a process writes its number to be behind the fence, with all
 * that it starts; null where this Linux has no device controller. A fence is gone with the restart.
 */
export type DiskFence = (disk: string) => Promise<string | null>;

/** No disks of the machine: the same as in agent/boot/stage2-init. */
const MADE_BY_LINUX = /^(loop|ram|zram|dm-|md|sr|fd|nbd)/;

/** The controller is mounted on `folder`. */
export const createDiskFence = (folder: string, tools: Tools): DiskFence => {
  let mounted: Promise<boolean> | null = null;
  const mount = async (): Promise<boolean> => {
    await mkdir(folder, { recursive: true });
    return (await tools.run('mount', ['-t', 'cgroup', '-o', 'devices', 'none', folder])).code === 0;
  };
  return async (disk) => {
    if (!(await (mounted ??= mount()))) return null;
    const group = await mkdtemp(join(folder, 'script-'));
    // One at a time: each write is one rule.
    for (const device of await devicesBeside(disk, '/sys/block')) await writeFile(join(group, 'devices.deny'), `b ${device} w`);
    return join(group, 'cgroup.procs');
  };
};

/** Every other disk and its partitions in `sysfs` (`/sys/block`), as `major:minor`. */
export const devicesBeside = async (disk: string, sysfs: string): Promise<readonly string[]> => {
  // sysfs writes a slash in a device's name as an exclamation mark.
  const own = disk.replace(/^\/dev\//, '').replaceAll('/', '!');
  const others = (await readdir(sysfs)).filter((name) => name !== own && !MADE_BY_LINUX.test(name));
  const devices = await Promise.all(
    others.map(async (name) => {
      const folder = join(sysfs, name);
      const inside = await readdir(folder, { withFileTypes: true });
      const partitions = inside.filter((entry) => entry.isDirectory() && entry.name.startsWith(name));
      return Promise.all([folder, ...partitions.map((entry) => join(folder, entry.name))].map(deviceIn));
    }),
  );
  return devices.flat().filter((device) => device !== null);
};

/** Null where there is none that could be opened: the single paths of a multipath NVMe disk have no node of their own. */
const deviceIn = async (folder: string): Promise<string | null> => {
  try {
    return (await readFile(join(folder, 'dev'), 'utf8')).trim();
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return null;
    throw error;
  }
};
