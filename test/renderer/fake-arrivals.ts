// What the fake station's library brought from other stations, and whether everything is on its disk.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { CallHandlers } from '../../main/pipe/pipe-server.ts';
import type { ArrivalView } from '../../preload/contract/arrivals.ts';
import type { ReadyItem } from '../../preload/contract/ready.ts';
import { hash } from './scene-parts.ts';

const policy = {
  name: 'kiosk-nodes',
  rank: 40,
  when: { all: [{ fact: 'model', equal: 'OptiPlex 7090' }] },
  outcome: { kind: 'boot-local' },
  consent: 'ask',
  limit: null,
  whenUnknown: 'ask',
  note: '',
};
const recipe = {
  kind: 'command',
  id: 'edge-box',
  version: 2,
  name: 'Edge box',
  matchOn: ['model'],
  timeLimitMinutes: 30,
  image: { name: 'edge', labels: { role: 'edge' } },
  note: '',
  command: ['mkosi', '--output', 'disk.raw'],
  output: 'disk.raw',
  files: [{ name: 'mkosi.conf', text: '[Distribution]\nDistribution=debian\n' }],
  payloads: [],
};
const arrival = (kind: string, name: string, value: object, more: Partial<ArrivalView>): ArrivalView => ({
  documentId: hash(`${kind} ${name}`),
  kind,
  name,
  station: 'bench',
  by: 'L. Brandt',
  at: '2026-11-20T08:00:00Z',
  keyId: '99aabbccddeeff00',
  trust: 'trusted',
  change: 'new',
  fields: [],
  text: JSON.stringify(value, null, 2),
  says: null,
  hash: hash(`seen ${name}`),
  dropped: false,
  problem: null,
  ...more,
});

const item = (given: Pick<ReadyItem, 'kind' | 'name' | 'state' | 'says'> & Partial<ReadyItem>): ReadyItem => ({
  needed: true,
  for: [],
  problem: null,
  ...given,
});
const ITEMS: readonly ReadyItem[] = [
  item({ kind: 'image', name: 'web-golden r11', state: 'here', says: 'All its chunks are there.', for: ['web-01', 'web-02', 'web-03'] }),
  item({
    kind: 'image',
    name: 'db-golden r4',
    state: 'damaged',
    says: '3 chunks of it are damaged.',
    for: ['db-01'],
    problem: { code: 'library.damaged', message: '3 chunks are damaged.', next: 'Repair the library from another copy.' },
  }),
  item({
    kind: 'machine',
    name: 'edge-02',
    state: 'unknown',
    says: 'Nobody has said its role yet, so that what it gets is not decided.',
    problem: { code: 'ready.undecided', message: 'Its role is not known.', next: 'Say its role, or give it in the site plan.' },
  }),
  item({ kind: 'kit', name: 'kit-2026-11', state: 'here', says: 'All files are right.' }),
  item({ kind: 'recipe', name: 'kiosk', state: 'missing', says: 'It is not in this library.', needed: false }),
];

export const arrivalHandlers = (): Pick<CallHandlers, 'arrivals.list' | 'arrivals.enable' | 'arrivals.drop' | 'library.ready'> => {
  let arrivals: readonly ArrivalView[] = [
    arrival('policy', 'kiosk-nodes', policy, {}),
    arrival(
      'policy',
      'web-nodes',
      { ...policy, name: 'web-nodes', rank: 15 },
      {
        change: 'changed',
        fields: [{ field: 'rank', here: '20', arriving: '15' }],
        says: 'It erased by itself there; here it asks.',
      },
    ),
    arrival('recipe', 'edge-box', recipe, { trust: 'unknown-key' }),
  ];
  const find = (documentId: string, name: string) => arrivals.find((one) => one.documentId === documentId && one.name === name);
  const unknown = failed('arrival.unknown', 'Nothing waits under this name.', 'Look at the list again.');
  return {
    'arrivals.list': async () => success({ arrivals: [...arrivals], damaged: [] }),
    'arrivals.enable': async ({ documentId, name, seen, acceptUntrusted }) => {
      const found = find(documentId, name);
      if (found === undefined) return unknown;
      if (found.hash !== seen) return failed('arrival.not-seen', `"${name}" is not what was shown any more.`, 'Look at it again.');
      if (found.trust !== 'trusted' && !acceptUntrusted)
        return failed('arrival.untrusted', 'Its key is not trusted.', 'Trust the key first.');
      arrivals = arrivals.filter((one) => one !== found);
      return success({ kind: found.kind, name });
    },
    'arrivals.drop': async ({ documentId, name }) => {
      const found = find(documentId, name);
      if (found === undefined) return unknown;
      arrivals = arrivals.map((one) => (one === found ? { ...one, dropped: true } : one));
      return success({ kind: found.kind, name });
    },
    'library.ready': async ({ site, path, verify }) =>
      path?.startsWith('/') === false
        ? failed('library.not-found', `There is no library at ${path}.`, 'Give the whole path, as the station sees it.')
        : success({
            verdict: 'not-ready',
            siteName: site ?? 'Riverside DC · row 4 · rack 12',
            library: path ?? '/media/stick/library',
            verified: verify,
            machines: { planned: 12, known: 9, decided: 8 },
            items: [...ITEMS],
          }),
  };
};
