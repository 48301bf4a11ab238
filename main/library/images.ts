// The images of a library as people and the station see them: read from their files each time, judged by the station's own keys.
import { createHash } from 'node:crypto';
import { dataChunks } from '../../agent/image/chunk-map.ts';
import type { ChunkTable } from '../../agent/image/chunk-table.ts';
import { parseChunkTable } from '../../agent/image/chunk-table.ts';
import type { DiskContent } from '../../agent/image/content.ts';
import { diskOf } from '../../agent/image/content.ts';
import type { Manifest } from '../../agent/image/manifest.ts';
import { MANIFEST_MAX_BYTES, parseManifest } from '../../agent/image/manifest.ts';
import { extentsOfTable } from '../../agent/image/osoid.ts';
import type { SignatureVerdict, TrustedKeys } from '../../agent/image/signature.ts';
import { parseSignature, verifySignature } from '../../agent/image/signature.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { chunkTableName, manifestName, osoidOfName, signatureName } from './names.ts';
import type { LibraryStore } from './store.ts';

/** An image whose files are whole; whether it may be used is `trust`. */
export type ImageSummary = {
  readonly osoid: string;
  readonly manifestSha256: string;
  readonly name: string;
  readonly revision: number;
  readonly lineageId: string;
  readonly createdAt: string;
  readonly labels: readonly string[];
  /** `unknown-key` and `broken` are shown and never deployed without a person's override. */
  readonly trust: SignatureVerdict;
  readonly keyId: string;
  readonly disk: DiskContent;
  /** Bytes of chunks that are not zero, raw. */
  readonly dataBytes: number;
  /** Bytes they take in packs, shared or not. */
  readonly storedBytes: number;
  readonly manifest: Manifest;
};

/** An image folder that cannot be used, and why. */
export type DamagedImage = { readonly osoid: string; readonly failure: Failure };

/** What an agent needs to deploy: the exact signed bytes. */
export type ImageFiles = { readonly manifestBytes: Uint8Array; readonly signatureBytes: Uint8Array; readonly chunkTableBytes: Uint8Array };

const CHUNK_TABLE_MAX_BYTES = 512 * 1024 * 1024;

export const listOsoids = async (store: LibraryStore): Promise<Result<readonly string[]>> => {
  const names = await store.list('images');
  if (!names.ok) return names;
  return success([...new Set(names.value.map(osoidOfName).filter((osoid) => osoid !== undefined))]);
};

/** Reads and judges one image. Codes: `library.no-image`, `library.image-corrupt`, `manifest.*`, `signature.malformed`. */
export const readImage = async (store: LibraryStore, osoid: string, trustedKeys: TrustedKeys): Promise<Result<ImageSummary>> => {
  const signatureBytes = await store.readAll(signatureName(osoid), 1024);
  if (!signatureBytes.ok)
    return signatureBytes.failure.code === 'library.missing'
      ? failed('library.no-image', `The library has no image ${osoid.slice(0, 16)}.`, 'Import it, or open the library that has it.')
      : signatureBytes;
  const signature = parseSignature(signatureBytes.value);
  if (!signature.ok) return signature;
  const manifestBytes = await store.readAll(manifestName(osoid), MANIFEST_MAX_BYTES);
  if (!manifestBytes.ok) return manifestBytes;
  const parsed = parseManifest(manifestBytes.value);
  if (!parsed.ok) return parsed;
  const { manifest, sha256 } = parsed.value;
  if (parsed.value.osoid !== osoid) return corruptImage(osoid, 'its manifest belongs to another image');
  return success({
    osoid,
    manifestSha256: sha256,
    name: manifest.name,
    revision: manifest.revision,
    lineageId: manifest.lineage.id,
    createdAt: manifest.createdAt,
    labels: manifest.labels,
    trust: verifySignature(signature.value, 'manifest', manifestBytes.value, trustedKeys),
    keyId: signature.value.keyId,
    disk: diskOf(manifest.content),
    dataBytes: manifest.stats.dataBytes,
    storedBytes: manifest.stats.storedBytes,
    manifest,
  });
};

/** The image's chunk table, checked against the signed manifest and against the OSOID itself. */
export const readChunkTable = async (
  store: LibraryStore,
  image: ImageSummary,
): Promise<Result<{ readonly table: ChunkTable; readonly bytes: Uint8Array }>> => {
  const { chunkTable, chunkSizeBytes } = image.manifest;
  const bytes = await store.readAll(chunkTableName(image.osoid), CHUNK_TABLE_MAX_BYTES);
  if (!bytes.ok) return bytes;
  if (createHash('sha256').update(bytes.value).digest('hex') !== chunkTable.sha256)
    return corruptImage(image.osoid, 'its chunk table is damaged');
  const table = parseChunkTable(bytes.value);
  if (!table.ok) return table;
  const extents = extentsOfTable(table.value);
  const fits =
    table.value.diskSizeBytes === image.disk.sizeBytes &&
    table.value.chunkSizeBytes === chunkSizeBytes &&
    table.value.hashes.length / 32 === chunkTable.entries &&
    (extents === null || (extents.sha256 === image.disk.extents.sha256 && extents.count === image.disk.extents.count));
  return fits ? success({ table: table.value, bytes: bytes.value }) : corruptImage(image.osoid, 'its chunk table is of another image');
};

/** The signed files; refuses what the station does not trust unless a person has said otherwise. Code `library.untrusted`. */
export const readImageFiles = async (
  store: LibraryStore,
  osoid: string,
  trustedKeys: TrustedKeys,
  allowUntrusted: boolean,
): Promise<Result<ImageFiles>> => {
  const image = await readImage(store, osoid, trustedKeys);
  if (!image.ok) return image;
  if (image.value.trust !== 'trusted' && !allowUntrusted)
    return image.value.trust === 'broken'
      ? failed(
          'library.untrusted',
          `The signature of "${image.value.name}" is wrong: the image was altered.`,
          'Copy the image again from its source.',
        )
      : failed(
          'library.untrusted',
          `"${image.value.name}" is signed by a key (${image.value.keyId}) that this station does not trust.`,
          'Trust that key in Settings, or import the image here.',
        );
  const table = await readChunkTable(store, image.value);
  if (!table.ok) return table;
  const manifestBytes = await store.readAll(manifestName(osoid), MANIFEST_MAX_BYTES);
  if (!manifestBytes.ok) return manifestBytes;
  const signatureBytes = await store.readAll(signatureName(osoid), 1024);
  if (!signatureBytes.ok) return signatureBytes;
  return success({ manifestBytes: manifestBytes.value, signatureBytes: signatureBytes.value, chunkTableBytes: table.value.bytes });
};

/** Distinct chunk ids of an image. */
export const chunkIdsOf = (table: ChunkTable): ReadonlySet<string> => {
  const ids = new Set<string>();
  for (const chunk of dataChunks(table)) if (chunk.chunkId !== null) ids.add(chunk.chunkId);
  return ids;
};

const corruptImage = (osoid: string, why: string): ReturnType<typeof failed> =>
  failed('library.image-corrupt', `Image ${osoid.slice(0, 16)} cannot be used: ${why}.`, 'Heal the library from another copy of it.');
