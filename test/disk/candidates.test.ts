// Which disk: one row per rule, and the property that an answer is never one that anything speaks against.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DiskQuestion } from '../../agent/disk/candidates.ts';
import { chooseDisk, exclusionText, findInstalled } from '../../agent/disk/candidates.ts';
import type { DiskHint, ImageNeeds } from '../../agent/protocol/decision.ts';
import type { Disk, DiskExclusion } from '../../agent/protocol/disk.ts';
import { diskExclusionSchema } from '../../agent/protocol/disk.ts';

const GIB = 1024 ** 3;
const OSOID = 'a'.repeat(64);

const NEEDS: ImageNeeds = {
  name: 'debian-13',
  diskSizeBytes: 10 * GIB,
  logicalSectorBytes: 512,
  firmware: 'uefi',
  architecture: 'x86_64',
  secureBootTrusted: true,
};

const disk = (serial: string, changes: Partial<Disk> = {}): Disk => ({
  serial,
  wwn: `naa.5000c500${serial.toLowerCase()}`,
  sizeBytes: 100 * GIB,
  path: `/dev/${serial}`,
  model: 'MODEL',
  vendor: 'ACME',
  transport: 'sata',
  kind: 'ssd',
  logicalSectorBytes: 512,
  physicalSectorBytes: 4096,
  exclusions: [],
  content: { hash: 'c'.repeat(64), table: 'none', partitions: [], signatures: [], recognisedOs: null, blank: true },
  provenance: { verdict: 'absent', osoid: null, manifestSha256: null, stationName: null, keyId: null, writtenAt: null },
  problem: null,
  ...changes,
});

const ask = (disks: readonly Disk[], hint: DiskHint = {}, changes: Partial<DiskQuestion> = {}): string | readonly string[] => {
  const choice = chooseDisk({ disks, needs: NEEDS, hint, firmware: 'uefi', secureBoot: true, architecture: 'x86_64', ...changes });
  return choice.kind === 'chosen' ? (choice.disk.serial ?? '?') : choice.failures.map((failure) => failure.code);
};

const unreadable = { content: null, problem: { code: 'disk.unreadable', message: 'EIO', next: '' } };

const NAMELESS: Partial<Disk> = { serial: null, wwn: null };
const MULTIPATH: Partial<Disk> = { wwn: 'naa.1', exclusions: ['multipath'] };

