// What a site needs, held against a library: images with all their chunks, recipes with their payload files, this station's policies.
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { ReadyItem } from '../../preload/contract/ready.ts';
import type { RecipeView } from '../../preload/contract/recipe.ts';
import { contentHash } from '../library/documents.ts';
import type { StoredDocument } from '../library/documents.ts';
import { needsOf } from '../library/document-needs.ts';
import type { Library } from '../library/library.ts';
import type { Need, Wanted } from './needs.ts';

export type ReadyTarget = Pick<Library, 'show' | 'documents' | 'payloadSize'>;

export type CheckOptions = {
  readonly target: ReadyTarget;
  /** How to bring there what is here. */
  readonly bring: string;
  readonly nameOf: (osoid: string) => string;
  readonly recipes: (id: string) => RecipeView | null;
  /** Found by a scrub just now: OSOIDs of damaged images, and hashes of damaged payload files. */
  readonly damaged: ReadonlySet<string>;
};

const SHOWN = 8;

/** One item for each thing; whoever wants it is told with it. Fails only where the library itself does. */
export const checkNeeds = async (wanted: readonly Wanted[], options: CheckOptions): Promise<Result<readonly ReadyItem[]>> => {
  const documents = await options.target.documents();
  if (!documents.ok) return documents;
  const items = new Map<string, ReadyItem>();
  const add = (item: ReadyItem): void => {
    // What has no name of its own is told apart by what it says.
    const key = `${item.kind} ${item.name} ${item.state} ${item.kind === 'policy' ? item.says : ''}`;
    const known = items.get(key);
    items.set(key, known === undefined ? item : together(known, item));
  };
  const checked = new Map<string, readonly ReadyItem[]>();
  for (const { need, for: who, needed } of wanted) {
    const key = JSON.stringify(need);
    const found = checked.get(key) ?? (await itemsOf(need, documents.value.documents, options));
    checked.set(key, found);
    // What has no name of its own is told by whom it fails.
    for (const item of found) add({ ...item, name: item.name === '' ? who.replace(/^policy /, '') : item.name, for: [who], needed });
  }
  return success([...items.values()]);
};

const together = (one: ReadyItem, other: ReadyItem): ReadyItem => ({
  ...one,
  needed: one.needed || other.needed,
  for: [...new Set([...one.for, ...other.for])].slice(0, SHOWN),
});

const item = (kind: ReadyItem['kind'], name: string, state: ReadyItem['state'], says: string, problem: Failure | null): ReadyItem => ({
  ...{ kind, name, state, says, problem },
  needed: true,
  for: [],
});

const itemsOf = async (need: Need, documents: readonly StoredDocument[], options: CheckOptions): Promise<readonly ReadyItem[]> => {
  if (need.kind === 'nothing') {
    if (need.says === '') return [];
    const problem = { code: 'ready.no-answer', message: need.says, next: need.next };
    return [item('policy', '', need.isUnknown ? 'unknown' : 'missing', need.says, problem)];
  }
  if (need.kind === 'image') return [await imageItem(need.osoid, options)];
  const image = need.image === null ? null : await imageItem(need.image, options);
  if (image?.state === 'here') return [image];
  return recipeItems(need.id, documents, options);
};

const imageItem = async (osoid: string, { target, bring, nameOf, damaged }: CheckOptions): Promise<ReadyItem> => {
  const shown = await target.show(osoid);
  if (!shown.ok) {
    const name = nameOf(osoid);
    const isAbsent = shown.failure.code === 'library.no-image' || shown.failure.code === 'library.missing';
    if (!isAbsent) return item('image', name, 'damaged', shown.failure.message, shown.failure);
    const says = `Image ${name} is not there.`;
    return item('image', name, 'missing', says, { code: 'ready.image-missing', message: says, next: bring });
  }
  const { image, missingChunks } = shown.value;
  const name = `${image.name} r${image.revision} (${osoid.slice(0, 12)})`;
  if (missingChunks > 0 || damaged.has(osoid)) {
    const says = missingChunks > 0 ? `${missingChunks} of its chunks are missing or damaged.` : 'A scrub found it damaged.';
    const next =
      'Heal it from a library that has it whole: rackside library repair --from FOLDER; or from a machine that carries it: rackside verify MACHINE --heal';
    return item('image', name, 'damaged', says, { code: 'ready.image-damaged', message: `Image ${name}: ${says}`, next });
  }
  if (image.trust !== 'trusted') {
    const isBroken = image.trust === 'broken';
    const says = isBroken ? 'Its signature is wrong: it was altered.' : `It is signed by a key (${image.keyId}) that is not trusted here.`;
    const next = isBroken ? 'Copy it again from its source.' : `Compare the key with its owner, then: rackside trust add ${image.keyId}`;
    return item('image', name, 'untrusted', says, { code: 'ready.image-untrusted', message: `Image ${name}: ${says}`, next });
  }
  return item('image', name, 'here', 'All of its chunks are there.', null);
};

const recipeItems = async (
  id: string,
  documents: readonly StoredDocument[],
  { target, bring, recipes, damaged }: CheckOptions,
): Promise<readonly ReadyItem[]> => {
  const entry = recipes(id);
  if (entry === null) return [];
  const { recipe } = entry;
  const hash = contentHash(recipe);
  const name = `${id} version ${recipe.version}`;
  const isThere = documents.some(
    ({ kind, trust, items }) => kind === 'recipe' && trust !== 'broken' && items.some((one) => one.hash === hash),
  );
  const says = isThere ? 'It is there.' : `Recipe ${name} is not there.`;
  const missing = { code: 'ready.recipe-missing', message: says, next: bring };
  const found = [item('recipe', name, isThere ? 'here' : 'missing', says, isThere ? null : missing)];
  for (const { sha256, sizeBytes } of needsOf(recipe).payloads) {
    const called = recipe.payloads.find((payload) => payload.sha256 === sha256)?.name ?? sha256.slice(0, 16);
    const size = await target.payloadSize(sha256);
    const state =
      !size.ok || damaged.has(sha256) || (size.value !== null && size.value !== sizeBytes)
        ? 'damaged'
        : size.value === null
          ? 'missing'
          : 'here';
    const told = `Payload file ${called} of recipe ${name} is ${state === 'here' ? 'there' : state}.`;
    const problem = state === 'here' ? null : { code: `ready.payload-${state}`, message: told, next: bring };
    found.push(item('payload', `${called} (${sha256.slice(0, 12)})`, state, told, problem));
  }
  return found;
};
