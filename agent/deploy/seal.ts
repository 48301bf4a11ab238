// While an image is being written the disk has no partition table, so that a machine cut off in the middle boots the network and
// never half an operating system. The table's chunk is kept in memory and written last (install-table.ts).
import { zeroAround } from '../disk/fetch-write.ts';
import type { Workbench } from '../disk/workbench.ts';

/**
 * Takes away sector 0 and the GPT header behind it; durable when it returns. A GPT backup may stay: firmware and kernels look for
 * it only behind a protective MBR (UEFI 2.10 §5.2.3), and it may be content of the image that is already in place.
 */
export const sealDisk = async (bench: Workbench): Promise<void> => {
  await zeroAround(bench, 0, 2 * bench.disk.logicalSectorBytes);
  await bench.disk.flush();
};
