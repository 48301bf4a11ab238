import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../agent/protocol/facts.ts';
import { evidenceFrom } from '../../main/machines/evidence.ts';
import type { Evidence, EvidenceKind } from '../../main/machines/evidence.ts';
import { recognise } from '../../main/machines/recognise.ts';
import type { KnownMachine } from '../../main/machines/recognise.ts';

type Short = {
  readonly serial?: string;
  readonly uuid?: string;
  readonly board?: string;
  readonly chassis?: string;
  readonly macs?: readonly string[];
  readonly disks?: readonly string[];
};
const evidence = ({ serial, uuid, board, chassis, macs = [], disks = [] }: Short): readonly Evidence[] => {
  const one = (kind: EvidenceKind, value: string | undefined): readonly Evidence[] => (value === undefined ? [] : [{ kind, value }]);
  return [
    ...one('system-serial', serial),
    ...one('system-uuid', uuid),
    ...one('board-serial', board),
    ...one('chassis-serial', chassis),
    ...macs.flatMap((value) => one('mac', value)),
    ...disks.flatMap((value) => one('disk', value)),
  ];
};
const known = (machineId: string, short: Short): KnownMachine => ({ machineId, evidence: evidence(short) });
const server: Short = { serial: 's1', uuid: 'u1', board: 'b1', chassis: 'c1', macs: ['m1', 'm2'], disks: ['d1', 'd2'] };

