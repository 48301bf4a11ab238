// The order of the rack: ports as people count them, empty ones shown, nothing moved while a pointer is over the list.
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { comparePlaces, holdPlaces, layOutRack, placeOf, splitPosition } from '../../renderer/store/rack-order.ts';
import { createOrdering } from '../../renderer/store/rack-ordering.ts';
import { nextAsking } from '../../renderer/store/selectors.ts';
import { makeScene } from './scene.ts';
import type { Place, Sorting } from '../../renderer/store/rack-order.ts';
import type { MachineView } from '../../preload/contract/views.ts';

const sample = makeScene(0).machines[0]!;
const machine = (id: string, position: string | null, part: Partial<MachineView> = {}): MachineView => ({
  ...sample,
  id,
  name: id,
  position,
  ...part,
});
const rack = [machine('c', 'sw-1 port 10'), machine('a', 'sw-1 port 2'), machine('b', null), machine('d', 'sw-1 port 4')];
const sorted = (machines: readonly MachineView[], sorting: Sorting): readonly Place[] =>
  createOrdering()(new Map(machines.map((one) => [one.id, one])), sorting);
const ids = (places: readonly { readonly id: string }[]): string[] => places.map(({ id }) => id);

test.each([
  ['sw-12 port 07', { group: 'sw-12 port', number: 7, digits: 2 }],
  ['U12', { group: 'U', number: 12, digits: 2 }],
  ['Gi1/0/24', { group: 'Gi1/0/', number: 24, digits: 2 }],
  ['by the door', null],
])('the position %s', (position, expected) => expect(splitPosition(position)).toEqual(expected));

describe('order', () => {
  test('by position counts ports, and what has none comes last', () => {
    expect(ids(sorted(rack, 'position'))).toEqual(['a', 'd', 'c', 'b']);
  });

  test('by state: what asks first, then what failed, works, waits, is done', () => {
    const states = [
      machine('done', null, { state: 'provisioned' }),
      machine('works', null, { state: 'working' }),
      machine('failed', null, { state: 'failed' }),
      machine('asks', null, { state: 'unmatched' }),
      machine('heard', null, { state: 'seen' }),
    ];
    expect(ids(sorted(states, 'state'))).toEqual(['asks', 'failed', 'works', 'heard', 'done']);
  });

  test('held: places stay, the new come last, the gone go', () => {
    const shown = sorted(rack, 'position');
    const later = [...rack.filter(({ id }) => id !== 'd'), machine('new', 'sw-1 port 1')].map((one) =>
      one.id === 'a' ? { ...one, position: 'sw-1 port 40' } : one,
    );
    const held = holdPlaces(sorted(later, 'position'), shown);
    expect(ids(held)).toEqual(['a', 'c', 'b', 'new']);
    expect(held[0]?.position).toBe('sw-1 port 2');
    expect(ids(sorted(later, 'position'))).toEqual(['new', 'c', 'a', 'b']);
  });
});

describe('an order that is kept', () => {
  const mapOf = (machines: readonly MachineView[]): ReadonlyMap<string, MachineView> => new Map(machines.map((one) => [one.id, one]));

  test('what changes no place gives the same array again', () => {
    const order = createOrdering();
    const first = order(mapOf(rack), 'position');
    expect(order(mapOf(rack.map((one) => ({ ...one, says: 'other', lastSeenAtMs: 9 }))), 'position')).toBe(first);
    expect(order(mapOf(rack.map((one) => (one.id === 'a' ? { ...one, state: 'failed' } : one))), 'position')).toBe(first);
  });

  test('whatever comes, goes, moves and is renamed: as if sorted anew', () => {
    const machineOf = fc.record({
      id: fc.constantFrom(...'abcdefghijklmnop'),
      name: fc.constantFrom('n1', 'n2', 'n10', 'm'),
      position: fc.constantFrom(null, 'sw 1', 'sw 2', 'sw 10'),
      state: fc.constantFrom('seen', 'failed', 'working', 'unmatched'),
    });
    const steps = fc.array(
      fc.tuple(fc.uniqueArray(machineOf, { selector: ({ id }) => id }), fc.constantFrom('position', 'name', 'state')),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(steps, (given) => {
        const order = createOrdering();
        let before: readonly MachineView[] = [];
        for (const [part, sorting] of given) {
          // Most machines stay as they were, so that few move.
          const known = new Map(before.map((one) => [one.id, one]));
          const gone = part[0]?.id;
          for (const one of part.slice(1, 4)) known.set(one.id, { ...sample, ...one } as MachineView);
          if (gone !== undefined) known.delete(gone);
          const expected = [...known.values()].toSorted((a, b) => comparePlaces(sorting as Sorting, a, b)).map(placeOf);
          expect(order(known, sorting as Sorting)).toEqual(expected);
          before = [...known.values()];
        }
      }),
    );
  });
});

