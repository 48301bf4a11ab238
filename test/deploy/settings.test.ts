// A machine's settings on its disk: judged by fsck.fat, mtools and blkid, on GPT, on MBR, where there is room and where there is none.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemTools } from '../../agent/disk/tools.ts';
import { generateSigningKey } from '../../agent/image/signature.ts';
import type { Seed } from '../../agent/protocol/seed.ts';
import { MIB, makeImage } from './image-fixture.ts';
import { differences, makeUsedDisk, runDeploy } from './rig.ts';

const key = generateSigningKey();
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C' };
const run = (program: string, args: readonly string[], input?: string): string =>
  execFileSync(program, args, { env, encoding: 'utf8', stdio: 'pipe', ...(input === undefined ? {} : { input }) });
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const seedOf = (hostname: string): Seed => ({
  instanceId: `rackside-${hostname}`,
  settingsSha256: 'ab'.repeat(32),
  files: [
    { name: 'meta-data', text: `{"instance-id": "${hostname}"}\n` },
    { name: 'user-data', text: `#cloud-config\n{"hostname": "${hostname}"}\n` },
    { name: 'network-config', text: '{"version": 2}\n' },
  ],
});
const SEED = seedOf('web1');

const source = (script: string, sizeMib: number): Buffer => {
  const path = join(folder, 'source');
  rmSync(path, { force: true });
  writeFileSync(path, '');
  truncateSync(path, sizeMib * MIB);
  run('sfdisk', ['-q', path], script);
  return readFileSync(path);
};
const deployed = async (
  raw: Buffer,
  sizeMib: number,
  options: { readonly grow?: string; readonly seed?: Seed; readonly jobId?: string } = {},
) => {
  const image = await makeImage(raw, key, undefined, undefined, 'bios');
  const path = makeUsedDisk(join(folder, 'disk'), sizeMib * MIB);
  const done = await runDeploy(image, key, path, { firmware: 'bios', seed: SEED, ...options });
  return { image, path, done };
};
type Seen = { readonly node: string; readonly start: number; readonly size: number; readonly type: string; readonly name?: string };
const partitionsOf = (path: string): readonly Seen[] =>
  (JSON.parse(run('sfdisk', ['-J', path])) as { partitiontable: { partitions: readonly Seen[] } }).partitiontable.partitions;

/** The volume as other programs see it. */
const check = (path: string, { start, size }: Seen, seed: Seed): void => {
  const file = join(folder, 'cidata');
  writeFileSync(file, readFileSync(path).subarray(start * 512, (start + size) * 512));
  expect(run('fsck.fat', ['-n', '-v', file])).toMatch(/3 files|4 files/);
  expect(run('blkid', ['-p', '-o', 'export', file])).toMatch(/^LABEL=CIDATA$/m);
  for (const { name, text } of seed.files) expect(run('mtype', ['-i', file, `::${name}`])).toBe(text);
};

test('GPT: a partition of its own at the end, and the one before it grows up to it', async () => {
  const raw = source('label: gpt\nstart=2048, size=16384, name=root\n', 10);
  const { path, done, image } = await deployed(raw, 40, { grow: 'root' });
  if (!done.result.ok) throw new Error(done.result.failure.message);
  const [root, seed] = partitionsOf(path);
  if (root === undefined || seed === undefined) throw new Error('two partitions');
  expect([root.size, seed.size, seed.start]).toEqual([16384, 8192, 35 * 2048]);
  expect(seed.name).toBe('CIDATA');
  check(path, seed, SEED);
  expect(run('sgdisk', ['-v', path])).toContain('No problems found');
  expect(differences(image, path, done.result.value.rewrittenRanges)).toEqual([]);
  expect(done.steps.indexOf('settings')).toBe(done.steps.indexOf('table') - 1);
  expect(done.notes.join('\n')).not.toContain('hostname');
});

test('other settings replace them, and none leave no partition', async () => {
  const raw = source('label: gpt\nstart=2048, size=16384\n', 10);
  const { path, image } = await deployed(raw, 40);
  const second = seedOf('web2');
  expect((await runDeploy(image, key, path, { firmware: 'bios', seed: second, jobId: 'job-2' })).result.ok).toBe(true);
  const seed = partitionsOf(path)[1];
  if (seed === undefined) throw new Error('no settings');
  check(path, seed, second);
  expect((await runDeploy(image, key, path, { firmware: 'bios', jobId: 'job-3' })).result.ok).toBe(true);
  expect(partitionsOf(path)).toHaveLength(1);
  expect(readFileSync(path).includes('web2')).toBe(false);
});

test('MBR: a free primary entry is taken; with logical partitions too, outside of the extended one', async () => {
  const raw = source(
    'label: dos\nstart=2048, size=8192, type=83, bootable\nstart=10240, size=10240, type=5\nstart=12288, size=4096, type=83\n',
    10,
  );
  const { path, done } = await deployed(raw, 30);
  expect(done.result).toMatchObject({ ok: true });
  const seed = partitionsOf(path).find(({ node }) => node.endsWith('3'));
  expect(seed).toMatchObject({ type: 'e', start: 26 * 2048 });
  if (seed !== undefined) check(path, seed, SEED);
  expect(run('sfdisk', ['--verify', path])).toContain('No errors detected');
});

