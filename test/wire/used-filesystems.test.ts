// Filesystems as their own drivers leave them: what we call used against what partclone does, and disks rebuilt from nothing else.
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crc32c } from '../../agent/image/used/crc32c.ts';
import { openNtfs } from '../../agent/image/used/ntfs-volume.ts';
import { volumeAt } from '../../agent/image/used/volume.ts';
import { FILL, SUMS, whileMounted } from '../image/used/mounted.ts';
import { MIB, bytesMissing, partcloneRanges, readerOfFile, rebuild, tool, useOfBytes, useOfFile } from '../image/used/rig.ts';
import { lacksTools } from '../image/real-disk.ts';

const cannotMount = process.getuid?.() !== 0 || lacksTools('losetup', 'unshare', 'fuser');

type Sample = {
  readonly name: string;
  readonly kind: string;
  readonly sizeMib: number;
  readonly make: readonly string[];
  readonly mount: readonly string[];
  readonly check: readonly string[];
  /** Null where partclone cannot read it, or reads it wrongly. */
  readonly partclone: string | null;
  /** Bytes that we keep and partclone does not, and why. */
  readonly more?: number;
};

const xfs = (name: string, options: readonly string[], sizeMib = 320): Sample => ({
  name: `XFS ${name}`,
  kind: 'xfs',
  sizeMib,
  make: ['mkfs.xfs', '-q', ...options],
  mount: ['mount', '-t', 'xfs'],
  check: ['xfs_repair', '-n'],
  partclone: 'partclone.xfs',
});
/** partclone leaves the last cluster out, where the copy of the boot sector is. */
const ntfs = (name: string, clusterBytes: number): Sample => ({
  name: `NTFS ${name}`,
  kind: 'ntfs',
  sizeMib: 96,
  make: ['mkntfs', '-q', '-F', '-f', '-c', String(clusterBytes)],
  mount: ['ntfs-3g'],
  check: ['ntfsfix', '-n'],
  partclone: 'partclone.ntfs',
  more: clusterBytes,
});
const exfat = (name: string, options: readonly string[]): Sample => ({
  name: `exFAT ${name}`,
  kind: 'exfat',
  sizeMib: 64,
  make: ['mkfs.exfat', ...options],
  mount: ['mount.exfat-fuse'],
  check: ['fsck.exfat', '-n'],
  partclone: 'partclone.exfat',
});

/** No partclone: it rounds to 16 KiB and takes a whole chunk without extents along. The checker reads every checksum of data as well. */
const btrfs = (name: string, options: readonly string[]): Sample => ({
  name: `Btrfs ${name}`,
  kind: 'btrfs',
  sizeMib: 256,
  make: ['mkfs.btrfs', '-q', ...options],
  mount: ['mount', '-t', 'btrfs'],
  check: ['btrfs', 'check', '--check-data-csum'],
  partclone: null,
});

const SAMPLES: readonly Sample[] = [
  { name: 'ext4', kind: 'ext', sizeMib: 96, make: ['mke2fs', '-q', '-F', '-t', 'ext4'], mount: ['mount'], check: ['e2fsck', '-fn'], partclone: 'partclone.ext4' },
  { name: 'ext4 with bigalloc', kind: 'ext', sizeMib: 256, make: ['mke2fs', '-q', '-F', '-t', 'ext4', '-O', 'bigalloc'], mount: ['mount'], check: ['e2fsck', '-fn'], partclone: null },
  xfs('as it is made today', []),
  xfs('with 1 KiB blocks', ['-b', 'size=1024']),
  xfs('with 4 KiB sectors', ['-s', 'size=4096']),
  xfs('with a reverse map', ['-m', 'rmapbt=1']),
  xfs('with 16 groups', ['-d', 'agcount=16'], 1200),
  btrfs('as it is made today', []),
  btrfs('with one copy of its metadata', ['-m', 'single', '-n', '4096']),
  btrfs('with data and metadata mixed, SHA-256', ['-M', '--csum', 'sha256']),
  btrfs('with XXH64', ['--csum', 'xxhash']),
  btrfs('with BLAKE2b', ['--csum', 'blake2']),
  ntfs('with 4 KiB clusters', 4096),
  ntfs('with 512-byte clusters', 512),
  ntfs('with 64 KiB clusters', 65_536),
  exfat('with 4 KiB clusters', ['-c', '4K']),
  exfat('with 128 KiB clusters', ['-c', '128K']),
]; // prettier-ignore

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-drivers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const make = async (name: string, sizeMib: number, [program = '', ...options]: readonly string[]): Promise<string> => {
  const path = join(folder, `${name}.img`.replaceAll(' ', '-'));
  await writeFile(path, '');
  await using file = await open(path, 'r+');
  await file.truncate(sizeMib * MIB);
  await tool(program, [...options, path]);
  return path;
};

