// Signed documents in a library (docs/FORMAT.md "Document"): what a station has set up and what travels with the images, its policies
// and its recipes. Each is a small file named by its content, so that a merge is a set union; of what one key says under one kind
// and name, the highest revision counts. What is in a document is its kind's to say: kinds that this version does not know travel too.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes, parseCanonicalJson } from '../../agent/image/canonical-json.ts';
import type { SignatureVerdict, SigningKey, TrustedKeys } from '../../agent/image/signature.ts';
import { encodeSignature, parseSignature, verifySignature } from '../../agent/image/signature.ts';
import { sha256Schema } from '../../agent/protocol/disk.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { needsOf } from './document-needs.ts';

export const DOCUMENT_MAX_BYTES = 16 * 1024 * 1024;
const ITEMS_MOST = 20_000;

const documentSchema = z.looseObject({
  schema: z.literal('rackside.document'),
  version: z.literal(1),
  kind: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  name: z.string().max(120),
  /** One more than the highest that its station ever gave this kind and name. */
  revision: z.int().min(1),
  /** Null: the station has taken it back. */
  body: z.record(z.string(), z.unknown()).nullable(),
  needs: z.looseObject({
    payloads: z.array(z.looseObject({ sha256: sha256Schema, sizeBytes: z.int().min(0) })).max(1000),
    images: z.array(sha256Schema).max(20_000),
    recipes: z.array(z.string().max(120)).max(20_000),
  }),
  station: z.string().max(200),
  by: z.string().max(200),
  at: z.iso.datetime(),
});

export type NewDocument = Readonly<Pick<z.infer<typeof documentSchema>, 'kind' | 'name' | 'body' | 'station' | 'by' | 'at'>>;

/** One document without its body, which may be large. */
export type StoredDocument = {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly revision: number;
  readonly isWithdrawn: boolean;
  readonly payloads: readonly { readonly sha256: string; readonly sizeBytes: number }[];
  readonly images: readonly string[];
  readonly recipes: readonly string[];
  /** What names may clash by, and a hash of what each means: every policy of a set, the version of a recipe, else the document. */
  readonly items: readonly { readonly name: string; readonly hash: string }[];
  readonly station: string;
  readonly by: string;
  readonly at: string;
  readonly keyId: string;
  /** base64url. */
  readonly publicKey: string;
  readonly trust: SignatureVerdict;
  readonly sizeBytes: number;
};
export type ReadDocument = { readonly document: StoredDocument; readonly body: Readonly<Record<string, unknown>> | null };

/** The bytes of a document's file, and their hash, which names it. Codes: `document.too-large`, `document.too-deep`. */
export const encodeDocument = (
  key: SigningKey,
  { kind, name, body, station, by, at }: NewDocument,
  revision: number,
): Result<{ readonly id: string; readonly bytes: Uint8Array }> => {
  const needs = needsOf(body);
  const document = { schema: 'rackside.document', version: 1, kind, name, revision, body, needs, station, by, at };
  let bytes: Uint8Array;
  try {
    const signature: unknown = JSON.parse(Buffer.from(encodeSignature(key, 'document', canonicalBytes(document))).toString('utf8'));
    bytes = canonicalBytes({ document, signature });
  } catch (error) {
    // Canonical JSON has a depth at which a reader stops.
    if (!(error instanceof TypeError)) throw error;
    return failed(
      'document.too-deep',
      `${kind} ${name} is nested too deep to travel.`,
      'Write it with fewer conditions inside each other.',
    );
  }
  return bytes.length > DOCUMENT_MAX_BYTES
    ? failed('document.too-large', `${kind} ${name} is larger than 16 MiB and cannot travel.`, 'Make it smaller.')
    : success({ id: hashOf(bytes), bytes });
};

/** Reads untrusted bytes found under `id`. Code `document.malformed`. */
export const parseDocument = (bytes: Uint8Array, id: string, trustedKeys: TrustedKeys): Result<ReadDocument> => {
  if (bytes.length > DOCUMENT_MAX_BYTES || hashOf(bytes) !== id) return malformed(id, 'it is damaged');
  const value = parseCanonicalJson(bytes) as { document?: unknown; signature?: unknown } | undefined;
  const parsed = documentSchema.safeParse(value?.document);
  if (!parsed.success) return malformed(id, 'it is of no known form');
  const signature = parseSignature(canonicalBytes(value?.signature ?? null));
  if (!signature.ok) return signature;
  const { kind, name, revision, body, needs, station, by, at } = parsed.data;
  // The bytes as they came, not zod's copy: unknown members are signed too.
  const trust = verifySignature(signature.value, 'document', canonicalBytes(value?.document), trustedKeys);
  const document: StoredDocument = {
    id,
    kind,
    name,
    revision,
    isWithdrawn: body === null,
    payloads: needs.payloads.map(({ sha256, sizeBytes }) => ({ sha256, sizeBytes })),
    images: needs.images,
    recipes: needs.recipes,
    items: itemsOf(kind, name, body),
    station,
    by,
    at,
    keyId: signature.value.keyId,
    publicKey: Buffer.from(signature.value.publicKey, 'hex').toString('base64url'),
    trust,
    sizeBytes: bytes.length,
  };
  return success({ document, body });
};

/** What each key says now; what is signed wrongly replaces nothing and is replaced by nothing. */
export const currentDocuments = (documents: readonly StoredDocument[]): readonly StoredDocument[] => {
  const best = new Map<string, StoredDocument>();
  const broken: StoredDocument[] = [];
  for (const document of documents) {
    if (document.trust === 'broken') {
      broken.push(document);
      continue;
    }
    const key = JSON.stringify([document.keyId, document.kind, document.name]);
    const other = best.get(key);
    if (other === undefined || isLater(document, other)) best.set(key, document);
  }
  return [...best.values(), ...broken].toSorted((a, b) => (a.id < b.id ? -1 : 1));
};

/** Of two with one revision, of a station that was put back in time, all readers take the same. */
const isLater = (one: StoredDocument, other: StoredDocument): boolean =>
  one.revision > other.revision || (one.revision === other.revision && one.id < other.id);

const itemsOf = (kind: string, name: string, body: Readonly<Record<string, unknown>> | null): StoredDocument['items'] => {
  if (body === null) return [];
  if (kind === 'policies' && Array.isArray(body['policies']))
    return body['policies'].slice(0, ITEMS_MOST).map((policy: unknown) => ({ name: textIn(policy, 'name'), hash: contentHash(policy) }));
  if (kind === 'recipe') return [{ name: `${name} version ${textIn(body, 'version')}`, hash: contentHash(body) }];
  return [{ name, hash: contentHash(body) }];
};

const textIn = (value: unknown, member: string): string => {
  const found: unknown = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[member] : undefined;
  return typeof found === 'string' ? found.slice(0, 120) : typeof found === 'number' ? String(found) : '?';
};

/** Of any JSON value. */
export const contentHash = (value: unknown): string => hashOf(canonicalBytes(value));

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const malformed = (id: string, why: string): ReturnType<typeof failed> =>
  failed(
    'document.malformed',
    `Document ${id.slice(0, 16)} in the library cannot be used: ${why}.`,
    'Heal the library from another copy of it.',
  );
