// An overlay where the kernel has no device mapper: a sparse copy of a disk in a file, its filesystems mounted through loop devices.
// Linux and root. It serves volumes that lie in one piece.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { mountVolume, startFolderOf } from '../../agent/disk/mount.ts';
import { mountedTree } from '../../agent/disk/mounted-tree.ts';
import type { DiskOverlay } from '../../agent/disk/overlay.ts';
import { openSourceDisk } from '../../agent/disk/source-disk.ts';
import { systemTools } from '../../agent/disk/tools.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

export const openCopyOverlay = async (path: string, sizeBytes: number): Promise<Result<DiskOverlay>> => {
  const tools = systemTools();
  const copy = `${path}.overlay`;
  const mount = `${path}.mount`;
  await copyFile(path, copy);
  await mkdir(mount, { recursive: true });
  return success({
    withTree: async ({ kind, segments }, how, work) => {
      const [{ offsetBytes, lengthBytes } = { offsetBytes: 0, lengthBytes: 0 }] = segments;
      const place = ['--offset', `${offsetBytes}`, '--sizelimit', `${lengthBytes}`];
      const node = (await tools.run('losetup', ['--find', '--show', ...place, copy])).stdout.trim();
      // A loop device keeps the read-only flag of whoever used it before.
      await tools.run('blockdev', ['--setrw', node]);
      try {
        const problem = await mountVolume(tools, node, mount, { kind, how });
        if (problem !== null) return failed('identity.mount-failed', problem, 'See what it says.');
        try {
          return success(await work({ tree: mountedTree(mount), startFolder: await startFolderOf(tools, kind, mount) }));
        } finally {
          await tools.run('umount', [mount]);
        }
      } finally {
        await tools.run('losetup', ['--detach', node]);
      }
    },
    openSource: () => openSourceDisk(copy, sizeBytes),
    close: async () => {
      await rm(copy, { force: true });
      await rm(mount, { recursive: true, force: true });
    },
  });
};
