// netplan(5) files, line by line: no YAML reader would give back the remarks and the order of a file that a person wrote. PURE.
const MAC = /^(\s*)macaddress:\s*["']?((?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})["']?\s*(#.*)?$/;

const indentOf = (line: string): number => line.length - line.trimStart().length;
const keyOf = (line: string): string | null => /^\s*["']?([\w.:*-]+)["']?:/.exec(line)?.[1] ?? null;

/** The lines of the mappings that a line stands in, the innermost first. */
const parentsOf = (lines: readonly string[], at: number): readonly number[] => {
  const parents: number[] = [];
  let indent = indentOf(lines[at] ?? '');
  for (let n = at - 1; n >= 0 && indent > 0; n--) {
    const line = lines[n] ?? '';
    if (line.trim() === '' || line.trim().startsWith('#') || indentOf(line) >= indent) continue;
    parents.push(n);
    indent = indentOf(line);
  }
  return parents;
};

/** The lines directly below a mapping's own line. */
const childrenOf = (lines: readonly string[], at: number): readonly number[] => {
  const own = indentOf(lines[at] ?? '');
  const children: number[] = [];
  let first: number | null = null;
  for (let n = at + 1; n < lines.length; n++) {
    const line = lines[n] ?? '';
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    if (indentOf(line) <= own) break;
    first ??= indentOf(line);
    if (indentOf(line) === first) children.push(n);
  }
  return children;
};

/**
 * A match by address becomes a match by the card's name (what `set-name` says, else the id of the entry), an address that is set goes.
 * `unread` is true where an address is written in a way that this does not understand.
 */
export const withoutNetplanAddresses = (text: string): { readonly text: string; readonly unread: boolean } => {
  const lines = text.split('\n');
  const out = lines.map((line, at): string | null => {
    const found = MAC.exec(line);
    if (found === null) return line;
    const [match, entry] = parentsOf(lines, at);
    if (match === undefined || entry === undefined || keyOf(lines[match] ?? '') !== 'match') return null;
    if (childrenOf(lines, match).length > 1) return null;
    const setName = childrenOf(lines, entry).find((child) => keyOf(lines[child] ?? '') === 'set-name');
    const name = setName === undefined ? keyOf(lines[entry] ?? '') : /:\s*["']?([^"'\s#]+)/.exec(lines[setName] ?? '')?.[1];
    return `${found[1] ?? ''}name: "${name ?? '*'}"${found[3] === undefined ? '' : ` ${found[3]}`}`;
  });
  const changed = out.filter((line) => line !== null).join('\n');
  return { text: changed, unread: /macaddress\s*["']?\s*:/.test(changed.replaceAll(/#.*$/gm, '')) };
};
