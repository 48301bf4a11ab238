// What people call an image, apart from its signed manifest (docs/adr/0010): every edit is a small signed file of its own, so that a
// merge is a set union and the manifest that disks and jobs refer to never changes. Pure.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes, parseCanonicalJson } from '../../agent/image/canonical-json.ts';
import type { SignatureVerdict, SigningKey, TrustedKeys } from '../../agent/image/signature.ts';
import { encodeSignature, parseSignature, verifySignature } from '../../agent/image/signature.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

/** What an edit says; members that it leaves out stay as they were. */
export type DescriptionChange = {
  readonly name?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly notes?: string | undefined;
};

const editSchema = z.looseObject({
  schema: z.literal('rackside.description'),
  version: z.literal(1),
  osoid: z.string().regex(/^[0-9a-f]{64}$/),
  /** Edits are ordered by number, never by a clock. */
  edit: z.int().min(1),
  set: z.looseObject({
    name: z.string().min(1).max(200).optional(),
    labels: z.array(z.string().max(64)).max(64).optional(),
    notes: z
      .string()
      .max(64 * 1024)
      .optional(),
  }),
  by: z.string().max(200),
  at: z.iso.datetime(),
});
export type DescriptionEdit = Readonly<z.infer<typeof editSchema>>;

/** One edit as it was read. */
export type SignedEdit = {
  readonly id: string;
  readonly edit: DescriptionEdit;
  readonly keyId: string;
  readonly verdict: SignatureVerdict;
};

export const EDIT_MAX_BYTES = 128 * 1024;

export type NewEdit = {
  readonly osoid: string;
  readonly edit: number;
  readonly set: DescriptionChange;
  readonly by: string;
  readonly at: string;
};

/** The bytes of an edit's file, and their hash, which names it. */
export const encodeEdit = (key: SigningKey, { set, ...rest }: NewEdit): { readonly id: string; readonly bytes: Uint8Array } => {
  const given = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
  const edit = { schema: 'rackside.description', version: 1, ...rest, set: given };
  const signature: unknown = JSON.parse(Buffer.from(encodeSignature(key, 'description', canonicalBytes(edit))).toString('utf8'));
  const bytes = canonicalBytes({ edit, signature });
  return { id: hashOf(bytes), bytes };
};

/** Reads untrusted bytes found under `id` in the folder of `osoid`. Code `description.malformed`. */
export const parseEdit = (bytes: Uint8Array, id: string, osoid: string, trustedKeys: TrustedKeys): Result<SignedEdit> => {
  if (bytes.length > EDIT_MAX_BYTES || hashOf(bytes) !== id) return malformed('it is damaged');
  const value = parseCanonicalJson(bytes) as { edit?: unknown; signature?: unknown } | undefined;
  const edit = editSchema.safeParse(value?.edit);
  if (!edit.success) return malformed('it is of no known kind');
  if (edit.data.osoid !== osoid) return malformed('it belongs to another image');
  const signature = parseSignature(canonicalBytes(value?.signature ?? null));
  if (!signature.ok) return signature;
  // The bytes as they came, not zod's copy: unknown members are signed too.
  const verdict = verifySignature(signature.value, 'description', canonicalBytes(value?.edit), trustedKeys);
  return success({ id, edit: edit.data, keyId: signature.value.keyId, verdict });
};

export type Description = { readonly name: string; readonly labels: readonly string[]; readonly notes: string };

export type EffectiveDescription = Description & {
  /** The highest number that counts; 0 where the manifest stands as it is. */
  readonly edit: number;
  /** Members to which two edits of the same number give different values: merged from two stations. */
  readonly disputed: readonly (keyof Description)[];
};

/**
 * The manifest's description with the trusted edits upon it. For each member the highest edit wins; of two with the same number the
 * one whose file's hash is lower, so that every station comes to the same.
 */
export const describedBy = (signed: Description, edits: readonly SignedEdit[]): EffectiveDescription => {
  const counted = edits
    .filter(({ verdict }) => verdict === 'trusted')
    .toSorted((left, right) => right.edit.edit - left.edit.edit || (left.id < right.id ? -1 : 1));
  const disputed: (keyof Description)[] = [];
  const winner = <K extends keyof Description>(member: K): Description[K] => {
    const setting = counted.filter(({ edit }) => edit.set[member] !== undefined);
    const [first] = setting;
    if (first === undefined) return signed[member];
    const value = first.edit.set[member];
    const rivals = setting.filter(({ edit }) => edit.edit === first.edit.edit);
    if (rivals.some(({ edit }) => JSON.stringify(edit.set[member]) !== JSON.stringify(value))) disputed.push(member);
    return value as Description[K];
  };
  const described = { name: winner('name'), labels: winner('labels'), notes: winner('notes') };
  return { ...described, edit: counted[0]?.edit.edit ?? 0, disputed };
};

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const malformed = (why: string): ReturnType<typeof failed> =>
  failed(
    'description.malformed',
    `An edit of an image's name or labels cannot be used: ${why}.`,
    'Heal the library from another copy of it.',
  );
