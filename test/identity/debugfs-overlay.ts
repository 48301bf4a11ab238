// An overlay without mounts or rights: a copy of a disk by `makeGptDisk`, whose ext4 is unpacked by debugfs, and changed by it. The clock
// of debugfs is the caller's, so that the same changes give the same disk; a mount would write down when it was.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { mountedTree } from '../../agent/disk/mounted-tree.ts';
import type { DiskOverlay } from '../../agent/disk/overlay.ts';
import { openSourceDisk } from '../../agent/disk/source-disk.ts';
import type { Tree } from '../../agent/identity/tree.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { EXT_PLACE } from '../image/real-disk.ts';
import { fixtureTree } from './fixture-tree.ts';

/** Runs requests on the ext4 of a disk by `makeGptDisk`, at that time. */
export const debugfs = (disk: string, requests: readonly string[], epochSeconds: number): string =>
  execFileSync('debugfs', ['-w', '-f', '-', `${disk}?offset=${EXT_PLACE.offsetBytes}`], {
    input: `${requests.join('\n')}\n`,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, E2FSPROGS_FAKE_TIME: `${epochSeconds}` },
  });

/** Requests that put files with this content where there are none; content is kept in `scratch` until they run. */
export const filesRequests = (files: Readonly<Record<string, string | Uint8Array>>, scratch: string): readonly string[] => {
  const folders = new Set<string>();
  const above = (path: string): void => {
    if (path === '/' || folders.has(path)) return;
    above(dirname(path));
    folders.add(path);
  };
  Object.keys(files).forEach((path) => above(dirname(path)));
  const writes = Object.entries(files).flatMap(([path, content], n) => {
    const from = join(scratch, `content-${n}`);
    writeFileSync(from, content);
    return [`cd ${dirname(path)}`, `write ${from} ${basename(path)}`];
  });
  return [...[...folders].map((path) => `mkdir ${path}`), ...writes];
};

export const openDebugfsOverlay = async (disk: string, sizeBytes: number, epochSeconds: number): Promise<Result<DiskOverlay>> => {
  const copy = `${disk}.overlay`;
  const files = `${disk}.files`;
  await copyFile(disk, copy);
  await mkdir(files);
  return success({
    withTree: async ({ kind }, _how, work) => {
      if (kind !== 'ext') return success(await work({ tree: fixtureTree({}), startFolder: null }));
      debugfs(copy, [`rdump / ${files}`], epochSeconds);
      const changes: string[] = [];
      const done = await work({ tree: noting(mountedTree(files), files, changes), startFolder: null });
      if (changes.length > 0) debugfs(copy, changes, epochSeconds);
      return success(done);
    },
    openSource: () => openSourceDisk(copy, sizeBytes),
    close: async () => {
      await rm(copy, { force: true });
      await rm(files, { recursive: true, force: true });
    },
  });
};

/** Notes as requests what is changed. */
const noting = (tree: Tree, scratch: string, changes: string[]): Tree => {
  const removal = async (path: string): Promise<readonly string[]> => {
    if ((await tree.stat(path))?.type !== 'folder') return [`rm ${path}`];
    const inside: string[] = [];
    for (const name of await tree.list(path)) inside.push(...(await removal(`${path}/${name}`)));
    return [...inside, `rmdir ${path}`];
  };
  return {
    ...tree,
    remove: async (path) => {
      changes.push(...(await removal(path)));
      await tree.remove(path);
    },
    write: async (path, bytes) => {
      if ((await tree.stat(path)) !== null) changes.push(`rm ${path}`);
      const from = `${scratch}.${changes.length}`;
      writeFileSync(from, bytes);
      changes.push(`cd ${dirname(path)}`, `write ${from} ${basename(path)}`, 'cd /');
      await tree.write(path, bytes);
    },
    link: async (path, target) => {
      changes.push(`symlink ${path} ${target}`);
      await tree.link(path, target);
    },
  };
};
