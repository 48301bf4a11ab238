// The job's disk: open while the agent writes, closed while filesystem tools need it, closed for certain when the job ends.
import { valueOf } from '../disk/carried-failure.ts';
import type { TargetDevice, TargetDisk } from '../disk/target-disk.ts';

export type HeldDisk = {
  /** Throws the device's failure, carried. */
  open(): Promise<TargetDisk>;
  readonly disk: () => TargetDisk;
  /** Closes the disk for the time of `work`, then opens it again. */
  closedFor<T>(work: () => Promise<T>): Promise<T>;
  release(): Promise<void>;
};

export const holdDisk = (device: TargetDevice): HeldDisk => {
  let disk: TargetDisk | null = null;
  const open = async (): Promise<TargetDisk> => (disk = valueOf(await device.open()));
  const close = async (): Promise<void> => {
    const closing = disk;
    disk = null;
    await closing?.close();
  };
  return {
    open,
    disk: () => {
      if (disk === null) throw new Error('the disk is closed at this step');
      return disk;
    },
    closedFor: async (work) => {
      await disk?.flush();
      await close();
      const value = await work();
      await open();
      return value;
    },
    release: close,
  };
};
