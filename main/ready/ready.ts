// "Is everything for this site on this disk?": gathers what the site needs, looks for it, and says what is missing and what next. What
// cannot be known is said to be unknown, never to be there.
import { isFile, openTarStore } from '../library/tar-store.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { ReadyItem, ReadyReport } from '../../preload/contract/ready.ts';
import type { Policies } from '../database/policies.ts';
import type { Sites } from '../database/sites.ts';
import type { Events } from '../database/events.ts';
import { imageViewOf } from '../library/image-view.ts';
import type { CatalogueImage } from '../library/image-view.ts';
import { contentHash } from '../library/documents.ts';
import type { Library } from '../library/library.ts';
import { openLibrary } from '../library/library.ts';
import type { LibraryOptions } from '../library/library.ts';
import type { Shelf } from '../library/shelf.ts';
import type { VerifyReport } from '../library/verify-library.ts';
import type { FromPeople } from '../journey/from-people.ts';
import type { Machines } from '../machines/machines.ts';
import type { SitePlan } from '../plan/site-plan.ts';
import type { Recipes } from '../recipes/recipes.ts';
import type { StationFields } from '../fields/fields.ts';
import type { ImageSets } from '../sets/sets.ts';
import { policiesBody } from '../travel/publisher.ts';
import { checkNeeds } from './check-needs.ts';
import { needsOfSite } from './needs.ts';
import type { SiteNeeds } from './needs.ts';
import { siteMachines } from './site-machines.ts';

export type ReadyParts = {
  readonly library: Shelf;
  /** How a library that is not open is opened, to be read. */
  readonly reading: Pick<LibraryOptions, 'trustedKeys' | 'signingKey'>;
  readonly images: () => readonly CatalogueImage[];
  readonly policies: Policies;
  readonly recipes: Recipes;
  readonly sets: Pick<ImageSets, 'current'>;
  readonly fields: Pick<StationFields, 'list'>;
  readonly machines: Pick<Machines, 'list' | 'get' | 'realMachines'>;
  readonly journey: Pick<FromPeople, 'chosenImage'>;
  readonly plan: Pick<SitePlan, 'planAt'>;
  readonly sites: Sites;
  readonly events: Pick<Events, 'sitesOf'>;
  readonly kit: () => { readonly kitId: string | null; readonly problem: Failure | null };
};

export type ReadyWish = {
  readonly site: string | null;
  readonly path: string | null;
  readonly verify: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
};

/** Codes: `ready.no-site`, and those of opening and reading a library. */
export const readyFor = async (parts: ReadyParts, wish: ReadyWish): Promise<Result<ReadyReport>> => {
  const site = wish.site === null ? parts.sites.current() : parts.sites.find(wish.site);
  if (site === null)
    return failed('ready.no-site', `No site is called "${wish.site}".`, 'Names are exact; see them in the events, or leave --site out.');
  const opened = wish.path === null ? success(parts.library) : await openDisk(parts, wish.path);
  if (!opened.ok) return opened;
  try {
    return await report(parts, wish, site, opened.value);
  } finally {
    if (wish.path !== null) await opened.value.close();
  }
};

const openDisk = async ({ reading }: ReadyParts, path: string): Promise<Result<Library>> => {
  const options = { ...reading, folder: path, create: false, readOnly: true };
  if (!(await isFile(path))) return openLibrary(options);
  const store = await openTarStore(path);
  return store.ok ? openLibrary({ ...options, store: store.value }) : store;
};

type Place = { readonly siteId: number; readonly siteName: string };

const report = async (parts: ReadyParts, wish: ReadyWish, site: Place, target: Library): Promise<Result<ReadyReport>> => {
  const plan = parts.plan.planAt(site.siteId);
  const sites = parts.events.sitesOf();
  const current = parts.sites.current().siteId;
  const machines = siteMachines({
    plan,
    machines: parts.machines.realMachines(),
    views: parts.machines.list(),
    isHere: (id) => (sites.get(id)?.siteId ?? current) === site.siteId,
    isRead: (id) => {
      const machine = parts.machines.get(id);
      return machine.ok && machine.value.inventory !== null;
    },
    chosen: parts.journey.chosenImage,
  });
  const there = await target.list();
  if (!there.ok) return there;
  // "Newest" is judged by all that is known: an older one on the disk is not what the site will want.
  const known = new Map([...there.value.images.map(imageViewOf), ...parts.images()].map((image) => [image.osoid, image] as const));
  const images = [...known.values()];
  const needs = needsOfSite(machines, {
    siteId: site.siteId,
    policies: parts.policies.entries(),
    places: parts.policies.places(),
    images,
    recipes: parts.recipes.current,
    sets: parts.sets.current,
    fields: parts.fields.list().map(({ field }) => field),
  });
  const scrubbed = wish.verify ? await scrub(parts.library, target, wish) : success(null);
  if (!scrubbed.ok) return scrubbed;
  const checked = await checkNeeds(needs.wanted, {
    target,
    bring: wish.path === null ? 'Merge a library that has it, or make it again.' : `rackside library export --all --to ${wish.path}`,
    nameOf: (osoid) => nameOf(images, osoid),
    recipes: parts.recipes.current,
    damaged: damagedIn(scrubbed.value),
  });
  if (!checked.ok) return checked;
  const policies = await policiesItem(parts, target, wish.path);
  if (!policies.ok) return policies;
  const items = [
    ...(machines.length === 0 ? [NOBODY] : []),
    ...undecidedItems(needs),
    ...checked.value,
    ...policies.value,
    kitItem(parts.kit()),
    ...scrubItems(scrubbed.value),
  ];
  const counts = { planned: plan?.entries.length ?? 0, known: machines.filter(({ isRead }) => isRead).length };
  return success({
    verdict: verdictOf(items),
    siteName: site.siteName,
    library:
      wish.path ??
      parts.library
        .members()
        .map(({ folder }) => folder)
        .join(', '),
    verified: wish.verify,
    machines: { ...counts, decided: machines.length - needs.undecided.length },
    items,
  });
};

