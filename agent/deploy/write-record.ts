// The record's place on the disk, at both ends of a job: marked as being worked on before the first write, and holding the
// station's signed record as the very last one.
import type { Range, TargetDisk } from '../disk/target-disk.ts';
import { readBytes } from '../disk/target-disk.ts';
import type { PartitionTable } from '../image/partition-table.ts';
import { PROVENANCE_BYTES, hasMark, readProvenance, tableMarkOf } from '../image/provenance.ts';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import type { DeployOptions, DeployOrder } from './types.ts';
import { takeSamples } from './own-work.ts';
import { encodeWorkMarker } from './work-marker.ts';
import type { WorkMarker } from './work-marker.ts';

/**
 * From here on the disk claims no image. Durable when it returns; true if a record or mark was there before. `resumes` is the mark of an
 * earlier attempt, whose samples are of the job's beginning and stay.
 */
export const markAsWorkedOn = async (
  disk: TargetDisk,
  place: Range,
  { order }: { readonly order: Pick<DeployOrder, 'jobId' | 'consentId' | 'osoid'> },
  resumes: WorkMarker | null,
): Promise<boolean> => {
  const before = await readBytes(disk, place.offsetBytes, place.lengthBytes);
  const samples = resumes?.samples ?? Buffer.from(await takeSamples(disk)).toString('base64');
  const marker = encodeWorkMarker({ jobId: order.jobId, consentId: order.consentId, osoid: order.osoid, samples });
  if (!before.equals(marker)) {
    await disk.write(place.offsetBytes, marker);
    await disk.flush();
  }
  return hasMark(before);
};

/** Codes: `deploy.record-refused` (not for this image or disk), `deploy.read-back-mismatch`, and the station's own. */
export const writeRecord = async (
  disk: TargetDisk,
  { place, table }: { readonly place: Range; readonly table: PartitionTable },
  {
    order,
    device,
    requestRecord,
    trustedKeys,
  }: Pick<DeployOptions, 'device' | 'requestRecord' | 'trustedKeys'> & { readonly order: Pick<DeployOrder, 'osoid' | 'manifestSha256'> },
): Promise<Result<null>> => {
  const answer = await requestRecord(device.identity, tableMarkOf(table));
  if (!answer.ok) return answer;
  const sector = Buffer.alloc(PROVENANCE_BYTES);
  sector.set(answer.value.subarray(0, PROVENANCE_BYTES));
  const { verdict, record } = readProvenance(sector, { disk: device.identity, trustedKeys, table });
  if (verdict !== 'trusted' || record?.osoid !== order.osoid || record.manifestSha256 !== order.manifestSha256)
    return failed(
      'deploy.record-refused',
      `The station's record of what is on the disk is not usable (${verdict}).`,
      "Check this station's signing key in Settings, then order the deploy again; nothing is fetched twice.",
    );
  await disk.write(place.offsetBytes, sector);
  await disk.flush();
  if ((await readBytes(disk, place.offsetBytes, PROVENANCE_BYTES)).equals(sector)) return success(null);
  return failed(
    'deploy.read-back-mismatch',
    `The disk gave back something else than was written, at byte ${place.offsetBytes} (provenance record).`,
    'The disk or its controller is failing: replace it, then deploy again.',
  );
};
