// Documents from one library into another, each after the payload files that it names. What comes is checked as if a stranger had made
// it; what is there already, or has been replaced by its own station, is not copied. Can be interrupted anywhere and done again.
import type { TrustedKeys } from '../../agent/image/signature.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import { currentDocuments, DOCUMENT_MAX_BYTES } from './documents.ts';
import type { StoredDocument } from './documents.ts';
import { listDocuments } from './document-store.ts';
import { documentName } from './names.ts';
import { cancelled } from './pack-frames.ts';
import { checkPayload, payloadDamaged, payloadFilesOf, payloadMissing, readPayload } from './payload-files.ts';
import { putPayload } from './put-payload.ts';
import type { LibraryStore } from './store.ts';

export type DocumentCopy = {
  readonly added: readonly StoredDocument[];
  readonly known: number;
  readonly skipped: readonly { readonly document: StoredDocument; readonly failure: Failure }[];
  readonly payloads: number;
  readonly payloadBytes: number;
};

export type DocumentCopyOptions = {
  readonly trustedKeys: TrustedKeys;
  readonly signal?: AbortSignal | undefined;
  readonly partBytes?: number | undefined;
  /** Which of them; default all. */
  readonly which?: ((document: StoredDocument) => boolean) | undefined;
};

/** What strangers say is taken up to here: it shall not bury what we trust. */
const STRANGE_MAX = 256;
const STRANGE_MAX_BYTES = 64 * 1024 * 1024;

/** Codes: the stores' own and `job.cancelled`. A document that cannot be copied is told of in `skipped`, and the others are. */
export const copyDocuments = async (
  from: LibraryStore,
  to: LibraryStore,
  { trustedKeys, signal, partBytes, which = () => true }: DocumentCopyOptions,
): Promise<Result<DocumentCopy>> => {
  const [theirs, ours] = [await listDocuments(from, trustedKeys, signal), await listDocuments(to, trustedKeys, signal)];
  if (!theirs.ok) return theirs;
  if (!ours.ok) return ours;
  const here = new Set(ours.value.documents.map(({ id }) => id));
  const wanted = new Set(
    currentDocuments([...ours.value.documents, ...theirs.value.documents.filter(({ id }) => !here.has(id))]).map(({ id }) => id),
  );
  const strange = ours.value.documents.filter(({ trust }) => trust !== 'trusted');
  let [strangers, strangeBytes] = [strange.length, strange.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)];
  const added: StoredDocument[] = [];
  const skipped: { readonly document: StoredDocument; readonly failure: Failure }[] = [];
  let [known, payloads, payloadBytes] = [0, 0, 0];
  for (const document of theirs.value.documents.filter(({ id }) => wanted.has(id)).filter(which)) {
    if (signal?.aborted === true) return cancelled();
    if (document.trust === 'broken') {
      skipped.push({ document, failure: altered(document) });
      continue;
    }
    if (!here.has(document.id) && document.trust !== 'trusted') {
      if (strangers >= STRANGE_MAX || strangeBytes + document.sizeBytes > STRANGE_MAX_BYTES) {
        skipped.push({ document, failure: tooMany });
        continue;
      }
      strangers++;
      strangeBytes += document.sizeBytes;
    }
    const brought = await bringPayloads(from, to, document, { signal, partBytes });
    if (!brought.ok) {
      if (!OF_PAYLOAD.has(brought.failure.code)) return brought;
      skipped.push({ document, failure: brought.failure });
      continue;
    }
    payloads += brought.value.payloads;
    payloadBytes += brought.value.bytes;
    if (here.has(document.id)) {
      known++;
      continue;
    }
    const bytes = await from.readAll(documentName(document.id), DOCUMENT_MAX_BYTES);
    if (!bytes.ok) return bytes;
    const put = await to.putOnce(documentName(document.id), [bytes.value]);
    if (!put.ok) return put;
    added.push(document);
  }
  return success({ added, known, skipped, payloads, payloadBytes });
};

const OF_PAYLOAD: ReadonlySet<string> = new Set(['library.payload-damaged', 'recipe.payload-missing', 'library.torn']);

type Brought = { readonly payloads: number; readonly bytes: number };

/** A document never comes without its payload files: it would promise what is not there. */
const bringPayloads = async (
  from: LibraryStore,
  to: LibraryStore,
  document: StoredDocument,
  options: { readonly signal?: AbortSignal | undefined; readonly partBytes?: number | undefined },
): Promise<Result<Brought>> => {
  let [payloads, bytes] = [0, 0];
  for (const { sha256, sizeBytes } of document.payloads) {
    const there = await payloadFilesOf(to, sha256);
    if (there.ok && there.value?.sizeBytes === sizeBytes && (await isComplete(to, sha256))) continue;
    const files = await payloadFilesOf(from, sha256);
    if (!files.ok) return files;
    const source = files.value;
    if (source === null) return payloadMissing(sha256);
    if (source.sizeBytes !== sizeBytes) return payloadDamaged(sha256);
    const put = await putPayload(to, { sha256, sizeBytes, read: (at, length) => readPayload(from, sha256, source, at, length) }, options);
    if (!put.ok) return put.failure.code === 'library.missing' ? payloadMissing(sha256) : put;
    payloads++;
    bytes += sizeBytes;
  }
  return success({ payloads, bytes });
};

/** By sizes: a scrub is what reads everything. */
const isComplete = async (store: LibraryStore, sha256: string): Promise<boolean> => {
  const files = await payloadFilesOf(store, sha256);
  if (!files.ok || files.value === null) return false;
  const end = files.value.sizeBytes;
  return end === 0 || (await readPayload(store, sha256, files.value, Math.max(0, end - 1), 1)).ok;
};

/** Damaged or missing payload files from another library, as far as it has them whole. Gives how many. */
export const healPayloads = async (
  from: LibraryStore,
  to: LibraryStore,
  damaged: readonly string[],
  options: { readonly signal?: AbortSignal | undefined; readonly partBytes?: number | undefined },
): Promise<Result<number>> => {
  let healed = 0;
  for (const sha256 of damaged) {
    const whole = await checkPayload(from, sha256, options.signal);
    if (!whole.ok) {
      if (whole.failure.code === 'job.cancelled') return whole;
      continue;
    }
    const { sizeBytes } = whole.value;
    const put = await putPayload(
      to,
      { sha256, sizeBytes, read: (at, length) => readPayload(from, sha256, whole.value, at, length) },
      options,
    );
    if (!put.ok) return put;
    healed++;
  }
  return success(healed);
};

/** Files named by their content: whoever has one that is whole has the right one. */
export const healDocuments = async (from: LibraryStore, to: LibraryStore, damaged: readonly string[]): Promise<Result<number>> => {
  const theirs = await listDocuments(from, new Map());
  if (!theirs.ok) return theirs;
  let healed = 0;
  for (const { id } of theirs.value.documents.filter((document) => damaged.includes(document.id))) {
    const bytes = await from.readAll(documentName(id), DOCUMENT_MAX_BYTES);
    const put = bytes.ok ? await to.replace(documentName(id), [bytes.value]) : bytes;
    if (!put.ok) return put;
    healed++;
  }
  return success(healed);
};

const altered = ({ kind, name, station }: StoredDocument): Failure => ({
  code: 'library.untrusted',
  message: `The signature of ${kind} ${name} of ${station} is wrong: it was altered.`,
  next: 'Copy it from another source.',
});

const { failure: tooMany } = failed(
  'library.too-many-strange',
  'The library holds as many documents by keys that are not trusted as are taken.',
  'Trust the keys you know, then merge again: rackside trust list',
);
