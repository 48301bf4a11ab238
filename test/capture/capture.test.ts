// A capture of disks made by everybody's tools: the same image as an import's, a source that stays as it is, and what is refused.
import { execFileSync } from 'node:child_process';
import { createReadStream, readdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSourceDisk } from '../../agent/disk/source-disk.ts';
import { PROVENANCE_OFFSET_BYTES, voidedProvenance } from '../../agent/image/provenance.ts';
import { lacksTools, makeGptDisk, noise, withPartition, writeAt } from '../image/real-disk.ts';
import { MIB, codeOf, createRig, jobFor, valueOf } from './rig.ts';
import type { Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.close());

const hashOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
};

describe.skipIf(lacksTools('sfdisk', 'mkswap'))('with real disks', () => {
  test.each([0, 2])('a disk has the OSOID of its import, comes back byte for byte, and is as it was (%i threads)', async (workers) => {
    const disk = await makeGptDisk(rig.folder);
    await writeAt(disk, 4 * MIB, noise('free for the ESP, and kept', MIB));
    const before = await hashOf(disk);
    const { result, steps, sentBytes } = await rig.run(disk, { workers });
    const captured = valueOf(result);
    expect(await hashOf(disk)).toBe(before);
    expect(steps).toEqual(['check', 'survey', 'read-send', 'publish']);
    expect(captured).toMatchObject({ name: 'golden', revision: 1, alreadyPresent: false, bytesSent: sentBytes });
    const imported = valueOf(await rig.library.importImage({ sourcePath: disk, name: 'imported' }));
    expect(imported).toMatchObject({ osoid: captured.osoid, alreadyPresent: true });
    expect(imported.manifest).toMatchObject({
      name: 'golden',
      labels: ['role=web'],
      notes: 'a note',
      source: { kind: 'capture', facts: { model: 'R650' } },
      filesystems: [
        { kind: 'vfat', capture: 'whole' },
        { kind: 'ext', label: 'root', capture: 'used' },
      ],
      content: { disks: [{ firmware: 'uefi', architecture: 'x86_64', logicalSectorBytes: 512 }] },
    });
    expect(imported.manifest.bootChain.map(({ path }) => path)).toContain('EFI/BOOT/BOOTX64.EFI');
    expect(imported.manifest.stats.usedBytes).toBeLessThan(16 * MIB);
    const restored = await rig.restored(captured.osoid);
    const partition = join(rig.folder, 'restored.raw');
    writeFileSync(partition, restored);
    execFileSync('e2fsck', ['-fn', `${partition}?offset=${5 * MIB}`], { stdio: 'ignore' });
    expect(execFileSync('sgdisk', ['-v', partition], { encoding: 'utf8' })).toContain('No problems found');
    // Everything outside of the ext4 is in use to the last byte.
    const original = await readFile(disk);
    expect(restored.subarray(0, 5 * MIB).equals(original.subarray(0, 5 * MIB))).toBe(true);
    expect(restored.subarray(29 * MIB).equals(original.subarray(29 * MIB))).toBe(true);
  });

  test('what lies in free blocks does not travel and does not change the OSOID', async () => {
    const disk = await makeGptDisk(rig.folder);
    const clean = valueOf((await rig.run(disk)).result);
    // Past the inode tables of this small filesystem nothing is in use.
    await writeAt(disk, 24 * MIB, noise('deleted file', 2 * MIB));
    const again = await rig.run(disk);
    expect(valueOf(again.result)).toMatchObject({ osoid: clean.osoid, alreadyPresent: true, chunksSent: 0 });
    expect(again.sentBytes).toBe(0);
  });

  test('an MBR disk with logical partitions and swap has the OSOID of its import', async () => {
    const disk = join(rig.folder, 'mbr.raw');
    writeFileSync(disk, '');
    truncateSync(disk, 40 * MIB);
    const layout = 'label: dos\nlabel-id: 0x12345678\n2048,16384,83,*\n18432,63488,5\n20480,16384,83\n38912,16384,82\n';
    execFileSync('sfdisk', ['-q', disk], { input: layout });
    execFileSync('mke2fs', ['-q', '-t', 'ext4', '-E', `offset=${10 * MIB}`, disk, '8m'], { stdio: 'ignore' });
    const swap = join(rig.folder, 'swap');
    writeFileSync(swap, '');
    truncateSync(swap, 8 * MIB);
    execFileSync('mkswap', ['-q', swap], { stdio: 'ignore' });
    await writeAt(disk, 19 * MIB, await readFile(swap));
    await writeAt(disk, MIB, noise('data', MIB));
    const captured = valueOf((await rig.run(disk)).result);
    const imported = valueOf(await rig.library.importImage({ sourcePath: disk, name: 'imported' }));
    expect(imported.osoid).toBe(captured.osoid);
    const { table } = imported.disk;
    expect(table).toMatchObject({ kind: 'mbr', id: '0x12345678' });
    expect(table.partitions.map(({ number }) => number)).toEqual([1, 5, 6]);
  });

  test('a partition in the last sectors of the disk has the OSOID of its import', async () => {
    const disk = await makeGptDisk(rig.folder);
    truncateSync(disk, 32 * MIB + 48 * 1024);
    execFileSync('sgdisk', ['-e', '-a', '1', '-n', '3:65540:65590', disk], { stdio: 'ignore' });
    const captured = valueOf((await rig.run(disk)).result);
    expect(valueOf(await rig.library.importImage({ sourcePath: disk, name: 'imported' })).osoid).toBe(captured.osoid);
  });

  test('an extended partition that begins beyond the end of the disk is looked at no further', async () => {
    const disk = join(rig.folder, 'mbr.raw');
    const bytes = noise('a disk cut short', 4 * MIB).fill(0, 0, 512);
    bytes.set([0, 0, 0, 0, 0x05], 446);
    bytes.writeUInt32LE(8 * 2048, 446 + 8);
    bytes.writeUInt32LE(2048, 446 + 12);
    bytes.set([0x55, 0xaa], 510);
    writeFileSync(disk, bytes);
    const captured = valueOf((await rig.run(disk)).result);
    expect(bytes.equals(await rig.restored(captured.osoid))).toBe(true);
  });

  test('chunks of 1 MiB give the same OSOID', async () => {
    const disk = await makeGptDisk(rig.folder);
    const small = valueOf((await rig.run(disk)).result);
    const large = await rig.run(disk, { chunkSizeBytes: MIB });
    expect(valueOf(large.result)).toMatchObject({ osoid: small.osoid, alreadyPresent: true });
    expect(large.sentBytes).toBeGreaterThan(0);
  });

  test('the provenance record and its void mark are no part of the image', async () => {
    const disk = await makeGptDisk(rig.folder);
    const plain = valueOf((await rig.run(disk)).result);
    await writeAt(disk, PROVENANCE_OFFSET_BYTES, voidedProvenance());
    const marked = await rig.run(disk);
    expect(valueOf(marked.result)).toMatchObject({ osoid: plain.osoid, chunksSent: 0 });
    await writeAt(disk, PROVENANCE_OFFSET_BYTES, Buffer.from('somebody else lives here'));
    expect(valueOf((await rig.run(disk)).result).osoid).not.toBe(plain.osoid);
  });

  test.each([
    ['mounted', 0x3a, [0, 0], 'filesystem.dirty'],
    ['that waits for its journal', 0x60, [0xc6, 0x02], 'filesystem.dirty'],
  ] as const)('an ext4 %s is refused, named, and nothing is published', async (_what, field, bytes, code) => {
    const disk = await makeGptDisk(rig.folder);
    // Without the checksum of the superblock, which this change would break.
    execFileSync('tune2fs', ['-O', '^metadata_csum', `${disk}?offset=${5 * MIB}`], { stdio: 'ignore' });
    await writeAt(disk, 5 * MIB + 1024 + field, Uint8Array.from(bytes));
    const before = await hashOf(disk);
    const { result, steps } = await rig.run(disk);
    expect(codeOf(result)).toBe(code);
    expect(result.ok ? '' : result.failure.message).toContain('Partition 2 (ext root)');
    expect(steps).toEqual(['check', 'survey']);
    expect(valueOf(await rig.library.list()).images).toEqual([]);
    expect(await hashOf(disk)).toBe(before);
  });
});

