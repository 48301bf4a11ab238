// HTML as values: whatever is put into a template is escaped unless a template made it. PURE.

/** Only `html` makes them: a class, so that no value of another kind passes for one. */
class Markup {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}
export type Html = Markup;

/** Characters that no text should hold: controls, and those that turn the direction of what follows them (Unicode UAX 9). */
// oxlint-disable-next-line no-control-regex -- the very characters meant
const UNSHOWN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escapeHtml = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(UNSHOWN, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

type Piece = Html | string | number | null | readonly Piece[];

const render = (piece: Piece): string => {
  if (piece === null) return '';
  if (piece instanceof Markup) return piece.toString();
  if (Array.isArray(piece)) return (piece as readonly Piece[]).map(render).join('');
  return escapeHtml(String(piece));
};

/** Of the template itself: it is set for who reads it here. */
const unindent = (text: string): string => text.replaceAll(/\n\s*/g, '\n');

/** Strings and numbers are escaped, lists are joined, null is nothing. */
export const html = (parts: TemplateStringsArray, ...pieces: readonly Piece[]): Html =>
  new Markup(parts.map((part, index) => unindent(part) + (index < pieces.length ? render(pieces[index] ?? null) : '')).join(''));
