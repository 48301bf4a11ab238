// The documents of one library: listing them, and this station's own word among them.
import type { SigningKey, TrustedKeys } from '../../agent/image/signature.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import { currentDocuments, DOCUMENT_MAX_BYTES, encodeDocument, parseDocument } from './documents.ts';
import type { NewDocument, ReadDocument, StoredDocument } from './documents.ts';
import { documentIdOfName, documentName, isContentName } from './names.ts';
import { cancelled } from './pack-frames.ts';
import type { LibraryStore } from './store.ts';
import type { WriterLock } from './writer-lock.ts';

/** So many are read at most: more can only be an attempt to waste our time. A merge takes far fewer from strangers. */
const DOCUMENTS_MAX = 10_000;

export type DocumentList = {
  readonly documents: readonly StoredDocument[];
  readonly damaged: readonly { readonly id: string; readonly failure: Failure }[];
};

export type DocumentKeep = {
  /** What each key says now, those signed wrongly included. */
  readonly documents: () => Promise<Result<DocumentList>>;
  /** Codes: `library.missing`, `document.malformed`, `signature.malformed`, the store's. */
  readonly document: (id: string) => Promise<Result<ReadDocument>>;
  /**
   * Says it in this station's name, in place of what it said before; `atLeast` is the lowest revision it may have. The same again is
   * no new document. Codes: `document.too-large`, `document.too-deep`, the store's.
   */
  readonly publishDocument: (document: NewDocument, atLeast: number) => Promise<Result<StoredDocument>>;
};

export const readDocument = async (store: LibraryStore, id: string, trustedKeys: TrustedKeys): Promise<Result<ReadDocument>> => {
  const bytes = await store.readAll(documentName(id), DOCUMENT_MAX_BYTES);
  return bytes.ok ? parseDocument(bytes.value, id, trustedKeys) : bytes;
};

/** Every one that can be read, superseded or not; one in memory at a time. */
export const listDocuments = async (store: LibraryStore, trustedKeys: TrustedKeys, signal?: AbortSignal): Promise<Result<DocumentList>> => {
  const names = await store.list('documents');
  if (!names.ok) return names;
  const documents: StoredDocument[] = [];
  const damaged: DocumentList['damaged'][number][] = [];
  const ids = names.value.map(documentIdOfName).filter((id) => id !== undefined);
  for (const id of ids.slice(0, DOCUMENTS_MAX)) {
    if (signal?.aborted === true) return cancelled();
    const read = await readDocument(store, id, trustedKeys);
    if (read.ok) documents.push(read.value.document);
    else if (read.failure.code === 'library.unreadable') return read;
    else damaged.push({ id, failure: read.failure });
  }
  return success({ documents, damaged });
};

type Options = {
  readonly store: LibraryStore;
  readonly lock: WriterLock;
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  readonly trustedKeys: () => TrustedKeys;
  readonly signingKey: SigningKey;
};

export const documentKeep = ({ store, lock, exclusively, trustedKeys, signingKey }: Options): DocumentKeep => {
  const publish = async (document: NewDocument, atLeast: number): Promise<Result<StoredDocument>> => {
    const listed = await listDocuments(store, trustedKeys());
    if (!listed.ok) return listed;
    const own = listed.value.documents.filter(
      ({ keyId, trust, kind, name }) =>
        keyId === signingKey.keyId && trust === 'trusted' && kind === document.kind && name === document.name,
    );
    const [now] = currentDocuments(own);
    const known = now === undefined ? null : await readDocument(store, now.id, trustedKeys());
    if (known?.ok === true && sameBody(known.value.body, document.body)) return success(known.value.document);
    const revision = Math.max(atLeast, ...own.map((one) => one.revision + 1));
    const encoded = encodeDocument(signingKey, document, revision);
    if (!encoded.ok) return encoded;
    const { id, bytes } = encoded.value;
    const put = await store.putOnce(documentName(id), [bytes]);
    if (!put.ok) return put;
    // Only once the new word is durable.
    for (const old of own) {
      const removed = old.id === id ? success(null) : await store.delete(documentName(old.id));
      if (!removed.ok) return removed;
    }
    const read = parseDocument(bytes, id, trustedKeys());
    return read.ok ? success(read.value.document) : read;
  };
  return {
    documents: async () => {
      const listed = await listDocuments(store, trustedKeys());
      return listed.ok ? success({ ...listed.value, documents: currentDocuments(listed.value.documents) }) : listed;
    },
    document: async (id) =>
      isContentName(id)
        ? readDocument(store, id, trustedKeys())
        : failed('library.missing', 'This is not the id of a document.', 'Choose one from the list.'),
    publishDocument: async (document, atLeast) => {
      const held = await lock.hold();
      if (!held.ok) return held;
      try {
        return await exclusively(() => publish(document, atLeast));
      } finally {
        await held.value();
      }
    },
  };
};

const sameBody = (one: unknown, other: unknown): boolean => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
/** What came out of canonical JSON has its members sorted; what goes in may not. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
};