describe('which disk', () => {
  test.each<[string, readonly Disk[], DiskHint, string | readonly string[]]>([
    ['the only one', [disk('A')], {}, 'A'],
    ['none at all', [], {}, ['disk.none-suitable']],
    ['two that fit are asked about', [disk('A'), disk('B')], {}, ['disk.several-fit']],
    ['never the smaller of two', [disk('A', { sizeBytes: 50 * GIB }), disk('B')], {}, ['disk.several-fit']],
    ['the one of the wanted kind', [disk('A', { kind: 'hdd' }), disk('B')], { kind: 'ssd' }, 'B'],
    ['a kind that nobody knows is not the wanted one', [disk('A', { kind: 'unknown' })], { kind: 'ssd' }, ['disk.none-suitable']],
    ['the one of the wanted transport', [disk('A'), disk('B', { transport: 'nvme' })], { transport: 'nvme' }, 'B'],
    ['the one within the size limits', [disk('A'), disk('B', { sizeBytes: 2000 * GIB })], { maxSizeBytes: 500 * GIB }, 'A'],
    ['none above the wanted size', [disk('A')], { minSizeBytes: 500 * GIB }, ['disk.none-suitable']],
    ['the only one large enough', [disk('A', { sizeBytes: GIB }), disk('B')], {}, 'B'],
    ['too small by one byte', [disk('A', { sizeBytes: 10 * GIB - 1 })], {}, ['disk.too-small']],
    ['exactly as large as the image', [disk('A', { sizeBytes: 10 * GIB })], {}, 'A'],
    ['all too small', [disk('A', { sizeBytes: GIB }), disk('B', { sizeBytes: GIB })], {}, ['disk.too-small', 'disk.too-small']],
    ['another sector size', [disk('A', { logicalSectorBytes: 4096 })], {}, ['disk.sector-size']],
    ['an unreadable disk blocks the choice of its neighbour', [disk('A', unreadable), disk('B')], {}, ['disk.unreadable']],
    ['an unreadable excluded disk does not', [disk('A', { ...unreadable, exclusions: ['virtual-media'] }), disk('B')], {}, 'B'],
    ['pinned by serial', [disk('A'), disk('B')], { serial: 'B' }, 'B'],
    ['pinned by serial as people type it', [disk('A'), disk('S1D5 NSAF')], { serial: ' s1d5nsaf' }, 'S1D5 NSAF'],
    ['pinned by WWN', [disk('A'), disk('B')], { wwn: 'naa.5000c500b' }, 'B'],
    ['pinned by WWN in another spelling', [disk('A'), disk('B')], { wwn: '0x5000C500B' }, 'B'],
    ['pinned and absent: no other will do', [disk('A')], { serial: 'Z' }, ['disk.pinned-absent']],
    ['pinned serial and WWN must both agree', [disk('A'), disk('B')], { serial: 'A', wwn: 'naa.5000c500b' }, ['disk.pinned-absent']],
    ['a disk without serial is no pinned one', [disk('A', { serial: null })], { serial: '' }, ['disk.pinned-absent']],
    ['two that answer to one serial', [disk('A'), disk('A')], { serial: 'A' }, ['disk.several-fit']],
    ['a pinned volume with two paths is one', [disk('A', MULTIPATH), disk('A', MULTIPATH)], { wwn: 'naa.1' }, 'A'],
    ['by the path that can be read', [disk('P', { ...MULTIPATH, ...unreadable }), disk('A', MULTIPATH)], { wwn: 'naa.1' }, 'A'],
    [
      'two volumes with paths each are two',
      [disk('A', MULTIPATH), disk('A', { ...MULTIPATH, wwn: 'naa.2' })],
      { serial: 'A' },
      ['disk.several-fit'],
    ],
    [
      'one of two that say the same of themselves, though a hint decides',
      [disk('A', { ...NAMELESS, kind: 'hdd' }), disk('B', NAMELESS)],
      { kind: 'ssd' },
      ['disk.indistinct'],
    ],
    [
      'nor beside an excluded one that says the same',
      [disk('A', { ...NAMELESS, exclusions: ['removable'] }), disk('B', NAMELESS)],
      {},
      ['disk.indistinct'],
    ],
    ['a disk without a name beside one of another size', [disk('A', NAMELESS), disk('B', { ...NAMELESS, sizeBytes: GIB })], {}, '?'],
    ['pinned and too small: refused, not replaced', [disk('A', { sizeBytes: GIB }), disk('B')], { serial: 'A' }, ['disk.too-small']],
    ['pinned and of another sector size', [disk('A', { logicalSectorBytes: 4096 }), disk('B')], { serial: 'A' }, ['disk.sector-size']],
    ['pinned against another hint', [disk('A', { kind: 'hdd' }), disk('B')], { serial: 'A', kind: 'ssd' }, ['disk.none-suitable']],
    ['pinned and unreadable', [disk('A', unreadable), disk('B')], { serial: 'A' }, ['disk.unreadable']],
    ['pinned and write-protected', [disk('A', { exclusions: ['read-only-hardware'] })], { serial: 'A' }, ['disk.read-only']],
  ])('%s', (_name, disks, hint, expected) => {
    expect(ask(disks, hint)).toEqual(expected);
  });

  test.each(diskExclusionSchema.options)('%s: never unless pinned', (exclusion) => {
    const excluded = disk('X', { exclusions: [exclusion] });
    expect(ask([excluded])).toEqual(['disk.none-suitable']);
    expect(ask([excluded, disk('A')])).toBe('A');
    expect(ask([excluded], { serial: 'X' })).toEqual(exclusion === 'read-only-hardware' ? ['disk.read-only'] : 'X');
    expect(ask([excluded], { wwn: 'naa.5000c500x' })).toEqual(exclusion === 'read-only-hardware' ? ['disk.read-only'] : 'X');
    expect(exclusionText(exclusion).length).toBeGreaterThan(5);
  });

  test('every disk is named with its reason when none will do', () => {
    const choice = chooseDisk({
      disks: [disk('A', { exclusions: ['removable', 'virtual-media'] }), disk('B', { kind: 'hdd' }), disk('C', { sizeBytes: GIB })],
      needs: NEEDS,
      hint: { kind: 'ssd' },
      firmware: 'uefi',
      secureBoot: true,
      architecture: 'x86_64',
    });
    if (choice.kind === 'chosen') throw new Error('chosen');
    const message = choice.failures[0]?.message ?? '';
    expect(message).toContain('ACME MODEL A (100 GiB, /dev/A) is removable and is virtual media of the management board');
    expect(message).toContain('B (100 GiB, /dev/B) is not known to be SSD');
    expect(message).toContain('C (1.0 GiB, /dev/C) is smaller than the image');
  });
});

