// The job's disk: open while the agent writes, closed while filesystem tools need it, closed for certain when the job ends.
import { valueOf } from '../disk/carried-failure.ts';
import type { TargetDevice, TargetDisk } from '../disk/target-disk.ts';

export type HeldDisk = {
  readonly disk: () => TargetDisk;
  /** Closes the disk for the time of `work`, then opens it again. */
  closedFor<T>(work: () => Promise<T>): Promise<T>;
  release(): Promise<void>;
};

/** Throws the device's failure, carried. */
export const holdDisk = async (device: TargetDevice): Promise<HeldDisk> => {
  let disk: TargetDisk | null = valueOf(await device.open());
  const close = async (): Promise<void> => {
    const open = disk;
    disk = null;
    await open?.close();
  };
  return {
    disk: () => {
      if (disk === null) throw new Error('the disk is closed at this step');
      return disk;
    },
    closedFor: async (work) => {
      await disk?.flush();
      await close();
      const value = await work();
      disk = valueOf(await device.open());
      return value;
    },
    release: close,
  };
};
