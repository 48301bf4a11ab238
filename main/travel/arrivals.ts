// What other stations say in the open libraries, held against what is here. It decides nothing: a person switches each on, by the hash
// of what was shown. Worked out anew whenever it is asked for, so that a disk that is pulled takes its word along.
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { ArrivalView } from '../../preload/contract/arrivals.ts';
import type { Policy } from '../../preload/contract/policy.ts';
import { policySchema } from '../../preload/contract/policy.ts';
import type { Recipe, RecipeView } from '../../preload/contract/recipe.ts';
import { recipeSchema } from '../../preload/contract/recipe.ts';
import type { PolicyView } from '../../preload/contract/views.ts';
import type { TravelRows } from '../database/travel-rows.ts';
import { contentHash } from '../library/documents.ts';
import type { ReadDocument, StoredDocument } from '../library/documents.ts';
import type { Library } from '../library/library.ts';
import { arrived, differenceOf } from '../matching/compare-policies.ts';

export type Arrival = {
  readonly view: ArrivalView;
  /** Of the very content: what an answer is remembered by. */
  readonly contentHash: string;
  readonly what:
    | { readonly kind: 'policy'; readonly policy: Policy }
    | { readonly kind: 'recipe'; readonly recipe: Recipe; readonly document: StoredDocument }
    | null;
};

export type Arrivals = { readonly arrivals: readonly Arrival[]; readonly damaged: readonly Failure[] };

export type ArrivalsOptions = {
  readonly library: Pick<Library, 'documents' | 'document'>;
  readonly rows: TravelRows;
  readonly ownKeyId: string;
  readonly policies: () => readonly PolicyView[];
  readonly recipes: () => readonly RecipeView[];
};

type Here = {
  readonly policies: ReadonlyMap<string, Policy>;
  readonly recipes: ReadonlyMap<string, Recipe>;
  readonly answers: ReturnType<TravelRows['answers']>;
};

export const findArrivals = async (options: ArrivalsOptions): Promise<Result<Arrivals>> => {
  const listed = await options.library.documents();
  if (!listed.ok) return listed;
  const here: Here = {
    policies: new Map(
      options.policies().flatMap(({ policy, arrived: pending }) => (pending?.difference.kind === 'new' ? [] : [[policy.name, policy]])),
    ),
    recipes: new Map(options.recipes().map(({ recipe }) => [recipe.id, recipe])),
    answers: options.rows.answers(),
  };
  // Of its own it knows by itself, unless the database is younger than the library.
  const own = new Set(options.rows.spoken().map(({ kind, name }) => `${kind} ${name}`));
  const arrivals: Arrival[] = [];
  const damaged = listed.value.damaged.map(({ failure }) => failure);
  for (const document of listed.value.documents) {
    const isOwn = document.keyId === options.ownKeyId && document.trust === 'trusted' && own.has(`${document.kind} ${document.name}`);
    if (isOwn || document.isWithdrawn) continue;
    const read = await options.library.document(document.id);
    if (read.ok) arrivals.push(...arrivalsIn(read.value, here));
    else damaged.push(read.failure);
  }
  return success({ arrivals: arrivals.toSorted(byName), damaged });
};

const byName = ({ view: a }: Arrival, { view: b }: Arrival): number =>
  a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name) || a.documentId.localeCompare(b.documentId);

const arrivalsIn = ({ document, body }: ReadDocument, here: Here): readonly Arrival[] => {
  if (document.kind === 'policies') {
    const policies = Array.isArray(body?.['policies']) ? (body['policies'] as readonly unknown[]) : [];
    const wasAuto = new Set(Array.isArray(body?.['wasAuto']) ? (body['wasAuto'] as readonly unknown[]) : []);
    return policies.flatMap((value) => policyArrival(document, value, wasAuto, here));
  }
  if (document.kind === 'recipe') return recipeArrival(document, body, here);
  const shown = { change: 'new' as const, fields: [], says: null, problem: strange(document.kind) };
  return [arrivalOf(document, document.kind, document.name, body, null, shown, here, null)];
};

