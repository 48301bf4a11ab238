// Canonical JSON (RFC 8785): one value, one byte sequence, so that manifests and records can be hashed and signed.

/** Deeper input is refused: it is never ours, and it would exhaust the stack of every recursive reader. */
const MAX_DEPTH = 32;

/**
 * The canonical text of a JSON value: members sorted by UTF-16 code units, no white space, ECMAScript number form.
 * Throws (a bug in the caller) on what JSON cannot say: undefined, functions, bigint, NaN, infinities, lone surrogates.
 */
export const canonicalJson = (value: unknown): string => write(value, 0);

/** The UTF-8 bytes of `canonicalJson`: what is hashed and signed. */
export const canonicalBytes = (value: unknown): Uint8Array => new TextEncoder().encode(canonicalJson(value));

/**
 * Parses untrusted text only if it is exactly the canonical form of its value (so no duplicate members, no second spelling);
 * otherwise undefined.
 */
export const parseCanonicalJson = (bytes: Uint8Array): unknown => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
};

const write = (value: unknown, depth: number): string => {
  if (depth > MAX_DEPTH) throw new TypeError('canonical JSON: nested too deep');
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'number') return writeNumber(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object') return writeObject(value as Readonly<Record<string, unknown>>, depth);
  throw new TypeError(`canonical JSON cannot hold ${typeof value}`);
};

const writeString = (value: string): string => {
  if (!value.isWellFormed()) throw new TypeError('canonical JSON: a string with a lone surrogate');
  return JSON.stringify(value);
};

const writeNumber = (value: number): string => {
  if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot hold ${value}`);
  return JSON.stringify(value);
};

const writeObject = (value: Readonly<Record<string, unknown>>, depth: number): string => {
  const members: string[] = [];
  for (const key of Object.keys(value).toSorted(byCodeUnit)) members.push(`${writeString(key)}:${write(value[key], depth + 1)}`);
  return `{${members.join(',')}}`;
};

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
