// The tree of nodes that lshw writes, from its JSON or XML, and careful reads of one node. PURE.
import type { Tree } from './json.ts';
import { listOf, memberOf, textAt, treeOf, treesIn } from './json.ts';
import type { Element } from './xml.ts';

export const MAX_NODES = 8192;

/** Every node below and with this one, in the order of the file. */
export const nodesOf = (root: Tree): readonly Tree[] => {
  const found: Tree[] = [];
  const waiting: Tree[] = [root];
  for (let node = waiting.pop(); node !== undefined && found.length < MAX_NODES; node = waiting.pop()) {
    found.push(node);
    waiting.push(...treesIn(memberOf(node, 'children')).toReversed());
  }
  return found;
};

/** Each node's own parent. */
export const parentsOf = (nodes: readonly Tree[]): ReadonlyMap<Tree, Tree> =>
  new Map(nodes.flatMap((node) => treesIn(memberOf(node, 'children')).map((child) => [child, node] as const)));

export const settingsOf = (node: Tree): Tree => treeOf(memberOf(node, 'configuration')) ?? {};

/** Named with a description (`"removable" : "support is removable"`), or with `true`. */
export const capabilitiesOf = (node: Tree): readonly string[] =>
  Object.entries(treeOf(memberOf(node, 'capabilities')) ?? {}).flatMap(([name, value]) => (value === false ? [] : [name]));

/** `bank:3` is a `bank`. */
export const isCalled = (node: Tree, name: string): boolean => textAt(node, 'id')?.replace(/:\d+$/, '') === name;

/** `logicalname` is a text, or a list of them. */
export const nameOf = (node: Tree): string => {
  const names = memberOf(node, 'logicalname');
  const first = Array.isArray(names) ? listOf(names)[0] : names;
  return typeof first === 'string' ? first.slice(0, 200) : '';
};

/** `lshw -xml` in the shape of `lshw -json`. */
export const lshwTree = (element: Element): unknown => {
  if (element.name === 'list') return element.children.filter((child) => child.name === 'node').map(lshwTree);
  const tree: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of element.attributes) tree[name] = value;
  const settings: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const child of element.children) {
    if (child.name === 'configuration')
      for (const setting of child.children) settings[setting.attributes.get('id') ?? ''] = setting.attributes.get('value') ?? '';
    else if (child.name === 'capabilities')
      tree['capabilities'] = Object.fromEntries(child.children.map((one) => [one.attributes.get('id') ?? '', one.text.trim() || true]));
    else if (child.name !== 'node' && !Object.hasOwn(tree, child.name)) tree[child.name] = child.text.trim();
  }
  return { ...tree, configuration: settings, children: element.children.filter((child) => child.name === 'node').map(lshwTree) };
};
