// The last look before the first write: is this the disk that a person said yes to, holding what it held then, and small enough
// for the order's ceiling? Any difference voids the consent (docs/operating.md, "Consent").
import type { TargetDisk } from '../disk/target-disk.ts';
import { readBytes } from '../disk/target-disk.ts';
import { PROVENANCE_BYTES, PROVENANCE_OFFSET_BYTES } from '../image/provenance.ts';
import type { DiskIdentity } from '../protocol/disk.ts';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import type { DeployOptions, DeployOrder } from './types.ts';
import { parseWorkMarker } from './work-marker.ts';

/** `resumed`: the disk differs from what was consented to, but by this very job's own earlier writing. */
export type CheckedDisk = { readonly resumed: boolean };

/** Before the disk is opened at all. Code: `disk.replaced`. */
export const checkIdentity = ({ order, device }: Pick<DeployOptions, 'order' | 'device'>): Result<null> =>
  isSameIdentity(order.disk, device.identity) ? success(null) : replaced(device.path, order);

/** Codes: `disk.replaced`, `order.erase-ceiling`, `disk.unreadable`, `disk.content-changed`. */
export const checkDisk = async (
  disk: TargetDisk,
  { order, device, readContentHash }: Pick<DeployOptions, 'order' | 'device' | 'readContentHash'>,
): Promise<Result<CheckedDisk>> => {
  if (disk.sizeBytes !== order.disk.sizeBytes) return replaced(device.path, order);
  if (disk.sizeBytes > order.eraseCeilingBytes)
    return failed(
      'order.erase-ceiling',
      `The disk has ${disk.sizeBytes} bytes; this order may erase disks up to ${order.eraseCeilingBytes}.`,
      'Check that it is the right disk, then approve with a higher ceiling.',
    );
  const contentHash = await readContentHash();
  if (contentHash === null)
    return failed(
      'disk.unreadable',
      `What ${device.path} holds could not be read again.`,
      'Check cable and disk, then scan this machine again.',
    );
  if (contentHash === order.contentHash) return success({ resumed: false });
  if (await carriesMarkerOf(disk, order)) return success({ resumed: true });
  return failed(
    'disk.content-changed',
    `${device.path} no longer holds what it held when the overwrite was approved.`,
    'Look at what is on the disk now and approve again.',
  );
};

/** True if this job, under this consent, has begun to write this disk before. */
const carriesMarkerOf = async (disk: TargetDisk, order: DeployOrder): Promise<boolean> => {
  if (disk.sizeBytes < PROVENANCE_OFFSET_BYTES + PROVENANCE_BYTES) return false;
  const marker = parseWorkMarker(await readBytes(disk, PROVENANCE_OFFSET_BYTES, PROVENANCE_BYTES));
  return marker !== null && marker.jobId === order.jobId && marker.consentId === order.consentId && marker.osoid === order.osoid;
};

const isSameIdentity = (a: DiskIdentity, b: DiskIdentity): boolean =>
  a.serial === b.serial && a.wwn === b.wwn && a.sizeBytes === b.sizeBytes;

const replaced = (path: string, order: DeployOrder): ReturnType<typeof failed> =>
  failed(
    'disk.replaced',
    `${path} is not the disk that the order names (${nameOf(order.disk)}).`,
    'Look at the disks again, then approve again for the disk that is there.',
  );

const nameOf = (disk: DiskIdentity): string => `serial ${disk.serial ?? 'none'}, WWN ${disk.wwn ?? 'none'}, ${disk.sizeBytes} bytes`;
