// An image as windows and policies see it, from its summary. The words of a manifest become labels, trust and boot abilities here.
import type { BootLoader } from '../../agent/image/manifest.ts';
import type { ImageView } from '../../preload/contract/views.ts';
import type { ImageSummary } from './images.ts';

/** An image with the lineage that decides which revision is newer. */
export type CatalogueImage = ImageView & { readonly lineage: string };

/** Issuers whose signatures a stock Secure Boot machine accepts (Microsoft's UEFI CAs of 2011 and 2023, and Windows' own). */
const STOCK_ISSUER = /^Microsoft (Corporation )?(UEFI CA|Windows Production PCA|Root Certificate Authority)|^Windows UEFI CA 2023/;

/** True when firmware that trusts only the stock keys starts this disk: the removable-media loader or a shim must be signed so. */
export const isSecureBootTrusted = (chain: readonly BootLoader[]): boolean =>
  chain.some(
    (loader) => ['removable', 'shim', 'windows'].includes(loader.kind) && loader.signedBy.some((issuer) => STOCK_ISSUER.test(issuer)),
  );

const labelsOf = (labels: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    labels.map((label) => {
      const at = label.indexOf('=');
      return at < 0 ? [label, ''] : [label.slice(0, at), label.slice(at + 1)];
    }),
  );

export const imageViewOf = (summary: ImageSummary): CatalogueImage => {
  const { disk, manifest } = summary;
  const filesystems = new Map(manifest.filesystems.map((filesystem) => [filesystem.number, filesystem.kind]));
  return {
    osoid: summary.osoid,
    manifestSha256: summary.manifestSha256,
    name: summary.name,
    revision: summary.revision,
    lineage: summary.lineageId,
    labels: labelsOf(summary.labels),
    createdAt: summary.createdAt,
    diskSizeBytes: disk.sizeBytes,
    dataBytes: summary.dataBytes,
    storedBytes: summary.storedBytes,
    logicalSectorBytes: disk.logicalSectorBytes,
    firmware: disk.firmware === 'unknown' ? 'none' : disk.firmware,
    architecture: disk.architecture,
    secureBootTrusted: isSecureBootTrusted(manifest.bootChain),
    table: disk.table.kind,
    partitions: disk.table.partitions.map((partition) => ({
      number: partition.number,
      name: partition.name,
      filesystem: filesystems.get(partition.number) ?? null,
      startLba: partition.startLba,
      sectors: partition.sectors,
    })),
    trust: summary.trust,
    keyId: summary.keyId,
    notes: manifest.notes,
  };
};
