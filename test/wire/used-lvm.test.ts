// Physical volumes as lvm2 itself writes them. Its tools work on a loop device without the kernel's device mapper as long as nothing is
// activated, so what they say of the mapping is used to put filesystems into the logical volumes and to take them out again.
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MIB, rebuild, tool, useOfBytes, useOfFile, withLvmText } from '../image/used/rig.ts';
import { lacksTools, noise } from '../image/real-disk.ts';
import { lvm } from './lvm.ts';

const EXTENT_BYTES = 4 * MIB;
const cannot = process.getuid?.() !== 0 || lacksTools('losetup', 'pvcreate', 'lvcreate', 'mke2fs', 'mkfs.xfs', 'e2fsck');

type Piece = { readonly startExtent: number; readonly firstExtent: number; readonly count: number };

/** Where lvs says that the extents of a logical volume are. */
const piecesOf = async (image: string, name: string): Promise<readonly Piece[]> => {
  const listed = await lvm([image], `lvm lvs --noheadings -o seg_start_pe,seg_pe_ranges vg/${name}`);
  return [...listed.matchAll(/(\d+)\s+\S+:(\d+)-(\d+)/g)].map(([, start, first, last]) => ({
    startExtent: Number(start),
    firstExtent: Number(first),
    count: Number(last) - Number(first) + 1,
  }));
};

const DATA_OFFSET = MIB;
const copy = async (from: string, to: string, pieces: readonly Piece[], direction: 'in' | 'out'): Promise<void> => {
  await using source = await open(from, 'r');
  await using target = await open(to, direction === 'in' ? 'r+' : 'w');
  for (const { startExtent, firstExtent, count } of pieces) {
    const bytes = Buffer.alloc(count * EXTENT_BYTES);
    const [inside, outside] = [startExtent * EXTENT_BYTES, DATA_OFFSET + firstExtent * EXTENT_BYTES];
    await source.read(bytes, 0, bytes.length, direction === 'in' ? inside : outside);
    await target.write(bytes, 0, bytes.length, direction === 'in' ? outside : inside);
  }
};

let folder: string;
const sparse = async (name: string, sizeMib: number): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, '');
  await using file = await open(path, 'r+');
  await file.truncate(sizeMib * MIB);
  return path;
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-lvm-'));
  await mkdir(join(folder, 'tree'));
  for (let n = 1; n < 30; n++) await writeFile(join(folder, 'tree', `file-${n}`), noise(`file-${n}`, n * 9001));
});
afterAll(() => rm(folder, { recursive: true }));

/** A group `vg` whose `root` (ext4) is in two pieces around `data` (unknown content) and `swap`, with free extents behind. */
const makeGroup = async (name: string): Promise<string> => {
  const path = await sparse(name, 160);
  await lvm(
    [path],
    `lvm pvcreate -q -q -y $A; lvm vgcreate -q -q -y vg $A; make -L 40M -n root vg; make -L 8M -n data vg; make -L 16M -n swap vg
     lvm lvextend -q -q -L +24M vg/root`,
  );
  const root = await sparse(`${name}.root`, 64);
  await tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-L', 'root', '-d', join(folder, 'tree'), root]);
  await copy(root, path, await piecesOf(path, 'root'), 'in');
  const swap = await sparse(`${name}.swap`, 16);
  await tool('mkswap', [swap]);
  await copy(swap, path, await piecesOf(path, 'swap'), 'in');
  return path;
};

