// What grows on a disk larger than its image: real filesystems in real tables, read by the tools that made them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemTools } from '../../agent/disk/tools.ts';
import { generateSigningKey } from '../../agent/image/signature.ts';
import { lastLine } from '../../agent/deploy/grow/types.ts';
import { MIB, makeImage } from './image-fixture.ts';
import { differences, makeUsedDisk, runDeploy } from './rig.ts';

const key = generateSigningKey();
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C' };
const run = (program: string, args: readonly string[], input?: string): string =>
  execFileSync(program, args, { env, encoding: 'utf8', stdio: 'pipe', ...(input === undefined ? {} : { input }) });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-grow-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Part = { readonly startMib: number; readonly sizeMib: number; readonly make: (path: string) => void };

/** Loop devices, mounts and the filesystem's own module are a matter of where the suite runs. */
const canMount = (type: string): boolean => {
  try {
    run('modprobe', ['-q', type]);
  } catch {
    // Built in, or the file below says that it is not there.
  }
  return process.getuid?.() === 0 && readFileSync('/proc/filesystems', 'utf8').includes(`\t${type}\n`);
};

const makeSource = (script: string, sizeMib: number, parts: readonly Part[]): Buffer => {
  const path = join(folder, 'source');
  writeFileSync(path, '');
  truncateSync(path, sizeMib * MIB);
  run('sfdisk', ['-q', path], script);
  for (const { startMib, sizeMib: size, make } of parts) {
    const file = join(folder, 'part');
    rmSync(file, { force: true });
    writeFileSync(file, '');
    truncateSync(file, size * MIB);
    make(file);
    run('dd', [`if=${file}`, `of=${path}`, 'bs=1M', `seek=${startMib}`, 'conv=notrunc,sparse', 'status=none']);
  }
  return readFileSync(path);
};

/** A folder with something in it, to be found again. */
const tree = (): string => {
  const root = join(folder, 'tree');
  mkdirSync(join(root, 'etc'), { recursive: true });
  for (let n = 0; n < 5; n++) writeFileSync(join(root, `etc/file${n}`), Buffer.alloc(70_000, `content ${n} `));
  return root;
};
const ext4 = (path: string): void =>
  void run('mkfs.ext4', ['-q', '-L', 'rootfs', '-b', '4096', '-O', '^has_journal', '-E', 'lazy_itable_init=0', '-d', tree(), path]);
const swap = (path: string): void => void run('mkswap', ['-q', '-L', 'swaps', '-U', '0a1b2c3d-1111-4222-8333-444455556666', path]);
const fat = (path: string): void => void run('mkfs.fat', ['-n', 'DATA', path]);

const makeEmptyDisk = (sizeMib: number): string => {
  const path = join(folder, 'disk');
  writeFileSync(path, '');
  truncateSync(path, sizeMib * MIB);
  return path;
};

const deployed = async (raw: Buffer, sizeMib: number, grow: string) => {
  const image = await makeImage(raw, key, undefined, undefined, 'bios');
  // A large one is left empty: the noise of `makeUsedDisk` would be most of the test.
  const path = sizeMib > 100 ? makeEmptyDisk(sizeMib) : makeUsedDisk(join(folder, 'disk'), sizeMib * MIB);
  const done = await runDeploy(image, key, path, { firmware: 'bios', grow, tools: systemTools() });
  return { image, path, done, notes: done.notes.join('\n') };
};

/** Deployed, with everything that is not listed as rewritten equal to the image. */
const grown = async (raw: Buffer, sizeMib: number, grow: string) => {
  const { image, path, done, notes } = await deployed(raw, sizeMib, grow);
  if (!done.result.ok) throw new Error(`${done.result.failure.code}: ${done.result.failure.message}`);
  expect(differences(image, path, done.result.value.rewrittenRanges)).toEqual([]);
  return { path, notes, image };
};

type Seen = { readonly node: string; readonly start: number; readonly size: number };
const partitionsOf = (path: string): readonly Seen[] => {
  const { partitiontable } = JSON.parse(run('sfdisk', ['-J', path])) as { partitiontable: { partitions: readonly Seen[] } };
  return partitiontable.partitions;
};
/** A partition's bytes in a file of their own, for tools that read no offset. */
const cut = (path: string, { start, size }: Seen): string => {
  const file = join(folder, 'cut');
  writeFileSync(file, readFileSync(path).subarray(start * 512, (start + size) * 512));
  return file;
};
const partition = (path: string, number: number): Seen => {
  const found = partitionsOf(path).find(({ node }) => node.endsWith(`${number}`));
  if (found === undefined) throw new Error(`no partition ${number}`);
  return found;
};