describe('what is refused', () => {
  const plain = async (): Promise<string> => {
    const path = join(rig.folder, 'plain.raw');
    writeFileSync(path, noise('no table', 2 * MIB));
    return path;
  };
  test('a disk without a partition table', async () => {
    expect(codeOf((await rig.run(await plain())).result)).toBe('capture.no-partition-table');
  });
  test.skipIf(lacksTools())('a disk with a partition that ends before it begins', async () => {
    const disk = await makeGptDisk(rig.folder);
    writeFileSync(disk, withPartition(readFileSync(disk), 2, { endLba: 2048n }));
    expect(codeOf((await rig.run(disk)).result)).toBe('capture.table-damaged');
  });
  test('a disk that is not there', async () => {
    const { result, steps } = await rig.run(await plain(), { open: () => openSourceDisk('/nowhere', MIB) });
    expect(codeOf(result)).toBe('disk.open-failed');
    expect(steps).toEqual(['check']);
  });
});

describe.skipIf(lacksTools())('on the way', () => {
  test('the disk is open for reading only', async () => {
    const disk = await makeGptDisk(rig.folder);
    const modes: number[] = [];
    const sink = rig.sinkOf(jobFor(32 * MIB));
    const looking = {
      ...sink,
      missing: (ids: readonly string[]) => {
        for (const fd of readdirSync('/proc/self/fd')) {
          try {
            if (readlinkSync(`/proc/self/fd/${fd}`) !== disk) continue;
            modes.push(Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '', 8) & 3);
          } catch {
            // It was closed between the listing and the look.
          }
        }
        return sink.missing(ids);
      },
    };
    valueOf((await rig.run(disk, { sink: looking })).result);
    expect(modes.length).toBeGreaterThan(0);
    expect(new Set(modes)).toEqual(new Set([0]));
  });
  test('a disk that fails to read ends it with its error, and one that is cancelled is cancelled', async () => {
    const disk = await makeGptDisk(rig.folder);
    const broken = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', errno: -5, syscall: 'read' });
    const failing = async () => {
      const opened = valueOf(await openSourceDisk(disk, 32 * MIB));
      return {
        ok: true as const,
        value: {
          ...opened,
          read: (at: number, into: Uint8Array) => (at > 16 * MIB && at < 30 * MIB ? Promise.reject(broken) : opened.read(at, into)),
        },
      };
    };
    expect(codeOf((await rig.run(disk, { open: failing })).result)).toBe('capture.read-failed');
    const abort = new AbortController();
    const { result } = await rig.run(disk, { signal: abort.signal, onStep: (step) => step === 'read-send' && abort.abort() });
    expect(codeOf(result)).toBe('capture.cancelled');
    expect(valueOf(await rig.library.list()).images).toEqual([]);
  });
  test('a disk that reads differently the second time makes no image', async () => {
    const disk = await makeGptDisk(rig.folder);
    const other = join(rig.folder, 'other.raw');
    await copyFile(disk, other);
    await writeAt(other, 2 * MIB, noise('other', 64));
    let lost = false;
    const sink = rig.sinkOf(jobFor(32 * MIB));
    const { result } = await rig.run(disk, {
      open: async () => {
        const [first, second] = [valueOf(await openSourceDisk(disk, 32 * MIB)), valueOf(await openSourceDisk(other, 32 * MIB))];
        return {
          ok: true,
          value: {
            sizeBytes: first.sizeBytes,
            read: (at, into) => (lost ? second : first).read(at, into),
            close: async () => {
              await first.close();
              await second.close();
            },
          },
        };
      },
      sink: {
        ...sink,
        publish: async (image) => {
          if (lost) return sink.publish(image);
          lost = true;
          // The station was killed with everything in its memory.
          await rig.restart('killed');
          return sink.publish(image);
        },
      },
    });
    expect(codeOf(result)).toBe('capture.disk-changed');
    expect(valueOf(await rig.library.list()).images).toEqual([]);
  });
});