describe('the image on this machine', () => {
  test.each<[string, Partial<ImageNeeds>, Partial<DiskQuestion>, string | readonly string[]]>([
    ['UEFI on UEFI', {}, {}, 'A'],
    ['UEFI on BIOS', {}, { firmware: 'bios', secureBoot: false }, ['image.firmware-mismatch']],
    ['BIOS on UEFI', { firmware: 'bios' }, {}, ['image.firmware-mismatch']],
    ['both on either', { firmware: 'both' }, { firmware: 'bios', secureBoot: false }, 'A'],
    ['nothing that boots', { firmware: 'none' }, {}, ['image.no-boot-path']],
    ['another architecture', { architecture: 'aarch64' }, {}, ['image.architecture-mismatch']],
    ['another spelling of the same', { architecture: 'amd64' }, { architecture: 'x64' }, 'A'],
    ['BIOS code of either width', { architecture: 'x86', firmware: 'bios' }, { firmware: 'bios', secureBoot: false }, 'A'],
    ['an unknown architecture', { architecture: 'unknown' }, {}, ['image.architecture-mismatch']],
    ['not trusted, Secure Boot on', { secureBootTrusted: false }, {}, ['image.secure-boot-untrusted']],
    ['not trusted, Secure Boot unknown', { secureBootTrusted: false }, { secureBoot: null }, ['image.secure-boot-untrusted']],
    ['not trusted, Secure Boot off', { secureBootTrusted: false }, { secureBoot: false }, 'A'],
    ['not trusted, on BIOS', { secureBootTrusted: false, firmware: 'bios' }, { firmware: 'bios', secureBoot: null }, 'A'],
  ])('%s', (_name, needs, changes, expected) => {
    expect(ask([disk('A')], {}, { ...changes, needs: { ...NEEDS, ...needs } })).toEqual(expected);
  });

  test('every failure is told at once, the image’s before the disk’s', () => {
    expect(ask([disk('A', { sizeBytes: GIB })], {}, { needs: { ...NEEDS, architecture: 'aarch64', secureBootTrusted: false } })).toEqual([
      'image.architecture-mismatch',
      'image.secure-boot-untrusted',
      'disk.too-small',
    ]);
  });
});

test('whatever the disks: a chosen one is unopposed, sole and as asked', () => {
  const anyDisk = fc.record({
    serial: fc.constantFrom('A', 'B', 'C', null),
    sizeBytes: fc.constantFrom(GIB, 10 * GIB, 100 * GIB),
    kind: fc.constantFrom('ssd', 'hdd', 'unknown'),
    logicalSectorBytes: fc.constantFrom(512, 4096),
    exclusions: fc.uniqueArray(fc.constantFrom<DiskExclusion>('removable', 'raid-member', 'read-only-hardware'), { maxLength: 2 }),
    broken: fc.boolean(),
  });
  const anyHint = fc.record({ serial: fc.constantFrom('A', 'B'), kind: fc.constantFrom('ssd', 'hdd') }, { requiredKeys: [] });
  const outcome = fc.check(
    fc.property(fc.array(anyDisk, { maxLength: 4 }), anyHint, (parts, hint) => {
      const disks = parts.map(
        ({ broken, ...part }, index) => disk('-', { ...part, wwn: `naa.${index}`, ...(broken ? unreadable : {}) }) as Disk,
      );
      const choice = chooseDisk({ disks, needs: NEEDS, hint, firmware: 'uefi', secureBoot: true, architecture: 'x86_64' });
      if (choice.kind === 'refused') return choice.failures.length > 0;
      const { disk: chosen } = choice;
      const isAsked =
        hint.serial === undefined
          ? chosen.exclusions.length === 0
          : chosen.serial === hint.serial && disks.filter((one) => one.serial === hint.serial).length === 1;
      return (
        isAsked &&
        chosen.content !== null &&
        chosen.sizeBytes >= NEEDS.diskSizeBytes &&
        chosen.logicalSectorBytes === 512 &&
        !chosen.exclusions.includes('read-only-hardware') &&
        (hint.kind === undefined || chosen.kind === hint.kind)
      );
    }),
    { numRuns: 2000 },
  );
  expect(outcome.counterexample).toBeNull();
});

describe('already installed', () => {
  const holder = (serial: string, changes: Partial<Disk['provenance']> = {}, exclusions: Disk['exclusions'] = []): Disk =>
    disk(serial, {
      exclusions,
      provenance: { verdict: 'trusted', osoid: OSOID, manifestSha256: null, stationName: null, keyId: null, writtenAt: null, ...changes },
    });

  test('by its own trusted record only', () => {
    expect(findInstalled([disk('A'), holder('B')], OSOID)?.serial).toBe('B');
    for (const verdict of ['unknown-key', 'other-disk', 'broken', 'voided', 'absent'] as const)
      expect(findInstalled([holder('B', { verdict })], OSOID)).toBeNull();
    expect(findInstalled([holder('B', { osoid: 'd'.repeat(64) })], OSOID)).toBeNull();
  });
  test('a stick with a record is not this machine, unless pinned', () => {
    expect(findInstalled([holder('B', {}, ['removable'])], OSOID)).toBeNull();
    expect(findInstalled([holder('B', {}, ['removable'])], OSOID, { serial: 'B' })?.serial).toBe('B');
  });
  test('a system that keeps its disk in a RAID set of one is still installed', () => {
    expect(findInstalled([holder('B', {}, ['raid-member'])], OSOID)?.serial).toBe('B');
  });
  test('two that claim it are no answer; a pin decides', () => {
    expect(findInstalled([holder('A'), holder('B')], OSOID)).toBeNull();
    expect(findInstalled([holder('A'), holder('B')], OSOID, { serial: 'A' })?.serial).toBe('A');
  });
});