test('of what a program says, its reason is told and not the hint below it', () => {
  const mount = 'mount: /mnt: wrong fs type.\n       dmesg(1) may have more information after failed mount system call.\n';
  expect(lastLine(mount)).toBe('mount: /mnt: wrong fs type.');
  const e2fsck = 'a: counts differ.\n\n\na: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.\n\t(i.e., without -a or -p options)\n';
  expect(lastLine(e2fsck)).toBe('a: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.');
  expect([lastLine('one\ntwo\n'), lastLine('  all indented'), lastLine('')]).toEqual(['two', 'all indented', '']);
});

describe.skipIf(process.getuid?.() !== 0)('with loop devices', () => {
  test('ext4 in the last partition', async () => {
    const raw = makeSource('label: gpt\nstart=2048, size=32768\n', 20, [{ startMib: 1, sizeMib: 16, make: ext4 }]);
    const { path, notes } = await grown(raw, 64, 'last');
    expect(notes).toContain('its filesystem fills it');
    const file = cut(path, partition(path, 1));
    run('e2fsck', ['-fn', file]);
    expect(run('dumpe2fs', ['-h', file])).toMatch(/Block count: +15872\n/);
  });

  test.each([
    ['sparse_super2', ['-b', '1024', '-O', 'sparse_super2,^resize_inode', '-E', 'num_backup_sb=1'], 'its filesystem fills it'],
    ['bigalloc', ['-O', 'bigalloc'], 'its filesystem did not: resize2fs grows no ext4 that counts its space in clusters'],
  ])('ext4 with %s: in order afterwards, grown or not', async (_, options, says) => {
    const make = (path: string): void => void run('mkfs.ext4', ['-q', ...options, '-d', tree(), path]);
    const raw = makeSource('label: gpt\nstart=2048, size=32768\n', 20, [{ startMib: 1, sizeMib: 16, make }]);
    const { path, notes } = await grown(raw, 64, 'last');
    expect(notes).toContain(says);
    run('e2fsck', ['-fn', cut(path, partition(path, 1))]);
  });

  test('NTFS by its number, and the volume is whole', async () => {
    const raw = makeSource('label: gpt\nstart=2048, size=32768, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n', 20, [
      { startMib: 1, sizeMib: 16, make: (path) => void run('mkntfs', ['-q', '-F', '-f', '-L', 'WIN', path]) },
    ]);
    const { path, notes } = await grown(raw, 64, '1');
    expect(notes).toContain('Windows will check it');
    const file = cut(path, partition(path, 1));
    expect(Number(/Current volume size: (\d+)/.exec(run('ntfsresize', ['-f', '-f', '-i', file]))?.[1])).toBeGreaterThan(60 * MIB);
  });

  for (const [type, sizeMib, make] of [
    ['xfs', 320, (path: string) => void run('mkfs.xfs', ['-q', '-L', 'data', path])],
    ['btrfs', 128, (path: string) => void run('mkfs.btrfs', ['-q', '-L', 'data', '-r', tree(), path])],
  ] as const)
    test.skipIf(!canMount(type))(
      `${type} by its label, with its files`,
      async () => {
        const raw = makeSource(`label: gpt\nstart=2048, size=${sizeMib * 2048}\n`, sizeMib + 4, [{ startMib: 1, sizeMib, make }]);
        const { path, notes } = await grown(raw, sizeMib + 150, 'data');
        expect(notes).toContain('its filesystem fills it');
        const one = partition(path, 1);
        const file = cut(path, one);
        run(type === 'xfs' ? 'xfs_repair' : 'btrfs', type === 'xfs' ? ['-n', file] : ['check', '--readonly', file]);
        const sizeNow =
          type === 'xfs'
            ? Number(/dblocks = (\d+)/.exec(run('xfs_db', ['-r', '-c', 'sb 0', '-c', 'p dblocks', file]))?.[1]) * 4096
            : Number(/^total_bytes\s+(\d+)/m.exec(run('btrfs', ['inspect-internal', 'dump-super', file]))?.[1]);
        expect(sizeNow).toBeGreaterThan(one.size * 512 - 2 * MIB);
      },
      240_000,
    );

  test.skipIf(!canMount('btrfs'))('a Btrfs too small for the kernel to resize stays as it is, and the deploy is done', async () => {
    const make = (path: string) => void run('mkfs.btrfs', ['-q', '-r', tree(), path]);
    const raw = makeSource('label: gpt\nstart=2048, size=262144\n', 130, [{ startMib: 1, sizeMib: 128, make }]);
    const { path, notes } = await grown(raw, 180, 'last');
    expect(notes).toContain('partition 1 grew, its filesystem did not: Btrfs of less than 256 MiB cannot be resized');
    run('btrfs', ['check', '--readonly', cut(path, partition(path, 1))]);
  });

  test('root in front of a swap on GPT: the swap moves to the end, and is the same swap', async () => {
    const script = 'label: gpt\nstart=2048, size=32768, name=root\nstart=34816, size=16384, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F\n';
    const raw = makeSource(script, 26, [
      { startMib: 1, sizeMib: 16, make: ext4 },
      { startMib: 17, sizeMib: 8, make: swap },
    ]);
    const { path, image } = await grown(raw, 64, 'root');
    const [root, swapped] = partitionsOf(path);
    if (root === undefined || swapped === undefined) throw new Error('two partitions');
    expect([swapped.size, root.start + root.size]).toEqual([16384, swapped.start]);
    expect(swapped.start + swapped.size).toBeGreaterThan(62 * 2048);
    expect(run('blkid', ['-p', '-o', 'export', cut(path, swapped)])).toMatch(/LABEL=swaps\nUUID=0a1b2c3d-1111-4222-8333-444455556666/);
    run('e2fsck', ['-fn', cut(path, root)]);
    const again = await runDeploy(image, key, path, { firmware: 'bios', grow: 'root', jobId: 'job-2', tools: systemTools() });
    expect(again.result).toMatchObject({ ok: true });
    run('e2fsck', ['-fn', cut(path, partition(path, 1))]);
  });

  test("Debian's classic MBR layout: root grows, and the extended partition moves with the logical swap in it", async () => {
    const script =
      'label: dos\nstart=2048, size=32766, type=83, bootable\nstart=34814, size=16386, type=5\nstart=34816, size=16384, type=82\n';
    const raw = makeSource(script, 26, [
      { startMib: 1, sizeMib: 15, make: ext4 },
      { startMib: 17, sizeMib: 8, make: swap },
    ]);
    const { path } = await grown(raw, 64, 'last');
    const root = partition(path, 1);
    const outer = partition(path, 2);
    const inner = partition(path, 5);
    expect(inner.start - outer.start).toBe(2);
    expect(inner.size).toBe(16384);
    expect(root.start + root.size).toBeLessThanOrEqual(outer.start);
    expect(root.size).toBeGreaterThan(52 * 2048);
    expect(run('blkid', ['-p', '-o', 'export', cut(path, inner)])).toMatch(/LABEL=swaps/);
    expect(run('sfdisk', ['--verify', path])).toContain('No errors detected');
    run('e2fsck', ['-fn', cut(path, root)]);
  });
});

