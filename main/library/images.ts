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
import { describedBy, EDIT_MAX_BYTES, parseEdit } from './description.ts';
import type { EffectiveDescription, SignedEdit } from './description.ts';
import {
  baseOfSignature,
  chunkTableIn,
  imageFolder,
  manifestIn,
  noteIdOfName,
  noteName,
  osoidOfName,
  signatureIn,
  HEADER_NAME,
} from './names.ts';
import { libraryGone } from './failures.ts';
import type { LibraryStore } from './store.ts';

/** An image whose files are whole; whether it may be used is `trust`. */
export type ImageSummary = {
  readonly osoid: string;
  readonly manifestSha256: string;
  /** The folder of its files: the image's own, or that of a variant. */
  readonly base: string;
  /** As people call it now; the manifest's own name may be an older one. */
  readonly name: string;
  readonly revision: number;
  readonly lineageId: string;
  readonly createdAt: string;
  readonly labels: readonly string[];
  readonly notes: string;
  /** How the three above came about. */
  readonly description: EffectiveDescription;
  /** `unknown-key` and `broken` are shown and never deployed without a person's override. */
  readonly trust: SignatureVerdict;
  readonly keyId: string;
  /** base64url. */
  readonly publicKey: string;
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

export const CHUNK_TABLE_MAX_BYTES = 512 * 1024 * 1024;

export const listOsoids = async (store: LibraryStore): Promise<Result<readonly string[]>> => {
  const names = await store.list('images');
  if (!names.ok) return names;
  return success([...new Set(names.value.map(osoidOfName).filter((osoid) => osoid !== undefined))]);
};

/** Every variant of an image: its content is the same, its description or its signer is not. The folders of those that exist. */
export const listBases = async (store: LibraryStore, folder: string): Promise<Result<readonly string[]>> => {
  const names = await store.list(folder);
  if (!names.ok) return names;
  return success(names.value.map(baseOfSignature).filter((base) => base !== undefined));
};

/** So many are read at most: more can only be an attempt to waste our time. A merge takes far fewer from strangers. */
const VARIANTS_MAX = 1000;
const EDITS_MAX = 10_000;

/**
 * Reads and judges one image: of several variants the one that all stations with the same trusted keys choose. Codes:
 * `library.no-image`, `library.image-corrupt`, `manifest.*`, `signature.malformed`.
 */
export const readImage = async (
  store: LibraryStore,
  osoid: string,
  trustedKeys: TrustedKeys,
  options: { readonly manifestSha256?: string | undefined } = {},
): Promise<Result<ImageSummary>> => {
  const names = await store.list(imageFolder(osoid));
  if (!names.ok) return names;
  const bases = names.value.map(baseOfSignature).filter((base) => base !== undefined);
  const edits = await readEdits(store, osoid, names.value, trustedKeys);
  if (!edits.ok) return edits;
  let best: ImageSummary | undefined;
  let failure: Failure | undefined;
  for (const base of bases.slice(0, VARIANTS_MAX)) {
    const one = await readBase(store, osoid, base, trustedKeys, edits.value);
    if (!one.ok) failure ??= one.failure;
    else if (
      options.manifestSha256 === undefined
        ? best === undefined || isBetter(one.value, best)
        : one.value.manifestSha256 === options.manifestSha256
    )
      best = one.value;
  }
  if (best !== undefined) return success(best);
  if (failure !== undefined) return { ok: false, failure };
  // An unplugged disk leaves an empty folder behind, in which nothing exists: that is no word about the image.
  const header = await store.size(HEADER_NAME);
  if (!header.ok) return header;
  return header.value === null ? libraryGone(store.location) : noImage(osoid);
};

/** Trusted before strange before broken, then the later revision, then the lower hash: never what happens to be read first. */
export const isBetter = (one: Judged, other: Judged): boolean => {
  const rank = RANKS[one.trust] - RANKS[other.trust] || one.revision - other.revision;
  return rank === 0 ? one.manifestSha256 < other.manifestSha256 : rank > 0;
};
type Judged = Pick<ImageSummary, 'trust' | 'revision' | 'manifestSha256'>;
const RANKS: Readonly<Record<SignatureVerdict, number>> = { trusted: 2, 'unknown-key': 1, broken: 0 };

const noImage = (osoid: string): ReturnType<typeof failed> =>
  failed('library.no-image', `The library has no image ${osoid.slice(0, 16)}.`, 'Import it, or open the library that has it.');

/** Edits that cannot be read are left out here; a scrub tells of them. */
const readEdits = async (
  store: LibraryStore,
  osoid: string,
  names: readonly string[],
  trustedKeys: TrustedKeys,
): Promise<Result<readonly SignedEdit[]>> => {
  const edits: SignedEdit[] = [];
  const ids = names.map(noteIdOfName).filter((id) => id !== undefined);
  for (const id of ids.slice(0, EDITS_MAX)) {
    const edit = await readEdit(store, osoid, id, trustedKeys);
    if (edit.ok) edits.push(edit.value);
    else if (PASSING.has(edit.failure.code)) return edit;
  }
  return success(edits);
};
/** The disk itself is away: nothing can be said of the image now. */
const PASSING: ReadonlySet<string> = new Set(['library.unreadable']);

export const readEdit = async (store: LibraryStore, osoid: string, id: string, trustedKeys: TrustedKeys): Promise<Result<SignedEdit>> => {
  const bytes = await store.readAll(noteName(osoid, id), EDIT_MAX_BYTES);
  return bytes.ok ? parseEdit(bytes.value, id, osoid, trustedKeys) : bytes;
};

/** One variant of an image. Its folder may also be one in the trash. */
export const readBase = async (
  store: LibraryStore,
  osoid: string,
  base: string,
  trustedKeys: TrustedKeys,
  edits: readonly SignedEdit[] = [],
): Promise<Result<ImageSummary>> => {
  const signatureBytes = await store.readAll(signatureIn(base), 1024);
  if (!signatureBytes.ok) return signatureBytes.failure.code === 'library.missing' ? noImage(osoid) : signatureBytes;
  const signature = parseSignature(signatureBytes.value);
  if (!signature.ok) return signature;
  const manifestBytes = await store.readAll(manifestIn(base), MANIFEST_MAX_BYTES);
  if (!manifestBytes.ok) return manifestBytes;
  const parsed = parseManifest(manifestBytes.value);
  if (!parsed.ok) return parsed;
  const { manifest, sha256 } = parsed.value;
  if (parsed.value.osoid !== osoid) return corruptImage(osoid, 'its manifest belongs to another image');
  const description = describedBy(manifest, edits);
  return success({
    osoid,
    manifestSha256: sha256,
    base,
    name: description.name,
    revision: manifest.revision,
    lineageId: manifest.lineage.id,
    createdAt: manifest.createdAt,
    labels: description.labels,
    notes: description.notes,
    description,
    trust: verifySignature(signature.value, 'manifest', manifestBytes.value, trustedKeys),
    keyId: signature.value.keyId,
    publicKey: Buffer.from(signature.value.publicKey, 'hex').toString('base64url'),
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
  const bytes = await store.readAll(chunkTableIn(image.base), CHUNK_TABLE_MAX_BYTES);
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
export const readImageFiles = async (store: LibraryStore, image: ImageSummary, allowUntrusted: boolean): Promise<Result<ImageFiles>> => {
  if (image.trust !== 'trusted' && !allowUntrusted)
    return image.trust === 'broken'
      ? failed(
          'library.untrusted',
          `The signature of "${image.name}" is wrong: the image was altered.`,
          'Copy the image again from its source.',
        )
      : failed(
          'library.untrusted',
          `"${image.name}" is signed by a key (${image.keyId}) that this station does not trust.`,
          `Compare the key with its owner, then trust it in Settings or with: rackside trust add ${image.keyId}`,
        );
  const table = await readChunkTable(store, image);
  if (!table.ok) return table;
  const manifestBytes = await store.readAll(manifestIn(image.base), MANIFEST_MAX_BYTES);
  if (!manifestBytes.ok) return manifestBytes;
  const signatureBytes = await store.readAll(signatureIn(image.base), 1024);
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
