// An image as windows and policies see it, from its summary. The words of a manifest become labels, trust and boot abilities here.
import { isSecureBootTrusted } from '../../agent/image/boot-chain.ts';
import type { Manifest } from '../../agent/image/manifest.ts';
import type { ImageView } from '../../preload/contract/views.ts';
import type { ImageSummary } from './images.ts';

/** An image with the lineage that decides which revision is newer. */
export type CatalogueImage = ImageView & { readonly lineage: string };

const labelsOf = (labels: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    labels.map((label) => {
      const at = label.indexOf('=');
      return at < 0 ? [label, ''] : [label.slice(0, at), label.slice(at + 1)];
    }),
  );

/** Facts that tell one machine from all others. */
export const MACHINE_NAMES: readonly string[] = ['system.uuid', 'system.serial', 'board.serial'];

const bindingsOf = ({ bindings = [] }: Manifest) => bindings.map(({ number, by, otherKey }) => ({ number, by, otherKey }));

const sourceNames = ({ source }: Manifest): Record<string, string> =>
  Object.fromEntries(
    MACHINE_NAMES.flatMap((name) => {
      const value = source.facts[name];
      return typeof value === 'string' && value !== '' ? [[name, value]] : [];
    }),
  );

export const imageViewOf = (summary: ImageSummary): CatalogueImage => {
  const { disk, manifest } = summary;
  const filesystems = new Map(manifest.filesystems.map((filesystem) => [filesystem.number, filesystem]));
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
    partitions: disk.table.partitions.map(({ number, name, type, startLba, sectors }) => {
      const { kind, label, note } = filesystems.get(number) ?? { kind: null, label: null };
      return {
        number,
        name,
        type,
        filesystem: kind,
        startLba,
        sectors,
        ...(label === null ? {} : { label }),
        ...(note === undefined ? {} : { note }),
      };
    }),
    ...(manifest.tableNotes === undefined ? {} : { tableNotes: manifest.tableNotes }),
    trust: summary.trust,
    keyId: summary.keyId,
    publicKey: summary.publicKey,
    notes: summary.notes,
    ...(manifest.boundToMachine ? { boundToMachine: { volumes: bindingsOf(manifest), sourceNames: sourceNames(manifest) } } : {}),
    ...(manifest.recipe === null
      ? {}
      : { recipe: { id: manifest.recipe.id, version: manifest.recipe.version, matchOn: manifest.recipe.matchOn } }),
  };
};
