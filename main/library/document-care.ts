// Documents and payload files in the care of a library: what a scrub finds, what a collection frees, which names clash.
import type { TrustedKeys } from '../../agent/image/signature.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import { currentDocuments } from './documents.ts';
import type { StoredDocument } from './documents.ts';
import { listDocuments } from './document-store.ts';
import { documentName, payloadIdOfName } from './names.ts';
import { cancelled } from './pack-frames.ts';
import { checkPayload, listPayloads, payloadMissing } from './payload-files.ts';
import { removePayload } from './put-payload.ts';
import type { LibraryStore } from './store.ts';

export type DocumentCheck = {
  readonly documents: number;
  readonly payloads: number;
  readonly damagedDocuments: readonly string[];
  /** Missing ones that a document names are among them. */
  readonly damagedPayloads: readonly string[];
  readonly problems: readonly Failure[];
};

/** Reads everything. Codes: `job.cancelled`, and the store's where the disk itself fails. */
export const verifyDocuments = async (
  store: LibraryStore,
  trustedKeys: TrustedKeys,
  signal?: AbortSignal,
  onPayload?: (done: number, total: number) => void,
): Promise<Result<DocumentCheck>> => {
  const listed = await listDocuments(store, trustedKeys, signal);
  if (!listed.ok) return listed;
  const { documents, damaged } = listed.value;
  const problems: Failure[] = damaged.map(({ failure }) => failure);
  for (const document of documents) if (document.trust === 'broken') problems.push(brokenSignature(document));
  const named = new Map(currentDocuments(documents).flatMap((one) => one.payloads.map((payload) => [payload.sha256, one] as const)));
  const there = await listPayloads(store);
  if (!there.ok) return there;
  const damagedPayloads: string[] = [];
  for (const [done, sha256] of there.value.entries()) {
    if (signal?.aborted === true) return cancelled();
    const checked = await checkPayload(store, sha256, signal);
    onPayload?.(done + 1, there.value.length);
    if (checked.ok) continue;
    if (checked.failure.code === 'library.unreadable' || checked.failure.code === 'job.cancelled') return checked;
    // Parts without their list that nobody names are a copy that was cut short.
    if (checked.failure.code === 'recipe.payload-missing' && !named.has(sha256) && !(await hasList(store, sha256))) continue;
    damagedPayloads.push(sha256);
    problems.push(checked.failure);
  }
  for (const [sha256, { kind, name }] of named) {
    if (there.value.includes(sha256)) continue;
    damagedPayloads.push(sha256);
    const { failure } = payloadMissing(sha256);
    problems.push({ ...failure, message: `${failure.message} ${kind} "${name}" needs it.` });
  }
  return success({
    documents: documents.length + damaged.length,
    payloads: there.value.length,
    damagedDocuments: damaged.map(({ id }) => id),
    damagedPayloads,
    problems,
  });
};

const hasList = async (store: LibraryStore, sha256: string): Promise<boolean> => {
  const names = await store.list('payloads');
  return names.ok && names.value.some((name) => payloadIdOfName(name) === sha256 && !/\.[0-9]{4}$/.test(name));
};

const brokenSignature = ({ id, kind, name }: StoredDocument): Failure => ({
  code: 'library.damaged',
  message: `The signature of ${kind} "${name}" (${id.slice(0, 16)}) in the library is wrong: it was altered.`,
  next: 'Delete it there, or heal the library from another copy of it.',
});

export type DocumentGarbage = { readonly removedDocuments: number; readonly removedPayloads: number; readonly freedBytes: number };

/**
 * Removes what its own station has replaced, and payload files that no document here and nothing in `keep` names. Nothing while a
 * document cannot be read, for what it names is not known: code `library.document-corrupt`.
 */
export const collectDocuments = async (
  store: LibraryStore,
  keep: ReadonlySet<string>,
  /** `dryRun`: only counts them. */
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<Result<DocumentGarbage>> => {
  const listed = await listDocuments(store, new Map());
  if (!listed.ok) return listed;
  const [bad] = listed.value.damaged;
  if (bad !== undefined)
    return failed(
      'library.document-corrupt',
      `Nothing is freed while document ${bad.id.slice(0, 16)} cannot be read.`,
      'Heal it with: rackside library repair --from FOLDER, or delete that file.',
    );
  const current = currentDocuments(listed.value.documents);
  const currentIds = new Set(current.map(({ id }) => id));
  let [removedDocuments, removedPayloads, freedBytes] = [0, 0, 0];
  for (const { id, sizeBytes } of listed.value.documents) {
    if (currentIds.has(id)) continue;
    const removed = dryRun ? success(null) : await store.delete(documentName(id));
    if (!removed.ok) return removed;
    removedDocuments++;
    freedBytes += sizeBytes;
  }
  const named = new Set(current.flatMap(({ payloads }) => payloads.map(({ sha256 }) => sha256)));
  const there = await listPayloads(store);
  if (!there.ok) return there;
  for (const sha256 of there.value) {
    if (named.has(sha256) || keep.has(sha256)) continue;
    freedBytes += await bytesOf(store, sha256);
    const removed = dryRun ? success(null) : await removePayload(store, sha256);
    if (!removed.ok) return removed;
    removedPayloads++;
  }
  return success({ removedDocuments, removedPayloads, freedBytes });
};

const bytesOf = async (store: LibraryStore, sha256: string): Promise<number> => {
  const names = await store.list('payloads');
  let bytes = 0;
  for (const name of names.ok ? names.value : []) {
    const size = payloadIdOfName(name) === sha256 ? await store.size(name) : success(0);
    bytes += size.ok ? (size.value ?? 0) : 0;
  }
  return bytes;
};

/** One name with two contents, by two stations. */
export type DocumentConflict = {
  readonly kind: string;
  readonly name: string;
  readonly stations: readonly { readonly station: string; readonly keyId: string }[];
};

/** Among what each key says now; what is signed wrongly says nothing. Pure. */
export const documentConflicts = (current: readonly StoredDocument[]): readonly DocumentConflict[] => {
  const meanings = new Map<string, Map<string, StoredDocument>>();
  for (const document of current) {
    if (document.trust === 'broken') continue;
    for (const { name, hash } of document.items) {
      const key = JSON.stringify([document.kind === 'policies' ? 'policy' : document.kind, name]);
      const known = meanings.get(key) ?? new Map<string, StoredDocument>();
      if (!known.has(hash)) known.set(hash, document);
      meanings.set(key, known);
    }
  }
  return [...meanings].flatMap(([key, contents]) => {
    if (contents.size < 2) return [];
    const [kind, name] = JSON.parse(key) as [string, string];
    const stations = [...contents.values()].map(({ station, keyId }) => ({ station, keyId }));
    return [{ kind, name, stations: stations.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1)) }];
  });
};