describe('who is this?', () => {
  test.each<[string, Short, readonly KnownMachine[], string]>([
    ['the same machine', server, [known('a', server)], 'a'],
    ['nobody known', server, [], 'new'],
    ['a white box with nothing but a MAC', { macs: ['m1'] }, [known('a', { macs: ['m1'] })], 'a'],
    ['the second of two identical white boxes', { macs: ['m2'], disks: ['d2'] }, [known('a', { macs: ['m1'], disks: ['d1'] })], 'new'],
    ['each of two identical white boxes', { macs: ['m2'] }, [known('a', { macs: ['m1'] }), known('b', { macs: ['m2'] })], 'b'],
    [
      'a swapped board whose serial was written back',
      { serial: 's1', uuid: 'u9', board: 'b9', macs: ['m8', 'm9'], disks: ['d1', 'd2'] },
      [known('a', server)],
      'a',
    ],
    ['a swapped board whose serial was not', { uuid: 'u9', board: 'b9', macs: ['m8'], disks: ['d1', 'd2'] }, [known('a', server)], 'new'],
    ['a disk that moved', { serial: 's2', uuid: 'u2', disks: ['d1', 'd2'] }, [known('a', server)], 'new'],
    ['all disks and the chassis of another, and nothing else', { chassis: 'c1', disks: ['d1', 'd2'] }, [known('a', server)], 'new'],
    ['a network card that moved', { serial: 's2', uuid: 'u2', macs: ['m1'] }, [known('a', server)], 'new'],
    [
      'the first machine a card moved out of',
      { serial: 's1', uuid: 'u1', macs: ['m2'] },
      [known('a', server), known('b', { serial: 's2', macs: ['m1'] })],
      'a',
    ],
    ['a blade in a chassis with a known blade', { serial: 's2', chassis: 'c1', macs: ['m9'] }, [known('a', server)], 'new'],
    [
      'a blade among blades that share the chassis serial',
      { uuid: 'u2', chassis: 'c1' },
      [known('a', { uuid: 'u1', chassis: 'c1' }), known('b', { uuid: 'u2', chassis: 'c1' })],
      'b',
    ],
    ['the second node of a twin with one serial', { serial: 's1', uuid: 'u2', board: 'b2', macs: ['m7'] }, [known('a', server)], 'new'],
    [
      'the second of two blades that tell nothing but one serial',
      { serial: 's1', chassis: 's1', macs: ['m7'], disks: ['d7'] },
      [known('a', { serial: 's1', chassis: 's1', macs: ['m1'], disks: ['d1'] })],
      'tie a',
    ],
    [
      'a machine that tells nothing but its serial, with other cards and its own disk',
      { serial: 's1', macs: ['m7'], disks: ['d1'] },
      [known('a', { serial: 's1', macs: ['m1'], disks: ['d1'] })],
      'a',
    ],
    [
      'a node of known twins with one serial',
      { serial: 's1', uuid: 'u2' },
      [known('a', { serial: 's1', uuid: 'u1' }), known('b', { serial: 's1', uuid: 'u2' })],
      'b',
    ],
    ['cards of two white boxes in one', { macs: ['m1', 'm2'] }, [known('a', { macs: ['m1'] }), known('b', { macs: ['m2'] })], 'tie a,b'],
    [
      'more of one than of the other',
      { macs: ['m1', 'm2', 'm3'] },
      [known('a', { macs: ['m1'] }), known('b', { macs: ['m2', 'm3'] })],
      'b',
    ],
    [
      'a MAC that several machines carry',
      { macs: ['m1'] },
      [known('a', { uuid: 'u1', macs: ['m1'] }), known('b', { uuid: 'u2', macs: ['m1'] })],
      'new',
    ],
    ['a dongle that was on a white box before', { macs: ['m1', 'm9'] }, [known('a', { macs: ['m1', 'm2'] })], 'tie a'],
    ['a white box that lost a card', { macs: ['m1'] }, [known('a', { macs: ['m1', 'm2'] })], 'a'],
    ['a white box that got a card', { macs: ['m1', 'm2', 'm3'] }, [known('a', { macs: ['m1', 'm2'] })], 'a'],
    [
      'a white box with another card and its own disk',
      { macs: ['m1', 'm9'], disks: ['d1'] },
      [known('a', { macs: ['m1', 'm2'], disks: ['d1'] })],
      'a',
    ],
    ['a virtual machine', { uuid: 'u1', macs: ['m9'] }, [known('a', { uuid: 'u1', macs: ['m1'] })], 'a'],
    [
      'two white boxes whose maker gave both one UUID',
      { uuid: 'u1', macs: ['m2'], disks: ['d2'] },
      [known('a', { uuid: 'u1', macs: ['m1'], disks: ['d1'] })],
      'tie a',
    ],
    [
      'one of them with another card',
      { uuid: 'u1', macs: ['m2'], disks: ['d1'] },
      [known('a', { uuid: 'u1', macs: ['m1'], disks: ['d1'] })],
      'a',
    ],
    [
      'a server that got other cards and disks',
      { serial: 's1', uuid: 'u1', macs: ['m2'], disks: ['d2'] },
      [known('a', { serial: 's1', uuid: 'u1', macs: ['m1'], disks: ['d1'] })],
      'a',
    ],
    ['a clone of a virtual machine', { uuid: 'u2', macs: ['m1'] }, [known('a', { uuid: 'u1', macs: ['m1'] })], 'new'],
    [
      'two boards with one UUID and other MACs',
      { uuid: 'u1', board: 'b2', macs: ['m2'] },
      [known('a', { uuid: 'u1', board: 'b1', macs: ['m1'] })],
      'new',
    ],
    ['nothing to go by', {}, [known('a', server)], 'new'],
  ])('%s', (_what, seen, machines, expected) => {
    const found = recognise(evidence(seen), machines);
    const words = found.kind === 'known' ? found.machineId : found.kind === 'tie' ? `tie ${found.candidates.join(',')}` : found.kind;
    expect(words).toBe(expected);
  });

  test('a MAC that two machines have ever carried tells nobody, although only one carries it now', () => {
    const machines = [known('a', { macs: ['m1'] })];
    const wandering: readonly Evidence[] = [{ kind: 'mac', value: 'm1' }];
    expect(recognise(evidence({ macs: ['m1'] }), machines).kind).toBe('known');
    expect(recognise(evidence({ macs: ['m1'] }), machines, wandering)).toEqual({ kind: 'new' });
    expect(recognise(evidence({ uuid: 'u1', macs: ['m1'] }), [known('a', { uuid: 'u1', macs: ['m1'] })], wandering).kind).toBe('known');
  });

  const few = (...values: readonly string[]) => fc.subarray([...values], { maxLength: 2 });
  const anyShort = fc.record(
    {
      serial: fc.constantFrom('s1', 's2', 's3'),
      uuid: fc.constantFrom('u1', 'u2', 'u3'),
      board: fc.constantFrom('b1', 'b2'),
      chassis: fc.constantFrom('c1', 'c2'),
      macs: few('m1', 'm2', 'm3', 'm4'),
      disks: few('d1', 'd2', 'd3'),
    },
    { requiredKeys: [] },
  );
  test('a differing system serial is never overruled, and the order of machines does not matter', () => {
    fc.assert(
      fc.property(anyShort, fc.array(anyShort, { maxLength: 4 }), (seen, others) => {
        const machines = others.map((one, index) => known(`m${index}`, one));
        const found = recognise(evidence(seen), machines);
        expect(recognise(evidence(seen), machines.toReversed())).toEqual(found);
        const chosen = found.kind === 'known' ? others[Number(found.machineId.slice(1))] : undefined;
        const shared =
          others.filter((one) => one.serial === chosen?.serial).length > 1 || others.filter((one) => one.serial === seen.serial).length > 1;
        const contradicts = chosen?.serial !== undefined && seen.serial !== undefined && chosen.serial !== seen.serial && !shared;
        expect(contradicts).toBe(false);
      }),
    );
  });
});

test('filler and serials too short to mean anything become no evidence, and values are compared without case', () => {
  const fact = (name: string, value: Fact['value'], filler = false): Fact => ({ name, value, source: 'test', filler });
  const facts = [
    fact('system.serial', ' ABC1 '),
    fact('system.uuid', 'ffffffff-ffff-ffff-ffff-ffffffffffff', true),
    fact('board.serial', 'To be filled by O.E.M.', true),
    fact('nic.macs', ['52:54:00:00:00:01']),
    fact('disk.serials', ['DISK1', 'DISK2', '0']),
    fact('disk.wwns', ['DISK2']),
    fact('chassis.serial', '12'),
    fact('model', 'R740'),
  ];
  expect(evidenceFrom(facts)).toEqual([
    { kind: 'system-serial', value: 'abc1' },
    { kind: 'mac', value: '52:54:00:00:00:01' },
    { kind: 'disk', value: 'disk1' },
    { kind: 'disk', value: 'disk2' },
  ]);
});
