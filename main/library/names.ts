// Where things lie in a library (docs/FORMAT.md "Folder"). Names are made here from checked ids only, never from input text.

export const HEADER_NAME = 'rackside-library.json';
export const LOCK_NAME = 'lock.json';

const OSOID = /^[0-9a-f]{64}$/;
/** True for what can name an image or a pack: 64 lower-case hex digits. */
export const isContentName = (text: string): boolean => OSOID.test(text);

export const packName = (packId: string): string => `packs/${packId.slice(0, 2)}/${packId}.pack`;
export const indexName = (packId: string): string => `packs/${packId.slice(0, 2)}/${packId}.idx`;
export const packIdOfName = (name: string): string | undefined => /^packs\/[0-9a-f]{2}\/([0-9a-f]{64})\.(?:pack|idx)$/.exec(name)?.[1];

export const imageFolder = (osoid: string): string => `images/${osoid}`;
export const manifestName = (osoid: string): string => `images/${osoid}/manifest.json`;
export const chunkTableName = (osoid: string): string => `images/${osoid}/chunks.bin`;
/** Written last: an image without it does not exist. */
export const signatureName = (osoid: string): string => `images/${osoid}/manifest.sig`;
export const osoidOfName = (name: string): string | undefined => /^images\/([0-9a-f]{64})\//.exec(name)?.[1];