describe('layout', () => {
  const labels = (positions: readonly string[]): string[] =>
    layOutRack(
      positions.map((position, index) => ({ id: `m${index}`, position })),
      'position',
    ).map((row) => (row.kind === 'group' ? `# ${row.title}` : row.kind === 'empty' ? `(${row.label})` : row.label));
  test('single empty ports, long empty runs, two machines on one port', () => {
    expect(labels(['p 2', 'p 4', 'p 4', 'p 12'])).toEqual(['(01)', '02', '(03)', '04', '04', '(05–11)', '12']);
  });
  test('two switches get headings; what has no position ends without one of its own number', () => {
    expect(labels(['a 1', 'b 1', ''])).toEqual(['# a', '01', '# b', '01', '# ', '–']);
  });
  test('one machine of a blade enclosure, or few ports of many, bring no empty rows', () => {
    expect(labels(['enc slot 3'])).toEqual(['03']);
    expect(labels(['sw 40', 'sw 48'])).toEqual(['40', '48']);
  });
  test('a number that is no port count makes no thousand empty rows', () => {
    expect(labels(['rack 1204'])).toEqual(['1204']);
  });
  test('what the plan expects stands at its place, the rest at the end; by name all of it does', () => {
    const wanted = (key: string, position: string) => ({ key, name: `n${key}`, says: '', position });
    const expected = [wanted('8', 'p 12'), wanted('7', 'p 3'), wanted('9', '')];
    const rows = (sorting: 'position' | 'name'): readonly string[] =>
      layOutRack(
        [
          { id: 'a', position: 'p 2' },
          { id: 'b', position: 'p 4' },
          { id: 'c', position: '' },
        ],
        sorting,
        {
          expected,
          expectedTitle: 'missing',
        },
      ).map((row) => {
        switch (row.kind) {
          case 'group':
            return `# ${row.title}`;
          case 'empty':
            return `(${row.label})`;
          case 'expected':
            return `${row.label} ${row.expected.name}?`;
          case 'machine':
            return `${row.label} ${row.id}`;
        }
      });
    expect(rows('position')).toEqual(['# p', '(01)', '02 a', '03 n7?', '04 b', '(05–11)', '12 n8?', '# ', '– c', '# missing', '– n9?']);
    expect(rows('name')).toEqual(['02 a', '04 b', '03 c', '# missing', '– n8?', '– n7?', '– n9?']);
  });
  test('keys are unique', () => {
    const rows = layOutRack(
      makeScene(0, 200).machines.map(({ id, position }) => ({ id, position: position ?? '' })),
      'position',
    );
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
  });
});

test('the next that asks goes round', () => {
  const { machines } = makeScene(0);
  const map = new Map(machines.map((one) => [one.id, one]));
  const order = machines.map((one) => one.id);
  expect(nextAsking(order, map, null)).toBe('web-07');
  expect(nextAsking(order, map, 'web-07')).toBe('web-08');
  expect(nextAsking(order, map, 'edge-02')).toBe('web-07');
  expect(nextAsking([], map, null)).toBeNull();
});
