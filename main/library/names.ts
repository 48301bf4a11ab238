// Where things lie in a library (docs/FORMAT.md "Folder"). Names are made here from checked ids only, never from input text.

export const HEADER_NAME = 'rackside-library.json';
export const LOCK_NAME = 'lock.json';

const OSOID = /^[0-9a-f]{64}$/;
/** True for what can name an image or a pack: 64 lower-case hex digits. */
export const isContentName = (text: string): boolean => OSOID.test(text);

export const packName = (packId: string): string => `packs/${packId.slice(0, 2)}/${packId}.pack`;
export const indexName = (packId: string): string => `packs/${packId.slice(0, 2)}/${packId}.idx`;
/** The trailers of many packs in one file. */
export const JOINED_INDEX_NAME = 'packs/joined.idx';
export const packIdOfName = (name: string): string | undefined => /^packs\/[0-9a-f]{2}\/([0-9a-f]{64})\.(?:pack|idx)$/.exec(name)?.[1];

/** A payload file of recipes, where it is no larger than a part. */
export const payloadName = (sha256: string): string => `payloads/${sha256}`;
/** A larger one: its parts, counted from 0, and the list of them, written last. */
export const payloadPartName = (sha256: string, number: number): string => `payloads/${sha256}.${String(number).padStart(4, '0')}`;
export const payloadListName = (sha256: string): string => `payloads/${sha256}.parts`;
export const payloadIdOfName = (name: string): string | undefined => /^payloads\/([0-9a-f]{64})(?:\.parts|\.[0-9]{4})?$/.exec(name)?.[1];

/** A signed document (policies, a recipe …); `id` is the SHA-256 of its bytes. */
export const documentName = (id: string): string => `documents/${id}.json`;
export const documentIdOfName = (name: string): string | undefined => /^documents\/([0-9a-f]{64})\.json$/.exec(name)?.[1];

/** An image's own folder; beside its first files it may hold variants of them and edits of its description. */
export const imageFolder = (osoid: string): string => `images/${osoid}`;
/** The same content, described or signed otherwise, under the hash of its manifest. */
export const variantFolder = (osoid: string, manifestSha256: string): string => `images/${osoid}/also/${manifestSha256}`;
export const trashFolder = (osoid: string): string => `trash/${osoid}`;

/** The three files of an image, in `imageFolder` or `variantFolder`. */
export const manifestIn = (base: string): string => `${base}/manifest.json`;
export const chunkTableIn = (base: string): string => `${base}/chunks.bin`;
/** Written last: an image without it does not exist. */
export const signatureIn = (base: string): string => `${base}/manifest.sig`;
/** The folder whose signature file this is. */
export const baseOfSignature = (name: string): string | undefined =>
  /^((?:images|trash)\/[0-9a-f]{64}(?:\/also\/[0-9a-f]{64})?)\/manifest\.sig$/.exec(name)?.[1];

/** One edit of a description; `id` is the SHA-256 of its bytes. */
export const noteName = (osoid: string, id: string): string => `images/${osoid}/notes/${id}.json`;
export const noteIdOfName = (name: string): string | undefined =>
  /^(?:images|trash)\/[0-9a-f]{64}\/notes\/([0-9a-f]{64})\.json$/.exec(name)?.[1];

export const osoidOfName = (name: string): string | undefined => /^(?:images|trash)\/([0-9a-f]{64})\//.exec(name)?.[1];
