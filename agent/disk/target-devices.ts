// The two kinds of target device: a block device of this machine, and a file. Both hand out partitions to filesystem tools while
// the disk is closed, because neither e2fsck nor the kernel's partition scan shares with our exclusive opener.
import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { DiskIdentity } from '../protocol/disk.ts';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import { openBlockDisk } from './block-disk.ts';
import { openFileDisk } from './file-disk.ts';
import { openSourceDisk } from './source-disk.ts';
import { openSnapshot } from './snapshot-overlay.ts';
import { isSystemError } from './system-error.ts';
import type { PartitionAccess, TargetDevice } from './target-disk.ts';
import type { Tools } from './tools.ts';

const NODE_WAIT_MS = 5000;
const NODE_POLL_MS = 50;

/** A whole-disk device node, e.g. `/dev/nvme0n1`. With a folder for its mounts it can have an overlay. */
export const blockDevice = (path: string, identity: DiskIdentity, tools: Tools, scratchFolder?: string): TargetDevice => ({
  path,
  identity,
  kind: 'block',
  open: () => openBlockDisk(path, tools),
  openSource: () => openSourceDisk(path, identity.sizeBytes),
  ...(scratchFolder === undefined
    ? {}
    : { openOverlay: () => openSnapshot({ path, sizeBytes: identity.sizeBytes, tools, folder: scratchFolder }) }),
  lend: async () => {
    // Held open, so that the kernel gives its name to no other disk while a program works on it by that name.
    const held = await openSourceDisk(path, identity.sizeBytes);
    if (!held.ok) return held;
    await tools.run('blockdev', ['--setrw', path]);
    const release = async (): Promise<void> => {
      // What a program wrote through a partition's node is not yet what we read through the disk's.
      await tools.run('blockdev', ['--flushbufs', path]);
      await tools.run('blockdev', ['--setro', path]);
      await held.value.close();
    };
    return success({ path, release });
  },
  partition: async ({ number }) => {
    const node = partitionNode(path, number);
    await tools.run('blockdev', ['--setrw', path]);
    await tools.run('blockdev', ['--rereadpt', path]);
    // Where the kernel cannot read this kind of table, or a partition is in use, it can still be told of each partition.
    if (!(await exists(node))) await tools.run('partx', ['--update', path]);
    if (!(await appears(node))) {
      await tools.run('blockdev', ['--setro', path]);
      return unavailable(`${node} did not appear after the new partition table was written`);
    }
    await tools.run('blockdev', ['--setrw', node]);
    const release = async (): Promise<void> => {
      await tools.run('blockdev', ['--setro', node]);
      await tools.run('blockdev', ['--setro', path]);
    };
    return success({ path: node, release });
  },
});

/**
 * The same device, which opens only as long as `isStillIt` says so once it is open: from then on the kernel gives its name to no
 * other disk, so a disk that was swapped after it was looked up is never written. Code: `disk.replaced`.
 */
export const surely = (device: TargetDevice, isStillIt: () => Promise<boolean>): TargetDevice => {
  const checked = async <T extends { close(): Promise<void> }>(opened: Result<T>): Promise<Result<T>> => {
    if (!opened.ok || (await isStillIt())) return opened;
    await opened.value.close();
    return failed(
      'disk.replaced',
      `${device.path} is another disk by now than when it was looked at.`,
      'Look at the disks again, then order again for the disk that is there.',
    );
  };
  const { openOverlay } = device;
  return {
    ...device,
    open: async () => checked(await device.open()),
    openSource: async () => checked(await device.openSource()),
    ...(openOverlay === undefined ? {} : { openOverlay: async () => checked(await openOverlay()) }),
    lend: async () => {
      const lent = await device.lend();
      if (!lent.ok) return lent;
      const { path, release } = lent.value;
      const sure = await checked(success({ path, close: release }));
      return sure.ok ? success({ path, release }) : sure;
    },
  };
};

/** A sparse file as a disk. Its partitions are reachable through loop devices, where the tools and the rights are there. */
export const fileDevice = (path: string, identity: DiskIdentity, logicalSectorBytes: number, tools: Tools): TargetDevice => ({
  path,
  identity,
  kind: 'file',
  openSource: () => openSourceDisk(path, identity.sizeBytes),
  lend: () => Promise.resolve(success({ path, release: () => Promise.resolve() })),
  open: async () => {
    try {
      return success(await openFileDisk(path, logicalSectorBytes));
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return failed('disk.open-failed', `${path} cannot be opened for writing (${error.code}).`, 'Check the file and its rights.');
    }
  },
  partition: async ({ startBytes, sizeBytes }): Promise<Result<PartitionAccess>> => {
    const place = ['--offset', `${startBytes}`, '--sizelimit', `${sizeBytes}`];
    const loop = await tools.run('losetup', ['--find', '--show', ...place, path]);
    const node = loop.stdout.trim();
    if (loop.code !== 0 || node === '') return unavailable(`no loop device for ${path}: ${loop.stderr.trim()}`);
    // A loop device keeps the read-only flag of whoever used it before.
    await tools.run('blockdev', ['--setrw', node]);
    const release = async (): Promise<void> => void (await tools.run('losetup', ['--detach', node]));
    return success({ path: node, release });
  },
});

/** `/dev/sda` → `/dev/sda2`, `/dev/nvme0n1` → `/dev/nvme0n1p2` (the kernel's rule: a `p` after a digit). */
export const partitionNode = (path: string, number: number): string => `${path}${/\d$/.test(path) ? 'p' : ''}${number}`;

const exists = async (node: string): Promise<boolean> => {
  try {
    await access(node);
    return true;
  } catch {
    return false;
  }
};

/** udev or mdev may take a moment to make the node. */
const appears = async (node: string): Promise<boolean> => {
  for (let waitedMs = 0; waitedMs <= NODE_WAIT_MS; waitedMs += NODE_POLL_MS) {
    if (await exists(node)) return true;
    await delay(NODE_POLL_MS);
  }
  return false;
};

const unavailable = (what: string): ReturnType<typeof failed> =>
  failed(
    'disk.partition-unavailable',
    `The partition cannot be reached: ${what}.`,
    'The disk itself is complete; grow the partition from the installed system.',
  );
