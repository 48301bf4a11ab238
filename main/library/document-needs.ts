// What a document refers to, found by form and not by kind, so that kinds of recipe that come later need nothing here: a payload is
// whatever names a SHA-256 with a size, an image whatever has an OSOID, a recipe what an outcome builds by. Pure.
const HASH = /^[0-9a-f]{64}$/;

export type Needs = {
  readonly payloads: readonly { readonly sha256: string; readonly sizeBytes: number }[];
  readonly images: readonly string[];
  readonly recipes: readonly string[];
};

export const needsOf = (body: unknown): Needs => {
  const payloads = new Map<string, number>();
  const [images, recipes] = [new Set<string>(), new Set<string>()];
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (typeof value === 'object' && value !== null) {
      const { sha256, sizeBytes, osoid, kind, recipe } = value as Readonly<Record<string, unknown>>;
      if (isHash(sha256) && typeof sizeBytes === 'number' && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0)
        payloads.set(sha256, sizeBytes);
      if (isHash(osoid)) images.add(osoid);
      if (kind === 'build' && typeof recipe === 'string') recipes.add(recipe);
      Object.values(value).forEach(look);
    }
  };
  look(body);
  return {
    payloads: [...payloads].map(([sha256, sizeBytes]) => ({ sha256, sizeBytes })).toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1)),
    images: [...images].toSorted(),
    recipes: [...recipes].toSorted(),
  };
};

const isHash = (value: unknown): value is string => typeof value === 'string' && HASH.test(value);
