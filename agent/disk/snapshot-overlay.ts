// An overlay by the kernel's device mapper (dm-snapshot): a snapshot of the disk whose changes lie in memory, and linear mappings of it
// for partitions and logical volumes. Only the target kernel of the boot kit is known to have it. The disk is opened for reading alone.
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { DiskVolume } from '../identity/volumes.ts';
import type { Failure, Result } from '../protocol/failure.ts';
import { failed, success } from '../protocol/failure.ts';
import { carriedFailure, carry } from './carried-failure.ts';
import { mountedTree } from './mounted-tree.ts';
import { mountVolume, startFolderOf } from './mount.ts';
import type { DiskOverlay } from './overlay.ts';
import { openSourceDisk } from './source-disk.ts';
import type { Tools } from './tools.ts';

const SNAPSHOT = 'rackside-snapshot';
const VOLUME = 'rackside-volume';
const SECTOR_BYTES = 512;
/** 4 KiB: the smallest piece that is copied for a change. */
const PIECE_SECTORS = 8;
const MIB = 1024 * 1024;
/** What is written is a few megabytes; this much is only ever taken if it is. */
const STORE_MOST_BYTES = 256 * MIB;

export type SnapshotOptions = {
  readonly path: string;
  readonly sizeBytes: number;
  readonly tools: Tools;
  /** Emptied and used for mounts and for the store of changes, which is memory. */
  readonly folder: string;
  /** A quarter of the memory by default, 256 MiB at most. */
  readonly storeBytes?: number;
};

/** Code `identity.unavailable`. */
export const openSnapshot = async (options: SnapshotOptions): Promise<Result<DiskOverlay>> => {
  const { path, sizeBytes, tools, folder } = options;
  const store = join(folder, 'store');
  const mount = join(folder, 'mount');
  await clearSnapshot(tools, folder);
  const run = async (program: string, args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await tools.run(program, args);
    if (code !== 0) throw refused(`${program} ${args[0] ?? ''}: ${stderr.trim() || `exit code ${code}`}`);
    return stdout.trim();
  };
  const device = async (name: string, table: string): Promise<string> => {
    const file = join(folder, 'table');
    await writeFile(file, table);
    // No udev runs here, and none is waited for.
    await run('dmsetup', ['create', name, '--noudevsync', '--noudevrules', file]);
    return `/dev/dm-${await run('dmsetup', ['info', '--columns', '--noheadings', '--options', 'minor', name])}`;
  };
  const isFull = async (): Promise<boolean> => /Invalid|Overflow/.test((await tools.run('dmsetup', ['status', SNAPSHOT])).stdout);

  let snapshot: string;
  try {
    await mkdir(mount, { recursive: true });
    await mkdir(store, { recursive: true });
    await tools.run('modprobe', ['-a', '-q', 'dm_mod', 'dm_snapshot', 'loop']);
    const storeBytes = options.storeBytes ?? Math.min(STORE_MOST_BYTES, Math.floor(totalmem() / 4 / MIB) * MIB);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${storeBytes + MIB},mode=0700`, 'tmpfs', store]);
    await writeFile(join(store, 'changes'), '');
    await truncate(join(store, 'changes'), storeBytes);
    const loop = await run('losetup', ['--find', '--show', join(store, 'changes')]);
    snapshot = await device(SNAPSHOT, `0 ${sizeBytes / SECTOR_BYTES} snapshot ${path} ${loop} N ${PIECE_SECTORS}\n`);
  } catch (error) {
    await clearSnapshot(tools, folder);
    const told = carriedFailure(error);
    if (told === null) throw error;
    return unavailable(told.message);
  }

  return success({
    withTree: async (volume, how, work) => {
      try {
        const node = await device(VOLUME, tableOf(volume, snapshot));
        const problem = await mountVolume(tools, node, mount, { kind: volume.kind, how });
        if (problem !== null) return (await isFull()) ? full() : mountFailed(volume, problem);
        try {
          const done = await work({ tree: mountedTree(mount), startFolder: await startFolderOf(tools, volume.kind, mount) });
          await run('umount', [mount]);
          return (await isFull()) ? full() : success(done);
        } finally {
          // Again where the work failed; what is not mounted any more is fine.
          await tools.run('umount', [mount]);
          await tools.run('blockdev', ['--flushbufs', node]);
        }
      } catch (error) {
        if (await isFull()) return full();
        const told = carriedFailure(error);
        if (told !== null) return mountFailed(volume, told.message);
        throw error;
      } finally {
        await tools.run('dmsetup', ['remove', '--retry', '--noudevsync', VOLUME]);
      }
    },
    openSource: async () => {
      if (await isFull()) return full();
      await tools.run('blockdev', ['--flushbufs', snapshot]);
      await tools.run('blockdev', ['--setro', snapshot]);
      return openSourceDisk(snapshot, sizeBytes);
    },
    close: () => clearSnapshot(tools, folder),
  });
};

/** A tool that says no. */
const refused = (message: string): Error => carry({ code: 'identity.tool-failed', message, next: 'See what it says.' });

const tableOf = ({ segments }: DiskVolume, snapshot: string): string => {
  let next = 0;
  return segments
    .map(({ offsetBytes, lengthBytes }) => {
      const sectors = Math.floor(lengthBytes / SECTOR_BYTES);
      next += sectors;
      return `${next - sectors} ${sectors} linear ${snapshot} ${offsetBytes / SECTOR_BYTES}\n`;
    })
    .join('');
};

/** Also what an agent left that ended in the middle of it, whose snapshot would hold the disk: each step is tried, whatever became of the one before. */
export const clearSnapshot = async (tools: Tools, folder: string): Promise<void> => {
  const store = join(folder, 'store');
  await tools.run('umount', [join(folder, 'mount')]);
  for (const name of [VOLUME, SNAPSHOT]) await tools.run('dmsetup', ['remove', '--retry', '--noudevsync', name]);
  const { stdout } = await tools.run('losetup', ['--associated', join(store, 'changes')]);
  for (const [, loop = ''] of stdout.matchAll(/^(\/dev\/loop\d+):/gm)) await tools.run('losetup', ['--detach', loop]);
  await tools.run('umount', [store]);
  await rm(folder, { recursive: true, force: true });
};

const unavailable = (why: string): Result<never> =>
  failed(
    'identity.unavailable',
    `The system on the disk cannot be looked into on this machine: ${why}.`.slice(0, 900),
    'Capture it without --neutralise, and take its identity out on the machine itself.',
  );

const mountFailed = ({ name }: DiskVolume, why: string): { readonly ok: false; readonly failure: Failure } =>
  failed(
    'identity.mount-failed',
    `The filesystem in ${name} cannot be mounted: ${why}.`.slice(0, 900),
    'Check it with its own repair tool on the machine, then try again; or capture it without --neutralise.',
  );

const full = (): { readonly ok: false; readonly failure: Failure } =>
  failed(
    'identity.memory-full',
    'The changes to the image do not fit into the memory that is there for them.',
    'Capture it on a machine with more memory, or without --neutralise. The disk is as it was.',
  );
