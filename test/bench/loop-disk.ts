// A disk for the deploy figure: a sparse file behind a loop device with direct I/O, so that nobody writes into the page cache.
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, rmSync } from 'node:fs';

export type LoopDisk = { readonly path: string; readonly loop: string; remove(): void };

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }).trim();

export const makeLoopDisk = (path: string, sizeBytes: number): LoopDisk => {
  const file = openSync(path, 'w');
  ftruncateSync(file, sizeBytes);
  closeSync(file);
  const loop = run('losetup', '--find', '--show', '--direct-io=on', path);
  // A loop device keeps the read-only flag of whoever used it before.
  run('blockdev', '--setrw', loop);
  return {
    path,
    loop,
    remove: () => {
      run('blockdev', '--setrw', loop);
      run('losetup', '--detach', loop);
      rmSync(path);
    },
  };
};
