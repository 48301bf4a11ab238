// One thing that makes a system one of its kind, and what would be done about it; and the words in which most finders say it.
import { createHash } from 'node:crypto';
import type { IdentityKind, IdentityTrace } from '../protocol/identity.ts';
import type { Tree } from './tree.ts';

export type Edit =
  | { readonly do: 'remove' }
  | { readonly do: 'write'; readonly bytes: Uint8Array }
  /** What others have changed in the same file stays changed. */
  | { readonly do: 'rewrite'; readonly change: (text: string) => string }
  | { readonly do: 'link'; readonly target: string }
  /** It cannot be taken out from outside; the note says what can be done. */
  | { readonly do: 'nothing' };

export type Found = {
  readonly kind: IdentityKind;
  readonly what: string;
  readonly path: string;
  /** Null for a secret. */
  readonly value: string | null;
  readonly edit: Edit;
  readonly note: string;
  /** True for what is not there yet, and is told of only when it is made. */
  readonly isNew?: boolean;
};

export type Finder = (tree: Tree) => Promise<readonly Found[]>;

/** Larger files are no secrets and no settings: their size says enough. */
const HASHED_MOST_BYTES = 4 * 1024 * 1024;
const FILES_MOST = 100_000;

export const sha256Of = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** What lies at a path, without its content; null where nothing does, or what is neither file, folder nor link. */
export const traceOf = async (tree: Tree, path: string): Promise<IdentityTrace | null> => {
  const entry = await tree.stat(path);
  if (entry === null || entry.type === 'other') return null;
  if (entry.type === 'link') {
    const target = await tree.target(path);
    return { type: 'link', sizeBytes: target.length, sha256: sha256Of(target) };
  }
  if (entry.type === 'folder') return { type: 'folder', ...(await sizeOf(tree, path)), sha256: null };
  const sha256 = entry.sizeBytes > HASHED_MOST_BYTES ? null : sha256Of(await tree.read(path));
  return { type: 'file', sizeBytes: entry.sizeBytes, sha256 };
};

const sizeOf = async (tree: Tree, folder: string): Promise<{ readonly files: number; readonly sizeBytes: number }> => {
  let files = 0;
  let sizeBytes = 0;
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined && files < FILES_MOST; next = waiting.pop()) {
    for (const name of await tree.list(next)) {
      const entry = await tree.stat(`${next}/${name}`);
      if (entry?.type === 'folder') waiting.push(`${next}/${name}`);
      else files += 1;
      if (entry?.type === 'file') sizeBytes += entry.sizeBytes;
    }
  }
  return { files, sizeBytes };
};

/** One that is there already is found; an empty folder, or an empty file, is none. */
export const isEmpty = (trace: IdentityTrace): boolean =>
  (trace.type === 'folder' && trace.files === 0) || (trace.type === 'file' && trace.sizeBytes === 0);