describe.skipIf(cannot)('LVM', () => {
  test('linear volumes: what their filesystems use is enough for lvm2, e2fsck and every file; free extents are free', async () => {
    const path = await makeGroup('linear');
    expect((await piecesOf(path, 'root')).length).toBe(2);
    const use = await useOfFile(path);
    expect(use).toMatchObject({ kind: 'lvm', capture: 'used', blockSizeBytes: EXTENT_BYTES, obstacle: null });
    const root = await useOfFile(`${path}.root`);
    // Header, what follows the last extent, `data` whole, the first page of swap, and what is used of the root.
    expect(use.usedBytes).toBe(MIB + 3 * MIB + 8 * MIB + 4096 + root.usedBytes);
    const bytesOf = ({ blank }: typeof use): number => blank.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    expect(bytesOf(root)).toBeGreaterThan(MIB);
    expect(bytesOf(use)).toBe(bytesOf(root));
    await rebuild(path, `${path}.new`, use.ranges(), use.blank);
    const report = (image: string) =>
      lvm([image], 'lvm lvs --noheadings -o lv_uuid,lv_name,seg_start_pe,seg_pe_ranges vg | sed s,/dev/loop[0-9]*,,; lvm vgck vg');
    expect(await report(`${path}.new`)).toBe(await report(path));
    await copy(`${path}.new`, `${path}.out`, await piecesOf(`${path}.new`, 'root'), 'out');
    await tool('e2fsck', ['-fn', `${path}.out`]);
    await mkdir(join(folder, 'out'));
    await tool('debugfs', ['-R', `rdump / ${join(folder, 'out')}`, `${path}.out`]);
    for (let n = 1; n < 30; n++) expect((await readFile(join(folder, 'out', `file-${n}`))).equals(noise(`file-${n}`, n * 9001))).toBe(true);
  });

  test('a dirty filesystem in a volume is taken whole, and named', async () => {
    const path = await makeGroup('dirty');
    await tool('debugfs', ['-w', '-R', 'ssv state 0', `${path}.root`]);
    await copy(`${path}.root`, path, await piecesOf(path, 'root'), 'in');
    const use = await useOfFile(path);
    expect([use.capture, use.obstacle?.code, use.refuses]).toEqual(['used', 'filesystem.dirty', true]);
    expect(use.obstacle?.message).toContain('Logical volume root');
    expect(use.usedBytes).toBe(MIB + 3 * MIB + 8 * MIB + 4096 + 64 * MIB);
  });

  test('metadata that is damaged in its first area is read from its second; in both: refused', async () => {
    const path = await sparse('two-areas', 64);
    await lvm([path], 'lvm pvcreate -q -q -y --metadatacopies 2 $A; lvm vgcreate -q -q -y vg $A; make -L 8M -n data vg');
    const bytes = await readFile(path);
    const before = (await useOfBytes(bytes)).usedBytes;
    bytes.fill(0x20, 4096 + 512, 8192);
    expect(await useOfBytes(bytes)).toMatchObject({ usedBytes: before, obstacle: null });
    bytes.fill(0, 64 * MIB - 2 * MIB);
    expect((await useOfBytes(bytes)).obstacle?.code).toBe('filesystem.malformed');
  });

  test('of two areas that differ the newer one counts, whichever it is', async () => {
    const path = await sparse('newer', 64);
    await lvm([path], 'lvm pvcreate -q -q -y --metadatacopies 2 $A; lvm vgcreate -q -q -y vg $A; make -L 8M -n data vg');
    const older = await readFile(path);
    await lvm([path], 'make -L 16M -n more vg');
    const newer = await readFile(path);
    const { usedBytes } = await useOfBytes(newer);
    expect(usedBytes - (await useOfBytes(older)).usedBytes).toBe(16 * MIB);
    const half = older.length / 2;
    for (const [first, second] of [
      [older, newer],
      [newer, older],
    ] as const)
      expect(await useOfBytes(Buffer.concat([first.subarray(0, half), second.subarray(half)]))).toMatchObject({
        usedBytes,
        obstacle: null,
      });
  });

  test('a group on two disks is refused', async () => {
    const [one, two] = [await sparse('one', 32), await sparse('two', 32)];
    await lvm([one, two], 'lvm pvcreate -q -q -y $A $B; lvm vgcreate -q -q -y vg $A $B; make -L 8M -n data vg');
    expect(await useOfFile(one)).toMatchObject({ capture: 'whole', refuses: true, obstacle: { code: 'filesystem.spans-disks' } });
  });

  test('a volume that a snapshot is of, or that is a part of another, is taken whole; what is striped or contradicts itself as well', async () => {
    const path = await makeGroup('text');
    const plain = (await useOfFile(path)).usedBytes;
    const volume = await readFile(path);
    const origin = withLvmText(volume, (text) =>
      text.replace(
        /\bdata \{/,
        'keeper {\nid = "abcdef-0123-4567-89ab-cdef-0123-456789"\nstatus = ["READ"]\nflags = []\nsegment_count = 1\nsegment1 {\nstart_extent = 0\nextent_count = 1\ntype = "snapshot"\norigin = "root"\ncow_store = "data"\n}\n}\ndata {',
      ),
    );
    expect((await useOfBytes(origin)).usedBytes).toBeGreaterThan(plain + 32 * MIB);
    expect(await useOfBytes(origin)).toMatchObject({
      refuses: false,
      obstacle: { code: 'filesystem.unsupported', message: expect.stringMatching(/^Logical volume (root|data): .*another volume/) },
    });
    const hidden = withLvmText(volume, (text) => text.replaceAll(', "VISIBLE"', ''));
    expect((await useOfBytes(hidden)).usedBytes).toBeGreaterThan(plain + 32 * MIB);
    const striped = withLvmText(volume, (text) => text.replace('stripe_count = 1', 'stripe_count = 2'));
    expect(await useOfBytes(striped)).toMatchObject({ capture: 'whole', refuses: false, obstacle: { code: 'filesystem.unsupported' } });
    const shared = withLvmText(volume, (text) => text.replaceAll(/"pv0", \d+/g, '"pv0", 0'));
    expect((await useOfBytes(shared)).obstacle?.code).toBe('filesystem.malformed');
    const beyond = withLvmText(volume, (text) => text.replace(/"pv0", \d+/, '"pv0", 9999'));
    expect((await useOfBytes(beyond)).obstacle?.code).toBe('filesystem.malformed');
  });

  test('any text of a group ends in a value', { timeout: 120_000 }, async () => {
    const path = await sparse('fuzz', 16);
    await lvm(
      [path],
      'lvm pvcreate -q -q -y $A; lvm vgcreate -q -q -s 1M -y vg $A; make -L 2M -n one vg; make -L 3M -n two vg; lvm lvextend -q -q -L +2M vg/one',
    );
    const volume = await readFile(path);
    const words = [
      '{',
      '}',
      '[',
      ']',
      '=',
      '"',
      '0',
      '1',
      '-7',
      '99999999999999999999',
      '"pv0"',
      '#',
      'segment1',
      'VISIBLE',
      '\\',
      '"striped"',
    ];
    const hit = fc.tuple(fc.nat(10_000), fc.constantFrom(...words), fc.boolean());
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(hit, { minLength: 1, maxLength: 4 }), async (hits) => {
        const bytes = withLvmText(volume, (text) => {
          const tokens = text.split(/(\s+)/);
          for (const [at, word, replaces] of hits) tokens.splice(at % tokens.length, replaces ? 1 : 0, word);
          return tokens.join('');
        });
        const use = await useOfBytes(bytes);
        expect([...use.ranges()].length).toBeGreaterThan(0);
        codes.add(use.obstacle?.code ?? use.capture);
      }),
      { numRuns: 700 },
    );
    expect([...codes]).toEqual(expect.arrayContaining(['used', 'filesystem.malformed', 'filesystem.unsupported']));
  });
});