const policyArrival = (document: StoredDocument, value: unknown, wasAuto: ReadonlySet<unknown>, here: Here): readonly Arrival[] => {
  const parsed = policySchema.safeParse(value);
  if (!parsed.success) {
    const name = typeof value === 'object' && value !== null && 'name' in value ? String(value.name).slice(0, 120) : '?';
    const shown = { change: 'new' as const, fields: [], says: null, problem: strange('policy') };
    return [arrivalOf(document, 'policy', name, value, null, shown, here, null)];
  }
  const policy = arrived(parsed.data);
  const mine = here.policies.get(policy.name) ?? null;
  const { kind, fields, says } = differenceOf(mine, policy, wasAuto.has(policy.name) || parsed.data.consent === 'auto');
  // Here it may erase by itself, there it may too: that is no difference.
  const isSame = kind === 'same' || (mine !== null && contentHash(arrived(mine)) === contentHash(policy));
  if (isSame) return [];
  const shown = { change: kind, fields, says, problem: null };
  return [arrivalOf(document, 'policy', policy.name, policy, mine, shown, here, { kind: 'policy', policy })];
};

const recipeArrival = (document: StoredDocument, body: unknown, here: Here): readonly Arrival[] => {
  const parsed = recipeSchema.safeParse(body);
  const id = document.name;
  if (!parsed.success || parsed.data.id !== id) {
    const shown = { change: 'new' as const, fields: [], says: null, problem: strange('recipe') };
    return [arrivalOf(document, 'recipe', id, body, null, shown, here, null)];
  }
  const recipe = parsed.data;
  const mine = here.recipes.get(id) ?? null;
  // An older version would never be used here.
  if (mine !== null && (contentHash(mine) === contentHash(recipe) || mine.version > recipe.version)) return [];
  const [before, after] = [mine, recipe] as readonly (Readonly<Record<string, unknown>> | null)[];
  const names =
    before === null || before === undefined ? [] : [...new Set([...Object.keys(before), ...Object.keys(after ?? {})])].toSorted();
  const fields = names
    .map((field) => ({ field, here: textOf(before?.[field]), arriving: textOf(after?.[field]) }))
    .filter((one) => one.here !== one.arriving);
  const problem = mine?.version === recipe.version ? versionTaken(id, recipe.version) : null;
  const shown = { change: mine === null ? ('new' as const) : ('changed' as const), fields, says: null, problem };
  return [arrivalOf(document, 'recipe', id, recipe, mine, shown, here, { kind: 'recipe', recipe, document })];
};

const arrivalOf = (
  { id: documentId, station, by, at, keyId, trust }: StoredDocument,
  kind: string,
  name: string,
  value: unknown,
  mine: unknown,
  shown: Pick<ArrivalView, 'change' | 'fields' | 'says' | 'problem'>,
  here: Here,
  what: Arrival['what'],
): Arrival => {
  const hash = contentHash([kind, name, value]);
  return {
    contentHash: hash,
    what,
    view: {
      ...{ documentId, kind, name, station, by, at, keyId, trust },
      ...shown,
      text: JSON.stringify(value, null, 2),
      hash: contentHash([documentId, mine, value]),
      dropped: here.answers.get(hash) === 'dropped',
    },
  };
};

const textOf = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

const strange = (kind: string): Failure => ({
  code: 'arrival.strange',
  message: `This version cannot read this ${kind}: it comes from a newer one, or is none.`,
  next: 'Use a newer Rackside here; until then it only travels.',
});

const versionTaken = (id: string, version: number): Failure => ({
  code: 'recipe.version-taken',
  message: `Recipe "${id}" is here in version ${version} already, with other content.`,
  next: 'Agree with its station on one of them, and let it get a higher version there.',
});
