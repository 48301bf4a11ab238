// Careful reads of JSON that some tool wrote: what is not of the wanted type is null. PURE.

export type Tree = Readonly<Record<string, unknown>>;

export const treeOf = (value: unknown): Tree | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : null;

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Own members only: a name from a file must not reach what every object inherits. */
export const memberOf = (tree: Tree, name: string): unknown => (Object.hasOwn(tree, name) ? tree[name] : undefined);

/** Text, or a number as text; blank is null. */
export const textAt = (tree: Tree, name: string): string | null => {
  const value = memberOf(tree, name);
  const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
  return text === '' ? null : text.slice(0, 1024);
};

/** A whole number that is not negative, also where the tool wrote it in quotes. */
export const numberAt = (tree: Tree, name: string): number | null => {
  const value = memberOf(tree, name);
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && /^\d{1,16}$/.test(value.trim()) ? Number(value) : Number.NaN;
  return Number.isSafeInteger(number) && number >= 0 ? number : null;
};

/** Tools wrote flags as `"1"` before they wrote `true`. */
export const flagAt = (tree: Tree, name: string): boolean => [true, 1, '1', 'true', 'yes'].some((yes) => memberOf(tree, name) === yes);

/** The objects in a list; whatever else is in it is passed over. */
export const treesIn = (value: unknown): readonly Tree[] =>
  listOf(value).flatMap((one) => {
    const tree = treeOf(one);
    return tree === null ? [] : [tree];
  });