for (const { name, kind, sizeMib, make: making, mount, check, partclone, more = 0 } of SAMPLES) {
  const tools = [making[0], mount[0], check[0], partclone].flatMap((one) => one ?? []);
  test.skipIf(cannotMount || lacksTools(...tools))(`${name}: a disk of its used blocks has every file and passes its checker`, async () => {
    const path = await make(name, sizeMib, making);
    const before = await whileMounted(path, mount, `${FILL}\n${SUMS}`);
    const use = await useOfFile(path);
    expect(use).toMatchObject({ kind, capture: 'used', obstacle: null });
    expect(use.usedBytes).toBeLessThan(sizeMib * 0.9 * MIB);
    expect(use.blank.length > 0).toBe(kind === 'ext');
    if (partclone !== null) {
      const theirs = await partcloneRanges(partclone, path);
      expect([bytesMissing(theirs, use.ranges()), bytesMissing(use.ranges(), theirs)]).toEqual([0, more]);
    }
    const rebuilt = `${path}.new`;
    await rebuild(path, rebuilt, use.ranges(), use.blank);
    await tool(check[0] ?? '', [...check.slice(1), rebuilt]);
    expect(await whileMounted(rebuilt, mount, SUMS)).toBe(before);
    await Promise.all([rm(path), rm(rebuilt)]);
  });
}

test.skipIf(cannotMount || lacksTools('mkfs.xfs', 'xfs_io'))('XFS that crashed: refused; after its log is replayed: read', async () => {
  const path = await make('crashed', 320, ['mkfs.xfs', '-q']);
  const mount = ['mount', '-t', 'xfs'];
  await whileMounted(path, mount, 'echo one >one; sync; echo two >two; xfs_io -x -c "shutdown -f" .');
  const crashed = await useOfFile(path);
  expect([crashed.capture, crashed.obstacle?.code, crashed.refuses]).toEqual(['whole', 'filesystem.dirty', true]);
  await whileMounted(path, mount, 'ls >/dev/null');
  expect((await useOfFile(path)).capture).toBe('used');
});

test.skipIf(lacksTools('mkfs.btrfs'))('Btrfs with a log to replay, on two devices, or with its first copy of a tree damaged', async () => {
  const path = await make('log', 128, ['mkfs.btrfs', '-q']);
  const good = await useOfFile(path);
  expect(good).toMatchObject({ capture: 'used', obstacle: null });
  // Out of its used blocks: the second copy must be among them.
  await rebuild(path, `${path}.new`, good.ranges());
  const bytes = await readFile(`${path}.new`);
  const superblock = bytes.subarray(65_536, 65_536 + 4096);
  const chunkRootAt = bytes.indexOf(superblock.subarray(88, 96), MIB) - 48;
  bytes.fill(0xee, chunkRootAt + 200, chunkRootAt + 300);
  expect(await useOfBytes(bytes)).toMatchObject({ capture: 'used', usedBytes: good.usedBytes });
  superblock.writeBigUInt64LE(30_408_704n, 96);
  superblock.writeUInt32LE(~crc32c(0xffff_ffff, superblock.subarray(32)) >>> 0, 0);
  expect(await useOfBytes(bytes)).toMatchObject({ capture: 'whole', refuses: true, obstacle: { code: 'filesystem.dirty' } });
  const [one, two] = [await make('one', 128, ['true']), await make('two', 128, ['true'])];
  await tool('mkfs.btrfs', ['-q', one, two]);
  expect(await useOfFile(one)).toMatchObject({ capture: 'whole', refuses: true, obstacle: { code: 'filesystem.spans-disks' } });
});