test('a chosen partition takes the gap behind it and moves nothing that holds data', async () => {
  const raw = makeSource('label: gpt\nstart=2048, size=16384\nstart=32768, size=8192\n', 21, [
    { startMib: 1, sizeMib: 8, make: ext4 },
    { startMib: 16, sizeMib: 4, make: fat },
  ]);
  const { path } = await grown(raw, 40, '1');
  expect(partitionsOf(path).map(({ start, size }) => [start, size])).toEqual([
    [2048, 30720],
    [32768, 8192],
  ]);
});

test('what stands in the way, is not there, or cannot grow, is refused before anything is written', async () => {
  const raw = makeSource('label: gpt\nstart=2048, size=16384, name=root\nstart=18432, size=8192, name=data\n', 14, [
    { startMib: 1, sizeMib: 8, make: ext4 },
    { startMib: 9, sizeMib: 4, make: fat },
  ]);
  const before = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
  for (const [grow, code] of [
    ['root', 'deploy.grow-blocked'],
    ['7', 'deploy.grow-unknown'],
    ['vg0/root', 'deploy.grow-unknown'],
    ['home', 'deploy.grow-unknown'],
  ] as const) {
    const image = await makeImage(raw, key, undefined, undefined, 'bios');
    const path = makeUsedDisk(join(folder, 'disk'), 40 * MIB);
    const hash = before(path);
    const { result } = await runDeploy(image, key, path, { firmware: 'bios', grow });
    expect(result).toMatchObject({ ok: false, failure: { code } });
    expect(before(path)).toBe(hash);
  }
});

test('without the tools, or where nothing can be won, the deploy ends well and says so', async () => {
  const raw = makeSource('label: gpt\nstart=2048, size=16384\n', 10, [{ startMib: 1, sizeMib: 8, make: ext4 }]);
  const image = await makeImage(raw, key, undefined, undefined, 'bios');
  const path = makeUsedDisk(join(folder, 'disk'), 10 * MIB);
  const full = await runDeploy(image, key, path, { firmware: 'bios', grow: 'last' });
  expect(full.notes.join('\n')).toContain('not grown: the disk leaves no room behind it');
  const larger = makeUsedDisk(join(folder, 'larger'), 30 * MIB);
  const { result, notes } = await runDeploy(image, key, larger, { firmware: 'bios', grow: 'last' });
  expect(result.ok).toBe(true);
  expect(notes.join('\n')).toContain('its filesystem did not');
});
