// This station's own word in its library: whenever policies or recipes change, the documents that say so are written, so that what a
// technician sets up is on the disk that he carries. One at a time, in the background; a library that is away gets it when it is back.
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { RecipeView } from '../../preload/contract/recipe.ts';
import type { PolicyView } from '../../preload/contract/views.ts';
import type { TravelRows } from '../database/travel-rows.ts';
import { contentHash } from '../library/documents.ts';
import type { Library } from '../library/library.ts';
import { arrived } from '../matching/compare-policies.ts';

export type Publisher = {
  /** Policies or recipes changed. */
  changed(): void;
  /** Another library may lie in the folder now, or an older one: everything is compared again. */
  libraryChanged(): void;
  /** Once nothing is left to write, or the library refuses. */
  settled(): Promise<Failure | null>;
  stop(): Promise<void>;
};

export type PublisherOptions = {
  readonly library: Pick<Library, 'publishDocument'>;
  readonly rows: TravelRows;
  readonly policies: () => readonly PolicyView[];
  readonly recipes: () => readonly RecipeView[];
  readonly who: () => { readonly station: string; readonly by: string };
  readonly now: () => number;
  /** What the library says of the last attempt; null once it is well again. */
  readonly onFailure: (failure: Failure | null) => void;
  readonly onBug: (error: unknown) => void;
};

/** The library may be full, or another program write to it. */
const RETRY_MS = 30_000;

type Said = { readonly kind: string; readonly name: string; readonly body: Record<string, unknown> | null };

/** What a person has not yet let in is not this station's word. */
const isOurs = ({ arrived: arrival }: PolicyView): boolean => arrival?.difference.kind !== 'new';

/** `auto` never travels: it is somebody's word at one site. */
export const policiesBody = (policies: readonly PolicyView[]): Record<string, unknown> => {
  const ours = policies
    .filter(isOurs)
    .map(({ policy }) => policy)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    policies: ours.map(arrived),
    wasAuto: ours.filter(({ consent }) => consent === 'auto').map(({ name }) => name),
  };
};

export const createPublisher = (options: PublisherOptions): Publisher => {
  const { library, rows, now } = options;
  let [isWanted, isFull, isStopped] = [false, false, false];
  let working: Promise<void> | null = null;
  let failure: Failure | null = null;
  let retry: NodeJS.Timeout | undefined;

  const wanted = (): readonly Said[] => {
    const spoken = rows.spoken();
    const policies = options.policies();
    const recipes = options.recipes().map(({ recipe }) => recipe);
    const known = new Set(recipes.map(({ id }) => id));
    const hasSpoken = spoken.some(({ kind }) => kind === 'policies');
    return [
      // A station that has none and never had says nothing.
      ...(policies.some(isOurs) || hasSpoken ? [{ kind: 'policies', name: '', body: policiesBody(policies) }] : []),
      ...recipes.map((recipe) => ({ kind: 'recipe', name: recipe.id, body: { ...recipe } })),
      ...spoken.filter(({ kind, name }) => kind === 'recipe' && !known.has(name)).map(({ name }) => ({ kind: 'recipe', name, body: null })),
    ];
  };
  const sync = async (all: boolean): Promise<Result<null>> => {
    const spoken = new Map(rows.spoken().map((one) => [`${one.kind} ${one.name}`, one]));
    let first: Result<null> = success(null);
    for (const { kind, name, body } of wanted()) {
      const last = spoken.get(`${kind} ${name}`);
      const hash = contentHash(body);
      if (!all && last?.contentHash === hash) continue;
      const document = { kind, name, body, ...options.who(), at: new Date(now()).toISOString() };
      const said = await library.publishDocument(document, (last?.revision ?? 0) + (last?.contentHash === hash ? 0 : 1));
      if (said.ok) rows.speak({ kind, name, revision: said.value.revision, contentHash: hash });
      else if (first.ok) first = said;
    }
    return first;
  };
  const run = async (): Promise<void> => {
    while (isWanted && !isStopped) {
      const all = isFull;
      [isWanted, isFull] = [false, false];
      const done = await sync(all);
      if (!done.ok) {
        isFull ||= all;
        clearTimeout(retry);
        retry = setTimeout(start, RETRY_MS).unref();
      }
      const found = done.ok ? null : done.failure;
      if (found?.code !== failure?.code) options.onFailure(found);
      failure = found;
    }
  };
  const start = (): void => {
    if (isStopped) return;
    isWanted = true;
    working ??= run()
      .catch((error: unknown) => options.onBug(error))
      .finally(() => {
        working = null;
        if (isWanted && !isStopped) start();
      });
  };
  return {
    changed: start,
    libraryChanged: () => {
      isFull = true;
      start();
    },
    settled: async () => {
      while (working !== null) await working;
      return failure;
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(retry);
      await working;
    },
  };
};