test('in a gap between partitions they stay where they are, whatever grows', async () => {
  const raw = source('label: gpt\nstart=2048, size=4096, name=root\nstart=26624, size=14303, name=data\n', 20);
  const file = join(folder, 'root.img');
  writeFileSync(file, '');
  truncateSync(file, 2 * MIB);
  run('mkfs.ext4', ['-q', '-O', '^has_journal', file]);
  readFileSync(file).copy(raw, MIB);
  const { path, done } = await deployed(raw, 20, { grow: 'root' });
  expect(done.result).toMatchObject({ ok: true });
  const [root, data, seed] = partitionsOf(path);
  expect([root, data, seed]).toMatchObject([{ start: 2048, size: 4096 }, { start: 26624 }, { start: 6144, size: 8192 }]);
  if (seed !== undefined) check(path, seed, SEED);
  expect(run('sgdisk', ['-v', path])).toContain('No problems found');
});

test("the image's own settings partition is written over, wherever it stands", async () => {
  const raw = source('label: gpt\nstart=2048, size=16384, name=CIDATA\nstart=18432, size=4096\n', 12);
  const file = join(folder, 'fat');
  writeFileSync(file, '');
  truncateSync(file, 8 * MIB);
  run('mkfs.fat', ['-n', 'CIDATA', file]);
  writeFileSync(join(folder, 'old'), '#cloud-config of the source\n');
  run('mcopy', ['-i', file, join(folder, 'old'), '::user-data']);
  readFileSync(file).copy(raw, MIB);
  const { path } = await deployed(raw, 20);
  const list = partitionsOf(path);
  expect(list).toHaveLength(2);
  if (list[0] !== undefined) check(path, list[0], SEED);
});

test.skipIf(process.getuid?.() !== 0)(
  'a disk of 4096-byte sectors: table, growth and settings in its own sectors, and no image of 512-byte ones',
  async () => {
    const path = join(folder, 'source');
    writeFileSync(path, '');
    truncateSync(path, 20 * MIB);
    const loop = run('losetup', ['-b', '4096', '--find', '--show', path]).trim();
    try {
      run('blockdev', ['--setrw', loop]);
      run('sfdisk', ['-q', loop], 'label: gpt\nstart=256, size=4096, name=root\n');
      run('blockdev', ['--flushbufs', loop]);
    } finally {
      run('losetup', ['-d', loop]);
    }
    const tree = join(folder, 'root.img');
    writeFileSync(tree, '');
    truncateSync(tree, 16 * MIB);
    run('mkfs.ext4', ['-q', '-b', '4096', '-O', '^has_journal', '-L', 'rootfs', tree]);
    const raw = readFileSync(path);
    readFileSync(tree).copy(raw, MIB);
    const image = await makeImage(raw, key, undefined, undefined, 'bios');
    const disk = makeUsedDisk(join(folder, 'disk'), 48 * MIB);
    const options = { firmware: 'bios' as const, seed: SEED, grow: 'rootfs', logicalSectorBytes: 4096, tools: systemTools() };
    const done = await runDeploy(image, key, disk, options);
    if (!done.result.ok) throw new Error(done.result.failure.message);
    expect(differences(image, disk, done.result.value.rewrittenRanges)).toEqual([]);
    expect(done.notes.join('\n')).toContain('its filesystem fills it');
    const seen = run('losetup', ['-b', '4096', '--find', '--show', disk]).trim();
    try {
      const [root, seed] = partitionsOf(seen);
      expect([root, seed]).toMatchObject([
        { start: 256, size: 10_752 },
        { start: 11_008, size: 1024, name: 'CIDATA' },
      ]);
      if (seed !== undefined) check(disk, { ...seed, start: seed.start * 8, size: seed.size * 8 }, SEED);
      expect(run('sgdisk', ['-v', seen])).toContain('No problems found');
    } finally {
      run('losetup', ['-d', seen]);
    }
    const other = makeUsedDisk(join(folder, 'other'), 48 * MIB);
    const refused = await runDeploy(image, key, other, { ...options, logicalSectorBytes: 512 });
    expect(refused.result).toMatchObject({ ok: false, failure: { code: 'disk.sector-size' } });
    expect(refused.steps).toEqual(['check']);
  },
);

test('no entry, no room, no table: refused before anything is written', async () => {
  const four = [1, 2, 3, 4].map((n) => `start=${n * 2048}, size=2048, type=83\n`).join('');
  const noTable = Buffer.alloc(8 * MIB, 1);
  noTable.fill(0, 510, 512);
  for (const [raw, sizeMib] of [
    [source(`label: dos\n${four}`, 8), 30],
    [source('label: gpt\nstart=2048, size=16384\n', 10), 10],
    [noTable, 30],
  ] as const) {
    const { path, done } = await deployed(raw, sizeMib);
    expect(done.result).toMatchObject({ ok: false, failure: { code: 'settings.no-place' } });
    expect(done.steps).toEqual(['check']);
    expect(readFileSync(path).subarray(0, MIB)).not.toEqual(Buffer.alloc(MIB));
  }
});
