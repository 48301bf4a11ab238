// The last look before the first write: is this the disk that a person said yes to, holding what it held then, and small enough
// for the order's ceiling? Any difference voids the consent (docs/operating.md, "Consent").
import type { TargetDevice, TargetDisk } from '../disk/target-disk.ts';
import { readBytes } from '../disk/target-disk.ts';
import { PROVENANCE_BYTES, PROVENANCE_OFFSET_BYTES } from '../image/provenance.ts';
import type { DiskIdentity } from '../protocol/disk.ts';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import type { CheckedImage } from './check-image.ts';
import { isOwnWork } from './own-work.ts';
import type { DeployOptions, DeployOrder } from './types.ts';
import { parseWorkMarker } from './work-marker.ts';
import type { WorkMarker } from './work-marker.ts';

/** `resumes`: the disk differs from what was consented to, but by this very job's own earlier writing, which this marks; else null. */
export type CheckedDisk = { readonly resumes: WorkMarker | null };

/** Before the disk is opened at all. Code: `disk.replaced`. */
export const checkIdentity = ({
  order,
  device,
}: {
  readonly device: Pick<TargetDevice, 'path' | 'identity'>;
  readonly order: Pick<DeployOrder, 'disk'>;
}): Result<null> => (isSameIdentity(order.disk, device.identity) ? success(null) : replaced(device.path, order));

/** Codes: `disk.replaced`, `order.erase-ceiling`, `disk.unreadable`, `disk.content-changed`. */
export const checkDisk = async (
  disk: TargetDisk,
  image: CheckedImage,
  options: Pick<DeployOptions, 'order' | 'device' | 'readContentHash' | 'source' | 'signal'>,
): Promise<Result<CheckedDisk>> => {
  const same = await checkConsented(disk, options);
  if (!same.ok) return same;
  if (same.value) return success({ resumes: null });
  const marker = await markerOf(disk, options.order);
  if (marker !== null && (await isOwnWork(disk, Buffer.from(marker.samples, 'base64'), image, options)))
    return success({ resumes: marker });
  return contentChanged(options.device.path);
};

type Consented = Pick<DeployOrder, 'disk' | 'eraseCeilingBytes' | 'contentHash'>;

/** Whether the disk still holds what it held when a person said yes. Codes: `disk.replaced`, `order.erase-ceiling`, `disk.unreadable`. */
export const checkConsented = async (
  disk: TargetDisk,
  { order, device, readContentHash }: Pick<DeployOptions, 'device' | 'readContentHash'> & { readonly order: Consented },
): Promise<Result<boolean>> => {
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
  return success(contentHash === order.contentHash);
};

export const contentChanged = (path: string): ReturnType<typeof failed> =>
  failed(
    'disk.content-changed',
    `${path} no longer holds what it held when the overwrite was approved.`,
    'Look at what is on the disk now and approve again.',
  );

/** By which this job, under this consent, has said that it begins to write this disk. */
const markerOf = async (disk: TargetDisk, order: DeployOrder): Promise<WorkMarker | null> => {
  if (disk.sizeBytes < PROVENANCE_OFFSET_BYTES + PROVENANCE_BYTES) return null;
  const marker = parseWorkMarker(await readBytes(disk, PROVENANCE_OFFSET_BYTES, PROVENANCE_BYTES));
  const isOurs = marker?.jobId === order.jobId && marker.consentId === order.consentId && marker.osoid === order.osoid;
  return isOurs ? marker : null;
};

const isSameIdentity = (a: DiskIdentity, b: DiskIdentity): boolean =>
  a.serial === b.serial && a.wwn === b.wwn && a.sizeBytes === b.sizeBytes;

const replaced = (path: string, order: Pick<DeployOrder, 'disk'>): ReturnType<typeof failed> =>
  failed(
    'disk.replaced',
    `${path} is not the disk that the order names (${nameOf(order.disk)}).`,
    'Look at the disks again, then approve again for the disk that is there.',
  );

const nameOf = (disk: DiskIdentity): string => `serial ${disk.serial ?? 'none'}, WWN ${disk.wwn ?? 'none'}, ${disk.sizeBytes} bytes`;
