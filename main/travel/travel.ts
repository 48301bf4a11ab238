// What travels with the library besides images, wired: this station's word goes out whenever it changes, and what others say is told of
// when it comes.
import type { Failure } from '../../agent/protocol/failure.ts';
import type { StoredDocument } from '../library/documents.ts';
import type { SignedImage } from '../trust/trust.ts';
import { createPublisher } from './publisher.ts';
import { tellArrivals } from './arrival-handlers.ts';
import type { ArrivalParts } from './arrival-handlers.ts';

export type Travel = {
  /** Policies or recipes changed. */
  readonly changed: () => void;
  /** The library was read again: something may have come. */
  readonly looked: () => void;
  /** Whose word is in the libraries, as of the last look: keys that a person may choose to trust. */
  readonly signed: () => readonly SignedImage[];
  /** A disk came back: another library may be in its place, or an older one. */
  readonly libraryChanged: () => void;
  /** Once nothing is left to write, or the library refuses. */
  readonly settled: () => Promise<Failure | null>;
  readonly stop: () => Promise<void>;
};

export type TravelOptions = ArrivalParts & {
  readonly stationName: string;
  readonly now: () => number;
  readonly onBug: (error: unknown, where: string) => void;
};

/** The event log has these by the library itself. */
const TOLD_ALREADY: ReadonlySet<string> = new Set(['library.missing', 'library.unreadable']);

export const startTravel = (options: TravelOptions): Travel => {
  const { library, rows, policies, recipes, events, sites, stationName, now } = options;
  const onBug = (error: unknown): void => options.onBug(error, 'travel');
  const publisher = createPublisher({
    library,
    rows,
    policies: policies.list,
    recipes: recipes.list,
    who: () => ({ station: stationName, by: sites.current().operator }),
    now,
    onFailure: (failure) => {
      if (failure === null || TOLD_ALREADY.has(failure.code)) return;
      const text = `Policies and recipes could not be written into the library: ${failure.message} ${failure.next} (${failure.code})`;
      events.log({ kind: 'travel.unwritten', text, level: 'warn' });
    },
    onBug,
  });
  let telling: Promise<void> | null = null;
  let again = false;
  let signed: readonly SignedImage[] = [];
  let isStopped = false;
  const tell = (): void => {
    again = true;
    telling ??= (async () => {
      while (again && !isStopped) {
        again = false;
        const listed = await library.documents();
        if (listed.ok) signed = listed.value.documents.map(signedOf);
        await tellArrivals(options);
      }
    })()
      .catch(onBug)
      .finally(() => (telling = null));
  };
  publisher.libraryChanged();
  tell();
  return {
    changed: publisher.changed,
    looked: tell,
    signed: () => signed,
    libraryChanged: () => {
      publisher.libraryChanged();
      tell();
    },
    settled: async () => {
      await telling;
      return publisher.settled();
    },
    stop: async () => {
      isStopped = true;
      await publisher.stop();
      await telling;
    },
  };
};

const signedOf = ({ kind, name, station, trust, keyId, publicKey }: StoredDocument): SignedImage => ({
  name: `${kind}${name === '' ? '' : ` ${name}`} of ${station}`,
  trust,
  keyId,
  publicKey,
});
