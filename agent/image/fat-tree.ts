// Paths of files become folders of a FAT volume: names checked, twins refused (FAT knows no upper and lower case), always in the same
// order. Pure.
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import { entriesMost, whyNoFatName } from './fat-names.ts';

export type FatFile = { readonly path: string; readonly bytes: Uint8Array };
type Leaf = { readonly kind: 'file'; readonly bytes: Uint8Array };
export type FatFolder = {
  readonly kind: 'folder';
  readonly children: readonly (readonly [string, Leaf | FatFolder])[];
  readonly entriesMost: number;
};

const DEPTH_MOST = 16;
const FILE_MOST_BYTES = 0xffff_ffff;

/** Code `fat.bad-name`. */
export const fatTree = (files: readonly FatFile[]): Result<FatFolder> => {
  const root: Growing = { name: '', children: new Map(), bytes: null };
  for (const { path, bytes } of files) {
    const parts = path.split('/').filter((part) => part !== '');
    if (parts.length === 0 || parts.length > DEPTH_MOST || bytes.length > FILE_MOST_BYTES) return badName(path, 'it is no path of a file');
    let at = root;
    for (const [index, part] of parts.entries()) {
      const why = whyNoFatName(part);
      if (why !== null) return badName(path, why);
      const isFile = index === parts.length - 1;
      const key = part.toUpperCase();
      const known = at.children.get(key);
      if (known !== undefined && (isFile || known.bytes !== null)) return badName(path, 'its name is there already');
      const next: Growing = known ?? { name: part, children: new Map(), bytes: isFile ? bytes : null };
      at.children.set(key, next);
      at = next;
    }
  }
  return success(settled(root));
};

type Growing = { readonly name: string; readonly children: Map<string, Growing>; readonly bytes: Uint8Array | null };

const settled = ({ children }: Growing): FatFolder => {
  const sorted = [...children].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, child]) => child);
  return {
    kind: 'folder',
    children: sorted.map((child) => [child.name, child.bytes === null ? settled(child) : { kind: 'file', bytes: child.bytes }] as const),
    entriesMost: sorted.reduce((sum, { name }) => sum + entriesMost(name), 0),
  };
};

const badName = (path: string, why: string): ReturnType<typeof failed> =>
  failed('fat.bad-name', `${JSON.stringify(path)} cannot be a file of a FAT volume: ${why}.`, 'Give it another name.');
