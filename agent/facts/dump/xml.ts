// Just enough XML for `lshw -xml`: elements, attributes, text, comments and declarations skipped. Any text gives a tree or null. PURE.

export type Element = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  readonly text: string;
};

type Open = { name: string; attributes: Map<string, string>; children: Element[]; text: string };

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const decode = (text: string): string =>
  text.replace(/&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|(amp|lt|gt|quot|apos));/gi, (_all, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? '';
    const code = decimal === undefined ? Number.parseInt(hex ?? '0', 16) : Number(decimal);
    return code > 0x10_ffff ? '' : String.fromCodePoint(code);
  });

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 100_000;
const TOKEN = /<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|[^<]+/g;

/** Without what lies between two marks; where the second is missing, nothing after the first. */
const without = (text: string, from: string, to: string): string => {
  const parts: string[] = [];
  let at = 0;
  for (let start = text.indexOf(from); start !== -1; start = text.indexOf(from, at)) {
    parts.push(text.slice(at, start));
    const end = text.indexOf(to, start + from.length);
    if (end === -1) return parts.join('');
    at = end + to.length;
  }
  return parts.join('') + text.slice(at);
};

/** The root element; null for a text that is no XML, or whose elements do not close. */
export const parseXml = (text: string): Element | null => {
  const root: Open = { name: '', attributes: new Map(), children: [], text: '' };
  const open: Open[] = [root];
  let count = 0;
  for (const [token, closing, opening, attributes = '', empty] of without(
    without(without(text, '<!--', '-->'), '<?', '?>'),
    '<!',
    '>',
  ).matchAll(TOKEN)) {
    const current = open.at(-1);
    if (current === undefined) return null;
    if (closing !== undefined) {
      if (current.name !== closing || open.length === 1) return null;
      open.pop();
    } else if (opening !== undefined) {
      count += 1;
      if (open.length > MAX_DEPTH || count > MAX_ELEMENTS) return null;
      const found = [...attributes.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)];
      const element: Open = {
        name: opening,
        attributes: new Map(found.map(([, name = '', double, single]) => [name, decode(double ?? single ?? '')])),
        children: [],
        text: '',
      };
      current.children.push(element);
      if (empty !== '/') open.push(element);
    } else if (!token.startsWith('<')) current.text += decode(token);
  }
  return open.length === 1 ? (root.children[0] ?? null) : null;
};
