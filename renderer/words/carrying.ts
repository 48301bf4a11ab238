// The words of what is carried from site to site: whether all of it is there, and what arrived from other stations.
import { count } from './numbers.ts';
import type { ReadyItem, ReadyReport } from '../../preload/contract/ready.ts';

const KINDS: Readonly<Record<ReadyItem['kind'], string>> = {
  image: 'Image',
  recipe: 'Recipe',
  payload: 'Payload file',
  policies: 'Policies',
  policy: 'Policy',
  machine: 'Machine',
  kit: 'Boot kit',
  plan: 'Site plan',
  library: 'Library',
};

export const READY_WORDS = {
  title: 'Is everything for this site on this disk?',
  text: 'For each machine of the site plan and each that was heard here: its image with all chunks, recipes, payload files, policies, keys and the boot kit.',
  site: 'Site',
  siteHelp: 'Empty: the site the station is at.',
  path: 'Only in this library',
  pathHelp: 'A folder or an exported .tar file on the station. Empty: all libraries that are open.',
  verify: 'Read every byte too: it takes as long as Verify',
  go: 'Look',
  verdicts: {
    ready: 'Ready: everything is there.',
    'not-ready': 'Not ready: something is missing.',
    'cannot-say': 'It cannot be said yet: nothing is missing that is known to be needed, and not everything is known.',
  } satisfies Record<ReadyReport['verdict'], string>,
  where: (site: string, library: string): string => `${site}, in ${library}`,
  machines: ({ planned, known, decided }: ReadyReport['machines']): string =>
    `${count(planned, 'machine', 'machines')} planned, ${known} read, ${decided} decided.`,
  bytes: { true: 'Every byte was read and is right, but for what is said here.', false: 'Only presence was looked at.' },
  states: {
    here: 'there',
    missing: 'missing',
    damaged: 'damaged',
    untrusted: 'not trusted',
    unknown: 'not known',
    problem: 'a problem',
  } satisfies Record<ReadyItem['state'], string>,
  item: (kind: ReadyItem['kind'], name: string): string => (name === '' ? KINDS[kind] : `${KINDS[kind]} ${name}`),
  for: (who: readonly string[]): string => `for ${who.join(', ')}`,
  lacking: 'To be done before leaving',
  there: (number: number): string => `There (${number})`,
  others: (number: number): string => `Wanted by no machine that is known for this site (${number})`,
} as const;

export const ARRIVAL_WORDS = {
  title: 'Arrived from other stations',
  text: 'Policies and recipes that came in a library. Each is off here until somebody has looked at it and switched it on.',
  empty: 'Nothing has arrived that is not here.',
  failedTitle: 'What arrived could not be listed',
  damaged: 'Could not be read',
  name: (kind: string, name: string): string => `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)} ${name}`,
  change: { new: 'new here', changed: 'other than here' },
  from: (station: string, by: string, at: string): string => `from ${station} (${by}, ${at.slice(0, 10)})`,
  trust: { 'unknown-key': 'its key is not trusted here', broken: 'its signature is wrong' },
  dropped: (number: number): string => `Dropped (${number})`,
  look: 'Look…',
  lookAt: (what: string): string => `Look at ${what}`,
  dialogTitle: (what: string): string => `Switch on ${what.slice(0, 1).toLowerCase()}${what.slice(1)}?`,
  dialogNew: (from: string): string => `It came ${from}, and there is none of this name here.`,
  dialogChanged: (from: string): string => `It came ${from}. The one that is here stays as it is until you switch this one on.`,
  field: 'Field',
  here: 'Here',
  arriving: 'Arriving',
  whole: 'All of it, as JSON',
  drop: 'Drop it',
  take: 'Switch on',
  taken: (what: string): string => `${what} is on.`,
  droppedSaid: (what: string): string => `${what} is dropped; a newer one is asked about again.`,
  accept: {
    'unknown-key': (keyId: string): string =>
      `It is signed by key ${keyId}, which this station does not trust. I want it all the same; my name goes on record.`,
    broken: (): string => 'Its signature is wrong: it was altered. I want it all the same; my name goes on record.',
  },
} as const;
