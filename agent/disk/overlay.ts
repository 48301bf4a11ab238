// A disk as it would be after a change that is made beside it, in memory: filesystems can be mounted and written there, and what results
// can be read as a disk, while the disk underneath is only ever read.
import type { DiskVolume } from '../identity/volumes.ts';
import type { Tree } from '../identity/tree.ts';
import type { Result } from '../protocol/failure.ts';
import type { SourceDisk } from './source-disk.ts';

/** What a mounted filesystem is: its files, and for Btrfs the folder of the subvolume that it starts from, where that is not the top. */
export type Mounted = { readonly tree: Tree; readonly startFolder: string | null };

export type DiskOverlay = {
  /**
   * Mounts one filesystem and gives its files to `work`; `look` changes none of them. Rejects with what `work` rejects with. Codes:
   * `identity.mount-failed`, `identity.memory-full`.
   */
  withTree<T>(volume: DiskVolume, how: 'look' | 'change', work: (mounted: Mounted) => Promise<T>): Promise<Result<T>>;
  /** The disk with all that was changed. Codes: `disk.open-failed`, `identity.memory-full`. */
  openSource(): Promise<Result<SourceDisk>>;
  /** Forgets every change. */
  close(): Promise<void>;
};
