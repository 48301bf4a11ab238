// Is the image what the order says, unaltered, and does it fit? Signature, manifest, OSOID and chunk table are held against each
// other before a byte of the disk changes.
import { createHash } from 'node:crypto';
import type { TargetDisk } from '../disk/target-disk.ts';
import { parseChunkTable } from '../image/chunk-table.ts';
import type { ChunkTable } from '../image/chunk-table.ts';
import { diskOf } from '../image/content.ts';
import type { DiskContent } from '../image/content.ts';
import { parseManifest } from '../image/manifest.ts';
import type { Manifest } from '../image/manifest.ts';
import { extentsOfTable } from '../image/osoid.ts';
import { parseSignature, verifySignature } from '../image/signature.ts';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import type { DeployOptions, DeployOrder } from './types.ts';

export type CheckedImage = { readonly manifest: Manifest; readonly content: DiskContent; readonly table: ChunkTable };

/** Codes: `image.signature`, `image.manifest-mismatch`, those of the manifest and chunk-table readers, and the source's own. */
export const checkImage = async ({
  order,
  source,
  trustedKeys,
}: Pick<DeployOptions, 'source' | 'trustedKeys'> & {
  readonly order: Pick<DeployOrder, 'osoid' | 'manifestSha256' | 'acceptSignature'>;
}): Promise<Result<CheckedImage>> => {
  const bytes = await source.manifest();
  if (!bytes.ok) return bytes;
  const signatureFile = await source.signature();
  if (!signatureFile.ok) return signatureFile;
  const signature = parseSignature(signatureFile.value);
  if (!signature.ok) return signature;
  const verdict = verifySignature(signature.value, 'manifest', bytes.value, trustedKeys);
  // The order is signed by the station and names the manifest by its hash: nothing else passes in its place.
  if (verdict !== 'trusted' && order.acceptSignature !== true) return badSignature(verdict);
  const parsed = parseManifest(bytes.value);
  if (!parsed.ok) return parsed;
  const { manifest, osoid, sha256 } = parsed.value;
  if (sha256 !== order.manifestSha256 || osoid !== order.osoid) return mismatch('its manifest is not the one that was approved');
  const tableBytes = await source.chunkTable();
  if (!tableBytes.ok) return tableBytes;
  if (createHash('sha256').update(tableBytes.value).digest('hex') !== manifest.chunkTable.sha256)
    return mismatch('its chunk table is not the one in its manifest');
  const table = parseChunkTable(tableBytes.value);
  if (!table.ok) return table;
  const content = diskOf(manifest.content);
  const extents = extentsOfTable(table.value);
  if (table.value.diskSizeBytes !== content.sizeBytes || table.value.chunkSizeBytes !== manifest.chunkSizeBytes)
    return mismatch('manifest and chunk table describe different disks');
  if (extents !== null && (extents.sha256 !== content.extents.sha256 || extents.count !== content.extents.count))
    return mismatch('its chunks are not the content that its id names');
  return success({ manifest, content, table: table.value });
};

/** Codes: `disk.too-small`, `disk.sector-size`, `image.firmware`. */
export const checkFit = (content: DiskContent, disk: TargetDisk, firmware: 'bios' | 'uefi'): Result<null> => {
  const sized = checkSize(content, disk);
  if (!sized.ok) return sized;
  if (content.firmware !== 'unknown' && content.firmware !== 'both' && content.firmware !== firmware)
    return failed(
      'image.firmware',
      `The image starts by ${content.firmware.toUpperCase()}, this machine was started by ${firmware.toUpperCase()}.`,
      "Change the machine's boot mode or choose another image.",
    );
  return success(null);
};

/** Codes: `disk.too-small`, `disk.sector-size`. */
export const checkSize = (content: DiskContent, disk: Pick<TargetDisk, 'sizeBytes' | 'logicalSectorBytes'>): Result<null> => {
  if (disk.sizeBytes < content.sizeBytes)
    return failed(
      'disk.too-small',
      `The image needs ${content.sizeBytes} bytes, the disk has ${disk.sizeBytes}.`,
      'Choose a larger disk or an image made for a smaller one.',
    );
  if (disk.logicalSectorBytes !== content.logicalSectorBytes)
    return failed(
      'disk.sector-size',
      `The image is made for sectors of ${content.logicalSectorBytes} bytes, the disk has ${disk.logicalSectorBytes}.`,
      'Choose another disk, format it to that sector size where it can (nvme format, sg_format), or use an image made on such a disk.',
    );
  return success(null);
};

const badSignature = (verdict: 'unknown-key' | 'broken'): ReturnType<typeof failed> =>
  failed(
    'image.signature',
    verdict === 'broken'
      ? "The image's signature is not good: the manifest was altered or damaged."
      : 'The image is signed with a key that this station does not trust.',
    verdict === 'broken'
      ? 'Copy the image again from its source.'
      : 'Compare the key with its owner, then trust it in Settings, or choose another image.',
  );

const mismatch = (what: string): ReturnType<typeof failed> =>
  failed('image.manifest-mismatch', `The image cannot be used: ${what}.`, 'Verify the library, then order the deploy again.');