const verdictOf = (items: readonly ReadyItem[]): ReadyReport['verdict'] => {
  const wanted = items.filter(({ needed, state }) => needed && state !== 'here');
  if (wanted.length === 0) return 'ready';
  return wanted.every(({ state }) => state === 'unknown') ? 'cannot-say' : 'not-ready';
};

const nameOf = (images: readonly CatalogueImage[], osoid: string): string => {
  const image = images.find((one) => one.osoid === osoid);
  return image === undefined ? osoid.slice(0, 12) : `${image.name} r${image.revision} (${osoid.slice(0, 12)})`;
};

const undecidedItems = ({ undecided }: SiteNeeds): readonly ReadyItem[] =>
  undecided.map(({ machine, says, next, isProblem }) => ({
    kind: 'machine',
    name: machine,
    state: isProblem ? 'problem' : 'unknown',
    needed: true,
    for: [],
    says,
    problem: { code: isProblem ? 'ready.machine-undecided' : 'ready.machine-unknown', message: says, next },
  }));

const NOBODY: ReadyItem = {
  kind: 'plan',
  name: 'site plan',
  state: 'unknown',
  needed: true,
  for: [],
  says: 'No machine of this site is known, so only what enabled policies name was looked for.',
  problem: {
    code: 'ready.no-machines',
    message: 'No machine of this site is known, so only what enabled policies name was looked for.',
    next: 'Give the site a plan: rackside site import plan.csv',
  },
};

/** This station's policies as they are now, in its own words. */
const policiesItem = async (parts: ReadyParts, target: Library, path: string | null): Promise<Result<readonly ReadyItem[]>> => {
  const views = parts.policies.list();
  if (views.length === 0) return success([]);
  const documents = await target.documents();
  if (!documents.ok) return documents;
  const { keyId } = parts.reading.signingKey;
  const own = documents.value.documents.find((one) => one.kind === 'policies' && one.keyId === keyId && one.trust === 'trusted');
  const read = own === undefined ? null : await target.document(own.id);
  const isHere = read?.ok === true && contentHash(read.value.body) === contentHash(policiesBody(views));
  const says = isHere
    ? 'They are there as they are here.'
    : own === undefined
      ? 'The policies of this station are not there.'
      : 'The policies there are older than those here.';
  const next =
    path === null
      ? 'The station writes them by itself; the events say why it could not: rackside events'
      : `rackside library export --policies --to ${path}`;
  const problem = isHere ? null : { code: 'ready.policies-missing', message: says, next };
  const name = 'policies of this station';
  return success([{ kind: 'policies', name, state: isHere ? 'here' : 'missing', needed: true, for: [], says, problem }]);
};

const kitItem = ({ kitId, problem }: ReturnType<ReadyParts['kit']>): ReadyItem => ({
  kind: 'kit',
  name: 'boot kit of this station',
  state: kitId === null ? 'missing' : 'here',
  needed: true,
  for: [],
  says: kitId === null ? (problem?.message ?? 'There is no boot kit.') : `${kitId.slice(0, 12)} is whole.`,
  problem:
    kitId === null
      ? (problem ?? {
          code: 'ready.kit-missing',
          message: 'There is no boot kit.',
          next: 'Build it where there is internet: npm run bootkit',
        })
      : null,
});

const scrub = async (shelf: Shelf, target: Library, { signal, onProgress }: ReadyWish): Promise<Result<readonly VerifyReport[]>> => {
  const libraries = target === shelf ? shelf.members().flatMap(({ library }) => library ?? []) : [target];
  const reports: VerifyReport[] = [];
  for (const library of libraries) {
    const found = await library.verify({ signal, onProgress: ({ donePacks, totalPacks }) => onProgress(donePacks, totalPacks) });
    if (!found.ok) return found;
    reports.push(found.value);
  }
  return success(reports);
};

const damagedIn = (reports: readonly VerifyReport[] | null): ReadonlySet<string> =>
  new Set((reports ?? []).flatMap((one) => [...one.damagedImages.map(({ osoid }) => osoid), ...one.damagedPayloads]));

/** What else a scrub found: it may be nothing that this site wants, and is said all the same. */
const scrubItems = (reports: readonly VerifyReport[] | null): readonly ReadyItem[] =>
  (reports ?? []).flatMap(({ problems }) =>
    problems.slice(0, 20).map((problem) => ({
      kind: 'library' as const,
      name: 'scrub',
      state: 'damaged' as const,
      needed: false,
      for: [],
      says: problem.message,
      problem,
    })),
  );