describe.skipIf(cannotMount || lacksTools('mkntfs', 'ntfs-3g'))('NTFS', () => {
  test('with a sleeping Windows: refused; with an awake one: read', async () => {
    const path = await make('hibernated', 32, ['mkntfs', '-q', '-F', '-f']);
    const put = (magic: string) =>
      `mkdir -p d; for n in $(seq 400); do : >d$n; done; (printf ${magic}; head -c 70000 /dev/zero) >hiberfil.sys`;
    await whileMounted(path, ['ntfs-3g'], put('hibr'));
    const asleep = await useOfFile(path);
    expect([asleep.obstacle?.code, asleep.refuses]).toEqual(['filesystem.hibernated', true]);
    // Written past the driver, which refuses such a volume as well.
    const bytes = await readFile(path);
    for (let at = bytes.indexOf('hibr'); at >= 0; at = bytes.indexOf('hibr', at + 1)) if (at % 512 === 0) bytes.write('wake', at, 'latin1');
    expect((await useOfBytes(bytes)).obstacle).toBeNull();
  });

  test('with its dirty flag set, an open journal, or a fast startup: refused', async () => {
    const path = await make('journal', 32, ['mkntfs', '-q', '-F', '-f']);
    const ntfs = await openNtfs(volumeAt(readerOfFile(path), 0, 32 * MIB));
    const stream = await ntfs.stream(await ntfs.record(2), 0x80);
    const logAt = (stream?.runs[0]?.lcn ?? 0) * ntfs.clusterBytes;
    const clean = await readFile(path);
    expect(clean.readUInt32LE(logAt)).toBe(0xffff_ffff);
    const withRestart = (version: number, client: number, flags: number): Buffer => {
      const bytes = Buffer.from(clean);
      for (const page of [0, 4096]) {
        const at = logAt + page;
        bytes.fill(0, at, at + 4096).write('RSTR', at, 'latin1');
        bytes.writeUInt16LE(30, at + 4);
        bytes.writeUInt16LE(9, at + 6);
        bytes.writeUInt32LE(4096, at + 16);
        bytes.writeUInt32LE(4096, at + 20);
        bytes.writeUInt16LE(48, at + 24);
        bytes.writeUInt16LE(version, at + 28);
        bytes.writeBigUInt64LE(page === 0 ? 7n : 5n, at + 48);
        bytes.writeUInt16LE(page === 0 ? client : 0, at + 48 + 12);
        bytes.writeUInt16LE(page === 0 ? flags : 0, at + 48 + 14);
      }
      return bytes;
    };
    const codeOf = async (bytes: Buffer): Promise<string | undefined> => (await useOfBytes(bytes)).obstacle?.code;
    expect(await codeOf(withRestart(1, 0xffff, 0))).toBeUndefined();
    expect(await codeOf(withRestart(1, 0, 2))).toBeUndefined();
    expect(await codeOf(withRestart(1, 0, 0))).toBe('filesystem.dirty');
    expect(await codeOf(withRestart(2, 0xffff, 2))).toBe('filesystem.hibernated');
    const flagged = Buffer.from(clean);
    const recordAt = clean.readUIntLE(48, 6) * ntfs.clusterBytes + 3 * 1024;
    let at = recordAt + flagged.readUInt16LE(recordAt + 20);
    while (flagged.readUInt32LE(at) !== 0x70) at += flagged.readUInt32LE(at + 4);
    const flagsAt = at + flagged.readUInt16LE(at + 20) + 10;
    flagged.writeUInt16LE(1, flagsAt);
    expect(await codeOf(flagged)).toBe('filesystem.dirty');
  });

  test('that fills its partition keeps the last sector, a copy of the boot sector, whatever its bitmap says', async () => {
    const path = await make('full', 32, ['mkntfs', '-q', '-F', '-f', '-c', '512']);
    const bytes = await readFile(path);
    const sectors = (32 * MIB) / 512;
    const ntfs = await openNtfs(volumeAt(readerOfFile(path), 0, 32 * MIB));
    const bitmap = await ntfs.stream(await ntfs.record(6), 0x80);
    const bitmapAt = (bitmap?.runs[0]?.lcn ?? 0) * ntfs.clusterBytes;
    bytes.writeBigUInt64LE(BigInt(sectors), 40);
    const lastByte = bitmapAt + (sectors - 1) / 8 - ((sectors - 1) % 8) / 8;
    bytes[lastByte] = (bytes[lastByte] ?? 0) & 0x3f;
    const ranges = [...(await useOfBytes(bytes)).ranges()];
    expect(ranges.at(-1)).toEqual({ offsetBytes: 32 * MIB - 512, lengthBytes: 512 });
  });
});
